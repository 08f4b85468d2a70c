"""How good several labels per image are: mean average precision, F1 of each class, images that are right as a whole.

The truth of an image are the classes of its annotations, be they labels of the image or regions in it. An image that
shows a class which the model has not learnt can never be right as a whole; of its other classes it counts as any.
Images of which nothing is known are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.evaluation.curves import FloatArray, Tally, ratio, thinned
from sightmill.evaluation.intervals import bootstrap_tallies, proportion
from sightmill.evaluation.promises import most_errors
from sightmill.evaluation.report import Curves, Estimate, Figure, Histogram, Metric, Pair, Series, Table

__all__ = [
    "METRICS",
    "THRESHOLD_RULES",
    "class_threshold",
    "labels_of",
    "measure_multi_label",
    "multi_label_figures",
    "wrongness",
]

BoolArray = npt.NDArray[np.bool_]

#: What multi-label classification is judged by, the deciding figure first.
METRICS = (
    Metric("mean_ap", "Average precision, mean over classes"),
    Metric("macro_f1", "F1, mean over classes"),
    Metric("exact_match", "Images with all classes right"),
)

#: How a class's threshold may be chosen.
THRESHOLD_RULES = ("f1", "misses", "false_alarms")

_MOST_SERIES = 8

#: So much F1, divided by the square root of the number of images, is no difference between two thresholds.
_F1_TO_SPARE = 0.075


def labels_of(sample: Sample) -> tuple[str, ...]:
    """The classes that an image shows, sorted: of its labels and of its regions; empty when it shows none."""
    return tuple(sorted({item.label for item in sample.annotations if item.label}))


def class_threshold(
    scores: npt.ArrayLike,
    present: npt.ArrayLike,
    *,
    rule: str = "f1",
    target: float = 0.05,
    confidence: float = 0.95,
) -> float:
    """The confidence from which on a class is said to be there, fitted to held-out images.

    Parameters
    ----------
    scores : confidences ``(N,)`` in [0, 1].
    present : whether the class is there ``(N,)``.
    rule : ``f1`` takes the best F1 that is to be expected of further images; of thresholds that are about as good the
        one nearest to one half. ``misses`` takes the highest threshold below which at most `target` of the images with
        the class will lie, ``false_alarms`` the lowest one above which at most `target` of those without it will, both
        with this `confidence` (Clopper-Pearson). Too few images for such a promise: the threshold takes all of them in.

    Returns
    -------
    A threshold above 0 and below 1; one half where the images show nothing (one side is missing).

    Raises
    ------
    SettingsError : an unknown rule.
    """
    values = np.clip(np.asarray(scores, np.float64).reshape(-1), 1e-6, 1 - 1e-6)
    there = np.asarray(present, np.bool_).reshape(-1)
    if rule not in THRESHOLD_RULES:
        raise SettingsError("unknown rule for thresholds", got=rule, allowed=THRESHOLD_RULES)
    if rule == "misses" and there.any():
        own = np.sort(values[there])
        at = most_errors(len(own), target, confidence) or 0
        below = values[values < own[at]]
        return _between(float(below.max()) if len(below) else own[at] / 2, float(own[at]))
    if rule == "false_alarms" and not there.all():
        other = np.sort(values[~there])[::-1]
        at = most_errors(len(other), target, confidence) or 0
        above = values[values > other[at]]
        return _between(float(other[at]), float(above.min()) if len(above) else (1 + other[at]) / 2)
    if not there.any() or there.all():
        return 0.5
    return _best_f1(values, there)


def wrongness(confidences: FloatArray, thresholds: FloatArray, present: BoolArray) -> FloatArray:
    """How wrong each class's answer is, 0 to 1: above one half is a wrong decision.

    Parameters
    ----------
    confidences, thresholds : ``(K,)`` in [0, 1]; a class is said to be there from its threshold on.
    present : whether it is ``(K,)``.
    """
    said = confidences >= thresholds
    above = 0.5 + 0.5 * ratio(confidences - thresholds, 1 - thresholds)
    below = 0.5 * ratio(confidences, thresholds)
    level = np.nan_to_num(np.where(said, above, below), nan=0.5)
    wrong = np.where(present, 1 - level, level)
    # A confidence right at its threshold: the decision counts, not the distance.
    return np.where(said != present, np.maximum(wrong, 0.5 + 1e-9), np.minimum(wrong, 0.5))


def measure_multi_label(pairs: Sequence[Pair], labels: Sequence[str], *, intervals: bool = True) -> dict[str, Estimate]:
    """Mean AP, macro F1 and exact matches; empty when of no image anything is known.

    Means are over the classes that some of the images show. Average precision needs images without the class too:
    a class that all images show is left out of it. Exact matches have a Wilson interval, means bootstrap intervals.
    """
    answers = _Answers.of(pairs, labels)
    count = len(answers.truth)
    if not count:
        return {}
    estimates: dict[str, Estimate] = {}
    ranked = [answers.tally(index) for index in answers.told_apart]
    if ranked:
        value = float(np.mean([float(tally.average_precision()) for tally in ranked]))
        low, high = bootstrap_tallies(ranked, Tally.average_precision) if intervals else (None, None)
        estimates["mean_ap"] = Estimate(value, low, high, count)
    shown = np.flatnonzero(answers.truth.any(axis=0))
    if len(shown):
        value = float(np.mean(answers.f1()[shown]))
        ends: tuple[float | None, float | None] = (None, None)
        apart = [answers.decided(int(index)) for index in shown if not answers.truth[:, index].all()]
        if intervals and apart:
            ends = bootstrap_tallies(apart, _f1_of_decisions)
            ends = min(ends[0] or 0.0, value), max(ends[1] or 0.0, value)
        estimates["macro_f1"] = Estimate(value, *ends, count)
    estimates["exact_match"] = proportion(int(answers.exact.sum()), count, interval=intervals)
    return estimates


def multi_label_figures(pairs: Sequence[Pair], labels: Sequence[str]) -> list[Figure]:
    """Table of the classes, precision-recall curves, confidences with and without the class."""
    answers = _Answers.of(pairs, labels)
    if not len(answers.truth):
        return []
    figures: list[Figure] = [_class_table(answers)]
    if answers.told_apart:
        figures.append(_curves(answers))
    figures.append(_histogram(answers))
    return figures


@dataclass(frozen=True, eq=False)
class _Answers:
    """Truth and answers of N images and K classes as arrays ``(N, K)``."""

    labels: tuple[str, ...]
    truth: BoolArray
    said: BoolArray
    scores: FloatArray
    exact: BoolArray  # (N,)

    @classmethod
    def of(cls, pairs: Sequence[Pair], labels: Sequence[str]) -> _Answers:
        kept = [pair for pair in pairs if pair.sample.annotated]
        shape = (len(kept), len(labels))
        truth, said, scores = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape)
        exact = np.zeros(len(kept), np.bool_)
        for row, pair in enumerate(kept):
            known, given = set(labels_of(pair.sample)), {item.label for item in pair.result.annotations}
            exact[row] = known == given
            for index, name in enumerate(labels):
                truth[row, index], said[row, index] = name in known, name in given
                scores[row, index] = pair.result.confidences.get(name, float(name in given))
        return cls(tuple(labels), truth, said, scores, exact)

    @property
    def told_apart(self) -> list[int]:
        """Classes that some images show and others do not."""
        shares = self.truth.mean(axis=0)
        return [index for index, share in enumerate(shares) if 0 < share < 1]

    def tally(self, index: int) -> Tally:
        return Tally.of(self.scores[:, index], self.truth[:, index])

    def decided(self, index: int) -> Tally:
        return Tally.of(self.said[:, index], self.truth[:, index])

    def counts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Hits, false alarms and misses of each class ``(K,)``."""
        hits = (self.truth & self.said).sum(axis=0).astype(np.float64)
        return hits, self.said.sum(axis=0) - hits, self.truth.sum(axis=0) - hits

    def f1(self) -> FloatArray:
        hits, extra, missed = self.counts()
        return ratio(2 * hits, 2 * hits + extra + missed)


