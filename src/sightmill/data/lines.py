"""Open lines of corners: their length, the pixels they pass, how far pixels are from them, and the part in an image.

A line is an array ``(N, 2)`` of x and y in pixels, from the corner of the first pixel (see `coordinates`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import BoolArray, FloatArray

__all__ = ["clipped_line", "distance_to_lines", "line_length", "passed"]


def line_length(line: FloatArray) -> float:
    """Length of a line ``(N, 2)`` in pixels."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def passed(lines: Iterable[FloatArray], width: int, height: int) -> BoolArray:
    """The pixels that the lines pass, one pixel thin, corners touching: bool ``(height, width)``.

    Of a piece flatter than the diagonal the pixel at the middle of every column that it meets, else of every row.
    """
    covered = np.zeros((height, width), np.bool_)
    for line in lines:
        start, along = line[:-1], np.diff(line, axis=0)
        steep = abs(along[:, 1]) > abs(along[:, 0])
        # As if every piece were flat: x along it, y across it.
        start, along = (np.where(steep[:, None], ends[:, ::-1], ends) for ends in (start, along))
        limit = np.where(steep, height, width)
        x1, x2 = start[:, 0], start[:, 0] + along[:, 0]
        first = np.clip(np.floor(np.minimum(x1, x2)), 0, limit).astype(np.int64)
        last = np.clip(np.floor(np.maximum(x1, x2)), -1, limit - 1).astype(np.int64)
        counts = np.maximum(last - first + 1, 0)
        piece = np.repeat(np.arange(len(counts)), counts)
        column = first[piece] + np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
        middle = np.clip(column + 0.5, np.minimum(x1, x2)[piece], np.maximum(x1, x2)[piece])
        slope = along[:, 1] / np.where(along[:, 0] == 0, 1.0, along[:, 0])
        row = np.floor(start[piece, 1] + (middle - x1[piece]) * slope[piece]).astype(np.int64)
        rows, columns = np.where(steep[piece], column, row), np.where(steep[piece], row, column)
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        covered[rows[inside], columns[inside]] = True
    return covered


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
            if squared > 1e-12:  # shorter ones are points
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
