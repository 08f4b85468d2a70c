"""Curves over all thresholds of a score, and the areas under them.

A higher score speaks for the positive class (a defect, or the class in question). Scores that are equal
cannot be told apart by any threshold, so they enter every curve as one step: the areas are exact with ties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError

__all__ = ["Tally", "auc", "average_precision", "f1_max", "precision_recall", "ratio", "roc", "thinned"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tally:
    """How many positives and negatives have each score: all that the curves need to know.

    Parameters
    ----------
    levels : the distinct scores ``(U,)``, falling.
    positives, negatives : how many (or what weight) at each level ``(..., U)``; leading axes are
        independent repetitions, such as the resamples of a bootstrap.
    """

    levels: FloatArray
    positives: FloatArray
    negatives: FloatArray

    @classmethod
    def of(cls, scores: npt.ArrayLike, positive: npt.ArrayLike) -> Tally:
        """Count scores ``(N,)`` whose truth is `positive` ``(N,)`` (bool).

        Raises
        ------
        DataError : the two differ in length, or a score is not a number.
        """
        values = np.asarray(scores, np.float64).reshape(-1)
        truth = np.asarray(positive, np.bool_).reshape(-1)
        if len(values) != len(truth):
            raise DataError("scores and truth must have the same length", got=f"{len(values)} and {len(truth)}")
        if np.isnan(values).any():
            raise DataError(
                "a score is not a number, so the images cannot be ranked",
                got=f"{int(np.isnan(values).sum())} of {len(values)} scores are NaN",
                remedy="train the model again, or check its input images for invalid pixels",
            )
        levels, where = np.unique(values, return_inverse=True)
        size = len(levels)
        positives = np.bincount(where[truth], minlength=size).astype(np.float64)
        negatives = np.bincount(where[~truth], minlength=size).astype(np.float64)
        return cls(levels[::-1], positives[::-1], negatives[::-1])

    def roc(self) -> tuple[FloatArray, FloatArray]:
        """False and true positive rates ``(..., U + 1)``, from (0, 0) to (1, 1)."""
        return _shares(self.negatives), _shares(self.positives)

    def precision_recall(self) -> tuple[FloatArray, FloatArray]:
        """Precision and recall ``(..., U)`` at each level taken as threshold, recall rising."""
        hits = np.cumsum(self.positives, axis=-1)
        called = hits + np.cumsum(self.negatives, axis=-1)
        return ratio(hits, called), ratio(hits, hits[..., -1:])

    def auc(self) -> FloatArray:
        """Area under the ROC curve ``(...)``: the chance that a positive outscores a negative, ties half."""
        x, y = self.roc()
        return np.asarray(((y[..., 1:] + y[..., :-1]) * np.diff(x, axis=-1)).sum(axis=-1) / 2)

    def average_precision(self) -> FloatArray:
        """Precision averaged over the recall steps ``(...)``, without interpolation."""
        precision, recall = self.precision_recall()
        steps = np.diff(recall, axis=-1, prepend=0.0)
        return np.asarray((precision * steps).sum(axis=-1))

    def f1_max(self) -> FloatArray:
        """The best F1 that any threshold reaches ``(...)``."""
        return np.asarray(self._f1().max(axis=-1, initial=0.0))

    def recall_at(self, rate: float) -> FloatArray:
        """The largest share of the positives found ``(...)`` while at most `rate` of the negatives are called so."""
        x, y = self.roc()
        return np.asarray(np.where(x <= rate, y, 0.0).max(axis=-1))

    def f1_threshold(self) -> float:
        """The level that reaches `f1_max` when scores at or above it are called positive."""
        return float(self.levels[int(np.argmax(self._f1()))])

    def _f1(self) -> FloatArray:
        hits = np.cumsum(self.positives, axis=-1)
        called = hits + np.cumsum(self.negatives, axis=-1)
        return ratio(2 * hits, called + hits[..., -1:])

    def merged(self, most: int) -> Tally:
        """The same counts on at most `most` levels, neighbours of about equal weight taken together."""
        if len(self.levels) <= most:
            return self
        weight = np.cumsum(self.positives + self.negatives)
        group = np.minimum((weight - 1) * most // weight[-1], most - 1).astype(np.int64)
        first = np.flatnonzero(np.diff(group, prepend=-1))
        return Tally(
            self.levels[first],
            np.add.reduceat(self.positives, first),
            np.add.reduceat(self.negatives, first),
        )


def roc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """False and true positive rates over all thresholds, from (0, 0) to (1, 1)."""
    return Tally.of(scores, positive).roc()


def precision_recall(scores: npt.ArrayLike, positive: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Precision and recall at each distinct score taken as threshold, recall rising."""
    return Tally.of(scores, positive).precision_recall()


def auc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Area under the ROC curve; NaN when positives or negatives are missing."""
    return float(Tally.of(scores, positive).auc())


def average_precision(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Average precision without interpolation; NaN when there are no positives."""
    return float(Tally.of(scores, positive).average_precision())


def f1_max(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """The best F1 over all thresholds."""
    return float(Tally.of(scores, positive).f1_max())


def _shares(counts: FloatArray) -> FloatArray:
    risen = np.cumsum(counts, axis=-1)
    shares = ratio(risen, risen[..., -1:])
    return np.concatenate([np.zeros((*shares.shape[:-1], 1)), shares], axis=-1)


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> FloatArray:
    """part / whole, NaN where the whole is nothing."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    shares: FloatArray = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return shares


def thinned(x: FloatArray, y: FloatArray, most: int = 400) -> tuple[FloatArray, FloatArray]:
    """At most `most` of a curve's points, evenly along its length, ends kept: a page cannot show more."""
    if len(x) <= most:
        return x, y
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    kept = np.searchsorted(way, np.linspace(0.0, way[-1], most)).clip(0, len(x) - 1)
    kept = np.unique(np.concatenate([[0], kept, [len(x) - 1]]))
    return x[kept], y[kept]
