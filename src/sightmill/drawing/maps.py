"""Heatmaps over images."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.drawing.colours import heat_colours
from sightmill.drawing.regions import displayable

__all__ = ["overlay_heatmap"]


def overlay_heatmap(
    image: npt.NDArray[Any],
    heatmap: npt.NDArray[Any],
    low: float | None = None,
    high: float | None = None,
    *,
    opacity: float = 0.75,
) -> npt.NDArray[np.uint8]:
    """The image with a heatmap over it: clear where low, bright where high; uint8 ``(H, W, 3)``.

    Parameters
    ----------
    heatmap : any size ``(h, w)``; laid over the whole image.
    low, high : values at which the colours start and end; None takes the map's least and greatest. Give the
        same ones for all images of a report, or a harmless image looks as alarming as a bad one.
    opacity : of the hottest colour, 0 to 1.
    """
    picture = displayable(image)
    height, width = picture.shape[:2]
    values = np.asarray(heatmap, np.float32)
    if not values.size:
        return picture
    finite = values[np.isfinite(values)]
    low = float(low if low is not None else finite.min() if finite.size else 0.0)
    high = float(high if high is not None else finite.max() if finite.size else 1.0)
    if values.shape != (height, width):
        resized = cv2.resize(np.nan_to_num(values, nan=low), (width, height), interpolation=cv2.INTER_LINEAR)
        values = np.asarray(resized, np.float32)
    if high > low:
        heat = np.clip((np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / (high - low), 0.0, 1.0)
    else:
        heat = (values > high).astype(np.float32)
    colours = heat_colours()[np.round(heat * 255).astype(np.uint8)].astype(np.float32)  # (H, W, 3)
    # Faint values stay nearly clear, so that the image itself is seen where nothing is wrong.
    cover = (opacity * np.sqrt(heat) * np.clip(heat * 4, 0.0, 1.0))[:, :, None]
    blended: npt.NDArray[np.uint8] = np.round(picture + cover * (colours - picture)).astype(np.uint8)
    return blended
