"""Where the names of regions are written: beside them, off one another, and off what they would hide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.data.regions import Box

__all__ = ["named_places"]

Corners = npt.NDArray[np.float64]

#: What it costs to lie on a name, relative to lying on a region.
_ON_A_NAME = 4.0
#: What it costs to lie on the region itself, relative to lying on another one.
_ON_ITS_OWN = 0.5
#: What it costs to lie on a region that the name would hide altogether, relative to lying on a large one.
_ON_A_SMALL_ONE = 5.0
#: Each further way that has to be tried costs this share of the name's area: names look alike where there is room.
_OUT_OF_LINE = 0.02


def named_places(
    bounds: Sequence[Box], sizes: Sequence[tuple[int, int]], picture: tuple[int, int], *, ceiling: int = 0, gap: int = 2
) -> list[tuple[int, int]]:
    """Left and top of each name, pixels: above its region where that is free, else where least is hidden.

    Parameters
    ----------
    bounds, sizes : of each region its bounds, and the width and height of its name.
    picture : its width and height; names stay inside.
    ceiling : height of a bar along the top that names keep clear of.
    gap : pixels between a region and its name.
    """
    width, height = picture
    regions = np.array([[box.x1, box.y1, box.x2, box.y2] for box in bounds], np.float64).reshape(-1, 4)
    areas = np.maximum((regions[:, 2] - regions[:, 0]) * (regions[:, 3] - regions[:, 1]), 1.0)
    taken: list[Corners] = []
    places = []
    for index, (box, (wide, tall)) in enumerate(zip(regions, sizes, strict=True)):
        x1, y1, x2, y2 = box
        right, middle = x2 - wide + gap, (y1 + y2 - tall) / 2
        corners = np.array(
            [
                (x1 - gap, y1 - tall - gap),
                (x1 - gap, y2 + gap),
                (right, y1 - tall - gap),
                (right, y2 + gap),
                (x2 + gap, y1),
                (x1 - wide - gap, y1),
                (x2 + gap, middle),
                (x1 - wide - gap, middle),
                (x1 + gap, y1 + gap),
            ]
        )
        corners[:, 0] = corners[:, 0].clip(0, max(width - wide, 0))
        corners[:, 1] = corners[:, 1].clip(ceiling, max(height - tall, ceiling))
        spots = np.concatenate([corners, corners + np.array([wide, tall])], axis=1)  # (9, 4)
        weight = 1 + (_ON_A_SMALL_ONE - 1) * (wide * tall / areas).clip(0, 1)
        weight[index] *= _ON_ITS_OWN
        hidden = _common(spots, regions) @ weight
        if taken:
            hidden += _ON_A_NAME * _common(spots, np.array(taken)).sum(axis=1)
        hidden += _OUT_OF_LINE * wide * tall * np.arange(len(spots))
        best = int(hidden.argmin())
        taken.append(spots[best])
        places.append((int(corners[best, 0]), int(corners[best, 1])))
    return places


def _common(first: Corners, second: Corners) -> Corners:
    """Area ``(N, M)`` that rectangles ``(N, 4)`` and ``(M, 4)`` have in common."""
    wide = np.minimum(first[:, None, 2], second[None, :, 2]) - np.maximum(first[:, None, 0], second[None, :, 0])
    tall = np.minimum(first[:, None, 3], second[None, :, 3]) - np.maximum(first[:, None, 1], second[None, :, 1])
    return np.asarray(wide.clip(0) * tall.clip(0))
