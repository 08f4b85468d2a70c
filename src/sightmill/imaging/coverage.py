"""Which pixels a region covers: its own, and those of a network's input, where thin things stay when it is shrunk."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sightmill.data.outlines import BoolArray
from sightmill.data.regions import Mask, Region
from sightmill.imaging.frame import Frame

__all__ = ["covered_pixels", "own_pixels"]

#: Below this scale a line of one pixel could fall between the pixels that are looked at.
_SHRUNK = 0.8


def covered_pixels(frame: Frame, region: Region) -> BoolArray:
    """The pixels ``(H_in, W_in)`` of the whole input that a region of the image covers.

    At about the image's own scale these are the pixels whose centres it covers. When the image is shrunk, a pixel
    counts when the region covers as much of it as a line of one image pixel would: what is thin stays, and what is wide
    grows by less than a pixel.
    """
    width, height = frame.input_size
    scale = math.sqrt(abs(float(np.linalg.det(frame.matrix[:, :2]))))
    if scale >= _SHRUNK:
        return frame.to_input(region).mask(width, height)
    finer = math.ceil(1 / scale - 1e-9)
    fine = region.moved(frame.matrix * finer).mask(width * finer, height * finer)
    share = cv2.resize(fine.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= min(0.5, 0.8 * scale), np.bool_)


def own_pixels(region: Region, width: int, height: int) -> BoolArray:
    """The pixels that a region of an image of this size covers, within its own bounds: images may be large."""
    if isinstance(region, Mask):
        return region.pixels
    box = region.bounds(width, height)
    left, top = math.floor(box.x1), math.floor(box.y1)
    moved = region.moved(np.array([[1.0, 0, -left], [0, 1, -top]]))
    return moved.mask(max(math.ceil(box.x2) - left, 1), max(math.ceil(box.y2) - top, 1))
