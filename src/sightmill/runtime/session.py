"""One network, opened in an engine and ready to be run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.errors import BundleError, DeviceError, ModelError
from sightmill.runtime.engines import ENGINES, PRECISIONS
from sightmill.runtime.onnx_guard import refuse_hostile_graph

__all__ = ["EngineFacts", "NetworkOutputs", "Session"]


@dataclass(frozen=True)
class EngineFacts:
    """What computes, for reports and the auditor.

    Parameters
    ----------
    engine, version : ``onnxruntime`` or ``openvino``, and its version.
    precision : of the arithmetic, as the engine confirms it: ``float32``, ``bfloat16`` or ``float16``.
    device : ``cpu``, ``cuda``, ``gpu`` ...
    threads : processor threads asked for; 0 = one per core.
    """

    engine: str
    version: str
    precision: str
    device: str
    threads: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class NetworkOutputs(dict[str, npt.NDArray[Any]]):
    """What a network answers, by output name. Asking for one that it does not have says so in a sentence."""

    def __missing__(self, name: str) -> npt.NDArray[Any]:
        raise ModelError(
            "the network does not answer what this version of its method reads: it was trained by another version",
            got=sorted(self),
            allowed=f"an output {name!r}",
            remedy="train it anew, or use the version of Sightmill that its file names",
        )


class Session:
    """A network in memory. May be run from several threads at once.

    Parameters
    ----------
    network : an ONNX model with one float32 input ``(N, C, H, W)``, complete in itself.
    engine : ``onnxruntime``, or ``openvino`` (the extra of that name).
    precision : ``float32``, or for OpenVINO ``bfloat16`` and ``float16`` where the device has them; never
        replaced silently.
    threads : processor threads for one batch; 0 = one per core.
    device : ``cpu``; ``cuda`` or ``cuda:1`` for onnxruntime; ``gpu``, ``npu`` for openvino.
    where : what errors call the network, usually the file.

    Raises
    ------
    BundleError : the bytes are no network, or one that reaches outside itself.
    DeviceError : engine, precision or device are not there.
    MissingExtraError : OpenVINO is not installed.
    """

    def __init__(
        self,
        network: bytes,
        *,
        engine: str = "onnxruntime",
        precision: str = "float32",
        threads: int = 0,
        device: str = "cpu",
        where: object = None,
    ) -> None:
        if engine not in ENGINES:
            raise DeviceError("unknown engine", where="engine", got=engine, allowed=list(ENGINES))
        if precision not in PRECISIONS:
            raise DeviceError("unknown precision", where="precision", got=precision, allowed=PRECISIONS)
        if not 0 <= threads <= 256:
            raise DeviceError("this many threads are not allowed", where="threads", got=threads, allowed="0 to 256")
        refuse_hostile_graph(network, where=where)
        self._engine = ENGINES[engine](network, precision=precision, threads=threads, device=device, where=where)
        if len(self._engine.input_shape) != 4:
            raise BundleError(
                "the network's input must have the axes N, C, H, W", where=where, got=self._engine.input_shape
            )
        self.facts = EngineFacts(engine, self._engine.version, precision, device, threads)

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """``(N, C, H, W)`` of the graph; None where any size goes."""
        return self._engine.input_shape

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the network's outputs, in its order."""
        return self._engine.outputs

    def run(self, batch: npt.NDArray[np.float32]) -> NetworkOutputs:
        """Run one batch.

        Parameters
        ----------
        batch : float32 ``(N, C, H, W)``, N >= 1. A graph with a fixed N is run as often as it takes.

        Returns
        -------
        Arrays by output name; the leading axis is N.

        Raises
        ------
        ModelError : a shape or type that the graph does not take, or a failure of the engine.
        """
        fits = batch.ndim == 4 and all(
            fixed is None or fixed == side for fixed, side in zip(self.input_shape[1:], batch.shape[1:], strict=True)
        )
        if not fits or batch.dtype != np.float32 or not len(batch):
            raise ModelError(
                "the network does not take this input",
                got=f"{batch.dtype} {batch.shape}",
                allowed=f"float32 {tuple('any' if side is None else side for side in self.input_shape)}",
            )
        batch = np.ascontiguousarray(batch)
        fixed = self.input_shape[0]
        if fixed is None or fixed == len(batch):
            return NetworkOutputs(self._run(batch))
        pieces = [self._padded(batch[low : low + fixed], fixed) for low in range(0, len(batch), fixed)]
        return NetworkOutputs(
            {name: np.concatenate([piece[name] for piece in pieces])[: len(batch)] for name in self.outputs}
        )

    def _padded(self, batch: npt.NDArray[np.float32], fixed: int) -> dict[str, npt.NDArray[Any]]:
        missing = fixed - len(batch)
        return self._run(np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch)

    def _run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        answers = self._engine.run(batch)
        for name, array in answers.items():
            if np.ndim(array) < 1 or len(array) != len(batch):
                raise ModelError(
                    "an output of the network does not hold one row per image of the batch",
                    where=name,
                    got=np.shape(array),
                    allowed=f"leading axis {len(batch)}",
                )
        return answers
