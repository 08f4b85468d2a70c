"""Whether marked areas were painted along lines, or have outlines that can be told from one another."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sightmill.data.regions import Region
from sightmill.imaging.coverage import own_pixels

__all__ = ["lines_were_painted"]

#: Narrower than this the two sides of an area are hard to tell apart, pixels of the network's input.
NARROW = 6.0
#: So many times as long as wide is a line: by the measure used here a square is 2.25 times as long, a disc 1.8 times.
DRAWN_OUT = 4.0
#: Areas that are looked at, drawn evenly.
ENOUGH = 200


def lines_were_painted(areas: Sequence[tuple[Region, tuple[int, int]]], factor: float) -> bool:
    """Whether most of the length of marked areas is thin and drawn out, as cracks and wires are when they are painted.

    Parameters
    ----------
    areas : each with the size of its image, ``(width, height)``.
    factor : pixels of the network's input for a pixel of the image, along a side.
    """
    lengths = {True: 0.0, False: 0.0}
    for index in np.linspace(0, len(areas) - 1, min(len(areas), ENOUGH)).astype(int):
        region, (width, height) = areas[index]
        across, along = _extents(region, width, height)
        lengths[factor * across < NARROW and along >= DRAWN_OUT * across] += along
    return lengths[True] > lengths[False]


def _extents(region: Region, width: int, height: int) -> tuple[float, float]:
    """Mean width and length of an area, pixels: in a strip the mean distance to the rim is a quarter of the width."""
    marked = np.pad(own_pixels(region, width, height).astype(np.uint8), 1)
    count = int(np.count_nonzero(marked))
    if not count:
        return 1.0, 0.0
    away = cv2.distanceTransform(marked, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[marked > 0]
    across = 4 * (float(away.mean()) - 0.5)
    return across, count / across
