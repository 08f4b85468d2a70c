"""The two programs that can run a network: ONNX Runtime, and OpenVINO where it is installed.

Each is wrapped to the same few lines: opened from bytes, run from any thread, honest about the precision it
computes in. Neither opens a connection: ONNX Runtime's telemetry is switched off, and OpenVINO, which reports
every import to Intel unless its telemetry package is missing, is imported as if it were missing.
"""

from __future__ import annotations

import importlib
import io
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from sightmill.errors import BundleError, DeviceError, MissingExtraError, ModelError

__all__ = ["ENGINES", "PRECISIONS", "Engine", "OnnxRuntime", "OpenVino", "load_openvino"]

#: An array whose axes are ``(N, C, H, W)``; None where the graph leaves the size open.
Shape = tuple[int | None, ...]

PRECISIONS = ("float32", "bfloat16", "float16")

if hasattr(onnxruntime, "disable_telemetry_events"):
    onnxruntime.disable_telemetry_events()


class Engine(Protocol):
    """An opened network.

    Attributes
    ----------
    version : of the engine.
    input_shape : ``(N, C, H, W)``; None where any size goes.
    outputs : names of the network's outputs, in its order.
    """

    version: str
    input_shape: Shape
    outputs: tuple[str, ...]

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        """One batch ``(N, C, H, W)`` through the network; may be called from several threads."""


class OnnxRuntime:
    """ONNX Runtime, in float32, on the processor or an NVIDIA GPU."""

    def __init__(self, network: bytes, *, precision: str, threads: int, device: str, where: object) -> None:
        if precision != "float32":
            raise DeviceError(
                "the engine onnxruntime computes in float32",
                where="precision",
                got=precision,
                allowed="float32",
                remedy="use the engine openvino for other precisions",
            )
        provider = self._provider(device)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong comes as an exception; the rest is for the makers
        options.use_deterministic_compute = True
        # The format is named, or bytes that look like another of its formats would be taken for that one.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        # Threads that spin between two images keep a core from everything else on a production machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=[provider])
        except Exception as error:  # its exceptions share no root below Exception
            raise BundleError("the network cannot be opened", where=where, got=_first_line(error)) from error
        self._session.disable_fallback()
        if self._session.get_providers()[0] != provider[0]:
            raise DeviceError(
                "this device does not answer",
                where="device",
                got=device,
                remedy="check the graphics driver, or use device cpu",
            )
        self.version = str(onnxruntime.__version__)
        inputs = self._session.get_inputs()
        _check_inputs([given.type for given in inputs], "tensor(float)", where)
        self._input = inputs[0].name
        self.input_shape: Shape = tuple(
            side if isinstance(side, int) and side > 0 else None for side in inputs[0].shape
        )
        self.outputs = tuple(output.name for output in self._session.get_outputs())

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        try:
            answers = self._session.run(self.outputs, {self._input: batch})
        except Exception as error:  # its exceptions share no root below Exception
            raise _failed(batch, error) from error
        return dict(zip(self.outputs, answers, strict=True))

    @staticmethod
    def _provider(device: str) -> tuple[str, dict[str, str]]:
        if device == "cpu":
            return "CPUExecutionProvider", {}
        kind, _, index = device.partition(":")
        if kind != "cuda" or not (index or "0").isdigit():
            raise DeviceError(
                "unknown device for the engine onnxruntime",
                where="device",
                got=device,
                allowed="cpu, cuda, cuda:0 ...",
            )
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise DeviceError(
                "the installed ONNX Runtime cannot use NVIDIA GPUs",
                where="device",
                got=device,
                allowed="cpu",
                remedy="install onnxruntime-gpu in place of onnxruntime",
            )
        # TensorFloat-32 keeps ten bits of the fraction; float32 is what was asked for.
        return "CUDAExecutionProvider", {"device_id": index or "0", "use_tf32": "0"}


class OpenVino:
    """OpenVINO, on Intel and other processors, Intel GPUs and NPUs, in a precision that is checked."""

    _TYPES: ClassVar[dict[str, str]] = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}

    def __init__(self, network: bytes, *, precision: str, threads: int, device: str, where: object) -> None:
        openvino = load_openvino()
        core = openvino.Core()
        name = device.replace("cpu", "CPU").replace("gpu", "GPU").replace("npu", "NPU").replace(":", ".")
        there = core.available_devices
        if name not in there and f"{name}.0" not in there:
            raise DeviceError(
                "there is no such device for the engine openvino",
                where="device",
                got=device,
                allowed=[found.lower().replace(".", ":") for found in there],
            )
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self._TYPES[precision],
        }
        if name == "CPU":
            settings |= {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads}
        try:
            # The ONNX reader is named, or bytes that look like another format would be taken for that one.
            reader = openvino.frontend.FrontEndManager().load_by_framework("onnx")
            model = reader.convert(reader.load(io.BytesIO(network)))
            compiled = core.compile_model(model, name, settings)
        except Exception as error:  # its exceptions share no root below Exception
            raise BundleError("the network cannot be opened", where=where, got=_first_line(error)) from error
        taken = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if taken != self._TYPES[precision]:
            words = {short: long for long, short in self._TYPES.items()}
            raise DeviceError(
                f"the device {device} does not compute in {precision}",
                where="precision",
                got=words.get(taken, taken),
                allowed=words.get(taken, taken),
                remedy="sightmill devices lists what each device can do",
            )
        self.version = str(openvino.__version__)
        _check_inputs([given.element_type.get_type_name() for given in compiled.inputs], "f32", where)
        self.input_shape: Shape = tuple(
            None if side.is_dynamic else int(side.get_length()) for side in compiled.inputs[0].partial_shape
        )
        self.outputs = tuple(output.get_any_name() for output in compiled.outputs)
        self._compiled = compiled
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        with self._request() as request:
            try:
                # Inputs are only read; outputs are copied, as the request's memory serves the next batch.
                answers = request.infer([batch], share_inputs=True, share_outputs=False)
            except Exception as error:  # its exceptions share no root below Exception
                raise _failed(batch, error) from error
            return {name: answers[index] for index, name in enumerate(self.outputs)}

    @contextmanager
    def _request(self) -> Iterator[Any]:
        """A request of one's own: there are as many as threads were ever here at once."""
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._compiled.create_infer_request()
        try:
            yield request
        finally:
            self._idle.put(request)


ENGINES: dict[str, type[OnnxRuntime] | type[OpenVino]] = {"onnxruntime": OnnxRuntime, "openvino": OpenVino}

_IMPORTING = threading.Lock()


def load_openvino() -> Any:
    """The package `openvino`, imported without its telemetry; raises `MissingExtraError`."""
    telemetry = "openvino_telemetry"
    with _IMPORTING:
        if "openvino" in sys.modules:
            return sys.modules["openvino"]
        before = sys.modules.get(telemetry)
        sys.modules[telemetry] = None  # type: ignore[assignment]  # Python's way to say: not to be found
        try:
            return importlib.import_module("openvino")
        except ImportError as error:
            raise MissingExtraError("the engine openvino", "openvino") from error
        finally:
            del sys.modules[telemetry]
            if before is not None:
                sys.modules[telemetry] = before


def _check_inputs(types: list[str], wanted: str, where: object) -> None:
    if types != [wanted]:
        raise BundleError(
            "the network must have exactly one input, of float32", where=where, got=", ".join(types) or "none"
        )


def _failed(batch: npt.NDArray[np.float32], error: Exception) -> ModelError:
    return ModelError(
        "the network failed",
        where=f"input of shape {batch.shape}",
        got=_first_line(error),
        remedy="if memory ran out, use a smaller batch size",
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
