"""A trained model fitted anew: to the runtime that is to serve, to more images, or to another wish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.errors import DataError
from sightmill.runtime.calibration import calibrated, save
from sightmill.runtime.model import Model

__all__ = ["Recalibration", "calibrate", "save"]


@dataclass(frozen=True, eq=False)
class Recalibration:
    """What a calibration found.

    Parameters
    ----------
    model : the same network with fitted settings; `save` writes it.
    notes : sentences for the user: which images, and what the thresholds promise.
    facts : the fit, JSON-ready.
    images : how many it rests on.
    """

    model: Model
    notes: tuple[str, ...]
    facts: Mapping[str, Any]
    images: int


def calibrate(
    model: Model,
    dataset: Dataset,
    *,
    split: str | None = None,
    fit: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Recalibration:
    """Fit the thresholds and confidences of a loaded model on the engine and precision that it was loaded with.

    Parameters
    ----------
    split : which images; None takes the validation images of the training where the data has them, else its
        validation split. Images that the model was trained on are never taken.
    fit : settings of the fit that differ from those of the training, such as ``{"false_reject_target": 2}``.
    progress : called with (done, total).

    Raises
    ------
    DataError : there is no image to calibrate on; the sentence says what there is.
    ModelError : the method has nothing to calibrate.
    SettingsError : a setting in `fit` is not one of a calibration, or has a value that is not allowed.
    """
    samples, notes = _held_out(model, dataset, split)

    def told(done: int) -> None:
        if progress:
            progress(done, len(samples))

    fitted, found = calibrated(model, samples, fit=fit, progress=told)
    facts = model.facts
    served = f"Calibrated with {facts.engine} in {facts.precision} on {len(samples)} images."
    return Recalibration(fitted, (served, *notes, *found.notes), found.facts, len(samples))


def _held_out(model: Model, dataset: Dataset, split: str | None) -> tuple[Sequence[Sample], list[str]]:
    """The images to calibrate on, and what is to be said about them."""
    method, provenance = model.method, model.manifest.provenance
    training = method.Training.of(model.manifest.training)
    trained, validated = (set(provenance.get(part) or ()) for part in ("trained", "validated"))
    known = [sample for sample in dataset if sample.annotated and method.truth(sample)]
    if split is not None:
        chosen = [sample for sample in dataset.split(split) if sample.annotated and method.truth(sample)]
    else:
        chosen = [sample for sample in known if sample.name in validated]
        chosen = chosen or method.prepared(known, "validation", training)
    fresh = [sample for sample in chosen if sample.name not in trained]
    notes = []
    if len(fresh) < len(chosen):
        notes.append(f"{len(chosen) - len(fresh)} images that the model was trained on were left out.")
    if split in ("test", "all") and any(sample.split == "test" for sample in fresh):
        notes.append("Test images that set the thresholds no longer tell how good they are.")
    if not fresh:
        which = "" if split == "all" else f" {split or 'validation'}"
        raise DataError(
            f"the data has no{which} image that says what is true of it and that the model was not trained on",
            where=dataset.root,
            remedy="name other images with --split, or bring images that the model has not seen (--split all)",
        )
    return fresh, notes
