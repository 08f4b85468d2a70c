"""How good lines are: precision and recall of thin edges within a distance, over all thresholds.

The answer is the map `RIDGE` of a result: each pixel of a thin line has the score of being an edge, all others 0. The
truth are drawn lines, or the outlines (or middle lines) of marked areas. Martin, Fowlkes & Malik, "Learning to detect
natural image boundaries using local brightness, color, and texture cues" (2004), section 4; ODS and OIS after Arbelaez
et al., "Contour detection and hierarchical image segmentation" (2011).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.data.ignored import is_ignored
from sightmill.data.regions import Polyline
from sightmill.data.sample import Sample
from sightmill.data.thinning import thinned
from sightmill.evaluation.curves import FloatArray, ratio
from sightmill.evaluation.intervals import CONFIDENCE
from sightmill.evaluation.label_maps import AREAS, disc, ignored_pixels, rims_of
from sightmill.evaluation.report import Curves, Estimate, Figure, Metric, Pair, Series, Table

__all__ = [
    "CENTRES",
    "METRICS",
    "RIDGE",
    "THRESHOLDS",
    "TOLERANCE",
    "best_threshold",
    "edge_figures",
    "edge_score",
    "matched",
    "measure_edges",
    "true_edges",
]

BoolArray = npt.NDArray[np.bool_]

#: Name of the map of thin edges.
RIDGE = "ridge"
#: The value of a result that tells whether areas stand for their middle lines (1) or for their outlines (0).
CENTRES = "centre_lines"
#: Two edge pixels at most so far apart can be the same; pixels.
TOLERANCE = 2.0
#: Thresholds that curves are made of.
THRESHOLDS = np.round(np.linspace(0.03, 0.99, 33), 4)
#: Other tolerances that a table of the report tells.
TOLERANCES = (1.0, 2.0, 3.0, 5.0)

#: What edges are judged by, the deciding figure first.
METRICS = (
    Metric("ods_f", f"F1 at the best threshold for all images (ODS), {TOLERANCE:g} px"),
    Metric("ois_f", f"F1 at the best threshold for each image (OIS), {TOLERANCE:g} px"),
    Metric("ap", "Average precision"),
    Metric("precision", "Precision of the lines reported"),
    Metric("recall", "Recall of the lines reported"),
    Metric("f1", "F1 of the lines reported"),
)

_RESAMPLES = 400
_FEWEST_IMAGES = 3


def measure_edges(pairs: Sequence[Pair], *, intervals: bool = True) -> dict[str, Estimate]:
    """Every figure by the names of `METRICS`.

    Answered and true edge pixels are matched one to one within `TOLERANCE`, the nearest first. ``ods_f`` takes one
    threshold for all images, ``ois_f`` the best for each, ``ap`` is the area under precision over recall;
    ``precision``, ``recall`` and ``f1`` are those of the lines as they were reported.
    """
    judged = [pair for pair in pairs if pair.sample.annotated]
    if not judged:
        return {}
    counts = np.stack([_curve_counts(pair, TOLERANCE) for pair in judged])  # (N, T, 3)
    lines = np.stack([_line_counts(pair) for pair in judged])  # (N, 3)
    values = _figures(counts[None], lines[None])[0]
    low = high = np.full(len(values), np.nan)
    if intervals and len(judged) >= _FEWEST_IMAGES:
        drawn = np.random.default_rng(0).integers(len(judged), size=(_RESAMPLES, len(judged)))
        resampled = np.concatenate([_figures(counts[rows][None], lines[rows][None]) for rows in drawn])
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(np.nan_to_num(resampled), [tail, 1 - tail], axis=0)
        low, high = np.fmin(low, values), np.fmax(high, values)
    return {
        metric.name: Estimate(
            float(value),
            None if np.isnan(start) else float(start),
            None if np.isnan(end) else float(end),
            len(judged),
        )
        for metric, value, start, end in zip(METRICS, values, low, high, strict=True)
        if not np.isnan(value)
    }


def best_threshold(pairs: Sequence[Pair]) -> tuple[float, float] | None:
    """The threshold with the best F1 over all images, and that F1; None when there is no true edge."""
    judged = [pair for pair in pairs if pair.sample.annotated]
    counts = np.stack([_curve_counts(pair, TOLERANCE) for pair in judged]) if judged else np.zeros((1, 1, 3))
    if not counts[:, 0, 2].any():
        return None
    scores = np.nan_to_num(_f1(counts.sum(0)))
    place = int(scores.argmax())
    return float(THRESHOLDS[place]), float(scores[place])


def edge_score(pair: Pair) -> float:
    """F1 of the lines reported for one image; 1 when there are none and there should be none."""
    hits, said, there = _line_counts(pair)
    return 1.0 if not said + there else float(2 * hits / (said + there))


def edge_figures(pairs: Sequence[Pair], threshold: float) -> list[Figure]:
    """Precision and recall over all thresholds, and F1 at several tolerances."""
    judged = [pair for pair in pairs if pair.sample.annotated]
    if not judged:
        return []
    series, rows = [], []
    for tolerance in TOLERANCES:
        counts = np.stack([_curve_counts(pair, tolerance) for pair in judged]).sum(0)  # (T, 3)
        precision, recall = ratio(counts[:, 0], counts[:, 1]), ratio(counts[:, 0], counts[:, 2])
        score = np.nan_to_num(_f1(counts))
        best = int(score.argmax())
        known = ~np.isnan(precision) & ~np.isnan(recall)
        series.append(Series(f"{tolerance:g} px (F1 {score[best]:.3f})", recall[known], precision[known]))
        rows.append(
            (f"{tolerance:g} px", float(score[best]), float(precision[best]), float(recall[best]), THRESHOLDS[best])
        )
    return [
        Curves(
            "Precision and recall of edges",
            "Each point is a threshold; the nearer to the top right corner, the better. An edge is found when an "
            f"answered one lies within the distance. Lines are reported at a threshold of {threshold:.2f}.",
            x_label="Recall",
            y_label="Precision",
            series=tuple(series),
        ),
        Table(
            "How exact the edges are",
            "The best F1 when answers may be so far from the truth.",
            columns=("Tolerance", "F1", "Precision", "Recall", "Threshold"),
            rows=tuple(rows),
        ),
    ]


def true_edges(sample: Sample, size: tuple[int, int], *, centres: bool) -> BoolArray:
    """The thin edges ``(H, W)`` that a sample's truth speaks of.

    Parameters
    ----------
    size : ``(width, height)`` of the image.
    centres : whether marked areas stand for their middle lines, not for their outlines.
    """
    width, height = size
    found, drawn = (np.zeros((height, width), np.bool_) for _ in range(2))
    for item in sample.annotations:
        if is_ignored(item.label):
            continue
        if isinstance(item.region, Polyline):
            drawn |= item.region.mask(width, height)
        elif isinstance(item.region, AREAS):
            covered = item.region.mask(width, height)
            found |= thinned(covered) if centres else rims_of(covered)
    # Pixels that a line passes are knotted at its corners, and nobody could answer them one to one.
    return found | thinned(drawn)


def matched(said: BoolArray, there: BoolArray, tolerance: float) -> int:
    """How many pairs of pixels of the two maps ``(H, W)`` there are within a distance, each pixel in one pair at most.

    The nearest are paired first. All pairs at one offset exclude none another, so each offset is one step.
    """
    reach = int(tolerance)
    offsets = [(y - reach, x - reach) for y, x in np.argwhere(disc(tolerance))]
    offsets.sort(key=lambda offset: (offset[0] ** 2 + offset[1] ** 2, offset))
    left, free = np.pad(said, reach), there.copy()
    height, width = there.shape
    pairs = 0
    for y, x in offsets:
        window = left[reach + y : reach + y + height, reach + x : reach + x + width]
        both = window & free
        count = int(np.count_nonzero(both))
        if count:
            pairs += count
            free &= ~both
            window &= ~both
    return pairs


def _judged_pixels(pair: Pair) -> BoolArray:
    width, height = pair.result.size
    valid = np.ones((height, width), np.bool_) if pair.sample.roi is None else pair.sample.roi.mask(width, height)
    valid &= ~ignored_pixels(pair.sample.annotations, width, height)
    return valid


def _truth(pair: Pair, valid: BoolArray) -> BoolArray:
    centres = bool(pair.result.values.get(CENTRES, 0.0))
    return true_edges(pair.sample, pair.result.size, centres=centres) & valid


def _curve_counts(pair: Pair, tolerance: float) -> npt.NDArray[np.int64]:
    """Pairs, answered and true edge pixels at each threshold ``(T, 3)``."""
    valid = _judged_pixels(pair)
    there = _truth(pair, valid)
    ridge = pair.result.heatmaps[RIDGE].at_image_size() * valid
    counts = np.zeros((len(THRESHOLDS), 3), np.int64)
    counts[:, 2] = np.count_nonzero(there)
    before = -1
    for place, threshold in enumerate(THRESHOLDS):
        said = ridge >= threshold
        count = int(np.count_nonzero(said))
        # The same pixels as at the threshold before have the same pairs.
        pairs = counts[place - 1, 0] if count == before else matched(said, there, tolerance) if count else 0
        counts[place, :2] = pairs, count
        before = count
    return counts


def _line_counts(pair: Pair) -> npt.NDArray[np.int64]:
    """Pairs, answered and true edge pixels of the lines reported ``(3,)``."""
    width, height = pair.result.size
    valid = _judged_pixels(pair)
    there = _truth(pair, valid)
    said = np.zeros((height, width), np.bool_)
    for item in pair.result.annotations:
        if isinstance(item.region, Polyline):
            said |= item.region.mask(width, height)
    said = thinned(said) & valid
    return np.array([matched(said, there, TOLERANCE), np.count_nonzero(said), np.count_nonzero(there)], np.int64)


def _figures(counts: npt.NDArray[np.int64], lines: npt.NDArray[np.int64]) -> FloatArray:
    """Figures ``(R, M)`` of counts ``(R, N, T, 3)`` and ``(R, N, 3)``."""
    summed = counts.sum(1)  # (R, T, 3)
    own = np.take_along_axis(counts, np.nan_to_num(_f1(counts)).argmax(2)[..., None, None], axis=2)[:, :, 0]
    precision, recall = (ratio(summed[..., 0], summed[..., place]) for place in (1, 2))
    total = lines.sum(1)
    return np.stack(
        [
            np.nan_to_num(_f1(summed)).max(1),
            np.nan_to_num(_f1(own.sum(1))),
            _area(np.nan_to_num(precision), recall),
            ratio(total[:, 0], total[:, 1]),
            ratio(total[:, 0], total[:, 2]),
            _f1(total),
        ],
        axis=1,
    )


def _f1(counts: npt.NDArray[np.int64]) -> FloatArray:
    return ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def _area(precision: FloatArray, recall: FloatArray) -> FloatArray:
    """Area under the best precision at or beyond each recall, ``(R,)`` of ``(R, T)``; NaN without true edges."""
    steps = np.linspace(0, 1, 101)
    reaches = recall[:, None, :] >= steps[None, :, None]  # (R, 101, T)
    best = np.where(reaches, precision[:, None, :], 0.0).max(2).mean(1)
    return np.where(np.isnan(recall).all(1), np.nan, best)
