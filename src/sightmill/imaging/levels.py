"""Gray levels: how deep images are, and which values are black and white."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sightmill.errors import ImageError

__all__ = ["Depth", "common_depth", "gray_range"]

Depth = Literal["uint8", "uint16", "float32"]

DEPTHS: tuple[Depth, ...] = ("uint8", "uint16", "float32")

#: White of the cameras that store 8, 10, 12, 14 or 16 bits in a 16-bit file.
SENSOR_WHITES = tuple(float(2**bits - 1) for bits in (8, 10, 12, 14, 16))


def common_depth(depths: Iterable[npt.DTypeLike]) -> Depth:
    """The one depth of all images of a training set: ``uint8``, ``uint16`` or ``float32``.

    Parameters
    ----------
    depths : the array type of each image, or its name (`ImageInfo.dtype`).

    Raises
    ------
    ImageError : no image at all, an unknown depth, or images of different depths: how a 16-bit gray value
        compares with an 8-bit one cannot be known from the files.
    """
    names = {np.dtype(depth).name for depth in depths}
    if not names:
        raise ImageError("there is no image to learn the gray levels from", remedy="give at least one image")
    if len(names) > 1:
        raise ImageError(
            "the images have different depths",
            got=" and ".join(sorted(names)),
            allowed="one depth for all images",
            remedy="convert the images to one depth, as the camera in production delivers them",
        )
    for known in DEPTHS:
        if known in names:
            return known
    raise ImageError("images of this depth are not supported", got=names.pop(), allowed=DEPTHS)


def gray_range(images: Iterable[npt.NDArray[Any]]) -> tuple[float, float]:
    """Which gray values of these images are black and white: `View.black` and `View.white`.

    * uint8: 0 and 255, whatever is in the images.
    * uint16: 0 and the white of the smallest sensor (8, 10, 12, 14 or 16 bits) that can have taken them.
    * float32: 0 and 1 when all values lie there, else the smallest and the largest, rounded outwards to
      about two digits, so that another selection of images is likely to give the same range.

    Raises
    ------
    ImageError : as `common_depth`; or a float image with values that are not finite.
    """
    depths: set[str] = set()
    lowest, highest = math.inf, -math.inf
    for image in images:
        depths.add(image.dtype.name)
        if image.dtype != np.uint8 and image.size:
            lowest, highest = min(lowest, float(image.min())), max(highest, float(image.max()))
    depth = common_depth(depths)
    if depth == "uint8":
        return 0.0, 255.0
    if depth == "uint16":
        return 0.0, next(white for white in SENSOR_WHITES if highest <= white)
    return _rounded_outwards(lowest, highest)


def _rounded_outwards(lowest: float, highest: float) -> tuple[float, float]:
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise ImageError("a float image must hold finite values", got=(lowest, highest))
    if lowest >= 0 and highest <= 1:
        return 0.0, 1.0
    step = 10.0 ** (math.floor(math.log10(max(highest - lowest, abs(highest) * 1e-3, abs(lowest) * 1e-3))) - 1)
    black, white = math.floor(lowest / step) * step, math.ceil(highest / step) * step
    return black, white if white > black else black + step
