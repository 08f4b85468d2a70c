"""Tables and curves of a report on maps of classes: by class, pixels confused, precision and recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sightmill.evaluation.curves import FloatArray, ratio
from sightmill.evaluation.label_maps import ClassMaps
from sightmill.evaluation.report import Curves, Figure, Matrix, Pair, Series, Table
from sightmill.evaluation.segmentation import TOLERANCE, PixelCounts, f1_of

__all__ = ["BACKGROUND", "segmentation_figures"]

#: What the report calls pixels of no class.
BACKGROUND = "(background)"

#: Probabilities are told apart in so many even steps, as finely as results keep them.
_STEPS = 255
#: More lines than these cannot be told apart: those of the classes with the most pixels are drawn.
_MOST_SERIES = 8


def segmentation_figures(pairs: Sequence[Pair], labels: Sequence[str]) -> list[Figure]:
    """A table of the classes, the pixel confusion matrix, and precision and recall at every threshold."""
    counts = PixelCounts.of(pairs, labels)
    if not len(counts):
        return []
    return [_class_table(counts, labels), _pixel_matrix(counts, labels), *_curves(pairs, labels)]


def _curves(pairs: Sequence[Pair], labels: Sequence[str]) -> list[Figure]:
    """Precision and recall of the pixels of each class over all thresholds of its own map."""
    judged = [
        pair for pair in pairs if pair.sample.annotated and all(label in pair.result.heatmaps for label in labels)
    ]
    if not judged:
        return []
    right, said = (np.zeros((len(labels), _STEPS + 1)) for _ in range(2))
    for pair in judged:
        maps = ClassMaps.of(pair, labels)
        for number, label in enumerate(labels):
            steps = np.rint(pair.result.heatmaps[label].at_image_size() * _STEPS).astype(np.int64).clip(0, _STEPS)
            said[number] += np.bincount(steps[maps.valid], minlength=_STEPS + 1)
            right[number] += np.bincount(steps[maps.truth[number]], minlength=_STEPS + 1)
    asked = right.sum(1)
    series = []
    for number in sorted(np.argsort(-asked)[:_MOST_SERIES].tolist()):
        if asked[number]:
            series.append(_series(labels[number], right[number], said[number]))
    if not series:
        return []
    return [
        Curves(
            "Precision and recall of pixels",
            "Each point is a threshold; the nearer to the top right corner, the better. A class is judged by its own "
            "map, whatever the others say. The area under each line is its average precision (AP).",
            x_label="Recall",
            y_label="Precision",
            series=tuple(series),
        )
    ]


def _series(label: str, right: npt.NDArray[np.float64], said: npt.NDArray[np.float64]) -> Series:
    """The line of one class, from its pixels by rising probability ``(steps,)``: those right, and all of them."""
    hits, answers = np.cumsum(right[::-1]), np.cumsum(said[::-1])
    reached = answers > 0
    recall, precision = hits[reached] / hits[-1], hits[reached] / answers[reached]
    area = float((np.diff(recall, prepend=0.0) * precision).sum())
    # Thresholds at which nothing more is found are worse ones, and not drawn.
    new = np.diff(recall, prepend=-1.0) > 0
    return Series(f"{label} (AP {area:.3f})", recall[new], precision[new])


def _pixel_matrix(counts: PixelCounts, labels: Sequence[str]) -> Matrix:
    return Matrix(
        "Pixel confusion matrix",
        "Counts are pixels. Columns are ground truth, rows are predictions; right answers stand on the diagonal. Where "
        "classes overlap, the last of them counts.",
        counts=counts.matrix,
        labels=(BACKGROUND, *labels),
        row_labels=(BACKGROUND, *labels),
    )


def _class_table(counts: PixelCounts, labels: Sequence[str]) -> Table:
    pixels, rims, blobs = (
        np.array(part).sum(0).astype(np.float64) for part in (counts.pixels, counts.rims, counts.blobs)
    )
    hits, extra, missed = pixels[:, 0], pixels[:, 1], pixels[:, 2]
    columns: Mapping[str, FloatArray] = {
        "IoU": ratio(hits, hits + extra + missed),
        "Dice": ratio(2 * hits, 2 * hits + extra + missed),
        "Pixels right": ratio(hits, hits + extra),
        "Pixels found": ratio(hits, hits + missed),
    }
    outlines = np.concatenate([[np.nan], f1_of(rims)])
    rows: list[tuple[object, ...]] = []
    for number, name in enumerate((BACKGROUND, *labels)):
        own = blobs[number - 1] if number else np.full(4, np.nan)
        cells = [_cell(values[number]) for values in (*columns.values(), outlines)]
        rows.append((name, *cells, *(_whole(own[place]) for place in (3, 2, 1, 0))))
    return Table(
        "Classes",
        f"Pixels found: recall; pixels right: precision. A true defect is found when a quarter of it is covered. "
        f"Outlines: F1 within {TOLERANCE:g} px.",
        columns=(
            "Class",
            *columns,
            "Outlines",
            "True defects",
            "found",
            "Answered defects",
            "right",
        ),
        rows=tuple(rows),
    )


def _cell(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)
