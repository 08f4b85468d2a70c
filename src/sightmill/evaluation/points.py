"""How good points are: found and false ones within a radius, how far off, and whether they are counted right.

**Matching.** An answer may stand for a true point of its class that lies within the radius. Answers choose in the order
of their scores, the surest first, each the nearest true point that is still free: one to one, and greedy, as is usual
for detections (with a radius below half the distance of true points the choice is the best possible). The radius is
half the feature size, which the results carry.

**Thresholds.** ``best_f1`` is the F1 that the best least score of each class would give on these very images: it says
how well the scores part right from false answers, whatever the threshold, and decides which iteration is kept. The
other figures are those of the answers as they were given.

**Counting.** The count of an image is that of all its points. ``count_mae`` is the mean of what it is off by;
``count_error_percent`` relates the sum of what images are off by to the number of true points. The table has both for
each class.

Truth may be regions of any kind: of each its centre counts. Truth outside of a sample's region of interest does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.centres import centre_of
from sightmill.data.ignored import is_ignored
from sightmill.data.sample import Sample
from sightmill.evaluation.curves import FloatArray, ratio, thinned
from sightmill.evaluation.intervals import bootstrap_images
from sightmill.evaluation.report import Curves, Estimate, Figure, Histogram, Metric, Pair, Series, Table

__all__ = [
    "FEATURE_SIZE",
    "METRICS",
    "RADIUS",
    "best_scores",
    "matched",
    "measure_points",
    "point_figures",
    "points_of",
    "wrongness",
]

#: The value of a result that says how large the objects are, pixels of the image.
FEATURE_SIZE = "feature_size"

#: How far an answer may be from the truth, in feature sizes.
RADIUS = 0.5

#: What point location is judged by, the deciding figure first.
METRICS = (
    Metric("best_f1", "F1 with the best least scores"),
    Metric("f1", "F1"),
    Metric("precision", "Precision"),
    Metric("recall", "Recall"),
    Metric("mean_error_px", "Mean distance to the truth, pixels", better="lower", limit=0.0),
    Metric("count_mae", "Miscount, mean over images", better="lower", limit=0.0),
    Metric("count_error_percent", "Miscount, % of the true points", better="lower", limit=0.0),
)

#: A threshold may cost so much F1 if it counts better.
_F1_FOR_COUNT = 0.003

IdArray = npt.NDArray[np.int64]


def points_of(sample: Sample) -> list[tuple[str, float, float]]:
    """The true points ``(label, x, y)`` of a sample in pixels: centres of regions, in its region of interest."""
    roi = None if sample.roi is None else sample.roi.mask(*sample.size)
    found = []
    for item in sample.annotations:
        centre = centre_of(item.region, sample.size)
        if centre is None or not item.label or is_ignored(item.label):
            continue
        if roi is not None:
            row, column = int(centre[1]), int(centre[0])
            if not (0 <= row < roi.shape[0] and 0 <= column < roi.shape[1] and roi[row, column]):
                continue
        found.append((item.label, *centre))
    return found


@dataclass(frozen=True, eq=False)
class Matches:
    """The answers of one image, the surest first, and the true points.

    Parameters
    ----------
    scores : ``(N,)`` falling.
    labels : of the answers ``(N,)``.
    owner : index of the true point that each answer stands for, -1 for a false one ``(N,)``.
    error : distance to it in pixels, NaN for a false one ``(N,)``.
    truth : labels of the true points ``(M,)``.
    """

    scores: FloatArray
    labels: npt.NDArray[np.str_]
    owner: IdArray
    error: FloatArray
    truth: npt.NDArray[np.str_]


def matched(pair: Pair, *, rejected: bool = False) -> Matches:
    """The answers of an image laid to its true points; with `rejected` those below the threshold too."""
    truth = points_of(pair.sample)
    given: tuple[Annotation, ...] = (*pair.result.annotations, *(pair.result.rejected if rejected else ()))
    placed = [(item, centre) for item in given if (centre := centre_of(item.region, pair.result.size)) is not None]
    placed.sort(key=lambda entry: -(entry[0].score or 0.0))
    names = np.array([item.label for item, _ in placed], np.str_)
    own = np.array([label for label, *_ in truth], np.str_)
    away = np.full((len(placed), len(truth)), np.inf)
    if placed and truth:
        answers = np.array([centre for _, centre in placed])
        targets = np.array([(x, y) for _, x, y in truth])
        distance = np.hypot(*(answers[:, None] - targets[None]).transpose(2, 0, 1))
        radius = RADIUS * pair.result.values.get(FEATURE_SIZE, 0.0)
        away = np.where((names[:, None] == own[None]) & (distance <= radius), distance, np.inf)
    owner, error = np.full(len(placed), -1, np.int64), np.full(len(placed), np.nan)
    for index in np.flatnonzero(np.isfinite(away).any(axis=1)):
        nearest = int(away[index].argmin())
        if np.isfinite(away[index, nearest]):
            owner[index], error[index] = nearest, away[index, nearest]
            away[:, nearest] = np.inf
    scores = np.array([item.score or 0.0 for item, _ in placed], np.float64)
    return Matches(scores, names, owner, error, own)


def measure_points(pairs: Sequence[Pair], labels: Sequence[str], *, intervals: bool = True) -> dict[str, Estimate]:
    """The metrics over all images, with bootstrap intervals over the images.

    Figures that the images do not allow are left out: recall without a true point, the distance without a hit.
    """
    kept = [matched(pair) for pair in pairs if pair.sample.annotated]
    if not kept:
        return {}
    table = np.array([_tally(item) for item in kept])  # (N, 5)
    found: dict[str, Estimate] = {}
    best = _best_f1([matched(pair, rejected=True) for pair in pairs if pair.sample.annotated], labels)
    if np.isfinite(best):
        found["best_f1"] = Estimate(best, None, None, len(kept))
    for name, figure in _FIGURES.items():
        value = float(figure(table[None])[0])
        if np.isfinite(value):
            low, high = bootstrap_images(table, figure) if intervals else (None, None)
            found[name] = Estimate(value, low, high, len(kept))
    return found


def wrongness(pair: Pair) -> float:
    """One minus the F1 of the image's points, which is above one half for a bad answer."""
    hits, said, true = _tally(matched(pair))[:3]
    return 1 - 2 * hits / (said + true) if said + true else 0.0


