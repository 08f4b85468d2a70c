"""A network in an engine: any batch, any size, any thread, and the precision that was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from toy_model import skip_without_openvino, toy_network

from sightmill.errors import BundleError, DeviceError, MissingExtraError, ModelError
from sightmill.runtime.devices import devices
from sightmill.runtime.session import Session


def images(count: int, height: int, width: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).random((count, 3, height, width), np.float32)


@pytest.fixture(params=["onnxruntime", "openvino"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "openvino":
        skip_without_openvino()
    return str(request.param)


def test_any_batch_and_any_size(engine: str) -> None:
    session = Session(toy_network(), engine=engine)
    assert session.input_shape == (None, 3, None, None)
    assert session.outputs == ("scores", "map")
    for count, height, width in ((1, 32, 32), (5, 32, 32), (2, 48, 16), (1, 1, 1), (5, 32, 32)):
        batch = images(count, height, width)
        answers = session.run(batch)
        mean = batch.mean(axis=(1, 2, 3))
        np.testing.assert_allclose(answers["scores"], np.stack([mean, 1 - mean], axis=1), atol=1e-5)
        assert answers["map"].shape == (count, 1, height, width)


def test_a_fixed_batch_runs_as_often_as_it_takes(engine: str) -> None:
    free, fixed = (Session(toy_network(batch=batch), engine=engine) for batch in ("N", 3))
    assert fixed.input_shape[0] == 3
    for count in (1, 3, 7):
        batch = images(count, 16, 16)
        for name, array in free.run(batch).items():
            np.testing.assert_allclose(fixed.run(batch)[name], array, atol=1e-5)


def test_eight_threads_get_the_answers_of_one(engine: str) -> None:
    session = Session(toy_network(), engine=engine, threads=1)
    batches = [images(1 + index % 3, 24 + 8 * (index % 2), 24, index) for index in range(64)]
    alone = [session.run(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(session.run, batches))
    for one, other in zip(alone, together, strict=True):
        for name, array in one.items():
            np.testing.assert_array_equal(array, other[name])


def test_answers_stay_when_the_next_batch_runs(engine: str) -> None:
    session = Session(toy_network(), engine=engine)
    first = session.run(images(1, 16, 16, 1))["map"]
    kept = first.copy()
    session.run(images(1, 16, 16, 2))
    np.testing.assert_array_equal(first, kept)


def test_the_engines_agree_in_float32() -> None:
    skip_without_openvino()
    batch = images(3, 40, 56)
    one, other = (Session(toy_network(), engine=name).run(batch) for name in ("onnxruntime", "openvino"))
    for name, array in one.items():
        np.testing.assert_allclose(other[name], array, atol=1e-5)


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((1, 1, 32, 32), np.float32),
        np.zeros((1, 3, 31, 32), np.float32),
        np.zeros((3, 32, 32), np.float32),
        np.zeros((0, 3, 32, 32), np.float32),
        np.zeros((1, 3, 32, 32), np.float64),
    ],
)
def test_inputs_that_do_not_fit(engine: str, batch: npt.NDArray[np.float32]) -> None:
    session = Session(toy_network(side=32), engine=engine)
    with pytest.raises(ModelError, match=r"does not take this input; got .*allowed: float32 \('any', 3, 32, 32\)"):
        session.run(batch)


def test_precision_is_what_was_asked_for_or_an_error(engine: str) -> None:
    can = next(device.precisions for device in devices() if (device.engine, device.name) == (engine, "cpu"))
    for precision in ("float32", "bfloat16", "float16"):
        if precision in can:
            session = Session(toy_network(), engine=engine, precision=precision)
            assert session.facts.precision == precision
            close = 1e-5 if precision == "float32" else 2e-2
            batch = images(1, 16, 16)
            assert abs(session.run(batch)["scores"][0, 0] - batch.mean()) < close
        else:
            with pytest.raises(
                DeviceError, match=f"precision: .*{'openvino' if engine == 'onnxruntime' else precision}"
            ):
                Session(toy_network(), engine=engine, precision=precision)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "tensorrt"}, r"unknown engine; got tensorrt; allowed: onnxruntime, openvino"),
        ({"precision": "int4"}, r"unknown precision; got int4; allowed: float32, bfloat16, float16"),
        ({"threads": -1}, r"threads are not allowed; got -1; allowed: 0 to 256"),
        ({"device": "quantum"}, r"unknown device for the engine onnxruntime; got quantum"),
        ({"device": "cuda:x"}, r"unknown device"),
    ],
)
def test_options_that_do_not_exist(options: dict[str, object], said: str) -> None:
    with pytest.raises(DeviceError, match=said):
        Session(toy_network(), **options)  # type: ignore[arg-type]  # wrong on purpose


def test_a_gpu_that_is_not_there() -> None:
    there = {device.name for device in devices() if device.available}
    if not any(name.startswith("cuda") for name in there):
        with pytest.raises(DeviceError, match=r"onnxruntime-gpu|does not answer"):
            Session(toy_network(), device="cuda")
    skip_without_openvino()
    if "gpu" not in there:
        with pytest.raises(DeviceError, match=r"no such device for the engine openvino; got gpu; allowed: cpu"):
            Session(toy_network(), engine="openvino", device="gpu")


def test_no_openvino_names_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "openvino", raising=False)
    monkeypatch.setattr("importlib.import_module", _not_found)
    with pytest.raises(MissingExtraError, match=r'pip install "sightmill\[openvino\]"'):
        Session(toy_network(), engine="openvino")


def _not_found(name: str) -> None:
    raise ModuleNotFoundError(name)


def test_a_network_with_two_inputs(engine: str) -> None:
    import onnx
    from onnx import TensorProto, helper
    from toy_model import edited

    def change(model: onnx.ModelProto) -> None:
        model.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, ["N", 2]))
        model.graph.node.append(helper.make_node("Identity", ["second"], ["copy"]))
        model.graph.output.append(helper.make_tensor_value_info("copy", TensorProto.FLOAT, ["N", 2]))

    with pytest.raises(BundleError, match="exactly one input"):
        Session(edited(toy_network(), change), engine=engine)


def test_neither_engine_opens_a_connection(engine: str) -> None:
    """Also with OpenVINO's telemetry installed, which reports an import when it is let."""
    program = """
import socket, sys
def refuse(*_, **__):
    print("opened a connection", flush=True)
    raise OSError("no network here")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from toy_model import toy_network
from sightmill.runtime.session import Session
import numpy as np
Session(toy_network(), engine=sys.argv[1]).run(np.zeros((1, 3, 8, 8), np.float32))
print("telemetry" if any(name.startswith("openvino_telemetry") for name in sys.modules) else "silent")
print("torch" if "torch" in sys.modules else "no torch")
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    done = subprocess.run(
        [sys.executable, "-c", program, engine], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.split("\n")[:2] == ["silent", "no torch"]
