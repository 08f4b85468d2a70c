"""From a trained network to a model file: export, calibrate and prove on the runtime that will serve, write."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

import sightmill
from sightmill.bundle import Manifest, SelfTest, write_bundle
from sightmill.data.result import Result
from sightmill.evaluation.report import Pair
from sightmill.export.onnx import example_input, to_onnx
from sightmill.export.parity import compare
from sightmill.imaging.view import View
from sightmill.methods.contract import Method
from sightmill.methods.learner import Learner
from sightmill.methods.training import Training
from sightmill.runtime.calibration import calibrated
from sightmill.runtime.model import Model
from sightmill.runtime.session import Session
from sightmill.training.judging import raw_answers
from sightmill.training.loading import Store
from sightmill.training.machine import Machine

__all__ = ["Lineage", "finish"]

#: Validation images that the exported network must answer like the trained one.
PROVEN_ON = 32
#: Network inputs kept in the file, with their answers, for `sightmill verify`.
SELF_TESTS = 2


@dataclass(frozen=True)
class Lineage:
    """Where a model comes from.

    Parameters
    ----------
    data_hash : `Dataset.fingerprint` of what it learnt and was validated on.
    trained, validated : names of these samples.
    ancestor : the earlier model that training started from.
    history : one record per iteration.
    """

    data_hash: str
    trained: tuple[str, ...]
    validated: tuple[str, ...]
    ancestor: dict[str, Any] | None
    history: tuple[dict[str, Any], ...]
    best_iteration: int
    stopped_by: str
    seconds: float


def finish(
    method: Method[Any, Any],
    learner: Learner,
    training: Training,
    labels: tuple[str, ...],
    view: View,
    machine: Machine,
    validation: Store,
    output: Path,
    lineage: Lineage,
) -> tuple[dict[str, float], list[str]]:
    """Write the model file; returns its metrics on the validation images, and notes for the user.

    Raises
    ------
    ParityError : the exported network answers differently; nothing is written.
    BundleError : the file cannot be written.
    """
    learner.network.eval()
    with torch.no_grad():
        answers = learner.network(example_input(view).to(machine.torch_device))
    outputs = tuple(name for name in answers if not name.startswith("_"))  # the others are for the losses
    network = to_onnx(learner.network, view, outputs)
    weights = save({name: tensor.cpu().contiguous() for name, tensor in learner.network.state_dict().items()})

    manifest = Manifest(
        method=method.id,
        sightmill_version=sightmill.__version__,
        labels=labels,
        training=training.model_dump(mode="json"),
        inference=method.Inference().model_dump(mode="json"),
        view=view,
        outputs=outputs,
    )
    model = Model(method, manifest, Session(network))
    notes: tuple[str, ...] = ()
    if method.calibrates:
        model, calibration = calibrated(model, validation.samples)
        notes = calibration.notes
    judged = [Pair(sample, result) for sample, result in model.predict_samples(validation.samples)]
    metrics = {
        name: float(estimate.value) for name, estimate in method.measure(judged, labels, intervals=False).items()
    }
    served: list[tuple[str, Result, Result]] = []
    self_tests: list[SelfTest] = []
    for pair, (sample, frame, raw, _) in zip(
        judged[:PROVEN_ON], raw_answers(learner, validation, machine, 1), strict=False
    ):
        trained = method.decode(raw, frame, labels, model.inference)
        served.append((sample.name, trained, pair.result))
        if len(self_tests) < SELF_TESTS:
            pixels = np.stack([item.pixels for item in validation.by_sample[len(self_tests)]])
            image = view.normalise(pixels[:1])
            self_tests.append(SelfTest(image, model.session.run(image)))
    parity = compare(served)

    write_bundle(
        output,
        model.manifest.model_copy(
            update={
                "metrics": {name: value for name, value in metrics.items() if np.isfinite(value)},
                "parity": parity.to_dict(),
                "provenance": {
                    "created": datetime.now(UTC).isoformat(timespec="seconds"),
                    "seed": training.seed,
                    "versions": _versions(),
                    "machine": {**machine.to_dict(), "system": platform.platform(), "processor": platform.machine()},
                    "backbone": learner.origin,
                    **asdict(lineage),
                },
            }
        ),
        network=network,
        weights=weights,
        self_tests=self_tests,
    )
    told = [
        *notes,
        f"Parity: on {parity.images} validation images the runtime decides as the trained network does; largest "
        f"score difference {parity.largest_difference:.1e}.",
    ]
    return metrics, told


def _versions() -> dict[str, str]:
    """Versions of what had a part in the model."""
    parts = ("torch", "onnx", "onnxruntime", "numpy", "opencv-python-headless")
    own = {"sightmill": sightmill.__version__, "python": platform.python_version()}
    return own | {part: version(part) for part in parts}
