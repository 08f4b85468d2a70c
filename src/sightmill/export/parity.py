"""Proof that the runtime's network answers like the trained one, read through the same decode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sightmill.data.regions import Whole
from sightmill.data.result import Result
from sightmill.errors import ParityError

__all__ = ["TOLERANCE", "Parity", "compare"]

#: Largest difference of a score that counts as the same, relative to the largest score seen.
TOLERANCE = 1e-3

#: Scores of a result, and the values that they are compared with.
_THRESHOLDS = {
    "anomaly_score": ("threshold", "threshold_1", "threshold_2"),
    "ood_score": ("ood_threshold",),
}


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
        if _decisions(trained) != _decisions(served) and not _tied(trained):
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


def _decisions(result: Result) -> tuple[Any, ...]:
    """What is decided of the image as a whole: its labels (several of them in no order), and the flags."""
    labels = sorted(item.label for item in result.annotations if isinstance(item.region, Whole))
    return result.label if len(labels) <= 1 else labels, dict(result.flags)


def _tied(result: Result) -> bool:
    """Whether the two best classes, or a score and one of its thresholds, are equal within the tolerance."""
    values, confidences = result.values, result.confidences
    best = sorted(confidences.values(), reverse=True)[:2]
    if len(best) == 2 and best[0] - best[1] <= TOLERANCE:
        return True
    pairs = [
        (values[score], values[name])
        for score, names in _THRESHOLDS.items()
        if score in values
        for name in names
        if name in values
    ]
    # Independent classes have a threshold each.
    pairs += [
        (value, values[f"threshold:{name}"]) for name, value in confidences.items() if f"threshold:{name}" in values
    ]
    return any(abs(score - limit) <= TOLERANCE * max(abs(score), abs(limit)) for score, limit in pairs)
