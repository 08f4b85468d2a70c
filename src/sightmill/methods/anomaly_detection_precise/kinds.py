"""The kinds of evidence, in the order of the network's."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["kinds_of", "prior_of", "signals_of"]

_FINE = ("distance", "suspicion")
_COARSE = ("distance at low resolution", "suspicion at low resolution")
#: What was taught to tell defects. It counts only where it stands out; the others say how ordinary a place is.
_SIGNALS = (_FINE[1], _COARSE[1], "head")
#: Shares before anything is known: of the judges' distance and suspicion, the student and the head.
PRIOR = (0.46, 0.24, 0.1, 0.2)


def kinds_of(scales: int) -> tuple[str, ...]:
    """What a place is judged by, in the order of the network's evidence; `scales` is 1 or 2."""
    return (*_FINE, *(_COARSE if scales > 1 else ()), "student", "head")


def prior_of(scales: int) -> tuple[float, ...]:
    """Shares of `kinds_of` before anything is known."""
    distance, suspicion, student, head = PRIOR
    return (*[distance / scales, suspicion / scales] * scales, student, head)


def signals_of(kinds: Sequence[str]) -> tuple[bool, ...]:
    """Which of `kinds_of` count only where they stand out: `methods.usual`."""
    return tuple(kind in _SIGNALS for kind in kinds)
