"""The same part photographed again: in another light, and not quite at the same place."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["another_shot"]

#: Largest changes of brightness, of single channels, across the image (shares), and of black (full range).
GAIN, TINT, SLOPE, OFFSET = 0.15, 0.04, 0.08, 0.03
#: Degrees of rotation and share of scale for each percent of shift.
TURN, ZOOM = 0.5, 0.005


def another_shot(
    image: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_], rng: np.random.Generator, *, shift: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """The image as it may be seen next time, and where it is valid then.

    Parameters
    ----------
    image : ``(C, H, W)`` in [0, 1].
    valid : ``(H, W)``.
    shift : largest move in each direction, % of the side; the image is turned and scaled a little too.
    """
    channels, high, wide = image.shape
    pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
    move, turn, zoom = rng.uniform(-1, 1, 2), rng.uniform(-1, 1), rng.uniform(-1, 1)
    light, tint, slope = rng.uniform(-1, 1), rng.uniform(-1, 1, channels), rng.uniform(-1, 1, 2)
    offset = rng.uniform(-1, 1)
    if shift:
        matrix = np.asarray(
            cv2.getRotationMatrix2D((wide / 2, high / 2), TURN * shift * turn, 1 + ZOOM * shift * zoom), np.float64
        )
        matrix[:, 2] += shift / 100 * move * (wide, high)
        moved_pixels = cv2.warpAffine(
            pixels, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        pixels = np.asarray(moved_pixels, np.float32).reshape(high, wide, channels)
        moved = cv2.warpAffine(valid.astype(np.uint8), matrix, (wide, high), flags=cv2.INTER_NEAREST)
        valid = moved.astype(np.bool_) if moved.any() else valid
    ramp = SLOPE * (slope[0] * np.linspace(-1, 1, wide)[None, :] + slope[1] * np.linspace(-1, 1, high)[:, None])
    lamp = (1 + GAIN * light + ramp)[:, :, None] * (1 + (TINT * tint if channels > 1 else 0 * tint))
    lit = np.clip(pixels * lamp + OFFSET * offset, 0, 1).astype(np.float32)
    return np.ascontiguousarray(lit.transpose(2, 0, 1)), valid