def best_scores(pairs: Sequence[Pair], labels: Sequence[str]) -> tuple[float | None, ...]:
    """For each class the least score that gives the best F1; of those that are about as good the best count.

    Reads the rejected answers too. None for a class without a true point or without an answer.
    """
    known = [matched(pair, rejected=True) for pair in pairs if pair.sample.annotated]
    return tuple(_best_score(known, name) for name in labels)


def point_figures(pairs: Sequence[Pair], labels: Sequence[str]) -> list[Figure]:
    """Table of the classes, precision-recall curves, how far off and how far miscounted."""
    known = [pair for pair in pairs if pair.sample.annotated]
    if not known:
        return []
    said = [matched(pair) for pair in known]
    figures: list[Figure] = [_table(said, labels)]
    every = [matched(pair, rejected=True) for pair in known]
    figures.extend(_curves(every, labels))
    errors = np.concatenate([item.error for item in said])
    errors = errors[np.isfinite(errors)]
    if len(errors):
        figures.append(
            Histogram(
                "Distance to the truth",
                "Of answers that stand for a true point. The truth itself is seldom marked better than to a pixel.",
                x_label="Pixels",
                edges=(edges := np.linspace(0, max(float(errors.max()), 1.0), 25)),
                groups={"correct": np.histogram(errors, edges)[0].astype(np.int64)},
            )
        )
    off = np.array([len(item.scores) - len(item.truth) for item in said])
    most = max(int(np.abs(off).max()), 3) + 0.5
    edges = np.linspace(-most, most, min(2 * int(most + 0.5), 60) + 1)
    figures.append(
        Histogram(
            "Miscount of the images",
            "To the left images with too few points, to the right those with too many.",
            x_label="Answers less true points",
            edges=edges,
            groups={"images": np.histogram(off, edges)[0].astype(np.int64)},
        )
    )
    return figures


def _tally(item: Matches) -> tuple[float, float, float, float, float]:
    """Hits, answers, true points, sum of distances, miscount of one image."""
    hits = float((item.owner >= 0).sum())
    said, true = float(len(item.scores)), float(len(item.truth))
    return hits, said, true, float(np.nansum(item.error)), abs(said - true)


#: Figures ``(B,)`` of tallies ``(B, N, 5)``.
_FIGURES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "f1": lambda t: ratio(2 * t[..., 0].sum(-1), t[..., 1].sum(-1) + t[..., 2].sum(-1)),
    "precision": lambda t: ratio(t[..., 0].sum(-1), t[..., 1].sum(-1)),
    "recall": lambda t: ratio(t[..., 0].sum(-1), t[..., 2].sum(-1)),
    "mean_error_px": lambda t: ratio(t[..., 3].sum(-1), t[..., 0].sum(-1)),
    "count_mae": lambda t: t[..., 4].mean(-1),
    "count_error_percent": lambda t: 100 * ratio(t[..., 4].sum(-1), t[..., 2].sum(-1)),
}


