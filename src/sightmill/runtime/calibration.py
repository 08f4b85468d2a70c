"""Fitting a model's thresholds and confidences on the runtime that is to serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sightmill.bundle import write_bundle
from sightmill.bundle.archive import WEIGHTS
from sightmill.data.sample import Sample
from sightmill.errors import ModelError, SettingsError
from sightmill.evaluation.report import Pair
from sightmill.methods.contract import Calibration
from sightmill.runtime.model import Model
from sightmill.runtime.served import RUNTIME, runtime_record

__all__ = ["calibrated", "save"]


def calibrated(
    model: Model,
    samples: Iterable[Sample],
    *,
    fit: Mapping[str, Any] | None = None,
    batch_size: int = 8,
    progress: Callable[[int], None] | None = None,
) -> tuple[Model, Calibration[Any]]:
    """The same network with inference settings fitted to its answers here, and the facts and sentences of the fit.

    Parameters
    ----------
    samples : held-out images with their truth, as for validation.
    fit : training settings that the fit reads (`Method.calibrated_by`) and that differ from those of the model.
    progress : called with the number of images done.

    Raises
    ------
    ModelError : the method has nothing to calibrate.
    SettingsError : `fit` names a setting that the fit does not read, or a value that is not allowed.
    DataError : an image cannot be read, or the samples do not allow a fit.
    """
    method, manifest = model.method, model.manifest
    if not method.calibrates:
        raise ModelError(f"{method.title} has nothing to calibrate")
    fit = fit or {}
    for name in fit:
        if name not in method.calibrated_by:
            raise SettingsError(
                "no calibration reads this setting", got=name, allowed=method.calibrated_by or "none for this method"
            )
    training = method.Training.of({**manifest.training, **fit})
    pairs = []
    for sample, result in model.predict_samples(samples, batch_size=batch_size):
        pairs.append(Pair(sample, result))
        if progress:
            progress(len(pairs))
    found = method.calibrate(pairs, model.labels, training, model.inference)
    changed = manifest.model_copy(
        update={
            "training": {**manifest.training, **{name: training.model_dump(mode="json")[name] for name in fit}},
            "inference": found.inference.model_dump(mode="json"),
            "calibration": {
                **found.facts,
                "notes": list(found.notes),
                RUNTIME: runtime_record(model.facts),
                "images": len(pairs),
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        }
    )
    return Model(method, changed, model.session, bundle=model.bundle), found


def save(model: Model, path: str | Path) -> None:
    """Write a loaded model with its present settings; network, weights and self-tests are those of its file.

    Raises
    ------
    ModelError : the model was made in memory.
    BundleError : the file cannot be written, or the model's own file has changed.
    """
    bundle = model.bundle
    if bundle is None:
        raise ModelError("this model has no file to take the network from")
    write_bundle(
        path,
        model.manifest,
        network=bundle.network(),
        weights=bundle.weights() if WEIGHTS in bundle.manifest.files else b"",
        self_tests=list(bundle.self_tests()),
    )
