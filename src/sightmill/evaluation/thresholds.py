"""Where to part good from defective: a threshold for an anomaly score, and what it can be trusted for.

An image is called defective when its score is **above** the threshold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError, SettingsError
from sightmill.evaluation.intervals import CONFIDENCE
from sightmill.evaluation.promises import Promise, most_errors, percent, promised

__all__ = ["RULES", "Band", "Threshold", "choose_threshold", "threshold_from_good", "uncertain_band"]

FloatArray = npt.NDArray[np.float64]

#: How a threshold can be chosen; `choose_threshold` says what each does.
RULES = ("automatic", "good_only", "sigma", "least_error_rates", "max_good", "min_bad", "least_cost")

#: A threshold that rejects more of the good images than this parts nothing, whatever it catches.
_MOST_REJECTED = 0.5


@dataclass(frozen=True)
class Threshold:
    """A threshold with its warrant.

    Parameters
    ----------
    value : images that score above it are called defective.
    rule : how it was found: ``order_statistic``, ``tail_margin``, ``gap``, ``fewest_wrong``,
        ``least_error_rates``, ``least_cost``, ``sigma``, ``max_good`` or ``min_bad``.
    reason : that in a sentence.
    false_rejects, escapes : what it promises about good and about defective images.
    """

    value: float
    rule: str
    reason: str
    false_rejects: Promise
    escapes: Promise

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that a user should know."""
        return (self.reason, self.false_rejects.sentence, self.escapes.sentence)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "value": self.value,
            "rule": self.rule,
            "reason": self.reason,
            "false_rejects": self.false_rejects.to_dict(),
            "escapes": self.escapes.to_dict(),
        }


