"""Outlines that cover exactly the pixels of a mask."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.regions import Mask

__all__ = ["joined", "outlines_of"]

FloatArray = npt.NDArray[np.float64]


def outlines_of(mask: Mask) -> list[FloatArray]:
    """Outer outlines and those of holes, each ``(N, 2)`` in pixels.

    Each pixel is cut into four before its border is followed, so the outline runs a quarter of a pixel
    inside: every pixel's centre is well on its side, and single pixels and lines keep an area.
    """
    finer = mask.pixels.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    found, _ = cv2.findContours(finer, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return [(contour.reshape(-1, 2) + 0.5) / 2 + [mask.x, mask.y] for contour in found if len(contour) >= 3]


def joined(parts: Sequence[FloatArray]) -> FloatArray:
    """Several outlines as one: each is walked round from the first corner and back, on lines without area.

    By the even-odd rule the one covers what the parts cover, less what lies in two of them (holes).
    """
    first = parts[0]
    walk = [first]
    for part in parts[1:]:
        walk += [first[:1], part, part[:1]]
    return np.concatenate(walk)
