"""Closed outlines of corners: their area, the pixels inside, and the part inside an image.

An outline is an array ``(N, 2)`` of x and y in pixels, from the corner of the first pixel (see `regions`); the
last corner joins the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["BoolArray", "FloatArray", "clipped_outline", "encloses", "filled", "outlined", "signed_area"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def signed_area(outline: FloatArray) -> float:
    """Area of an outline ``(N, 2)`` in square pixels; negative when its corners run anticlockwise on the screen."""
    x, y = outline[:, 0], outline[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def encloses(outline: FloatArray) -> bool:
    """Whether anything lies inside an outline ``(N, 2)``, by even-odd crossings as in `filled`.

    The halves of one that crosses itself may cancel in `signed_area`; both are inside all the same.
    """
    if signed_area(outline) != 0:
        return True
    x, y = outline.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    for low, high in pairwise(np.unique(y)):
        # At two heights: at one of them the outline may just cross itself.
        for height in (low + 0.38 * (high - low), low + 0.62 * (high - low)):
            cut = (y < height) != (next_y < height)
            crossings = np.sort(x[cut] + (height - y[cut]) / (next_y[cut] - y[cut]) * (next_x[cut] - x[cut]))
            if bool((crossings[1::2] - crossings[::2] > 1e-9).any()):
                return True
    return False


def outlined(covered: BoolArray, x: float = 0, y: float = 0) -> list[FloatArray]:
    """Outer outlines and those of holes ``(N, 2)`` of the pixels covered ``(h, w)``, whose corner is at ``(x, y)``.

    Each pixel is cut into four before its border is followed, so the outline runs a quarter of a pixel
    inside: every pixel's centre is well on its side, and single pixels and lines keep an area.
    """
    finer = covered.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    found, _ = cv2.findContours(finer, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return [(contour.reshape(-1, 2) + 0.5) / 2 + [x, y] for contour in found if len(contour) >= 3]


def filled(outlines: Iterable[FloatArray], width: int, height: int) -> BoolArray:
    """Pixels whose centres lie inside any of the outlines: bool ``(height, width)``.

    Even-odd crossings per row, so that no pixel is grown or lost.
    """
    covered = np.zeros((height, width), np.bool_)
    for outline in outlines:
        covered |= _filled_outline(outline, width, height)
    return covered


def _filled_outline(outline: FloatArray, width: int, height: int) -> BoolArray:
    covered = np.zeros((height, width), np.bool_)
    top = max(math.floor(float(outline[:, 1].min())), 0)
    bottom = min(math.ceil(float(outline[:, 1].max())), height)
    if top >= bottom:
        return covered
    ends = np.roll(outline, -1, axis=0)
    centres = np.arange(top, bottom) + 0.5  # (R,)
    y1, y2 = outline[:, 1], ends[:, 1]
    crosses = (y1[None] <= centres[:, None]) != (y2[None] <= centres[:, None])  # (R, N)
    rows, edges = np.nonzero(crosses)
    slope = (ends[edges, 0] - outline[edges, 0]) / (y2[edges] - y1[edges])
    x = outline[edges, 0] + (centres[rows] - y1[edges]) * slope
    columns = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
    flips = np.zeros((bottom - top, width + 1), np.int32)
    np.add.at(flips, (rows, columns), 1)
    covered[top:bottom] = np.cumsum(flips, axis=1)[:, :width] % 2 == 1
    return covered


def clipped_outline(outline: FloatArray, width: float, height: float) -> FloatArray:
    """The part of an outline inside an image of this size, ``(M, 2)``; M = 0 when nothing is left.

    Sutherland & Hodgman, "Reentrant polygon clipping" (1974), against the image's four sides.
    """
    sides: tuple[tuple[int, float, float], ...] = (
        (0, 1.0, 0.0),
        (0, -1.0, -width),
        (1, 1.0, 0.0),
        (1, -1.0, -height),
    )
    for axis, sign, limit in sides:
        inside = sign * outline[:, axis] >= limit
        if inside.all():
            continue
        kept: list[FloatArray] = []
        for index in range(len(outline)):
            here, before = outline[index], outline[index - 1]
            if inside[index] != inside[index - 1]:
                share = (limit * sign - before[axis]) / (here[axis] - before[axis])
                kept.append(before + share * (here - before))
            if inside[index]:
                kept.append(here)
        if len(kept) < 3:
            return np.zeros((0, 2))
        outline = np.array(kept)
    return outline
