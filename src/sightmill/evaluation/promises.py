"""What a threshold may promise about new images: exact bounds, and how many images a better promise would take."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from sightmill.errors import SettingsError
from sightmill.evaluation.intervals import CONFIDENCE, upper_bound

__all__ = ["Promise", "images_needed", "most_errors", "percent", "promised"]


@dataclass(frozen=True)
class Promise:
    """An error rate that new images stay below, with a stated confidence.

    Parameters
    ----------
    error : what goes wrong: ``false rejects`` or ``escapes``.
    bound : the rate is at most this.
    errors, count : how many of the held-out images were answered so, and how many there were.
    target : the rate that was asked for.
    confidence : of the bound.
    needed : how many images, answered without an error, the target takes.
    """

    error: str
    bound: float
    errors: int
    count: int
    target: float
    confidence: float
    needed: int

    @property
    def kept(self) -> bool:
        """Whether the images support what was asked for."""
        return self.bound <= self.target

    @property
    def sentence(self) -> str:
        """For people; refuses a target that the images cannot support, and says what it would take."""
        return self.said("At this T", "T")

    def said(self, where: str, name: str) -> str:
        """The sentence for another place than T: ``said("Above T2", "T2")``."""
        kind, side = ("good", "above") if self.error == "false rejects" else ("defective", "below")
        asked = f"{percent(self.target)} with {percent(self.confidence)} confidence"
        if not self.count:
            return f"Nothing is promised about {self.error}: no {kind} image was held out. {asked} takes {self.needed}."
        images = f"{self.count} {kind} image" + ("" if self.count == 1 else "s")
        told = (
            f"{where} at most {percent(self.bound)} {self.error} with {percent(self.confidence)} confidence, "
            f"from {images} ({self.errors or 'none'} of them {side} {name})."
        )
        if self.kept:
            return told
        least = f"that takes {self.needed}" if self.count < self.needed else "more of them would have to be right"
        return f"{told} {percent(self.target)} cannot be promised: {least}."

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "kept": self.kept, "sentence": self.sentence}


def promised(
    error: str,
    errors: int,
    count: int,
    *,
    target: float = 0.05,
    confidence: float = CONFIDENCE,
    chosen: bool = False,
) -> Promise:
    """What `errors` in `count` held-out images promise: the exact binomial bound of Clopper and Pearson (1934).

    Parameters
    ----------
    chosen : True when the threshold was chosen by looking at these very images. The bound then holds for every
        threshold at once: the doubt is shared out among the numbers of errors there could have been, k getting
        6 / (pi^2 (k + 1)^2) of it (a union bound; the shares sum to one).

    Raises
    ------
    SettingsError : target or confidence out of range.
    """
    _checked(target, confidence)
    bound = (
        upper_bound(errors, count, confidence=_share(errors, confidence) if chosen else confidence) if count else 1.0
    )
    return Promise(error, bound, errors, count, target, confidence, images_needed(target, confidence, chosen=chosen))


def images_needed(target: float, confidence: float = CONFIDENCE, *, chosen: bool = False) -> int:
    """How many images without an error it takes to promise the target.

    Raises
    ------
    SettingsError : target or confidence out of range.
    """
    _checked(target, confidence)
    doubt = math.log1p(-(_share(0, confidence) if chosen else confidence))
    return max(math.ceil(doubt / math.log1p(-target) - 1e-9), 1)


def most_errors(count: int, target: float, confidence: float = CONFIDENCE) -> int | None:
    """How many of `count` images may be on the wrong side with the target still kept; None when none may."""
    if upper_bound(0, count, confidence=confidence) > target:
        return None
    low, high = 0, int(count * target) + 1
    while high - low > 1:
        middle = (low + high) // 2
        keeps = upper_bound(middle, count, confidence=confidence) <= target
        low, high = (middle, high) if keeps else (low, middle)
    return low


def percent(share: float) -> str:
    """``0.0123`` -> ``1.2 %``, ``0.312`` -> ``31.2 %``."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.3g} %"


def _share(errors: int, confidence: float) -> float:
    return 1 - (1 - confidence) * 6 / (math.pi * (errors + 1)) ** 2


def _checked(target: float, confidence: float) -> None:
    for name, share in (("target", target), ("confidence", confidence)):
        if not 0 < share < 1:
            raise SettingsError(f"the {name} must be a share", got=share, allowed="above 0 and below 1")
