"""Masks of true objects, seen on the grid on which they are learnt."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import transform_points
from sightmill.data.outlines import FloatArray
from sightmill.data.regions import Mask, Polygon, Region
from sightmill.evaluation.overlap import as_mask
from sightmill.imaging.view import Frame

__all__ = ["hull_of", "mask_grids"]


def hull_of(region: Region, size: tuple[int, int]) -> FloatArray:
    """Corners ``(K, 2)`` around a region, in pixels of the image: enough to tell its box however it is moved."""
    if isinstance(region, Polygon):
        return np.concatenate(region.parts)
    if isinstance(region, Mask):
        return _hull(region)
    box = region.bounds(*size)
    return box.corners()


def mask_grids(
    objects: Sequence[Annotation],
    source: npt.NDArray[np.int64],
    boxes: npt.NDArray[np.float32],
    frame: Frame,
    *,
    points: int,
    margin: float,
) -> npt.NDArray[np.bool_]:
    """Whether the points of a grid over each box are the object's own: ``(T, N, points, points)``.

    Parameters
    ----------
    source : ``(T, N)`` index of the object; -1 is none.
    boxes : ``(T, N, 4)`` centre and sides in pixels of the tile.
    margin : the grid reaches beyond the box by this share of its sides.
    """
    tiles, count = source.shape
    grids = np.zeros((tiles, count, points, points), np.bool_)
    steps = ((np.arange(points) + 0.5) / points - 0.5) * (1 + 2 * margin)
    x, y = (axis.reshape(-1) for axis in np.meshgrid(steps, steps))
    around = np.stack([x, y], axis=1)  # (points * points, 2)
    back = frame.matrix_back
    for tile, place in np.argwhere(source >= 0):
        box = boxes[tile, place].astype(np.float64)
        seen = box[:2] + around * box[2:] + frame.tiles[tile]
        mask = _pixels(objects[source[tile, place]].region, frame.size)
        columns, rows = (np.floor(transform_points(seen, back)).astype(np.int64) - [mask.x, mask.y]).T
        height, width = mask.pixels.shape
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        own = np.zeros(len(seen), np.bool_)
        own[inside] = mask.pixels[rows[inside], columns[inside]]
        grids[tile, place] = own.reshape(points, points)
    return grids


@lru_cache(maxsize=1 << 15)
def _hull(mask: Mask) -> FloatArray:
    """Corners of the smallest convex outline around the pixels."""
    rows, columns = np.nonzero(mask.pixels)
    if not len(rows):
        return np.array([[mask.x, mask.y]], np.float64)
    corners = np.concatenate([np.stack([columns + dx, rows + dy], axis=1) for dx in (0, 1) for dy in (0, 1)])
    hull = cv2.convexHull(corners.astype(np.int32)).reshape(-1, 2)
    return np.asarray(hull + np.array([mask.x, mask.y]), np.float64)


@lru_cache(maxsize=1 << 15)
def _pixels(region: Region, size: tuple[int, int]) -> Mask:
    return as_mask(region, size)
