"""From maps of bells to points, and back: numpy, in cells of the whole input."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Peaks", "bells", "kept_apart", "peaks_of"]

FloatArray = npt.NDArray[np.float64]
FloatMap = npt.NDArray[np.float32]

#: Peaks below are no use, not even for curves; and the most that are looked at.
LEAST_SCORE, MOST_PEAKS = 0.05, 5000

#: Width of a bell (standard deviation) in feature sizes, and the least in cells.
BELL, NARROWEST = 1 / 6, 0.8


@dataclass(frozen=True, eq=False)
class Peaks:
    """N peaks, the highest first: positions ``(N, 2)`` in cells, classes ``(N,)`` and scores ``(N,)``."""

    xy: FloatArray
    classes: npt.NDArray[np.int64]
    scores: FloatArray

    def chosen(self, which: npt.NDArray[np.generic]) -> Peaks:
        """Some of them, in this order."""
        return Peaks(self.xy[which], self.classes[which], self.scores[which])


def peaks_of(heat: FloatMap, offset: FloatMap) -> Peaks:
    """Local maxima of each class's map.

    Parameters
    ----------
    heat : ``(h, w, K)`` in [0, 1].
    offset : ``(h, w, 2)``, from a cell's centre to its point, in cells.
    """
    # Rows, columns and classes at once: OpenCV dilates each channel by itself.
    highest = np.ascontiguousarray(heat)
    around = cv2.dilate(highest, np.ones((3, 3), np.uint8)).reshape(heat.shape)
    rows, columns, classes = np.nonzero((heat >= around) & (heat >= LEAST_SCORE))
    scores = heat[rows, columns, classes].astype(np.float64)
    order = np.argsort(-scores, kind="stable")[:MOST_PEAKS]
    rows, columns = rows[order], columns[order]
    shift = np.clip(offset[rows, columns].astype(np.float64), -1.5, 1.5)
    xy = np.stack([columns, rows], axis=1) + 0.5 + shift
    return Peaks(xy, classes[order].astype(np.int64), scores[order])


def kept_apart(peaks: Peaks, distance: float) -> Peaks:
    """Of peaks nearer to one another than this (cells), of whatever class, the highest."""
    alive = np.ones(len(peaks.scores), np.bool_)
    for index in range(len(alive)):
        if alive[index]:
            apart = peaks.xy[index + 1 :] - peaks.xy[index]
            alive[index + 1 :] &= (apart * apart).sum(axis=1) >= distance * distance
    return peaks.chosen(alive)


def bells(
    points: FloatArray, classes: npt.NDArray[np.int64], shape: tuple[int, int], count: int, size: float
) -> tuple[FloatMap, FloatMap, FloatMap]:
    """What a perfect network would say to points ``(N, 2)`` in cells: heat, offset, and where offsets are known.

    Parameters
    ----------
    classes : of the points ``(N,)``.
    shape : ``(h, w)`` of the maps.
    count : number of classes K.
    size : of a feature, in cells.

    Returns
    -------
    ``heat`` ``(h, w, K)`` with 1 at the cells of points and a bell around; ``offset`` ``(h, w, 2)``; ``known``
    ``(h, w)``, 1 in the cells of points, less in their neighbours.
    """
    height, width = shape
    heat, offset = np.zeros((height, width, count), np.float32), np.zeros((height, width, 2), np.float32)
    known = np.zeros((height, width), np.float32)
    nearest = np.full((height, width), np.inf, np.float32)
    sigma = max(BELL * size, NARROWEST)
    reach = int(np.ceil(3 * sigma))
    for (x, y), label in zip(points, classes, strict=True):
        row, column = int(np.floor(y)), int(np.floor(x))
        top, bottom = max(row - reach, 0), min(row + reach + 1, height)
        left, right = max(column - reach, 0), min(column + reach + 1, width)
        if top >= bottom or left >= right:
            continue
        down = np.arange(top, bottom)[:, None] + 0.5 - y
        along = np.arange(left, right)[None] + 0.5 - x
        bell = np.exp(-(down**2 + along**2) / (2 * sigma**2)).astype(np.float32)
        patch = heat[top:bottom, left:right, label]
        np.maximum(patch, np.minimum(bell, 0.999), out=patch)
        squared = (down**2 + along**2).astype(np.float32)
        own = (squared < nearest[top:bottom, left:right]) & (np.abs(down) < 1.5) & (np.abs(along) < 1.5)
        offset[top:bottom, left:right][own] = np.stack(np.broadcast_arrays(-along, -down), axis=2)[own]
        known[top:bottom, left:right][own] = 0.3
        nearest[top:bottom, left:right][own] = squared[own]
    for (x, y), label in zip(points, classes, strict=True):
        row, column = int(np.floor(y)), int(np.floor(x))
        if 0 <= row < height and 0 <= column < width:
            heat[row, column, label] = 1.0
            known[row, column] = 1.0
    return heat, offset, known
