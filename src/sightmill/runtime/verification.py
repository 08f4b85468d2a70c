"""Whether a model on this machine still answers as it did when it was made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.bundle import Bundle
from sightmill.errors import SightmillError
from sightmill.runtime.session import Session

__all__ = ["Check", "Verification", "difference", "verify_bundle"]

_TOLERANCE = 1e-3
_LARGEST_TOLERANCE = 0.1  # a model file may not declare itself right whatever it answers
_LOW_PRECISION_TOLERANCE = 0.05  # bfloat16 keeps 8 bits, and errors add up over the layers


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Parameters
    ----------
    name : what (``files``, ``selftest/00/scores``).
    passed : whether it is as it should be.
    detail : one sentence.
    """

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Verification:
    """All that was looked at, for the auditor."""

    records: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as it should be."""
        return bool(self.records) and all(record.passed for record in self.records)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line of text for each record."""
        return tuple(
            f"{'passed' if record.passed else 'FAILED'}  {record.name}: {record.detail}" for record in self.records
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"passed": self.passed, "records": [vars(record).copy() for record in self.records]}


def verify_bundle(bundle: Bundle, session: Session) -> Verification:
    """Compare the file with its checksums, and the engine's answers with the stored ones."""
    try:
        names = bundle.check()
    except SightmillError as error:
        return Verification((Check("files", False, str(error)),))
    records = [Check("files", True, f"{len(names)} files match their SHA-256")]
    tolerance = _tolerance(bundle.manifest.parity.get("tolerance"), session.facts.precision)
    count = 0
    for index, test in enumerate(bundle.self_tests()):
        count += 1
        name = f"selftest/{index:02d}"
        try:
            answers = session.run(test.input)
        except SightmillError as error:
            records.append(Check(name, False, str(error)))
            continue
        for output, stored in test.outputs.items():
            off = difference(answers[output], stored) if output in answers else math.inf
            detail = f"differs by {off:.2g} of the largest value, allowed {tolerance:.2g}"
            records.append(Check(f"{name}/{output}", off <= tolerance, detail))
    if not count:
        records.append(Check("selftest", False, "the model carries no stored answers to compare with"))
    return Verification(tuple(records))


def difference(answer: npt.NDArray[Any], stored: npt.NDArray[Any]) -> float:
    """How far two outputs are apart.

    For floats the largest difference over the largest stored magnitude; for class ids and other whole
    numbers the share of unequal elements. Infinite for other shapes, and where only one is not finite.
    """
    if answer.shape != stored.shape:
        return math.inf
    if not stored.size:
        return 0.0
    if stored.dtype.kind != "f":
        return float(np.mean(answer != stored))
    one, other = answer.astype(np.float64), stored.astype(np.float64)
    same = one == other  # two infinities of one sign are equal, yet their difference is not a number
    apart = np.abs(np.subtract(one, other, where=~same, out=np.zeros_like(one)))
    finite = np.abs(other[np.isfinite(other)])
    scale = float(finite.max(initial=0.0)) or 1.0
    largest = float(apart.max()) / scale
    return math.inf if math.isnan(largest) else largest


def _tolerance(stated: object, precision: str) -> float:
    tolerance = _TOLERANCE
    if isinstance(stated, int | float) and math.isfinite(stated) and stated > 0:
        tolerance = min(float(stated), _LARGEST_TOLERANCE)
    return tolerance if precision == "float32" else max(tolerance, _LOW_PRECISION_TOLERANCE)
