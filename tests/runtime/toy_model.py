"""A toy method and a toy network: is the image bright or dark?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sightmill.bundle import Manifest, SelfTest
from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import Method, RawOutputs
from sightmill.methods.settings import Settings, setting
from sightmill.methods.training import Training
from sightmill.runtime.model import Model
from sightmill.runtime.session import Session

LABELS = ("bright", "dark")


class ToyInference(Settings):
    threshold: float = setting(0.5, "Mean grey value from which an image is bright.", ge=0, le=1)


class Toy(Method[Training, ToyInference]):
    """Bright or dark, by the mean of all tiles."""

    id, title, summary = "toy", "Toy", "Says whether an image is bright."
    learns_from, answers_with = "class", ("whole",)
    Training, Inference = Training, ToyInference

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: ToyInference) -> Result:
        bright = float(raw["scores"][:, 0].mean())
        names = labels if bright >= inference.threshold else labels[::-1]
        return Result(
            tuple(Annotation(label=name, score=bright) for name in names),
            labels,
            frame.size,
            values={"mean": bright, "tiles": float(len(raw["scores"])), "map": float(raw["map"].mean())},
        )

    def check(self, samples: Sequence[Sample], training: Training) -> list[Finding]:
        return []

    def resolve(self, samples: Sequence[Sample], training: Training) -> Training:
        return training

    def view(self, training: Training, samples: Sequence[Sample]) -> View:
        return View(width=32, height=32)

    def metrics(self) -> Sequence[Metric]:
        return ()

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return {}

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: ToyInference) -> list[Figure]:
        return []

    def truth(self, sample: Sample) -> str:
        return ""

    def badness(self, pair: Pair) -> float:
        return 0.0

    def learner(self, training: Training, labels: tuple[str, ...], view: View) -> Any:
        raise NotImplementedError


def toy_network(*, batch: int | str = "N", side: int | str | None = None, domain: str = "") -> bytes:
    """``image (N, 3, H, W)`` -> ``scores (N, 2)`` (mean, 1 - mean), ``map (N, 1, H, W)`` (filtered)."""
    rows, columns = (side, side) if side is not None else ("H", "W")
    weights = np.random.default_rng(0).normal(size=(1, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["bright"]),
        helper.make_node("Sub", ["unit", "bright"], ["dark"]),
        helper.make_node("Concat", ["bright", "dark"], ["scores"], axis=1),
        helper.make_node("Conv", ["image", "weights"], ["map"], pads=[1, 1, 1, 1]),
    ]
    if domain:
        nodes.append(helper.make_node("Anything", ["scores"], ["other"], domain=domain))
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, rows, columns])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, 2]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, [batch, 1, rows, columns]),
        ],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.array([1], np.float32), "unit"),
        ],
    )
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def edited(network: bytes, change: Callable[[onnx.ModelProto], None]) -> bytes:
    """The network after a change of its protobuf message."""
    model = onnx.ModelProto.FromString(network)
    change(model)
    return bytes(model.SerializeToString())


def make_manifest(**changes: Any) -> Manifest:
    """A manifest for the toy method."""
    view = changes.pop("view", View(width=32, height=32))
    said: dict[str, Any] = {"method": "toy", "labels": LABELS, "view": view, "outputs": ("scores", "map")}
    return Manifest(**{**said, **changes})


def self_test(network: bytes, seed: int = 0) -> SelfTest:
    """A random input and what the network says to it."""
    batch = np.random.default_rng(seed).random((2, 3, 32, 32), np.float32)
    return SelfTest(batch, Session(network).run(batch))


def in_memory(**changes: Any) -> Model:
    """The toy model, never saved."""
    return Model(Toy(), make_manifest(**changes), Session(toy_network()))


def skip_without_openvino() -> None:
    """Skip the test; `pytest.importorskip` would import it, and the import itself reports to Intel."""
    if find_spec("openvino") is None:
        pytest.skip("OpenVINO is not installed; the same is tested with onnxruntime")
