"""The rows of a YOLO label file: one object each, in shares of the image's width and height."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sightmill.data.formats.folder import read_text
from sightmill.data.regions import Box, Polygon, Region, RotatedBox
from sightmill.errors import AnnotationError

__all__ = ["Clipping", "Row", "are_rotated_boxes", "read_rows", "region_of", "row_text"]

FloatArray = npt.NDArray[np.float64]

_LITTLE = 0.1  # this share of the image may stick out: rounding, padding, objects cut by the border
_LITTLE_TURNED = 1.0  # turned boxes are not cut at the border, so more of them does
_NOTICED = 0.5  # pixels


@dataclass(frozen=True)
class Row:
    """One row: the class index, its numbers, and the confidence when tools that predict wrote it."""

    where: str
    index: int
    numbers: tuple[float, ...]
    score: float | None = None


@dataclass
class Clipping:
    """What was cut off or left out on the way, by file."""

    clipped: set[str] = field(default_factory=set)
    without_area: list[str] = field(default_factory=list)

    def notes(self) -> list[str]:
        """The sentences for the data set's notes."""
        said = []
        if self.clipped:
            said.append(f"objects that stick out of the image were clipped in {_some(sorted(self.clipped))}")
        if self.without_area:
            said.append(f"objects without area were left out: {_some(self.without_area)}")
        return said


def read_rows(path: Path, *, keypoints: int = 0) -> list[Row]:
    """The rows of a label file; empty lines are passed over.

    Parameters
    ----------
    keypoints : how many numbers of key points follow each box; they are not read.

    Raises
    ------
    AnnotationError : a class that is no whole number, a value that is no finite number, or a count of numbers
        that is neither a box (4), a box with a confidence (5), nor an outline (6, 8, 10 ...).
    """
    rows = []
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        words = text.split()
        if not words:
            continue
        where = f"{path}:{line}"
        values = [_number(word, where) for word in words]
        index, numbers = values[0], tuple(values[1:])
        if not index.is_integer() or not 0 <= index < 10**6:
            raise AnnotationError("the first number of a row must be the class", where=where, got=words[0][:40])
        if keypoints and len(numbers) >= 4 + keypoints:
            numbers = numbers[:4]
        score = None
        if len(numbers) == 5:
            *box, score = numbers
            numbers = tuple(box)
            if not 0 <= score <= 1:
                raise AnnotationError("the confidence must lie between 0 and 1", where=where, got=score)
        if len(numbers) != 4 and (len(numbers) < 6 or len(numbers) % 2):
            raise AnnotationError(
                "a row has the wrong count of numbers after the class",
                where=where,
                got=len(numbers),
                allowed="4 (a box), or an even number from 6 on (an outline)",
            )
        rows.append(Row(where, int(index), numbers, score))
    return rows


def are_rotated_boxes(rows: Iterable[tuple[Row, tuple[int, int]]]) -> bool:
    """Whether all rows, each with ``(width, height)`` of its image, are four corners of a rectangle.

    A row of eight numbers alone does not say whether it is an outline or a turned box; a whole set of
    rectangles does. Tolerance: 2 pixels, or 2 % of the longer side.
    """
    any_row = False
    for row, size in rows:
        if len(row.numbers) != 8 or not _is_rectangle(_points(row, size)):
            return False
        any_row = True
    return any_row


def region_of(row: Row, size: tuple[int, int], *, turned: bool, clipping: Clipping) -> Region | None:
    """The region in pixels; None (and a note in `clipping`) when it has no area.

    Parameters
    ----------
    size : ``(width, height)`` of the image in pixels.
    turned : take four corners for a rotated box, not for an outline.

    Raises
    ------
    AnnotationError : more than a tenth of the image outside of it, or negative sides.
    """
    region: Region | None
    if len(row.numbers) == 4:
        cx, cy, width, height = row.numbers
        if width < 0 or height < 0:
            raise AnnotationError("a box has a negative width or height", where=row.where, got=row.numbers)
        sides = np.array([[cx - width / 2, cy - height / 2], [cx + width / 2, cy + height / 2]])
        (x1, y1), (x2, y2) = _inside(sides, row, clipping, size).tolist()
        region = Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None
    elif turned and len(row.numbers) == 8:
        _refuse_outside(np.array(row.numbers), row, _LITTLE_TURNED)
        region = _turned(_points(row, size))
    else:
        outline = _inside(np.array(row.numbers).reshape(-1, 2), row, clipping, size)
        region = Polygon(outline) if (outline.max(axis=0) > outline.min(axis=0)).all() else None
    if region is None:
        clipping.without_area.append(Path(row.where).name)
    return region


def row_text(index: int, region: Box | RotatedBox | FloatArray, size: tuple[int, int]) -> str:
    """The row of a box (centre and size), of a rotated box (four corners), or of an outline ``(N, 2)``."""
    width, height = size
    if isinstance(region, Box):
        (cx, cy) = region.centre
        numbers = [cx / width, cy / height, region.width / width, region.height / height]
    else:
        points = region.corners() if isinstance(region, RotatedBox) else region
        numbers = (points / [width, height]).reshape(-1).tolist()
    return " ".join([str(index), *(f"{number:.12g}" for number in numbers)])


def _number(word: str, where: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise AnnotationError("a row must hold numbers", where=where, got=word[:40])
    return value


def _points(row: Row, size: tuple[int, int]) -> FloatArray:
    return np.array(row.numbers, np.float64).reshape(-1, 2) * size


def _inside(shares: FloatArray, row: Row, clipping: Clipping, size: tuple[int, int]) -> FloatArray:
    _refuse_outside(shares, row, _LITTLE)
    clipped = np.clip(shares, 0.0, 1.0)
    if (np.abs(clipped - shares) * size).max() > _NOTICED:
        clipping.clipped.add(Path(row.where.rpartition(":")[0]).name)
    points: FloatArray = clipped * size
    return points


def _refuse_outside(shares: FloatArray, row: Row, little: float) -> None:
    if shares.min() < -little or shares.max() > 1 + little:
        raise AnnotationError(
            "the object lies outside of its image",
            where=row.where,
            got=f"coordinates from {shares.min():g} to {shares.max():g}",
            allowed="0 to 1: shares of the image's width and height, not pixels",
        )


def _is_rectangle(corners: FloatArray) -> bool:
    """Diagonals that halve each other and are equally long make a rectangle."""
    a, b, c, d = corners
    longest = max(float(np.hypot(*(a - b))), float(np.hypot(*(b - c))))
    middles = float(np.hypot(*(a + c - b - d))) / 2
    lengths = abs(float(np.hypot(*(a - c)) - np.hypot(*(b - d))))
    return max(middles, lengths) <= max(2.0, 0.02 * longest)


def _turned(corners: FloatArray) -> RotatedBox | None:
    """The box whose first side runs from the first to the second corner."""
    if not _is_rectangle(corners):
        fitted = RotatedBox.around(corners)
        return fitted if fitted.width and fitted.height else None
    a, b, c, d = corners
    along, across = (b - a + c - d) / 2, (d - a + c - b) / 2
    width, height = float(np.hypot(*along)), float(np.hypot(*across))
    if not width or not height:
        return None
    cx, cy = corners.mean(axis=0).tolist()
    return RotatedBox(cx, cy, width, height, math.degrees(math.atan2(along[1], along[0])))


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
