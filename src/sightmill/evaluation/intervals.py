"""How far a measured figure may be trusted: 95 % confidence intervals that stay sensible with few images."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from sightmill.errors import SettingsError
from sightmill.evaluation.curves import FloatArray, Tally
from sightmill.evaluation.report import Estimate

__all__ = [
    "CONFIDENCE",
    "bootstrap_columns",
    "bootstrap_images",
    "bootstrap_tallies",
    "bootstrap_tally",
    "lower_bound",
    "proportion",
    "upper_bound",
    "wilson",
]

#: Confidence of every interval of a report.
CONFIDENCE = 0.95

_RESAMPLES = 1000
_MOST_LEVELS = 2000
_CELLS_AT_ONCE = 1_000_000


def wilson(hits: int, count: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided interval of a proportion; ``(0, 1)`` when nothing was counted.

    Wilson, "Probable inference, the law of succession, and statistical inference" (1927). Unlike the textbook
    interval it does not shrink to nothing at 0 or 100 %.
    """
    if count == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / count
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low = 0.0 if hits == 0 else max((centre - spread) / scale, 0.0)
    high = 1.0 if hits == count else min((centre + spread) / scale, 1.0)
    return low, high


def proportion(hits: int, count: int, *, interval: bool = True) -> Estimate:
    """A share of `count` images with its Wilson interval; `count` must be above 0."""
    low, high = wilson(hits, count) if interval else (None, None)
    return Estimate(hits / count, low, high, count)


def upper_bound(hits: int, count: int, *, confidence: float = CONFIDENCE) -> float:
    """One-sided exact upper bound of a proportion: the true share is below it with this confidence.

    Clopper & Pearson, "The use of confidence or fiducial limits" (1934): the share at which `hits` or fewer
    of `count` would only be seen with probability ``1 - confidence``.
    """
    _checked(hits, count, confidence)
    if hits == count:
        return 1.0
    if hits == 0:
        return -math.expm1(math.log(1 - confidence) / count)
    cdf = _binomial_cdf(hits, count)
    return _bisected(lambda share: cdf(share) - (1 - confidence))


def lower_bound(hits: int, count: int, *, confidence: float = CONFIDENCE) -> float:
    """One-sided exact lower bound of a proportion (Clopper & Pearson)."""
    _checked(hits, count, confidence)
    return 1.0 - upper_bound(count - hits, count, confidence=confidence) if count else 0.0


def bootstrap_tally(tally: Tally, statistic: Callable[[Tally], FloatArray], *, seed: int = 0) -> tuple[float, float]:
    """95 % interval of a figure of a score curve, by resampling positives and negatives apart.

    Parameters
    ----------
    tally : the counts measured, with at least one positive and one negative.
    statistic : ``Tally.auc``, ``Tally.average_precision``, ``Tally.f1_max`` or the like, over leading axes.

    A plain bootstrap (Efron 1979) of perfectly separated scores finds no spread at all, however few images
    there are. So a second bootstrap lets each group draw, with the weight of one single image, from the other
    group: what the next unseen image might do (Laplace's rule of succession). The interval spans both.
    """
    return bootstrap_tallies([tally], statistic, seed=seed)


def bootstrap_tallies(
    tallies: Sequence[Tally], statistic: Callable[[Tally], FloatArray], *, seed: int = 0
) -> tuple[float, float]:
    """As `bootstrap_tally`, of the mean of a figure over several curves (one for each class), each resampled."""
    tallies = [tally.merged(_MOST_LEVELS) for tally in tallies]
    rng = np.random.default_rng(seed)
    ends: list[float] = []
    for doubt in (0.0, 1.0):
        total = np.zeros(_RESAMPLES)
        for tally in tallies:
            good, bad = tally.negatives / tally.negatives.sum(), tally.positives / tally.positives.sum()
            answers = []
            for size in _batches(len(tally.levels)):
                drawn = Tally(
                    tally.levels,
                    _drawn(rng, tally.positives, bad, good, doubt, size),
                    _drawn(rng, tally.negatives, good, bad, doubt, size),
                )
                answers.append(statistic(drawn))
            total += np.concatenate(answers)
        ends.extend(_ends(total / len(tallies)))
    return _spanned(ends, float(np.mean([float(statistic(tally)) for tally in tallies])))


