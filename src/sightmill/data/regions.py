"""Where something is in an image. Coordinates and angles follow the conventions in `coordinates`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.coordinates import centre_matrix, transform_points
from sightmill.data.lines import clipped_line, line_length, passed
from sightmill.data.outlines import BoolArray, FloatArray, clipped_outline, encloses, filled, signed_area
from sightmill.errors import AnnotationError

__all__ = ["Box", "Mask", "Point", "Polygon", "Polyline", "Region", "RotatedBox", "Whole"]


class Region(ABC):
    """A place in an image, immutable. All coordinates are pixels, see `coordinates`."""

    kind: ClassVar[str]

    @abstractmethod
    def bounds(self, width: float, height: float) -> Box:
        """The smallest upright box around the region, in an image of this size (pixels)."""

    @abstractmethod
    def mask(self, width: int, height: int) -> BoolArray:
        """The pixels whose centres the region covers: bool ``(height, width)``."""

    @abstractmethod
    def moved(self, matrix: npt.ArrayLike) -> Region:
        """The region under an affine ``(2, 3)`` matrix. An upright box stays upright: it grows to fit."""

    @abstractmethod
    def clipped(self, width: float, height: float) -> Region | None:
        """The part inside an image of this size, or None when nothing is left."""

    @abstractmethod
    def area(self, width: float, height: float) -> float:
        """Area in square pixels, in an image of this size."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary with the key ``kind``; `region_from_dict` reads it back."""


@dataclass(frozen=True)
class Whole(Region):
    """The whole image: what an image label speaks of."""

    kind: ClassVar[str] = "whole"

    def bounds(self, width: float, height: float) -> Box:
        return Box(0.0, 0.0, float(width), float(height))

    def mask(self, width: int, height: int) -> BoolArray:
        return np.ones((height, width), np.bool_)

    def moved(self, matrix: npt.ArrayLike) -> Whole:
        return self

    def clipped(self, width: float, height: float) -> Whole:
        return self

    def area(self, width: float, height: float) -> float:
        return float(width * height)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind}


@dataclass(frozen=True)
class Point(Region):
    """A single place ``(x, y)``."""

    x: float
    y: float
    kind: ClassVar[str] = "point"

    def bounds(self, width: float, height: float) -> Box:
        return Box(self.x, self.y, self.x, self.y)

    def mask(self, width: int, height: int) -> BoolArray:
        covered = np.zeros((height, width), np.bool_)
        if 0 <= self.x < width and 0 <= self.y < height:
            covered[int(self.y), int(self.x)] = True
        return covered

    def moved(self, matrix: npt.ArrayLike) -> Point:
        ((x, y),) = transform_points([[self.x, self.y]], matrix)
        return Point(float(x), float(y))

    def clipped(self, width: float, height: float) -> Point | None:
        return self if 0 <= self.x <= width and 0 <= self.y <= height else None

    def area(self, width: float, height: float) -> float:
        return 0.0

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "x": self.x, "y": self.y}


