"""A model over files and folders: what to read, how answers are told, and where their pictures go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from sightmill.data.image import find_images
from sightmill.data.regions import Box, Region
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.drawing.maps import overlay_heatmap
from sightmill.errors import DataError, SettingsError
from sightmill.methods.contract import Method

__all__ = ["PictureNames", "answer_of", "drawings", "region_from_words", "samples_of"]


def samples_of(places: Iterable[str | Path], *, roi: Region | None = None) -> list[Sample]:
    """The images in files and folders, folders searched to their depths; each file once, in the order given.

    Parameters
    ----------
    roi : the region of interest of all of them.

    Raises
    ------
    DataError : a place is not there, or a folder holds no image.
    """
    found: dict[str, Sample] = {}
    for place in map(Path, places):
        if place.is_dir():
            files = find_images(place)
            if not files:
                raise DataError("there is no image in this folder", where=place)
        elif place.exists():
            files = [place]
        else:
            raise DataError("there is no such image or folder", got=str(place))
        for file in files:
            found.setdefault(os.path.realpath(file), Sample(file, name=file.as_posix(), roi=roi))
    return list(found.values())


def region_from_words(words: str) -> Box:
    """A region of interest written ``x y width height``, in pixels from the top-left corner of the image.

    Raises
    ------
    SettingsError : not four numbers, or a side that is not larger than 0.
    """
    try:
        x, y, width, height = (float(word) for word in words.replace(",", " ").split())
        if width <= 0 or height <= 0:
            raise ValueError
        return Box(x, y, x + width, y + height)
    except (ValueError, DataError) as error:
        raise SettingsError(
            "a region of interest is four numbers",
            got=words,
            allowed='"x y width height" in pixels, width and height larger than 0',
        ) from error


def answer_of(method: Method[Any, Any], sample: Sample, result: Result) -> dict[str, Any]:
    """One answer as it is told everywhere: the image's name, the answer in a few words, and what `Result.to_dict`
    says.
    """
    return {"image": sample.name, "answer": method.answer(result), **result.to_dict()}


def drawings(
    method: Method[Any, Any], image: npt.NDArray[Any], result: Result
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Pictures of an answer, each made when it is asked for.

    Parameters
    ----------
    image : ``(H, W)`` or ``(H, W, 3)``, what the answer is about.

    Yields
    ------
    A name that ends in ``picture``, and pixels: ``picture`` has the answer drawn into the image; ``heatmap_picture``
    has the first heatmap laid over it, and further heatmaps and what the network made (``reconstructed_picture``)
    go by their own names.
    """
    yield "picture", method.draw(image, result)
    taken = {"picture"}

    def name_of(words: str) -> str:
        stem = re.sub(r"\W+", "_", words)
        name, number = f"{stem}_picture", 1
        while name in taken:  # two names that differ in their marks only
            number += 1
            name = f"{stem}_{number}_picture"
        taken.add(name)
        return name

    for index, (words, heatmap) in enumerate(result.heatmaps.items()):
        # One scale for all images where the method has one: else a harmless image looks as bad as a bad one.
        low, high = heatmap.limits or (None, None)
        yield name_of(words if index else "heatmap"), overlay_heatmap(image, heatmap.at_image_size(), low, high)
    for words, picture in result.pictures.items():
        yield name_of(words), picture.at_image_size()


class PictureNames:
    """Names for pictures of answers: never two the same, and never that of an image that was read.

    Parameters
    ----------
    folder : where the pictures go.
    samples : the images that are read; their folders below the deepest common one are kept.
    """

    def __init__(self, folder: Path, samples: Sequence[Sample]) -> None:
        self.folder = folder
        files = [Path(os.path.realpath(sample.image)) for sample in samples if isinstance(sample.image, Path)]
        self._root = Path(os.path.commonpath([file.parent for file in files])) if files else Path.cwd()
        # Some file systems take A.png and a.png for the same file.
        self._taken = {str(file).casefold() for file in files}

    def of(self, sample: Sample, suffix: str = "") -> Path:
        """The file for one picture of this sample, ``<stem><suffix>.png``; its folder is made."""
        file = Path(os.path.realpath(sample.image)) if isinstance(sample.image, Path) else Path(sample.name)
        below = file.relative_to(self._root).parent if file.is_relative_to(self._root) else Path()
        number = 1
        while True:
            ending = f"-{number}" if number > 1 else ""
            name = self.folder / below / f"{file.stem}{suffix}{ending}.png"
            key = os.path.realpath(name).casefold()
            if key not in self._taken:
                break
            number += 1
        self._taken.add(key)
        name.parent.mkdir(parents=True, exist_ok=True)
        return name