def bootstrap_columns(
    counts: npt.NDArray[np.int64], statistic: Callable[[FloatArray], FloatArray], *, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a figure of a confusion matrix ``(rows, columns)``, by resampling each truth column.

    `statistic` takes matrices ``(B, rows, columns)`` to figures ``(B,)``. As in `bootstrap_tally`, a second
    bootstrap lets each class answer, with the weight of one image, with any of the rows.
    """
    rng = np.random.default_rng(seed)
    rows, columns = counts.shape
    even = np.full(rows, 1.0 / rows)
    ends: list[float] = []
    for doubt in (0.0, 1.0):
        answers = []
        for size in _batches(rows * columns):
            drawn = np.zeros((size, rows, columns))
            for column in np.flatnonzero(counts.sum(axis=0)):
                seen = counts[:, column].astype(np.float64)
                drawn[:, :, column] = _drawn(rng, seen, seen / seen.sum(), even, doubt, size)
            answers.append(statistic(drawn))
        ends.extend(_ends(np.concatenate(answers)))
    return _spanned(ends, float(statistic(counts[None].astype(np.float64))[0]))


def bootstrap_images(
    table: FloatArray, figure: Callable[[FloatArray], FloatArray], *, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a figure of several images, by resampling whole images: what is in one image belongs together.

    Parameters
    ----------
    table : what each image adds to the figure ``(N, C)``.
    figure : tables ``(B, N, C)`` to figures ``(B,)``; NaN where a resample does not allow it.
    """
    rng = np.random.default_rng(seed)
    answers = [figure(table[rng.integers(0, len(table), (size, len(table)))]) for size in _batches(table.size)]
    return _spanned(_ends(np.concatenate(answers)), float(figure(table[None])[0]))


def _drawn(
    rng: np.random.Generator, seen: FloatArray, own: FloatArray, other: FloatArray, doubt: float, size: int
) -> FloatArray:
    """Resampled counts ``(size, U)``: as many as were seen, `doubt` images' weight taken from the other."""
    total = seen.sum()
    shares = (own * total + other * doubt) / (total + doubt)
    drawn = rng.multinomial(int(total), shares / shares.sum(), size=size)
    return np.asarray(drawn, np.float64)


def _batches(width: int) -> list[int]:
    """Sizes of resampling batches that keep memory bounded however many scores there are."""
    most = max(_CELLS_AT_ONCE // max(width, 1), 1)
    return [min(most, _RESAMPLES - start) for start in range(0, _RESAMPLES, most)]


def _ends(answers: FloatArray) -> list[float]:
    tail = (1 - CONFIDENCE) / 2
    return [float(end) for end in np.nanquantile(answers, [tail, 1 - tail])]


def _spanned(ends: list[float], value: float) -> tuple[float, float]:
    return min(*ends, value), max(*ends, value)


def _checked(hits: int, count: int, confidence: float) -> None:
    if not 0 <= hits <= count:
        raise SettingsError("a proportion needs 0 <= hits <= count", got=f"{hits} of {count}")
    if not 0 < confidence < 1:
        raise SettingsError("a confidence must lie between 0 and 1", got=confidence)


def _binomial_cdf(hits: int, count: int) -> Callable[[float], float]:
    """P(X <= hits) of X ~ Binomial(count, share), in log space, where no term under- or overflows."""
    k = np.arange(hits + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log((count - k[:-1]) / (k[:-1] + 1)))])

    def cdf(share: float) -> float:
        terms = ways + k * math.log(share) + (count - k) * math.log1p(-share)
        largest = float(terms.max())
        return min(math.exp(largest) * float(np.exp(terms - largest).sum()), 1.0)

    return cdf


def _bisected(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
