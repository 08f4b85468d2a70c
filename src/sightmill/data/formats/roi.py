"""Regions of interest: the text in a table's column ``roi``, and the folder ``roi`` of mask images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from sightmill.data.dataset import Dataset
from sightmill.data.image import read_index_mask, write_image
from sightmill.data.regions import Box, Mask, Polygon, Region
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["ROI_FOLDER", "attach_roi", "roi_from_text", "text_from_roi", "write_roi_mask"]

ROI_FOLDER = "roi"


def roi_from_text(text: str, *, where: str | None = None) -> Region | None:
    """A region of interest from a table's cell; None for an empty one.

    Parameters
    ----------
    text : numbers between blanks, in pixels: ``x y width height`` is a rectangle, ``x1 y1 x2 y2 x3 y3 ...``
        a polygon of at least three corners.

    Raises
    ------
    FormatError : something else is there, or the region has no area.
    """
    if not text.strip():
        return None
    try:
        numbers = [float(word) for word in text.replace(";", " ").replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) < 4 or len(numbers) % 2 or not np.isfinite(numbers).all():
        raise _bad_roi(text, where)
    if len(numbers) > 4:
        outline = Polygon(numbers)
        if not outline.area(0, 0) > 0:
            raise _bad_roi(text, where)
        return outline
    x, y, width, height = numbers
    if width <= 0 or height <= 0:
        raise _bad_roi(text, where)
    return Box(x, y, x + width, y + height)


def text_from_roi(roi: Region | None) -> str | None:
    """The cell that `roi_from_text` reads back; None when text cannot say it (masks, several outlines)."""
    match roi:
        case None:
            return ""
        case Box():
            numbers = [roi.x1, roi.y1, roi.width, roi.height]
        case Polygon() if len(roi.parts) == 1:
            numbers = roi.parts[0].reshape(-1).tolist()
        case _:
            return None
    return " ".join(f"{number:g}" if float(f"{number:g}") == number else repr(float(number)) for number in numbers)


def attach_roi(dataset: Dataset, root: Path) -> Dataset:
    """Attach the masks in the folder ``roi``: for the image ``a/b.jpg`` the file ``roi/a/b.png``.

    Pixels that are not 0 are inside. A sample that has a region of interest already keeps it.

    Raises
    ------
    FormatError : a mask has another size than its image, or leaves nothing to look at.
    ImageError : a mask or an image cannot be read.
    """
    folder = root / ROI_FOLDER
    if not folder.is_dir():
        return dataset
    return dataset.with_samples(_with_mask(sample, folder) for sample in dataset)


def write_roi_mask(sample: Sample, folder: Path, name: str) -> None:
    """Write a sample's region of interest where `attach_roi` finds it; `name` is its image's."""
    if sample.roi is not None:
        width, height = sample.size
        target = folder / ROI_FOLDER / PurePosixPath(name).with_suffix(".png")
        write_image(target, sample.roi.mask(width, height).astype(np.uint8) * np.uint8(255))


def _with_mask(sample: Sample, folder: Path) -> Sample:
    name = PurePosixPath(sample.name)
    if sample.roi is not None or not name.name or name.is_absolute() or ".." in name.parts:
        return sample
    path = folder / name.with_suffix(".png")
    if not path.is_file():
        return sample
    inside = read_index_mask(path)
    rows, columns = inside.shape
    if (columns, rows) != sample.size:
        raise FormatError(
            "the region of interest has another size than its image",
            where=path,
            got=f"{columns} x {rows}",
            allowed=f"{sample.size[0]} x {sample.size[1]}, as {sample.name}",
        )
    roi = Mask.of(inside)
    if roi is None:
        raise FormatError(
            "the region of interest leaves nothing to look at",
            where=path,
            got="a mask that is 0 everywhere",
            remedy="delete the file to use the whole image, or paint what is to be looked at",
        )
    return replace(sample, roi=roi)


def _bad_roi(text: str, where: str | None) -> FormatError:
    return FormatError(
        "this is no region of interest",
        where=where,
        got=text,
        allowed="'x y width height', or 'x1 y1 x2 y2 x3 y3 ...' with three corners or more, and an area",
    )
