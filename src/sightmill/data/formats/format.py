"""What every data format can do: recognise a folder, read it, write it. One format is one file beside this.

A format is found by itself: a module of this folder that names an object in ``FORMAT`` is one. Nothing else
has to be told about it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder

__all__ = ["ANNOTATION_FILE", "CARRIED", "FILE_NAMES", "FOLDER_NAMES", "FOUND_IN", "Claim", "Format", "ImageFinder"]

CARRIED = (
    "class",
    "multi_label",
    "anomaly",
    "box",
    "rotated_box",
    "polygon",
    "mask",
    "instance",
    "edge",
    "point",
    "text",
)
"""What a format can carry: the words of `Claim.carries` and of a method's ``learns_from``."""

_CARRIES_TOO = {"polygon": ("instance", "mask", "edge"), "mask": ("edge",)}
"""What follows from a word: an outline is of one object, it can be filled, and what is filled has an edge."""

REGIONS = ("box", "rotated_box", "polygon", "mask", "point")

FOUND_IN = {
    "box": ("rotated_box", "instance"),
    "rotated_box": ("instance", "box"),
    "point": ("box", "rotated_box", "polygon", "mask"),
    "multi_label": REGIONS,
}
"""What can be taken from regions where nothing carries it as such: their centres and boxes, the classes shown."""

ANNOTATION_FILE = 30
"""Strength of a claim that rests on an annotation file that can only be this format."""
FOLDER_NAMES = 20
"""Strength of a claim that rests on the names of folders."""
FILE_NAMES = 10
"""Strength of a claim that rests on the names of image files."""


@dataclass(frozen=True)
class Claim:
    """A format's word that it can read something.

    Parameters
    ----------
    carries : what can be learnt from it, words of `CARRIED`.
    strength : how sure: `ANNOTATION_FILE` beats `FOLDER_NAMES` beats `FILE_NAMES`; steps between are free.
    why : what was seen, to be read after "because of": ``the file classes.csv``.
    sources : the files or folders that `Format.read` is to be called with, one after the other, when it
        is not the recognised place itself (one of several tables in a folder, for instance).
    """

    carries: frozenset[str]
    strength: int
    why: str
    sources: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        implied = {word for carried in self.carries for word in _CARRIES_TOO.get(carried, ())}
        object.__setattr__(self, "carries", self.carries | implied)


class Format(ABC):
    """One way in which images and annotations lie on disk. Stateless; one object per format."""

    id: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def recognise(self, root: Path) -> Claim | None:
        """Whether this folder or file can be read, and what it carries; None when it cannot.

        Looks at names and the heads of files, not at pixels. A file that is plainly of this format but
        damaged may raise `FormatError`: it is shown when no other format fits.
        """

    def claims(self, root: Path) -> list[Claim]:
        """All claims, for a format that may read one place in several ways; else that of `recognise`."""
        claim = self.recognise(root)
        return [] if claim is None else [claim]

    @abstractmethod
    def read(self, source: Path, images: ImageFinder) -> Dataset:
        """Read a folder or a file; the samples in an order that is the same on every machine.

        Raises
        ------
        FormatError : nothing of this format is there, it is damaged, or all its images are missing.
        """

    @abstractmethod
    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        """Write into a folder (made when it is not there); answers sentences about what was lost."""
