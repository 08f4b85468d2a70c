"""How much regions overlap: intersection over union of boxes, turned boxes and masks, all pairs at once.

Intersection over union (IoU) is the share that two regions have in common of all that either covers, in [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import BoolArray, FloatArray
from sightmill.data.regions import Box, Mask, Polygon, Region, RotatedBox

__all__ = [
    "Kind",
    "as_mask",
    "as_turned",
    "box_iou",
    "mask_iou",
    "paired_turned_iou",
    "region_iou",
    "turned_iou",
    "without_orientation",
]

#: By what objects are compared.
Kind = Literal["box", "rotated_box", "mask"]


def box_iou(first: npt.ArrayLike, second: npt.ArrayLike, *, of_first: bool = False) -> FloatArray:
    """IoU ``(N, M)`` of upright boxes ``(N, 4)`` and ``(M, 4)``, each ``x1, y1, x2, y2``.

    Parameters
    ----------
    of_first : give the share of the first box that the second covers instead.
    """
    a = np.asarray(first, np.float64).reshape(-1, 4)
    b = np.asarray(second, np.float64).reshape(-1, 4)
    wide = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    tall = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    common = wide.clip(0) * tall.clip(0)  # (N, M)
    own = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    other = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return _share(common, own[:, None], other[None], of_first)


def turned_iou(first: npt.ArrayLike, second: npt.ArrayLike, *, of_first: bool = False) -> FloatArray:
    """IoU ``(N, M)`` of turned boxes ``(N, 5)`` and ``(M, 5)``, each ``cx, cy, width, height, angle`` in degrees.

    Exact: the common part of two rectangles is the convex polygon of the corners of each inside of the other and of
    the crossings of their sides. Only pairs whose surrounding circles meet are looked at.
    """
    a = np.asarray(first, np.float64).reshape(-1, 5)
    b = np.asarray(second, np.float64).reshape(-1, 5)
    reach = (np.hypot(a[:, 2], a[:, 3])[:, None] + np.hypot(b[:, 2], b[:, 3])[None]) / 2
    near = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]) < reach
    rows, columns = np.nonzero(near)
    common = np.zeros(near.shape)
    step = 20_000  # bounds the memory that the pairs take
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        common[rows[part], columns[part]] = _common_area(a[rows[part]], b[columns[part]])
    return _share(common, (a[:, 2] * a[:, 3])[:, None], (b[:, 2] * b[:, 3])[None], of_first)


def paired_turned_iou(first: FloatArray, second: FloatArray) -> FloatArray:
    """IoU ``(M,)`` of pairs of turned boxes ``(M, 5)``: as `turned_iou`, for pairs that are chosen already."""
    common = _common_area(first, second)
    whole = first[:, 2] * first[:, 3] + second[:, 2] * second[:, 3] - common
    return np.divide(common, whole, out=np.zeros_like(common), where=whole > 0)


def mask_iou(first: Sequence[Mask], second: Sequence[Mask], *, of_first: bool = False) -> FloatArray:
    """IoU ``(N, M)`` of masks in one image, pixel by pixel."""
    common = np.zeros((len(first), len(second)))
    own, other = _extents(first), _extents(second)
    for row, column in np.argwhere(box_iou(own, other) > 0):
        common[row, column] = _common_pixels(first[row], second[column])
    areas = np.array([mask.pixels.sum() for mask in first], np.float64).reshape(-1, 1)
    others = np.array([mask.pixels.sum() for mask in second], np.float64).reshape(1, -1)
    return _share(common, areas, others, of_first)


def region_iou(
    first: Sequence[Region], second: Sequence[Region], size: tuple[int, int], kind: Kind, *, of_first: bool = False
) -> FloatArray:
    """IoU ``(N, M)`` of regions of an image of this ``(width, height)``, compared as boxes, turned boxes or masks."""
    if kind == "box":
        return box_iou(*(_boxes(regions, size) for regions in (first, second)), of_first=of_first)
    if kind == "rotated_box":
        return turned_iou(*(_turned(regions) for regions in (first, second)), of_first=of_first)
    masks = ([as_mask(region, size) for region in regions] for regions in (first, second))
    return mask_iou(*masks, of_first=of_first)


def as_mask(region: Region, size: tuple[int, int]) -> Mask:
    """The pixels of an image of this ``(width, height)`` that a region covers, cropped to them."""
    if isinstance(region, Mask):
        return region
    box = region.bounds(*size).clipped(*size)
    if box is None:
        return Mask(np.zeros((0, 0), np.bool_))
    x, y = int(np.floor(box.x1)), int(np.floor(box.y1))
    wide, tall = int(np.ceil(box.x2)) - x, int(np.ceil(box.y2)) - y
    covered = region.moved([[1, 0, -x], [0, 1, -y]]).mask(wide, tall)
    return Mask(covered, x, y)


def as_turned(region: Region) -> RotatedBox:
    """The turned box of least area around a region; an upright box as it is."""
    if isinstance(region, RotatedBox):
        return region
    if isinstance(region, Polygon):
        return RotatedBox.around(np.concatenate(region.parts))
    if isinstance(region, Mask):
        rows, columns = np.nonzero(region.pixels)
        corners = [(columns + dx + region.x, rows + dy + region.y) for dx in (0, 1) for dy in (0, 1)]
        return RotatedBox.around(np.concatenate([np.stack(corner, axis=1) for corner in corners]))
    box = region.bounds(0, 0)
    return RotatedBox(*box.centre, box.width, box.height)


def without_orientation(region: Region) -> RotatedBox:
    """A turned box of the same place and sides, set upright by the smaller turn: for objects without orientation."""
    box = as_turned(region)
    wide, tall = (box.height, box.width) if 45 <= abs(box.angle) < 135 else (box.width, box.height)
    return RotatedBox(box.cx, box.cy, wide, tall, 0.0)


def _share(common: FloatArray, own: FloatArray, other: FloatArray, of_first: bool) -> FloatArray:
    whole = np.broadcast_to(own if of_first else own + other - common, common.shape)
    return np.divide(common, whole, out=np.zeros_like(common), where=whole > 0)


def _boxes(regions: Sequence[Region], size: tuple[int, int]) -> FloatArray:
    boxes = [region.bounds(*size) for region in regions]
    return np.array([[box.x1, box.y1, box.x2, box.y2] for box in boxes]).reshape(-1, 4)


def _turned(regions: Sequence[Region]) -> FloatArray:
    boxes = [as_turned(region) for region in regions]
    return np.array([[box.cx, box.cy, box.width, box.height, box.angle] for box in boxes]).reshape(-1, 5)


def _extents(masks: Sequence[Mask]) -> FloatArray:
    found = [Box(m.x, m.y, m.x + m.pixels.shape[1], m.y + m.pixels.shape[0]) for m in masks]
    return _boxes(found, (0, 0))


def _common_pixels(first: Mask, second: Mask) -> int:
    left, top = max(first.x, second.x), max(first.y, second.y)
    right = min(first.x + first.pixels.shape[1], second.x + second.pixels.shape[1])
    bottom = min(first.y + first.pixels.shape[0], second.y + second.pixels.shape[0])
    parts: list[BoolArray] = [
        mask.pixels[top - mask.y : bottom - mask.y, left - mask.x : right - mask.x] for mask in (first, second)
    ]
    return int(np.count_nonzero(parts[0] & parts[1]))


def _common_area(a: FloatArray, b: FloatArray) -> FloatArray:
    """Area ``(M,)`` that the turned boxes of each of M pairs ``(M, 5)`` have in common."""
    # Seen from the first centre, so that far away images lose no digits.
    shift = np.concatenate([a[:, :2], np.zeros((len(a), 3))], axis=1)
    a, b = a - shift, b - shift
    first, second = _corners(a), _corners(b)  # (M, 4, 2)
    points = [first, second, _crossings(first, second)]
    counts = [_covers(b, first), _covers(a, second)]
    crossing = points[2]
    counted = np.concatenate([*counts, np.isfinite(crossing[..., 0])], axis=1)  # (M, 24)
    every = np.where(counted[..., None], np.concatenate([first, second, np.nan_to_num(crossing)], axis=1), 0.0)
    number = counted.sum(axis=1)
    middle = every.sum(axis=1) / np.maximum(number, 1)[:, None]
    # Points that do not count take the place of one that does: they then add no area.
    stand_in = every[np.arange(len(every)), counted.argmax(axis=1)]
    every = np.where(counted[..., None], every, stand_in[:, None]) - middle[:, None]
    order = np.argsort(np.arctan2(every[..., 1], every[..., 0]), axis=1)
    x, y = (np.take_along_axis(every[..., axis], order, axis=1) for axis in (0, 1))
    area = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1) / 2
    return np.asarray(np.where(number >= 3, np.abs(area), 0.0))


def _corners(boxes: FloatArray) -> FloatArray:
    turn = np.radians(boxes[:, 4])
    along = np.stack([np.cos(turn), np.sin(turn)], axis=1) * boxes[:, 2:3] / 2
    across = np.stack([-np.sin(turn), np.cos(turn)], axis=1) * boxes[:, 3:4] / 2
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.stack([boxes[:, :2] + s * along + t * across for s, t in signs], axis=1)


def _covers(boxes: FloatArray, points: FloatArray) -> BoolArray:
    """Whether each box ``(M, 5)`` covers its points ``(M, P, 2)``, its border included."""
    turn = np.radians(boxes[:, 4])
    away = points - boxes[:, None, :2]
    along = away[..., 0] * np.cos(turn)[:, None] + away[..., 1] * np.sin(turn)[:, None]
    across = -away[..., 0] * np.sin(turn)[:, None] + away[..., 1] * np.cos(turn)[:, None]
    slack = 1e-9 * (1 + boxes[:, 2:4].max(axis=1))[:, None]
    inside = (np.abs(along) <= boxes[:, 2:3] / 2 + slack) & (np.abs(across) <= boxes[:, 3:4] / 2 + slack)
    return np.asarray(inside)


def _crossings(first: FloatArray, second: FloatArray) -> FloatArray:
    """Where the sides of quadrilaterals ``(M, 4, 2)`` cross: ``(M, 16, 2)``, NaN where they do not."""
    start, other = first[:, :, None], second[:, None]  # (M, 4, 1, 2), (M, 1, 4, 2)
    way = np.roll(first, -1, axis=1)[:, :, None] - start
    path = np.roll(second, -1, axis=1)[:, None] - other
    turn = way[..., 0] * path[..., 1] - way[..., 1] * path[..., 0]
    away = other - start
    parallel = np.abs(turn) < 1e-12
    safe = np.where(parallel, 1.0, turn)
    t = (away[..., 0] * path[..., 1] - away[..., 1] * path[..., 0]) / safe
    u = (away[..., 0] * way[..., 1] - away[..., 1] * way[..., 0]) / safe
    crosses = ~parallel & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    points = np.where(crosses[..., None], start + t[..., None] * way, np.nan)
    return points.reshape(len(first), 16, 2)
