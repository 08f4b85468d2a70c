"""From a map of edge probability to thin ridges, and from these to lines with sub-pixel positions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Polyline
from sightmill.data.thinning import chains_of, thinned

__all__ = ["Ridges", "find_ridges", "lines_of"]

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

#: Below this probability nothing is looked at.
LOWEST = 0.03
#: Two places differ by more than this share, or count as equally high.
LEVEL = np.float32(0.01)
#: A ridge's top is never further than this from the middle of its pixel across it, in widths of a learnt edge.
FARTHEST = 1.5
#: How much of the way from the threshold to certainty a line must go somewhere (hysteresis; Canny (1986)).
SURE = 0.25


@dataclass(frozen=True, eq=False)
class Ridges:
    """The thin ridges of a map.

    Parameters
    ----------
    strength : ``(H, W)`` float32: on a ridge its probability, elsewhere 0.
    x, y : ``(H, W)`` float32: where in the image the top of the ridge is; only on ridges.
    """

    strength: FloatArray
    x: FloatArray
    y: FloatArray


def find_ridges(chance: FloatArray, *, width: float = 1.0) -> Ridges:
    """The ridges of a probability map ``(H, W)``.

    A pixel is on a ridge when none of the two places beside it, across the direction of strongest curvature, is
    higher (Steger, "An unbiased detector of curvilinear structures" (1998), with the maximum in place of a
    threshold on the curvature). The ridges are then joined where they touch and thinned to one pixel; where their top
    lies between the pixels follows from a parabola through the logarithms: exact for a bell.

    Parameters
    ----------
    width : standard deviation of the bell that an edge was taught as, pixels.
    """
    smooth = np.asarray(cv2.GaussianBlur(chance, (0, 0), width), np.float32)
    rows, columns = np.nonzero(chance >= LOWEST)
    strength = np.zeros_like(chance)
    x, y = np.zeros_like(chance), np.zeros_like(chance)
    if not len(rows):
        return Ridges(strength, x, y)
    across = np.float32(width) * _across(smooth, rows, columns)
    before, here, after = _beside(smooth, rows, columns, across)
    # Where a line runs between two rows of pixels both are as high, and either may lie lower by a rounding error.
    lower, higher = here - np.maximum(before, after), here - np.minimum(before, after)
    top = (lower >= -LEVEL * here) & (higher > LEVEL * here)
    peaks = np.zeros(chance.shape, np.uint8)
    peaks[rows[top], columns[top]] = 1
    joined = (cv2.dilate(peaks, np.ones((3, 3), np.uint8)) > 0) & (chance >= LOWEST)
    thin = thinned(joined)
    rows, columns = np.nonzero(thin)
    across = np.float32(width) * _across(smooth, rows, columns)
    before, here, after = (np.log(np.maximum(values, 1e-6)) for values in _beside(smooth, rows, columns, across))
    bend = before - 2 * here + after
    shift = np.where(bend < -1e-6, (before - after) / (2 * np.minimum(bend, -1e-6)), 0.0).clip(-FARTHEST, FARTHEST)
    x[rows, columns] = columns + 0.5 + shift * across[:, 0]
    y[rows, columns] = rows + 0.5 + shift * across[:, 1]
    # What the map says on the ridge's top, which may lie in the pixel beside.
    strength[rows, columns] = _at(chance, x[rows, columns] - 0.5, y[rows, columns] - 0.5)
    np.maximum(strength, chance * thin, out=strength)
    return Ridges(strength, x, y)


def lines_of(ridges: Ridges, label: str, *, threshold: float, minimum_length: float) -> list[Annotation]:
    """Ridges followed to lines, the surest first; a line's score is its mean probability.

    A ridge is followed as far as its probability reaches the threshold, if it is clearly above it somewhere.

    Parameters
    ----------
    minimum_length : connected lines that are shorter in sum are left out, pixels.
    """
    candidates = (ridges.strength >= threshold).astype(np.uint8)
    count, groups = cv2.connectedComponents(candidates, connectivity=8)
    sure = np.zeros(count, np.bool_)
    sure[np.unique(groups[ridges.strength >= threshold + SURE * (1 - threshold)])] = True
    sizes = np.bincount(groups.reshape(-1), minlength=count)
    sure &= sizes >= minimum_length
    sure[0] = False
    found: list[Annotation] = []
    for chain in chains_of(sure[groups]):
        rows, columns = chain[:, 0], chain[:, 1]
        points = np.column_stack([ridges.x[rows, columns], ridges.y[rows, columns]]).astype(np.float64)
        score = min(float(ridges.strength[rows, columns].mean()), 1.0)
        found.append(Annotation(Polyline(points), label, score))
    return sorted(found, key=lambda item: -(item.score or 0.0))


def _across(smooth: FloatArray, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> FloatArray:
    """Unit vectors ``(N, 2)`` of x and y along the strongest downward curvature at these pixels."""
    xx, yy, xy = (cv2.Sobel(smooth, cv2.CV_32F, dx, dy, ksize=3)[rows, columns] for dx, dy in ((2, 0), (0, 2), (1, 1)))
    # The axis of the larger eigenvalue of the Hessian; a ridge falls along the other one.
    turn = 0.5 * np.arctan2(2 * xy, xx - yy) + np.float32(np.pi / 2)
    return np.column_stack([np.cos(turn), np.sin(turn)]).astype(np.float32)


def _beside(
    values: FloatArray, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], across: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A map one step before pixels, on them, and one step after, across their ridge."""
    x, y = columns.astype(np.float32), rows.astype(np.float32)
    return (
        _at(values, x - across[:, 0], y - across[:, 1]),
        values[rows, columns],
        _at(values, x + across[:, 0], y + across[:, 1]),
    )


def _at(values: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """A map at places ``(N,)``, bilinear; coordinates from the middle of the first pixel."""
    found = np.empty(len(x), np.float32)
    for low in range(0, len(x), 32_000):  # OpenCV's limit for one line
        part = slice(low, low + 32_000)
        found[part] = cv2.remap(
            values,
            np.ascontiguousarray(x[part, None], np.float32),
            np.ascontiguousarray(y[part, None], np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )[:, 0]
    return found