def _f1_of_decisions(tally: Tally) -> FloatArray:
    """F1 of scores that are 1 where the class was said to be there, else 0 ``(...)``."""
    called = tally.levels > 0.5
    hits, extra = tally.positives[..., called].sum(axis=-1), tally.negatives[..., called].sum(axis=-1)
    return np.nan_to_num(ratio(2 * hits, hits + extra + tally.positives.sum(axis=-1)))


def _best_f1(values: FloatArray, there: BoolArray) -> float:
    """The threshold of the best F1 that is to be expected of further images like these.

    A few images place a threshold by chance. So each score stands for the scores around it: in logits, and as wide as
    so many images leave open (Silverman's rule). Of thresholds that are about as good, the one nearest to one half is
    nearest to what a calibrated confidence means.
    """
    logits = np.log(values / (1 - values))
    spread = math.sqrt(sum(float(part.var()) * len(part) for part in (logits[there], logits[~there])) / len(logits))
    width = max(1.06 * spread * len(logits) ** -0.2, 1e-3) * math.sqrt(3) / math.pi  # of a logistic of that spread
    ways = np.unique(np.concatenate([np.linspace(-6.0, 6.0, 241), _middles(logits)]))
    share = 1 / (1 + np.exp(np.clip((ways - logits[:, None]) / width, -60, 60)))  # (N, W) above each threshold
    f1 = 2 * share[there].sum(axis=0) / (share.sum(axis=0) + there.sum())
    good = ways[f1 >= f1.max() - _F1_TO_SPARE / math.sqrt(len(logits))]
    chosen = float(good[np.abs(good).argmin()])
    return float(np.clip(1 / (1 + math.exp(-chosen)), 1e-6, 1 - 1e-6))


