"""Outlines that cover exactly the pixels of a mask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import outlined
from sightmill.data.regions import Mask

__all__ = ["joined", "outlines_of"]

FloatArray = npt.NDArray[np.float64]


def outlines_of(mask: Mask) -> list[FloatArray]:
    """Outer outlines and those of holes, each ``(N, 2)`` in pixels; see `outlined`."""
    return outlined(mask.pixels, mask.x, mask.y)


def joined(parts: Sequence[FloatArray]) -> FloatArray:
    """Several outlines as one: each is walked round from the first corner and back, on lines without area.

    By the even-odd rule the one covers what the parts cover, less what lies in two of them (holes).
    """
    first = parts[0]
    walk = [first]
    for part in parts[1:]:
        walk += [first[:1], part, part[:1]]
    return np.concatenate(walk)
