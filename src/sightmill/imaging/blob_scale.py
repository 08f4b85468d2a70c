"""How large the things at marked points are, read from the picture: the scale at which they stand out most."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["SIZES", "blob_strengths", "standing_out"]

FloatArray = npt.NDArray[np.float64]

#: Sizes that are tried, pixels: from 4 to 512, in steps of a factor of the square root of two.
SIZES: FloatArray = 4.0 * 2.0 ** (np.arange(15) / 2)

#: The width (standard deviation) of the Gaussian that answers most to a disc, relative to the disc's diameter.
_WIDTH = 1 / (2 * math.sqrt(2))

#: Images are shrunk to this side before; and to this width of the Gaussian for each size: coarse scales need no detail.
_LARGEST_SIDE, _FINEST = 1600, 3.0


def blob_strengths(image: npt.NDArray[np.generic], points: FloatArray) -> FloatArray:
    """How much the picture at each point stands out from what is around, for each of `SIZES`.

    The absolute scale-normalised Laplacian. (Lindeberg, "Feature detection with automatic scale selection", 1998.)

    Parameters
    ----------
    image : ``(H, W)`` or ``(H, W, C)``, any depth; its contrast does not matter.
    points : ``(N, 2)`` x and y in pixels.

    Returns
    -------
    ``(N, S)``; NaN for sizes larger than a third of the shorter side.
    """
    gray = image.astype(np.float32)
    gray = gray if gray.ndim == 2 else gray.mean(axis=2)
    shrunk = min(_LARGEST_SIDE / max(gray.shape), 1.0)
    gray = (gray - gray.mean()) / (gray.std() + 1e-6)
    found = np.full((len(points), len(SIZES)), np.nan)
    for index, size in enumerate(SIZES):
        if size > min(image.shape[:2]) / 3:
            break
        factor = min(_FINEST / (size * _WIDTH), shrunk)
        small = (max(round(gray.shape[1] * factor), 1), max(round(gray.shape[0] * factor), 1))
        layer = gray if factor >= 1 else np.asarray(cv2.resize(gray, small, interpolation=cv2.INTER_AREA))
        factor = min(factor, 1.0)
        sigma = size * _WIDTH * factor
        smooth = cv2.GaussianBlur(layer, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_REFLECT_101)
        answer = np.abs(np.asarray(cv2.Laplacian(smooth, cv2.CV_32F))) * sigma**2
        columns, rows = (np.asarray(points, np.float64) * factor).astype(np.int64).T
        found[:, index] = answer[np.clip(rows, 0, answer.shape[0] - 1), np.clip(columns, 0, answer.shape[1] - 1)]
    return found


def standing_out(strengths: FloatArray) -> float | None:
    """The size at which points stand out most on the whole; None where no size is better than both its neighbours.

    Parameters
    ----------
    strengths : ``(N, S)`` of `blob_strengths`, of many points.
    """
    usable = ~np.isnan(strengths).any(axis=0)
    if len(strengths) == 0 or usable.sum() < 3:
        return None
    mean = strengths[:, usable].mean(axis=0)
    best = int(mean.argmax())
    if best in (0, len(mean) - 1):
        return None
    # The top of the parabola through the best size and its neighbours.
    before, at, after = mean[best - 1 : best + 2]
    shift = 0.5 * (before - after) / (before - 2 * at + after) if before + after < 2 * at else 0.0
    return float(SIZES[usable][best] * 2 ** (shift / 2))