def _middles(values: FloatArray) -> FloatArray:
    """Between each two neighbouring values, and beside the outermost."""
    levels = np.unique(values)
    return np.concatenate([levels[:1] - 0.5, (levels[1:] + levels[:-1]) / 2, levels[-1:] + 0.5])


def _between(low: float, high: float) -> float:
    """Clear of both, so that the last digit of another engine's arithmetic changes no decision."""
    return float(np.clip((low + high) / 2, 1e-6, 1 - 1e-6))


def _class_table(answers: _Answers) -> Table:
    hits, extra, missed = answers.counts()
    precision, recall, f1 = ratio(hits, hits + extra), ratio(hits, hits + missed), answers.f1()
    apart = answers.told_apart
    rows: list[tuple[object, ...]] = []
    for index, name in enumerate(answers.labels):
        average = float(answers.tally(index).average_precision()) if index in apart else None
        figures = (_told(precision[index]), _told(recall[index]), _told(f1[index]))
        counts = (int(hits[index]), int(extra[index]), int(missed[index]))
        rows.append((name, int(answers.truth[:, index].sum()), average, *figures, *counts))
    return Table(
        "Classes",
        "AP: how well the class's images are ranked, at any threshold. Precision: how often this answer is right. "
        "Recall: how many images of the class are found. Empty cells: the images do not allow the figure.",
        columns=("Class", "Images", "AP", "Precision", "Recall", "F1", "Hits", "False alarms", "Misses"),
        rows=tuple(rows),
    )


def _told(figure: float) -> float | None:
    return None if np.isnan(figure) else float(figure)


def _curves(answers: _Answers) -> Curves:
    tallies = [
        (float((tally := answers.tally(index)).average_precision()), index, tally) for index in answers.told_apart
    ]
    hidden = len(tallies) - _MOST_SERIES
    if hidden > 0:
        tallies = sorted(tallies, key=lambda entry: entry[0])[:_MOST_SERIES]
    series = []
    for average, index, tally in tallies:
        precision, recall = tally.precision_recall()
        x, y = np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])
        series.append(Series(f"{answers.labels[index]} (AP {average:.3f})", *thinned(x, y)))
    which = f" Shown are the {_MOST_SERIES} weakest classes of {hidden + _MOST_SERIES}." if hidden > 0 else ""
    return Curves(
        "Precision and recall of each class",
        "The nearer to the top right corner, the better." + which,
        x_label="Recall",
        y_label="Precision",
        series=tuple(series),
    )


def _histogram(answers: _Answers) -> Histogram:
    edges = np.linspace(0.0, 1.0, 21)
    score = np.clip(answers.scores, 0.0, 1.0)
    return Histogram(
        "Confidences of classes that are there, and of those that are not",
        "All classes together. Where the two groups overlap, a threshold cannot part them.",
        x_label="Confidence",
        edges=edges,
        groups={
            "there": np.histogram(score[answers.truth], edges)[0].astype(np.int64),
            "not there": np.histogram(score[~answers.truth], edges)[0].astype(np.int64),
        },
    )
