"""Toy pairs of truth and answer, drawn by code."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask, Region, Whole
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.evaluation.report import Pair


def classified(truth: str | None, answer: str | None, scores: Mapping[str, float] | None = None) -> Pair:
    """An image of class `truth` (None: unknown) that the model calls `answer` (None: no answer)."""
    scores = scores or {}
    given = () if answer is None else (Annotation(Whole(), answer, scores.get(answer)),)
    known = () if truth is None else (Annotation(Whole(), truth),)
    image = np.zeros((4, 4), np.uint8)
    return Pair(Sample(image, annotations=known), Result(given, tuple(scores), (4, 4), confidences=scores))


def inspected(
    label: str,
    score: float,
    *,
    passes: bool | None = None,
    heatmap: np.ndarray | None = None,
    truth: Region | np.ndarray | None = None,
    roi: Region | None = None,
    band: tuple[float, float] | None = None,
    parts: Mapping[str, float] | None = None,
) -> Pair:
    """An image with an anomaly score, and where given the decision, the heatmap and the defect's area."""
    size = (8, 8) if heatmap is None else heatmap.shape[::-1]
    known = [Annotation(Whole(), label)]
    area = Mask.of(truth) if isinstance(truth, np.ndarray) else truth
    if area is not None:
        known.append(Annotation(area, label))
    maps = {}
    if heatmap is not None:
        identity = np.array([[1.0, 0, 0], [0, 1.0, 0]])
        maps = {"heatmap": Heatmap(heatmap.astype(np.float32), identity, size)}
    values = {"anomaly_score": score, "threshold": 0.5}
    values |= {f"anomaly_score_{name}": value for name, value in (parts or {}).items()}
    flags = {} if passes is None else {"is_valid": passes}
    if band is not None:
        values |= {"threshold_1": band[0], "threshold_2": band[1]}
        flags["is_confident"] = not band[0] <= score <= band[1]
    return Pair(
        Sample(np.zeros(size[::-1], np.uint8), annotations=tuple(known), roi=roi),
        Result(
            (),
            ("good", "defective"),
            size,
            heatmaps=maps,
            values=values,
            flags=flags,
        ),
    )


def is_good(sample: Sample) -> bool:
    """Whether a toy sample is labelled good."""
    return sample.label == "good"
