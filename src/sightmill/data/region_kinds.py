"""The kinds of regions by their names, and how one is read again from what it wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sightmill.data.regions import Box, Mask, Point, Polygon, Polyline, Region, RotatedBox, Whole
from sightmill.errors import AnnotationError

__all__ = ["REGION_KINDS", "region_from_dict"]

REGION_KINDS: tuple[str, ...] = tuple(
    region.kind for region in (Whole, Box, RotatedBox, Polygon, Polyline, Mask, Point)
)


def region_from_dict(given: Mapping[str, Any]) -> Region:
    """Read what `Region.to_dict` wrote.

    Raises
    ------
    AnnotationError : an unknown kind, a missing key, or run lengths that do not fill the mask.
    """
    kind = given.get("kind")
    try:
        match kind:
            case "whole":
                return Whole()
            case "point":
                return Point(float(given["x"]), float(given["y"]))
            case "box":
                return Box(*(float(given[key]) for key in ("x1", "y1", "x2", "y2")))
            case "rotated_box":
                return RotatedBox(*(float(given[key]) for key in ("cx", "cy", "width", "height", "angle")))
            case "polygon":
                return Polygon(*given["parts"])
            case "polyline":
                return Polyline(*given["parts"])
            case "mask":
                return _mask_from_runs(given)
    except (KeyError, TypeError, ValueError) as error:
        raise AnnotationError(f"this {kind} region cannot be read", got=str(error)) from error
    raise AnnotationError("unknown kind of region", got=kind, allowed=REGION_KINDS)


def _mask_from_runs(given: Mapping[str, Any]) -> Mask:
    rows, columns = int(given["height"]), int(given["width"])
    runs: Sequence[int] = [int(run) for run in given["runs"]]
    if rows < 0 or columns < 0 or any(run < 0 for run in runs) or sum(runs) != rows * columns:
        raise AnnotationError("the run lengths of a mask do not add up to its size", got=f"{columns} x {rows}")
    values = np.arange(len(runs)) % 2 == 1
    return Mask(np.repeat(values, runs).reshape(rows, columns), int(given["x"]), int(given["y"]))
