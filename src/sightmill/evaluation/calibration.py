"""Whether a score of 0.9 is right nine times in ten, and the temperature that makes it so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError

__all__ = ["TEMPERATURES", "Reliability", "ece", "fit_temperature", "reliability"]

FloatArray = npt.NDArray[np.float64]

#: The range that a fitted temperature is kept in.
TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers grouped by their score.

    Parameters
    ----------
    score : mean score of each bin that holds answers ``(M,)``, rising.
    accuracy : share of right answers in it ``(M,)``.
    count : how many answers it holds ``(M,)``.
    """

    score: FloatArray
    accuracy: FloatArray
    count: npt.NDArray[np.int64]

    @property
    def error(self) -> float:
        """Gap between score and accuracy, weighted by count; NaN without answers."""
        if not len(self.count):
            return math.nan
        return float((self.count * np.abs(self.score - self.accuracy)).sum() / self.count.sum())


def reliability(score: npt.ArrayLike, correct: npt.ArrayLike, *, bins: int = 10) -> Reliability:
    """Group scores ``(N,)`` in [0, 1] into equal steps and compare them with `correct` ``(N,)`` (bool)."""
    scores = np.asarray(score, np.float64).reshape(-1)
    right = np.asarray(correct, np.float64).reshape(-1)
    which = np.clip(np.ceil(scores * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    held = count > 0
    return Reliability(
        score=np.bincount(which, scores, bins)[held] / count[held],
        accuracy=np.bincount(which, right, bins)[held] / count[held],
        count=count[held].astype(np.int64),
    )


def ece(score: npt.ArrayLike, correct: npt.ArrayLike, *, bins: int = 15) -> float:
    """Expected calibration error of scores ``(N,)`` in [0, 1]: 0 is perfect.

    Guo et al., "On calibration of modern neural networks" (2017), equation 3, with 15 equal bins.
    """
    return reliability(score, correct, bins=bins).error


def fit_temperature(logits: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """The temperature T for which ``softmax(logits / T)`` is the most likely on held-out images.

    Parameters
    ----------
    logits : ``(N, K)``.
    truth : class ids ``(N,)``.

    Guo et al. (2017), section 4.2. With few images that are all right, likelihood alone would ask for
    unbounded certainty; so the truth of each image is doubted with ``1 / (N + 2)``, the chance that the
    next image is a wrong one after N right ones (as Platt 1999 does for two classes).

    Raises
    ------
    DataError : shapes do not fit, a logit is not finite, or a class id is outside ``0 .. K-1``.
    """
    values, ids = np.asarray(logits, np.float64), np.asarray(truth, np.int64).reshape(-1)
    if values.ndim != 2 or len(values) != len(ids) or not len(ids):
        raise DataError("a temperature is fitted to logits (N, K) and N class ids", got=values.shape)
    if not np.isfinite(values).all() or ids.min() < 0 or ids.max() >= values.shape[1]:
        raise DataError("a temperature needs finite logits and class ids within their columns")
    count, classes = values.shape
    doubt = 1.0 / (count + 2)
    values = values - values.max(axis=1, keepdims=True)
    aimed = (1 - doubt) * values[np.arange(count), ids] + doubt * values.sum(axis=1) / classes

    def loss(log_temperature: float) -> float:
        scale = math.exp(-log_temperature)
        return float((np.log(np.exp(values * scale).sum(axis=1)) - aimed * scale).mean())

    return math.exp(_golden_minimum(loss, *(math.log(end) for end in TEMPERATURES)))


def _golden_minimum(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest (golden-section search); the loss has one in log T."""
    shrink = (math.sqrt(5) - 1) / 2
    left, right = high - shrink * (high - low), low + shrink * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-6:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - shrink * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + shrink * (high - low)
            at_right = loss(right)
    return (low + high) / 2