@dataclass(frozen=True)
class Box(Region):
    """An upright rectangle from ``(x1, y1)`` to ``(x2, y2)``, with ``x1 <= x2`` and ``y1 <= y2``."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: ClassVar[str] = "box"

    def __post_init__(self) -> None:
        corners = (self.x1, self.y1, self.x2, self.y2)
        if not all(math.isfinite(value) for value in corners) or self.x2 < self.x1 or self.y2 < self.y1:
            raise AnnotationError(
                "a box must run from its top-left to its bottom-right corner",
                got=corners,
                allowed="finite numbers with x1 <= x2 and y1 <= y2",
            )

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def corners(self) -> FloatArray:
        """The four corners ``(4, 2)``, clockwise from the top left."""
        return np.array([[self.x1, self.y1], [self.x2, self.y1], [self.x2, self.y2], [self.x1, self.y2]])

    def bounds(self, width: float, height: float) -> Box:
        return self

    def mask(self, width: int, height: int) -> BoolArray:
        covered = np.zeros((height, width), np.bool_)
        left, right = (min(max(math.ceil(x - 0.5), 0), width) for x in (self.x1, self.x2))
        top, bottom = (min(max(math.ceil(y - 0.5), 0), height) for y in (self.y1, self.y2))
        covered[top:bottom, left:right] = True
        return covered

    def moved(self, matrix: npt.ArrayLike) -> Box:
        return _box_around(transform_points(self.corners(), matrix))

    def clipped(self, width: float, height: float) -> Box | None:
        x1, y1 = max(self.x1, 0.0), max(self.y1, 0.0)
        x2, y2 = min(self.x2, float(width)), min(self.y2, float(height))
        return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None

    def area(self, width: float, height: float) -> float:
        return self.width * self.height

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "x1": self.x1, "y1": self.y1, "x2": self.x2, "y2": self.y2}


@dataclass(frozen=True)
class RotatedBox(Region):
    """A turned rectangle: centre, side lengths, and the angle of the side called width (degrees)."""

    cx: float
    cy: float
    width: float
    height: float
    angle: float = 0.0
    kind: ClassVar[str] = "rotated_box"

    def __post_init__(self) -> None:
        values = (self.cx, self.cy, self.width, self.height, self.angle)
        if not all(math.isfinite(value) for value in values) or self.width < 0 or self.height < 0:
            raise AnnotationError(
                "a rotated box needs a centre, two side lengths and an angle",
                got=values,
                allowed="finite numbers with width >= 0 and height >= 0",
            )
        object.__setattr__(self, "angle", (self.angle + 90.0) % 180.0 - 90.0)

    @classmethod
    def around(cls, points: npt.ArrayLike) -> RotatedBox:
        """The rotated box of least area around points ``(N, 2)``; exact for the corners of a rectangle."""
        corners = np.asarray(points, np.float64).reshape(-1, 2)
        if len(corners) == 4:
            first, second = corners[1] - corners[0], corners[2] - corners[1]
            longest = max(float(np.hypot(*first)), float(np.hypot(*second)), 1e-9)
            closes = np.hypot(*(corners[0] + corners[2] - corners[1] - corners[3])) < 1e-3 * longest
            square = abs(float(first @ second)) < 1e-3 * longest * longest
            if closes and square:
                cx, cy = corners.mean(axis=0)
                angle = math.degrees(math.atan2(first[1], first[0]))
                return cls(float(cx), float(cy), float(np.hypot(*first)), float(np.hypot(*second)), angle)
        (cx, cy), (width, height), angle = cv2.minAreaRect(corners.astype(np.float32))
        return cls(float(cx), float(cy), float(width), float(height), float(angle))

    def corners(self) -> FloatArray:
        """The four corners ``(4, 2)``, clockwise on the screen from the one at -width/2, -height/2."""
        turn = math.radians(self.angle)
        along = np.array([math.cos(turn), math.sin(turn)]) * self.width / 2
        across = np.array([-math.sin(turn), math.cos(turn)]) * self.height / 2
        centre = np.array([self.cx, self.cy])
        return np.array(
            [
                centre - along - across,
                centre + along - across,
                centre + along + across,
                centre - along + across,
            ]
        )

    def bounds(self, width: float, height: float) -> Box:
        return _box_around(self.corners())

    def mask(self, width: int, height: int) -> BoolArray:
        return filled([self.corners()], width, height)

    def moved(self, matrix: npt.ArrayLike) -> RotatedBox:
        return RotatedBox.around(transform_points(self.corners(), matrix))

    def clipped(self, width: float, height: float) -> RotatedBox | None:
        """The box itself while its centre is inside: a turned box is not cut, only kept or dropped."""
        return self if 0 <= self.cx <= width and 0 <= self.cy <= height else None

    def area(self, width: float, height: float) -> float:
        return self.width * self.height

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "cx": self.cx,
            "cy": self.cy,
            "width": self.width,
            "height": self.height,
            "angle": self.angle,
        }


@dataclass(frozen=True, eq=False)
class Polygon(Region):
    """One or more closed outlines; the region is their union (several: an object cut by another).

    Parameters
    ----------
    parts : outlines, each an array ``(N, 2)`` of at least three corners; the last joins the first.
    """

    parts: tuple[FloatArray, ...]
    kind: ClassVar[str] = "polygon"

    def __init__(self, *parts: npt.ArrayLike) -> None:
        outlines = tuple(np.array(part, np.float64).reshape(-1, 2) for part in parts)
        if not outlines or any(len(part) < 3 or not np.isfinite(part).all() for part in outlines):
            raise AnnotationError(
                "a polygon needs outlines of at least three finite corners",
                got=[len(part) for part in outlines],
            )
        for part in outlines:
            part.setflags(write=False)
        object.__setattr__(self, "parts", outlines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polygon) and _same_parts(self.parts, other.parts)

    def __hash__(self) -> int:
        return hash(tuple(part.tobytes() for part in self.parts))

    def bounds(self, width: float, height: float) -> Box:
        return _box_around(np.concatenate(self.parts))

    def mask(self, width: int, height: int) -> BoolArray:
        return filled(self.parts, width, height)

    def moved(self, matrix: npt.ArrayLike) -> Polygon:
        return Polygon(*(transform_points(part, matrix) for part in self.parts))

    def clipped(self, width: float, height: float) -> Polygon | None:
        kept = [clipped_outline(part, float(width), float(height)) for part in self.parts]
        kept = [part for part in kept if len(part) >= 3 and encloses(part)]
        return Polygon(*kept) if kept else None

    def area(self, width: float, height: float) -> float:
        """The sum over the outlines; parts that overlap count twice."""
        return sum(abs(signed_area(part)) for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "parts": [part.tolist() for part in self.parts]}


@dataclass(frozen=True, eq=False)
class Polyline(Region):
    """One or more open lines: an edge, a scratch, a wire; without area.

    Parameters
    ----------
    parts : lines, each an array ``(N, 2)`` of at least two corners.
    """

    parts: tuple[FloatArray, ...]
    kind: ClassVar[str] = "polyline"

    def __init__(self, *parts: npt.ArrayLike) -> None:
        lines = tuple(np.array(part, np.float64).reshape(-1, 2) for part in parts)
        if not lines or any(len(part) < 2 or not np.isfinite(part).all() for part in lines):
            raise AnnotationError(
                "a polyline needs lines of at least two finite corners", got=[len(part) for part in lines]
            )
        for part in lines:
            part.setflags(write=False)
        object.__setattr__(self, "parts", lines)

    @property
    def length(self) -> float:
        """In pixels, over all parts."""
        return sum(map(line_length, self.parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polyline) and _same_parts(self.parts, other.parts)

    def __hash__(self) -> int:
        return hash((self.kind, *(part.tobytes() for part in self.parts)))

    def bounds(self, width: float, height: float) -> Box:
        return _box_around(np.concatenate(self.parts))

    def mask(self, width: int, height: int) -> BoolArray:
        """The pixels that the lines pass, one pixel thin."""
        return passed(self.parts, width, height)

    def moved(self, matrix: npt.ArrayLike) -> Polyline:
        return Polyline(*(transform_points(part, matrix) for part in self.parts))

    def clipped(self, width: float, height: float) -> Polyline | None:
        kept = [piece for part in self.parts for piece in clipped_line(part, float(width), float(height))]
        return Polyline(*kept) if kept else None

    def area(self, width: float, height: float) -> float:
        return 0.0

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "parts": [part.tolist() for part in self.parts]}


@dataclass(frozen=True, eq=False)
class Mask(Region):
    """A region given pixel by pixel: a bool array ``(height, width)`` set at ``(x, y)`` in the image.

    Keep the array cropped to the region (`Mask.of` does): a mask then costs what it covers.
    """

    pixels: BoolArray
    x: int = 0
    y: int = 0
    kind: ClassVar[str] = "mask"

    def __post_init__(self) -> None:
        pixels = np.ascontiguousarray(self.pixels, np.bool_)
        if pixels.ndim != 2:
            raise AnnotationError("a mask must be two-dimensional", got=self.pixels.shape)
        pixels.setflags(write=False)
        object.__setattr__(self, "pixels", pixels)

    @classmethod
    def of(cls, covered: npt.ArrayLike) -> Mask | None:
        """Crop a full-image array (non-zero = covered) to a mask; None when nothing is covered."""
        full = np.asarray(covered) != 0
        rows, columns = np.flatnonzero(full.any(axis=1)), np.flatnonzero(full.any(axis=0))
        if not len(rows):
            return None
        top, left = int(rows[0]), int(columns[0])
        return cls(full[top : rows[-1] + 1, left : columns[-1] + 1].copy(), left, top)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Mask)
            and (self.x, self.y) == (other.x, other.y)
            and np.array_equal(self.pixels, other.pixels)
        )

    def __hash__(self) -> int:
        return hash((self.x, self.y, self.pixels.tobytes()))

    def bounds(self, width: float, height: float) -> Box:
        rows, columns = self.pixels.shape
        return Box(float(self.x), float(self.y), float(self.x + columns), float(self.y + rows))

    def mask(self, width: int, height: int) -> BoolArray:
        covered = np.zeros((height, width), np.bool_)
        rows, columns = self.pixels.shape
        left, top = max(self.x, 0), max(self.y, 0)
        right, bottom = min(self.x + columns, width), min(self.y + rows, height)
        if left < right and top < bottom:
            covered[top:bottom, left:right] = self.pixels[
                top - self.y : bottom - self.y, left - self.x : right - self.x
            ]
        return covered

    def moved(self, matrix: npt.ArrayLike) -> Mask:
        matrix = np.asarray(matrix, np.float64)
        around = self.bounds(0, 0).moved(matrix)
        left, top = math.floor(around.x1), math.floor(around.y1)
        columns, rows = max(math.ceil(around.x2) - left, 1), max(math.ceil(around.y2) - top, 1)
        local = matrix.copy()
        local[:, 2] += matrix[:, :2] @ np.array([self.x, self.y], np.float64) - [left, top]
        warped = cv2.warpAffine(
            self.pixels.astype(np.uint8), centre_matrix(local), (columns, rows), flags=cv2.INTER_NEAREST
        )
        return Mask(warped != 0, left, top)

    def clipped(self, width: float, height: float) -> Mask | None:
        full = self.mask(int(width), int(height))
        return Mask.of(full)

    def area(self, width: float, height: float) -> float:
        return float(np.count_nonzero(self.pixels))

    def to_dict(self) -> dict[str, Any]:
        """Run lengths in rows, starting with a run of 0 (the first may be empty)."""
        flat = self.pixels.reshape(-1)
        changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        runs = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
        if len(flat) and flat[0]:
            runs.insert(0, 0)
        rows, columns = self.pixels.shape
        return {"kind": self.kind, "x": self.x, "y": self.y, "width": columns, "height": rows, "runs": runs}


def _same_parts(one: tuple[FloatArray, ...], other: tuple[FloatArray, ...]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _box_around(points: FloatArray) -> Box:
    (x1, y1), (x2, y2) = points.min(axis=0), points.max(axis=0)
    return Box(float(x1), float(y1), float(x2), float(y2))
