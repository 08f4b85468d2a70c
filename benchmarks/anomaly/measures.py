"""One cell of the anomaly benchmark: train, judge, judge again under other light, and time."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.evaluation.curves import auc
from sightmill.evaluation.report import Pair
from sightmill.methods.catalogue import named
from sightmill.runtime.model import Model
from sightmill.training.events import Finished
from sightmill.training.train import train

__all__ = ["LIGHTS", "measured"]

#: Factors of luminance that the same test images are judged under again.
LIGHTS = (0.8, 1.2)
#: Figures that are kept of each run.
KEPT = ("image_auroc", "image_ap", "recall_at_low_fpr", "pixel_auroc", "pixel_aupro", "pixel_aupro_05")
KEPT_AT_THRESHOLD = ("false_reject_rate", "escape_rate")


def measured(method: str, data: Dataset, settings: dict[str, Any], *, lights: bool) -> dict[str, float]:
    """Train on the split ``train``, judge on ``test``: figures by name.

    Besides those of `KEPT`: ``auroc TYPE`` for each type of defect, ``auroc at 0.8`` and ``at 1.2`` of the luminance,
    ``minutes`` of training, ``ms`` and ``network ms`` for an image of the model's own size.
    """
    face = named(method)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "model.sightmill"
        *_, last = train(face, data, face.Training.of(settings), output=output)
        model = Model.load(output)
        judged = [sample for sample in data if sample.split == "test"]
        pairs = _judged(model, judged)
        figures = {
            name: estimate.value
            for name, estimate in face.measure(pairs, model.labels, intervals=False).items()
            if name in (*KEPT, *KEPT_AT_THRESHOLD)
        }
        figures |= _by_type(pairs)
        for factor in LIGHTS if lights else ():
            figures[f"auroc at {factor:g}"] = _auroc(_judged(model, [_lit(sample, factor) for sample in judged]))
        times = model.time_per_image(10)
        figures |= {"ms": times["total"], "network ms": times["network"]}
        if isinstance(last, Finished):
            figures["minutes"] = last.seconds / 60
    return {name: round(float(value), 4) for name, value in figures.items()}


def _judged(model: Model, samples: Sequence[Sample]) -> list[Pair]:
    return [Pair(sample, result) for sample, result in model.predict_samples(samples)]


def _lit(sample: Sample, factor: float) -> Sample:
    """The same image with another luminance; what gets too bright is clipped, as in a camera."""
    pixels = np.clip(np.rint(sample.read().astype(np.float32) * factor), 0, 255).astype(np.uint8)
    return Sample(pixels, sample.name, sample.annotations, sample.split, sample.roi)


def _auroc(pairs: Sequence[Pair]) -> float:
    scores = np.array([pair.result.values["raw_score"] for pair in pairs])
    return float(auc(scores, np.array([pair.sample.label != "good" for pair in pairs])))


def _by_type(pairs: Sequence[Pair]) -> dict[str, float]:
    """AUROC of each type of defect against all good images; of ``logical crossed`` also what is logical together."""
    good = [pair for pair in pairs if pair.sample.label == "good"]
    bad = [pair for pair in pairs if pair.sample.label != "good"]
    types = {str(pair.sample.label) for pair in bad}
    if len(types) < 2:
        return {}
    groups = {name.split(" ")[0] for name in types}
    return {
        f"auroc {name}": _auroc([*good, *(pair for pair in bad if name in (pair.sample.label, _group(pair)))])
        for name in sorted(types | groups)
    }


def _group(pair: Pair) -> str:
    return str(pair.sample.label).split(" ")[0]
