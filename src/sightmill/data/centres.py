"""The one point that stands for a region: where it is, when how large it is does not matter."""

from __future__ import annotations

import numpy as np

from sightmill.data.outlines import signed_area
from sightmill.data.regions import Box, Mask, Point, Polygon, Region, RotatedBox, Whole

__all__ = ["centre_of", "extent_of"]


def centre_of(region: Region, size: tuple[int, int]) -> tuple[float, float] | None:
    """Centre ``(x, y)`` of a region in pixels: of a box the middle, of an area its centroid; None for a whole image.

    Parameters
    ----------
    size : ``(width, height)`` of the image.
    """
    match region:
        case Point():
            return region.x, region.y
        case RotatedBox():
            return region.cx, region.cy
        case Box():
            return region.centre
        case Mask():
            rows, columns = np.nonzero(region.pixels)
            if not len(rows):
                return None
            return region.x + float(columns.mean()) + 0.5, region.y + float(rows.mean()) + 0.5
        case Polygon():
            return _centroid(region)
        case Whole():
            return None
    return region.bounds(*size).centre


def extent_of(region: Region, size: tuple[int, int]) -> float:
    """How large a region is, pixels: the side of a square of its area; 0 for a point."""
    return float(np.sqrt(max(region.area(*size), 0.0)))


def _centroid(region: Polygon) -> tuple[float, float]:
    total, moment = 0.0, np.zeros(2)
    for part in region.parts:
        area = abs(signed_area(part))
        following = np.roll(part, -1, axis=0)
        cross = part[:, 0] * following[:, 1] - following[:, 0] * part[:, 1]
        if area > 0:
            moment += ((part + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum()) * area
            total += area
    if not total:  # a line: the middle of its corners
        moment, total = np.concatenate(region.parts).mean(axis=0), 1.0
    x, y = moment / total
    return float(x), float(y)
