"""What is wrong, or doubtful, with data: a sentence with a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sightmill.errors import DataError

__all__ = ["Finding", "refuse_errors"]


@dataclass(frozen=True)
class Finding:
    """One thing found in a data set.

    Parameters
    ----------
    level : ``error`` (cannot be used), ``warning`` (will hurt) or ``info``.
    code : short stable name for scripts (``near_duplicates_across_splits``).
    what : one sentence.
    remedy : what to do, one sentence.
    where : names of the samples it is about.
    """

    level: str
    code: str
    what: str
    remedy: str
    where: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "level": self.level,
            "code": self.code,
            "what": self.what,
            "remedy": self.remedy,
            "where": list(self.where),
        }


def refuse_errors(findings: Sequence[Finding]) -> None:
    """Raise `DataError` with the first finding of level ``error``, and how many more there are."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        first, more = errors[0], len(errors) - 1
        what = first.what.rstrip(".") + (f" (and {more} more such findings)" if more else "")
        raise DataError(what, where=", ".join(first.where[:3]) or None, remedy=first.remedy)
