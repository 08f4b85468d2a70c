"""Open lines of corners: their length, the pixels they pass, how far pixels are from them, and the part in an image.

A line is an array ``(N, 2)`` of x and y in pixels, from the corner of the first pixel (see `coordinates`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import BoolArray, FloatArray

__all__ = ["clipped_line", "distance_to_lines", "line_length", "passed"]

_SUBPIXEL_BITS = 6


def line_length(line: FloatArray) -> float:
    """Length of a line ``(N, 2)`` in pixels."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def passed(lines: Iterable[FloatArray], width: int, height: int) -> BoolArray:
    """The pixels that the lines pass, one pixel thin, corners touching: bool ``(height, width)``."""
    covered = np.zeros((height, width), np.uint8)
    far = 4.0 * max(width, height, 1)  # OpenCV's fixed-point coordinates overflow beyond
    for line in lines:
        points = np.clip(line, -far, far) - 0.5
        fixed = np.rint(points * (1 << _SUBPIXEL_BITS)).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(covered, [fixed], False, 1, 1, cv2.LINE_8, _SUBPIXEL_BITS)
    return np.asarray(covered != 0, np.bool_)


def distance_to_lines(lines: Iterable[FloatArray], width: int, height: int, *, reach: float) -> npt.NDArray[np.float32]:
    """Distance of each pixel's centre to the nearest line, at most `reach`: float32 ``(height, width)``, pixels."""
    nearest = np.full((height, width), reach, np.float32)
    for line in lines:
        for start, end in pairwise(line):
            low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
            left, top = (max(math.floor(value), 0) for value in low)
            right, bottom = min(math.ceil(high[0]), width), min(math.ceil(high[1]), height)
            if left >= right or top >= bottom:
                continue
            x = np.arange(left, right, dtype=np.float32)[None, :] + np.float32(0.5 - start[0])
            y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
            along = end - start
            squared = float(along @ along)
            if squared:
                share = (x * np.float32(along[0] / squared) + y * np.float32(along[1] / squared)).clip(0, 1)
                away = np.hypot(x - share * np.float32(along[0]), y - share * np.float32(along[1]))
            else:
                away = np.hypot(x, y)
            part = nearest[top:bottom, left:right]
            np.minimum(part, away, out=part)
    return nearest


def clipped_line(line: FloatArray, width: float, height: float) -> list[FloatArray]:
    """The pieces of a line inside an image of this size, each of at least two corners.

    Liang & Barsky, "A new concept and method for line clipping" (1984), segment by segment.
    """
    pieces: list[list[FloatArray]] = []
    for start, end in pairwise(line):
        shares = _inside(start, end - start, width, height)
        if shares is None:
            continue
        first, last = start + shares[0] * (end - start), start + shares[1] * (end - start)
        if pieces and shares[0] == 0.0 and np.array_equal(pieces[-1][-1], start):
            pieces[-1].append(end if shares[1] == 1.0 else last)
        else:
            pieces.append([start if shares[0] == 0.0 else first, end if shares[1] == 1.0 else last])
    return [np.array(piece) for piece in pieces]


def _inside(start: FloatArray, along: FloatArray, width: float, height: float) -> tuple[float, float] | None:
    """Between which shares a segment is inside the image; None when it is nowhere longer than a point."""
    low, high = 0.0, 1.0
    for axis, limit in ((0, width), (1, height)):
        step, at = float(along[axis]), float(start[axis])
        if step == 0.0:
            if not 0 <= at <= limit:
                return None
            continue
        first, second = sorted((-at / step, (limit - at) / step))
        low, high = max(low, first), min(high, second)
    return (low, high) if low < high and np.any(along) else None
