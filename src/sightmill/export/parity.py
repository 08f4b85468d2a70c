"""Proof that the runtime's network answers like the trained one, read through the same decode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sightmill.data.result import Result
from sightmill.errors import ParityError

__all__ = ["TOLERANCE", "Parity", "compare"]

#: Largest difference of a score that counts as the same, relative to the largest score seen.
TOLERANCE = 1e-3

#: Values of a result that its anomaly score is compared with.
_THRESHOLDS = ("threshold", "threshold_1", "threshold_2")


@dataclass(frozen=True)
class Parity:
    """How the two networks compare.

    Parameters
    ----------
    images : how many were compared.
    decisions_differ : on how many the label or a flag differs.
    largest_difference : of any score or confidence, relative to the largest seen.
    tolerance : what is allowed.
    """

    images: int
    decisions_differ: int
    largest_difference: float
    tolerance: float = TOLERANCE

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return dict(vars(self))


def compare(pairs: Iterable[tuple[str, Result, Result]]) -> Parity:
    """Compare ``(image name, trained network's result, runtime's result)``.

    A decision that differs only because two scores are equal within the tolerance does not count as different.

    Raises
    ------
    ParityError : a decision differs, or a score by more than the tolerance; names the image.
    """
    images, largest, scale = 0, 0.0, 1e-12
    worst = ""
    changed: list[str] = []
    for name, trained, served in pairs:
        images += 1
        for key, value in _numbers(trained).items():
            other = _numbers(served).get(key, float("nan"))
            scale = max(scale, abs(value))
            difference = abs(value - other)
            if not difference <= largest:
                largest, worst = difference, name
        if (trained.label, dict(trained.flags)) != (served.label, dict(served.flags)) and not _tied(trained):
            changed.append(name)
    relative = largest / scale
    if changed or not relative <= TOLERANCE:
        raise ParityError(
            "the exported network does not repeat the trained one, so no model was written",
            where=changed[0] if changed else worst,
            got=f"{len(changed)} of {images} decisions differ, largest score difference {relative:.2e}",
            allowed=f"no decision, and differences up to {TOLERANCE:g}",
            remedy="please report this with the versions of torch and onnxruntime; training with "
            "--precision float32 may avoid it",
        )
    return Parity(images, 0, relative)


def _numbers(result: Result) -> dict[str, float]:
    return {**result.values, **{f"confidence:{name}": value for name, value in result.confidences.items()}}


def _tied(result: Result) -> bool:
    """Whether the two best classes, or a score and one of its thresholds, are equal within the tolerance."""
    best = sorted(result.confidences.values(), reverse=True)[:2]
    if len(best) == 2:
        return best[0] - best[1] <= TOLERANCE
    score = result.values.get("anomaly_score")
    thresholds = [result.values[name] for name in _THRESHOLDS if name in result.values]
    return score is not None and any(
        abs(score - threshold) <= TOLERANCE * max(abs(score), abs(threshold)) for threshold in thresholds
    )
