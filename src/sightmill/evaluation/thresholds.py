"""Where to part good from defective: a threshold for an anomaly score, and what it can be trusted for.

An image is called defective when its score is **above** the threshold.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError, SettingsError
from sightmill.evaluation.intervals import CONFIDENCE, upper_bound

__all__ = ["Threshold", "threshold_from_both", "threshold_from_good"]

FloatArray = npt.NDArray[np.float64]

#: A threshold that rejects more of the good images than this parts nothing, whatever it catches.
_MOST_REJECTED = 0.5


@dataclass(frozen=True)
class Threshold:
    """A threshold with its warrant.

    Parameters
    ----------
    value : images that score above it are called defective.
    bound : the false-reject rate of new good images is below this, with the confidence asked for.
    count : how many good images that rests on.
    needed : how many good images the stated target takes at least.
    rule : how it was found: ``order_statistic``, ``tail_margin``, ``gap`` or ``least_error``.
    sentence : all of that for people.
    """

    value: float
    bound: float
    count: int
    needed: int
    rule: str
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def threshold_from_good(scores: npt.ArrayLike, target: float = 0.05, confidence: float = CONFIDENCE) -> Threshold:
    """A threshold from held-out *good* images alone, for a wanted false-reject rate.

    With enough images it is an order statistic of their scores: leaving the `k` highest of `n` above it
    bounds the false-reject rate of new images by the Clopper-Pearson bound of `k` in `n`, whatever the
    scores' distribution (Wilks, "Determination of sample sizes for setting tolerance limits", 1941). The
    largest `k` whose bound keeps the target is taken. With too few images the threshold stands above the
    highest score, by the margin at which an exponential tail would reach the target; the bound given is then
    still the one that holds without believing in that tail. At least the images it was made from pass in
    that case: it never calls everything defective.

    Parameters
    ----------
    scores : anomaly scores of good images ``(N,)``, finite.
    target : wanted false-reject rate, above 0 and below 1.
    confidence : of the bound, above 0 and below 1.

    Raises
    ------
    DataError : no scores, or one that is not finite.
    SettingsError : target or confidence out of range.
    """
    values = _checked(scores, "good")
    for name, share in (("target", target), ("confidence", confidence)):
        if not 0 < share < 1:
            raise SettingsError(f"the {name} must be a share", got=share, allowed="above 0 and below 1")
    count = len(values)
    needed = max(math.ceil(math.log1p(-confidence) / math.log1p(-target) - 1e-9), 1)
    bound = upper_bound(0, count, confidence=confidence)
    if bound > target:
        value = _beyond(values, bound, target)
        sentence = (
            f"{_images(count)} support at most {_percent(bound)} false rejects with {_percent(confidence)} "
            f"confidence; {_percent(target)} would take {needed}. The threshold {value:.4g} stands above "
            "all of their scores, with a margin."
        )
        return Threshold(value, bound, count, needed, "tail_margin", sentence)
    above = _most_above(count, target, confidence)
    bound = upper_bound(above, count, confidence=confidence)
    value = _just_below_the(values, above)
    above = int((values > value).sum())
    sentence = (
        f"At most {_percent(target)} false rejects with {_percent(confidence)} confidence from "
        f"{_images(count)}: the threshold {value:.4g} leaves {above} of them above it "
        f"(bound {_percent(bound)})."
    )
    return Threshold(value, bound, count, needed, "order_statistic", sentence)


def threshold_from_both(
    good: npt.ArrayLike, bad: npt.ArrayLike, *, target: float = 0.05, confidence: float = CONFIDENCE
) -> Threshold:
    """The threshold with the least sum of false-reject and escape rate on good *and* defective images.

    Separable scores are parted in the middle of the gap. Of equally good places the widest gap is taken.
    Without defective images, or when no threshold that passes at least half of the good images beats
    guessing, it is `threshold_from_good`.
    The bound is Clopper-Pearson's for the good images above the threshold; since the threshold was chosen
    on these images, new ones may do somewhat worse.

    Raises
    ------
    DataError : no good scores, or a score that is not finite.
    SettingsError : target or confidence out of range.
    """
    fallback = threshold_from_good(good, target, confidence)
    passed = _checked(good, "good")
    if not np.size(bad):
        return fallback
    defects = _checked(bad, "defective")
    levels = np.unique(np.concatenate([passed, defects]))
    rejected = 1 - np.searchsorted(passed, levels, side="right") / len(passed)
    escaped = np.searchsorted(defects, levels, side="right") / len(defects)
    loss = rejected + escaped
    loss = np.where(rejected > _MOST_REJECTED, np.inf, loss)
    least = float(loss[:-1].min()) if len(levels) > 1 else 1.0
    if least >= 1.0 - 1e-12:
        sentence = "No threshold parts the defective images from the good ones. " + fallback.sentence
        return Threshold(fallback.value, fallback.bound, fallback.count, fallback.needed, fallback.rule, sentence)
    gaps = np.where(loss[:-1] <= least + 1e-12, np.diff(levels), -1.0)
    at = int(np.argmax(gaps))
    value = _between(float(levels[at]), float(levels[at + 1]))
    false_rejects, escapes = int((passed > value).sum()), int((defects <= value).sum())
    bound = upper_bound(false_rejects, len(passed), confidence=confidence)
    separable = not false_rejects and not escapes
    sentence = (
        f"The threshold {value:.4g} "
        + ("stands in the middle of the gap between" if separable else "makes the fewest errors on")
        + f" {_images(len(passed))} ({false_rejects} rejected) and {len(defects)} defective "
        f"({escapes} escaped): at most {_percent(bound)} false rejects "
        f"with {_percent(confidence)} confidence."
    )
    rule = "gap" if separable else "least_error"
    return Threshold(value, bound, len(passed), fallback.needed, rule, sentence)


def _checked(scores: npt.ArrayLike, whose: str) -> FloatArray:
    values = np.sort(np.asarray(scores, np.float64).reshape(-1))
    if not len(values):
        raise DataError(f"a threshold needs scores of {whose} images", got="none", remedy=f"add {whose} images")
    if not np.isfinite(values).all():
        raise DataError(f"a score of the {whose} images is not a finite number")
    return values


def _most_above(count: int, target: float, confidence: float) -> int:
    """The largest k whose Clopper-Pearson bound in `count` keeps the target; k = 0 is known to."""
    low, high = 0, int(count * target) + 1
    while high - low > 1:
        middle = (low + high) // 2
        keeps = upper_bound(middle, count, confidence=confidence) <= target
        low, high = (middle, high) if keeps else (low, middle)
    return low


def _just_below_the(values: FloatArray, above: int) -> float:
    """A threshold with at most `above` scores over it, clear of the next score below.

    A score right at the threshold would flip with the last digit of another engine's arithmetic.
    """
    at = float(values[len(values) - 1 - above])
    clear = at + max(0.01 * (at - float(np.median(values))), _grain(at))
    higher = values[values > at]
    return min(clear, _between(at, float(higher[0]))) if len(higher) else clear


def _beyond(values: FloatArray, bound: float, target: float) -> float:
    highest, middle = float(values[-1]), float(np.median(values))
    upper_half = values[values >= middle]
    scale = max(float(upper_half.mean()) - middle, 0.05 * (highest - middle))
    if scale <= 0:  # one image, or all alike: their spread says nothing, their size is all there is
        scale = 0.1 * abs(highest)
    return highest + max(scale * math.log(bound / target), _grain(highest))


def _between(low: float, high: float) -> float:
    middle = low + (high - low) / 2
    return middle if middle < high else low


def _grain(value: float) -> float:
    return max(1e-6 * abs(value), 1e-9)


def _images(count: int) -> str:
    return f"{count} good image" + ("" if count == 1 else "s")


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.3g} %"
