"""Which part of an image a detector learns from at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightmill.imaging.view import View
from sightmill.methods.detecting.settings import DetectingTraining

__all__ = ["usual_window", "window_of"]

#: Sides of windows stand on this grid, the coarsest stride of the networks.
GRID = 32
#: The smallest window that is chosen, and how many times the largest objects it is.
SMALLEST_WINDOW, TIMES = 224, 3.0
#: Objects as large as this share of them need not fit.
NEARLY_ALL = 0.95
#: A window that takes more than this share of a tile is not worth it: the tile is taken.
WORTH = 0.4


def usual_window(sides: Sequence[float], tile: tuple[int, int]) -> int:
    """The side of the windows of training, for objects whose longer sides are these in pixels of the network's input.

    Parameters
    ----------
    tile : width and height of the tiles; where a window would not be clearly smaller, their longer side is answered.
    """
    largest = float(np.quantile(list(sides), NEARLY_ALL)) if sides else 0.0
    side = max(SMALLEST_WINDOW, GRID * round(TIMES * largest / GRID))
    share = min(side, tile[0]) * min(side, tile[1]) / (tile[0] * tile[1])
    return side if share <= WORTH else max(tile)


def window_of(training: DetectingTraining, view: View) -> tuple[int, int] | None:
    """``(height, width)`` of the windows; None where they are the whole tiles."""
    side = GRID * max(round(training.window_size / GRID), 1) if training.window_size else max(view.width, view.height)
    window = min(side, view.height), min(side, view.width)
    return None if window == (view.height, view.width) else window
