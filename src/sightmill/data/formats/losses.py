"""What a format could not carry, counted while a data set is written."""

from __future__ import annotations

from collections import Counter

from sightmill.data.annotation import Annotation
from sightmill.data.sample import Sample

__all__ = ["Losses"]


class Losses:
    """Counts what is lost and says it in one sentence per kind of loss.

    Parameters
    ----------
    title : the format's name as the sentences call it.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._counts: Counter[str] = Counter()

    def add(self, what: str) -> None:
        """One more of these: a clause like ``rotated boxes became polygons``."""
        self._counts[what] += 1

    def of_sample(self, sample: Sample, *, unannotated: bool) -> None:
        """Count what a format loses of an image: ``annotated=False``. (`ImageWriter` keeps the rest.)"""
        if unannotated and not sample.annotated:
            self.add("images about which nothing is known were left out, they would read as empty ones")

    def of_annotation(
        self, item: Annotation, *, text: bool = False, score: bool = False, attributes: bool = False
    ) -> None:
        """Count what a format loses of an annotation besides its region."""
        if text and item.text is not None:
            self.add("annotations lost their text")
        if score and item.score is not None:
            self.add("annotations lost their score")
        if attributes and item.attributes:
            self.add("annotations lost their attributes")

    def notes(self) -> list[str]:
        """The sentences, each with its count, in the order in which the losses were met."""
        return [f"{self.title}: {what} ({count})" for what, count in self._counts.items()]
