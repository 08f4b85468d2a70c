"""The shapes of a LabelMe file: what they are as regions, and the other way round."""

from __future__ import annotations

import base64
import binascii
import io
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightmill.data.formats.losses import Losses
from sightmill.data.formats.record import Record, numbers_in, shown
from sightmill.data.image import read_image
from sightmill.data.regions import Box, Mask, Point, Polygon, Polyline, Region, RotatedBox
from sightmill.errors import ImageError

__all__ = ["KINDS", "forms_of", "image_in", "region_in"]

FloatArray = npt.NDArray[np.float64]

_CIRCLE_CORNERS = 64
_LARGEST_MASK = 100_000_000  # pixels


def region_in(record: Record, kind: str) -> Region | None:
    """The region of a shape; None when it has no area, or is of a type that has no region here."""
    points = []
    for point in record.items("points"):
        if not isinstance(point, list) or len(point) != 2:
            raise record.refuse("a point must hold two numbers", got=shown(point))
        points.append(numbers_in(point, record, "points"))
    reader = _READERS.get(kind)
    return reader(np.array(points, np.float64).reshape(-1, 2), record) if reader is not None else None


def _polygon(points: FloatArray, record: Record) -> Region | None:
    return Polygon(points) if len(points) >= 3 else None


def _line(points: FloatArray, record: Record) -> Region | None:
    """A line of two points, or of several; None when all lie in one place."""
    if len(points) < 2 or not (points != points[0]).any():
        return None
    return Polyline(points)


def _rectangle(points: FloatArray, record: Record) -> Region | None:
    if len(points) not in (2, 4):
        raise record.refuse("a rectangle needs two opposite corners", got=f"{len(points)} points")
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _circle(points: FloatArray, record: Record) -> Region | None:
    if len(points) != 2:
        raise record.refuse("a circle needs its centre and a point on it", got=f"{len(points)} points")
    radius = float(np.hypot(*(points[1] - points[0])))
    turns = np.arange(_CIRCLE_CORNERS) * (2 * math.pi / _CIRCLE_CORNERS)
    return Polygon(points[0] + radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)) if radius else None


def _point(points: FloatArray, record: Record) -> Region | None:
    if len(points) != 1:
        raise record.refuse("a point has one place", got=f"{len(points)} points")
    return Point(float(points[0, 0]), float(points[0, 1]))


def _rotated(points: FloatArray, record: Record) -> Region | None:
    if len(points) != 4:
        raise record.refuse("a rotated rectangle needs four corners", got=f"{len(points)} points")
    box = RotatedBox.around(points)
    return box if box.width and box.height else None


def _mask(points: FloatArray, record: Record) -> Region | None:
    if len(points) != 2:
        raise record.refuse("a mask needs the two corners of its place", got=f"{len(points)} points")
    pixels = image_in(record.text("mask"), record, "mask", max_pixels=_LARGEST_MASK)
    covered = pixels.any(axis=2) if pixels.ndim == 3 else pixels > 0
    left, top = (int(value) for value in points.min(axis=0))
    mask = Mask.of(covered)
    return None if mask is None else Mask(mask.pixels, mask.x + left, mask.y + top)


_READERS = {
    "polygon": _polygon,
    "quadrilateral": _polygon,
    "line": _line,
    "linestrip": _line,
    "rectangle": _rectangle,
    "circle": _circle,
    "point": _point,
    "rotation": _rotated,
    "oriented_rectangle": _rotated,
    "mask": _mask,
}


KINDS = frozenset(_READERS)
"""The types of shapes that have a region here."""


def image_in(data: str, record: Record, key: str, *, max_pixels: int = 500_000_000) -> npt.NDArray[Any]:
    """The image that a base64 text holds; the record's error, naming `key`, when it holds none."""
    try:
        content = base64.b64decode(data.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise record.refuse(f"'{key}' is not base64", got=str(error)) from error
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image"
        file.write_bytes(content)
        try:
            return read_image(file, max_pixels=max_pixels)
        except ImageError as error:
            raise record.refuse(f"'{key}' holds no image that can be read", got=error.what) from error


def forms_of(region: Region, losses: Losses) -> list[dict[str, Any]]:
    """The type and points of the shapes that draw a region; none for kinds that LabelMe does not have."""
    if isinstance(region, RotatedBox):
        losses.add("rotated boxes became polygons")
        region = Polygon(region.corners())
    if isinstance(region, Polygon):
        return [{"shape_type": "polygon", "points": part.tolist()} for part in region.parts]
    if isinstance(region, Polyline):
        kinds = ("line" if len(part) == 2 else "linestrip" for part in region.parts)
        return [{"shape_type": kind, "points": part.tolist()} for kind, part in zip(kinds, region.parts, strict=True)]
    if isinstance(region, Box):
        return [{"shape_type": "rectangle", "points": [[region.x1, region.y1], [region.x2, region.y2]]}]
    if isinstance(region, Point):
        return [{"shape_type": "point", "points": [[region.x, region.y]]}]
    if isinstance(region, Mask):
        rows, columns = region.pixels.shape
        stream = io.BytesIO()
        Image.fromarray(region.pixels.astype(np.uint8) * 255).save(stream, "PNG")
        corners = [[region.x, region.y], [region.x + columns - 1, region.y + rows - 1]]
        data = base64.b64encode(stream.getvalue()).decode("ascii")
        return [{"shape_type": "mask", "points": corners, "mask": data}]
    losses.add(f"regions of the kind {region.kind} were left out")
    return []