def threshold_from_good(scores: npt.ArrayLike, target: float = 0.05, confidence: float = CONFIDENCE) -> Threshold:
    """A threshold from held-out *good* images alone, for a wanted false-reject rate.

    With enough images it is an order statistic of their scores: leaving the `k` highest of `n` above it
    bounds the false-reject rate of new images by the Clopper-Pearson bound of `k` in `n`, whatever the
    scores' distribution (Wilks, "Determination of sample sizes for setting tolerance limits", 1941; today called
    a conformal bound). The largest `k` whose bound keeps the target is taken. With too few images the threshold
    stands above the highest score, by the margin at which an exponential tail would reach the target; the bound
    given is then still the one that holds without believing in that tail. At least the images it was made from
    pass in that case: it never calls everything defective.

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
    return _from_good(_checked(scores, "good"), np.zeros(0), target, 0.05, confidence)


def choose_threshold(
    good: npt.ArrayLike,
    bad: npt.ArrayLike = (),
    *,
    rule: str = "automatic",
    target: float = 0.05,
    escape_target: float = 0.05,
    confidence: float = CONFIDENCE,
    sigma: float = 3.0,
    escape_cost: float = 10.0,
    false_reject_cost: float = 1.0,
    defect_share: float | None = None,
) -> Threshold:
    """A threshold by one of the `RULES`, with what it promises about false rejects and escapes.

    ``automatic`` : the fewest images answered wrongly, where defective ones are known (Aurora's "optimal
        accuracy"); separable scores are parted in the middle of the gap, and of equally good places the widest
        gap is taken. Else ``good_only``.
    ``good_only`` : `threshold_from_good`.
    ``sigma`` : mean + `sigma` standard deviations of the good scores.
    ``least_error_rates`` : the least sum of false-reject and escape rate.
    ``max_good``, ``min_bad`` : just above the highest good, just below the lowest defective score.
        (These three and ``sigma`` are what HALCON's ``compute_dl_anomaly_thresholds`` offers.)
    ``least_cost`` : the least price per image, `defect_share` of production being defective; None takes the share
        among these images.

    Where a rule needs defective images and there are none, or would reject more than half of the good ones, or
    does no better than passing everything, it is `threshold_from_good`, and the reason says so.

    Raises
    ------
    DataError : no good scores, or a score that is not finite.
    SettingsError : a parameter out of range.
    """
    if rule not in RULES:
        raise SettingsError("there is no such rule for a threshold", got=rule, allowed=RULES)
    passed = _checked(good, "good")
    defects = _checked(bad, "defective") if np.size(bad) else np.zeros(0)
    fallback = _from_good(passed, defects, target, escape_target, confidence)
    if rule == "good_only" or (rule == "automatic" and not len(defects)):
        return fallback

    def warranted(value: float, found: str, reason: str, *, good_chosen: bool, bad_chosen: bool) -> Threshold:
        return Threshold(
            value,
            found,
            reason,
            _false_rejects(passed, value, target, confidence, chosen=good_chosen),
            _escapes(defects, value, escape_target, confidence, chosen=bad_chosen),
        )

    def instead(why: str) -> Threshold:
        reason = f"{why} {fallback.reason}"
        return warranted(fallback.value, fallback.rule, reason, good_chosen=True, bad_chosen=True)

    needs_defects = rule not in ("sigma", "max_good")
    if needs_defects and not len(defects):
        return instead(f"The rule {rule} needs defective images, and there are none.")
    if rule == "sigma":
        middle, spread = float(passed.mean()), float(passed.std(ddof=min(len(passed) - 1, 1)))
        value = middle + max(sigma * spread, _grain(middle))
        reason = f"T is the mean of the good scores plus {sigma:g} standard deviations."
        found = warranted(value, rule, reason, good_chosen=True, bad_chosen=False)
    elif rule == "max_good":
        reason = "T stands just above the highest good score."
        found = warranted(_just_above(passed, 0), rule, reason, good_chosen=False, bad_chosen=False)
    elif rule == "min_bad":
        reason = "T stands just below the lowest defective score."
        found = warranted(-_just_above(-defects[::-1], 0), rule, reason, good_chosen=False, bad_chosen=False)
    else:
        share = len(defects) / (len(passed) + len(defects)) if defect_share is None else defect_share
        prices = {
            "automatic": (1.0, 1.0),
            "least_error_rates": (1.0 / len(passed), 1.0 / len(defects)),
            "least_cost": (
                false_reject_cost * (1 - share) / len(passed),
                escape_cost * share / len(defects),
            ),
        }
        parting = _cheapest(passed, defects, *prices[rule])
        if parting is None:
            return instead("No threshold parts the defective images from the good ones.")
        rejected, escaped = int((passed > parting).sum()), int((defects <= parting).sum())
        gap = not rejected and not escaped
        words = {
            "automatic": "leaves the fewest images wrong",
            "least_error_rates": "has the least sum of error rates",
            "least_cost": "costs least",
        }
        reason = "T " + ("stands in the middle of the gap" if gap else words[rule])
        reason += f" between {len(passed)} good and {len(defects)} defective images" if gap else ""
        reason += "." if gap else f": {rejected} of {len(passed)} good and {escaped} of {len(defects)} defective ones."
        name = "gap" if gap else "fewest_wrong" if rule == "automatic" else rule
        return warranted(parting, name, reason, good_chosen=True, bad_chosen=True)
    if found.false_rejects.errors > _MOST_REJECTED * len(passed):
        return instead(f"The rule {rule} would reject more than half of the good images.")
    return found


@dataclass(frozen=True)
class Band:
    """The uncertain band: from T1 to T2 the held-out images do not support a decision at the wanted rates.

    Parameters
    ----------
    low, high : T1 and T2, ``low < high``.
    passing : escapes among images that score below T1.
    rejecting : false rejects among images that score above T2.
    inside : share of the held-out images that lie in the band.
    """

    low: float
    high: float
    passing: Promise
    rejecting: Promise
    inside: float

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the band is for, and what it promises."""
        return (
            f"From T1 to T2, where {percent(self.inside)} of the held-out images lie, an answer is not confident.",
            self.rejecting.said("Above T2", "T2"),
            self.passing.said("Below T1", "T1"),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "low": self.low,
            "high": self.high,
            "passing": self.passing.to_dict(),
            "rejecting": self.rejecting.to_dict(),
            "inside": self.inside,
        }


def uncertain_band(
    good: npt.ArrayLike,
    bad: npt.ArrayLike,
    *,
    target: float = 0.05,
    escape_target: float = 0.05,
    confidence: float = CONFIDENCE,
) -> Band | None:
    """T1 and T2 for wanted error rates; None where one threshold keeps both, and without defective images.

    T2 is `threshold_from_good`: above it lie at most `target` of the good parts. T1 is the same seen from the other
    side: below it lie at most `escape_target` of the defective parts. Both bounds are exact. With fewer images
    than a target takes, the end moves out beyond the last score by a margin, and the promise says what remains.

    Raises
    ------
    DataError : no good scores, or a score that is not finite.
    SettingsError : a target or the confidence out of range.
    """
    passed = _checked(good, "good")
    if not np.size(bad):
        return None
    defects = _checked(bad, "defective")
    above = _from_good(passed, defects, target, escape_target, confidence)
    mirrored = _from_good(-defects[::-1], -passed[::-1], escape_target, target, confidence)
    low, high = -mirrored.value, above.value
    if low >= high:
        return None
    both = np.concatenate([passed, defects])
    return Band(
        low,
        high,
        _escapes(defects, low, escape_target, confidence),
        above.false_rejects,
        float(((both >= low) & (both <= high)).mean()),
    )


def _from_good(
    passed: FloatArray, defects: FloatArray, target: float, escape_target: float, confidence: float
) -> Threshold:
    """`threshold_from_good` for checked scores, rising."""
    least = promised("false rejects", 0, len(passed), target=target, confidence=confidence)
    above = most_errors(len(passed), target, confidence)
    if above is None:
        value = _beyond(passed, least.bound, target)
        rule, reason = "tail_margin", "T stands above the scores of all held-out good images, with a margin."
    else:
        value = _just_above(passed, above)
        rule, reason = "order_statistic", "T stands as low among the scores of good images as the target allows."
    return Threshold(
        value,
        rule,
        reason,
        _false_rejects(passed, value, target, confidence),
        _escapes(defects, value, escape_target, confidence),
    )


def _false_rejects(
    good: FloatArray, value: float, target: float, confidence: float, *, chosen: bool = False
) -> Promise:
    errors = int((good > value).sum())
    return promised("false rejects", errors, len(good), target=target, confidence=confidence, chosen=chosen)


def _escapes(bad: FloatArray, value: float, target: float, confidence: float, *, chosen: bool = False) -> Promise:
    errors = int((bad <= value).sum())
    return promised("escapes", errors, len(bad), target=target, confidence=confidence, chosen=chosen)


def _cheapest(good: FloatArray, bad: FloatArray, reject_price: float, escape_price: float) -> float | None:
    """The threshold of least price that passes at least half of the good images, if one beats passing everything."""
    levels = np.unique(np.concatenate([good, bad]))
    rejected = len(good) - np.searchsorted(good, levels, side="right")
    escaped = np.searchsorted(bad, levels, side="right")
    price = rejected * reject_price + escaped * escape_price
    allowed = rejected <= _MOST_REJECTED * len(good)
    allowed[-1] = False  # above all scores: everything passes
    if not allowed.any():
        return None
    least = float(price[allowed].min())
    if least >= float(price[-1]) * (1 - 1e-12):
        return None
    best = allowed & (price <= least * (1 + 1e-12))
    rates = rejected / len(good) + escaped / len(bad)
    best &= rates <= float(rates[best].min()) + 1e-12
    gaps = np.where(best[:-1], np.diff(levels), -1.0)
    at = int(np.argmax(gaps))
    return _between(float(levels[at]), float(levels[at + 1]))


def _checked(scores: npt.ArrayLike, whose: str) -> FloatArray:
    values = np.sort(np.asarray(scores, np.float64).reshape(-1))
    if not len(values):
        raise DataError(f"a threshold needs scores of {whose} images", got="none", remedy=f"add {whose} images")
    if not np.isfinite(values).all():
        raise DataError(f"a score of the {whose} images is not a finite number")
    return values


def _just_above(values: FloatArray, left: int) -> float:
    """A threshold with at most `left` scores over it, clear of the next score below.

    A score right at the threshold would flip with the last digit of another engine's arithmetic.
    """
    at = float(values[len(values) - 1 - left])
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
