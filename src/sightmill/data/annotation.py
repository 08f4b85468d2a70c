"""What is said about a place in an image: truth when it has no score, prediction when it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sightmill.data.region_kinds import region_from_dict
from sightmill.data.regions import Region, Whole

__all__ = ["Annotation"]


@dataclass(frozen=True)
class Annotation:
    """A region with a label; a prediction also has a score.

    Parameters
    ----------
    region : where.
    label : the class name.
    score : confidence in [0, 1], or an anomaly score >= 0; None for truth.
    text : the reading, for methods that read.
    attributes : anything else that a data set carries, as text (``difficult``, ``author`` ...).
    """

    region: Region = field(default_factory=Whole)
    label: str = ""
    score: float | None = None
    text: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; empty parts are left out."""
        given: dict[str, Any] = {"region": self.region.to_dict(), "label": self.label}
        if self.score is not None:
            given["score"] = self.score
        if self.text is not None:
            given["text"] = self.text
        if self.attributes:
            given["attributes"] = dict(self.attributes)
        return given

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Annotation:
        """Read what `to_dict` wrote; a bad region raises `AnnotationError`."""
        return cls(
            region=region_from_dict(given["region"]),
            label=str(given["label"]),
            score=given.get("score"),
            text=given.get("text"),
            attributes=dict(given.get("attributes", {})),
        )
