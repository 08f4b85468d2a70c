"""Mask images: binary ones, and ones whose pixels are class indices with the names in ``classes.txt``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.formats.folder import read_text
from sightmill.data.formats.losses import Losses
from sightmill.data.ignored import IGNORED
from sightmill.data.image import image_info, read_index_mask
from sightmill.data.regions import Mask, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = [
    "BACKGROUND",
    "CLASSES_FILE",
    "IndexMasks",
    "binary_mask",
    "class_names",
    "index_mask_of",
    "read_class_names",
]

CLASSES_FILE = "classes.txt"
BACKGROUND = "background"
_LEFT_ASIDE = 255
_ONLY_CLASS = "foreground"


def read_class_names(folder: Path) -> tuple[str, ...]:
    """The names in ``classes.txt``, one a line, the first that of index 0; empty without that file.

    Raises
    ------
    FormatError : a name stands there twice, or there are none.
    """
    path = folder / CLASSES_FILE
    if not path.is_file():
        return ()
    names = tuple(line.strip() for line in read_text(path).splitlines() if line.strip())
    if len(set(names)) != len(names) or not names:
        twice = next((name for name in names if names.count(name) > 1), "no names")
        raise FormatError("class names must be there once each", where=path, got=twice)
    return names


def binary_mask(paths: Sequence[Path], image: Path) -> Mask | None:
    """The pixels that are not 0 in any of the mask images; None when there are none.

    Raises
    ------
    FormatError : a mask has another size than the image.
    ImageError : a file cannot be read.
    """
    covered: npt.NDArray[np.bool_] | None = None
    for path in paths:
        here = _mask_like(path, image) != 0
        covered = here if covered is None else covered | here
    return None if covered is None else Mask.of(covered)


class IndexMasks:
    """Reads index masks: one annotation per class and image.

    Index 0 is background, whatever its name is. A mask of 0 and 255 only is a binary one: 255 is then the
    first class. Otherwise 255 that has no name stands for pixels to leave aside: the class ``ignore``.

    Parameters
    ----------
    names : the classes' names by index, from `read_class_names`; empty = unknown: they become
        ``class_1`` ..., or ``foreground`` in binary masks.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._left_aside = 0
        self._met: dict[str, int] = {}

    def read(self, path: Path, image: Path) -> tuple[Annotation, ...]:
        """The annotations that a mask file says of an image, by index.

        Raises
        ------
        FormatError : the mask has another size than the image, or an index that has no name.
        ImageError : a file cannot be read, or the mask has colours.
        """
        mask = _mask_like(path, image)
        found = []
        present = [int(index) for index in np.unique(mask) if index]
        for index in present:
            name = self._name(index, present, path)
            region = Mask.of(mask == index)
            if region is not None:
                if index != _LEFT_ASIDE or name != IGNORED:
                    self._met.setdefault(name, index)
                found.append(Annotation(region, name))
        return tuple(found)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes without the background: those of ``classes.txt``, else those met, by index."""
        if self.names:
            return self.names[1:]
        return tuple(sorted(self._met, key=lambda name: self._met[name]))

    def notes(self) -> tuple[str, ...]:
        """What was taken in a way that may surprise."""
        if not self._left_aside:
            return ()
        return (f"{self._left_aside} masks have pixels of index {_LEFT_ASIDE}, which has no name: read as '{IGNORED}'",)

    def _name(self, index: int, present: list[int], path: Path) -> str:
        if index == _LEFT_ASIDE and len(self.names) <= _LEFT_ASIDE:
            if present == [_LEFT_ASIDE] and len(self.names) in (0, 2):
                return self.names[1] if self.names else _ONLY_CLASS
            self._left_aside += 1
            return IGNORED
        if not self.names:
            return f"class_{index}"
        if index >= len(self.names):
            raise FormatError(
                "a mask has an index that has no name",
                where=path,
                got=index,
                allowed=f"0 to {len(self.names) - 1}, as in {CLASSES_FILE}",
                remedy=f"add the name to {CLASSES_FILE} (its first line is the background, index 0)",
            )
        return self.names[index]


def class_names(labels: Sequence[str], samples: Sequence[Sample]) -> tuple[str, ...]:
    """The names by index for `index_mask_of`: the background, then the regions' labels as ordered."""
    met = {item.label for sample in samples for item in sample.annotations if not isinstance(item.region, Whole)}
    ordered = [label for label in labels if label in met] + sorted(met.difference(labels))
    return (BACKGROUND, *(label for label in ordered if label and label != BACKGROUND))


def index_mask_of(sample: Sample, names: Sequence[str], losses: Losses) -> npt.NDArray[Any]:
    """The regions of a sample as one index mask ``(H, W)``, uint8, or uint16 for more than 255 classes."""
    width, height = sample.size
    mask = np.zeros((height, width), np.uint8 if len(names) <= _LEFT_ASIDE else np.uint16)
    met: set[str] = set()
    for item in sample.annotations:
        losses.of_annotation(item, text=True, score=True, attributes=True)
        if isinstance(item.region, Whole):
            continue
        if item.region.kind == "point" or not item.label:
            losses.add("regions without area or label were left out")
            continue
        if item.region.kind != "mask":
            losses.add(f"regions of the kind {item.region.kind} became masks")
        if item.label in met:
            losses.add("regions were joined with others of the same class and image")
        met.add(item.label)
        covered = item.region.mask(width, height)
        if mask[covered].any():
            losses.add("regions lie over others, whose pixels they take")
        mask[covered] = names.index(item.label)
    return mask


def _mask_like(path: Path, image: Path) -> npt.NDArray[Any]:
    mask = read_index_mask(path)
    info = image_info(image)
    if mask.shape != (info.height, info.width):
        raise FormatError(
            "the mask has another size than its image",
            where=path,
            got=f"{mask.shape[1]} x {mask.shape[0]}",
            allowed=f"{info.width} x {info.height}, as {image.name}",
        )
    return mask