def _of_class(item: Matches, name: str) -> tuple[FloatArray, npt.NDArray[np.bool_], FloatArray, int]:
    """Scores, whether each is a hit, errors, and the number of true points of one class."""
    own = item.labels == name
    return item.scores[own], item.owner[own] >= 0, item.error[own], int((item.truth == name).sum())


def _ranked(known: Sequence[Matches], name: str) -> tuple[FloatArray, npt.NDArray[np.bool_], int]:
    """All answers of a class over the images, the surest first: scores, hits, and how many true points there are."""
    parts = [_of_class(item, name) for item in known]
    scores = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0)
    hits = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, np.bool_)
    order = np.argsort(-scores, kind="stable")
    return scores[order], hits[order], sum(part[3] for part in parts)


def _best_f1(known: Sequence[Matches], labels: Sequence[str]) -> float:
    """F1 of all classes together, each with the least score that is best for it; NaN without a true point."""
    right = said = true = 0
    for name in labels:
        _, hits, own = _ranked(known, name)
        true += own
        if own and len(hits):
            found = np.cumsum(hits)
            end = int((found / (np.arange(1, len(hits) + 1) + own)).argmax())
            if found[end]:
                right, said = right + int(found[end]), said + end + 1
    return 2 * right / (said + true) if true else float("nan")


def _best_score(known: Sequence[Matches], name: str) -> float | None:
    scores, hits, true = _ranked(known, name)
    if not true or not hits.any():
        return None
    # A threshold stands between two different scores, or below all of them.
    ends = np.flatnonzero(np.diff(scores, append=-1.0) < 0)
    f1 = 2 * np.cumsum(hits)[ends] / (ends + 1 + true)
    good = ends[f1 >= f1.max() - _F1_FOR_COUNT]
    per_image = [(part[0], part[3]) for part in (_of_class(item, name) for item in known)]

    def threshold(end: int) -> float:
        below = float(scores[end + 1]) if end + 1 < len(scores) else float(scores[end]) / 2
        return (float(scores[end]) + below) / 2

    def miscount(end: int) -> float:
        least = threshold(end)
        return sum(abs(int((own >= least).sum()) - there) for own, there in per_image)

    few = good[:: max(len(good) // 64, 1)]
    return threshold(int(min(few, key=miscount)))


def _table(said: Sequence[Matches], labels: Sequence[str]) -> Table:
    rows: list[tuple[object, ...]] = []
    for name in labels:
        parts = [_of_class(item, name) for item in said]
        hits, answers = sum(int(part[1].sum()) for part in parts), sum(len(part[0]) for part in parts)
        true = sum(part[3] for part in parts)
        errors = np.concatenate([part[2] for part in parts])
        off = [abs(len(part[0]) - part[3]) for part in parts]
        shares = (ratio(hits, answers), ratio(hits, true), ratio(2 * hits, answers + true))
        figures = (
            *shares,
            errors[np.isfinite(errors)].mean() if hits else np.nan,
            np.mean(off),
            100 * ratio(sum(off), true),
        )
        told = [None if np.isnan(figure) else float(figure) for figure in figures]
        rows.append((name, true, *told, hits, answers - hits, true - hits))
    return Table(
        "Classes",
        "Precision: how often an answer stands for a true point. Recall: how many true points are found. "
        "Miscount: how far the number of points of an image is off.",
        columns=(
            "Class",
            "True points",
            "Precision",
            "Recall",
            "F1",
            "Distance, px",
            "Miscount",
            "Miscount, %",
            "Hits",
            "False",
            "Missed",
        ),
        rows=tuple(rows),
    )


def _curves(every: Sequence[Matches], labels: Sequence[str]) -> list[Figure]:
    series = []
    for name in labels:
        scores, hits, true = _ranked(every, name)
        if true and len(scores):
            found = np.cumsum(hits)
            recall, precision = found / true, found / np.arange(1, len(scores) + 1)
            x, y = np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])
            series.append(Series(name, *thinned(x, y)))
    if not series:
        return []
    return [
        Curves(
            "Precision and recall over all thresholds",
            "The nearer to the top right corner, the better.",
            x_label="Recall",
            y_label="Precision",
            series=tuple(series),
        )
    ]
