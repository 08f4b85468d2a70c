"""Points over an image: a ring around each, a dot in it, and a bar that counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Point
from sightmill.drawing.colours import class_colour, class_colours
from sightmill.drawing.legend import GROUND, draw_legend
from sightmill.drawing.regions import displayable

__all__ = ["draw_points"]

_SUBPIXEL_BITS = 4
_LEAST_LETTERING = 48

#: Radius of a ring in feature sizes, and its limits in shares of the shorter side.
_RING, _SMALLEST, _LARGEST = 0.16, 1 / 110, 1 / 36


def draw_points(
    image: npt.NDArray[Any], annotations: Iterable[Annotation], labels: Sequence[str], *, size: float | None = None
) -> npt.NDArray[np.uint8]:
    """The image with points, uint8 ``(H, W, 3)``: legible also where there are hundreds.

    Parameters
    ----------
    annotations : those with `Point` regions are drawn, the surest on top.
    labels : class names, for the colours and the order in the bar.
    size : of the objects in pixels: rings are smaller than these, so that neighbours stay apart.
    """
    picture = displayable(image)
    points = [(item.label, item.region) for item in annotations if isinstance(item.region, Point)]
    palette = class_colours(labels)
    shorter = min(picture.shape[:2])
    wanted = _RING * (size if size is not None else shorter / 12)
    ring = float(np.clip(wanted, max(shorter * _SMALLEST, 2.5), max(shorter * _LARGEST, 3.5)))
    line = max(1, round(shorter / 240))
    scale = 1 << _SUBPIXEL_BITS
    for label, point in reversed(points):
        colour = palette.get(label, class_colour(label))
        x, y = (round((value - 0.5) * scale) for value in (point.x, point.y))
        radius = round(ring * scale)
        cv2.circle(picture, (x, y), radius, GROUND, line + 2, cv2.LINE_AA, _SUBPIXEL_BITS)
        cv2.circle(picture, (x, y), radius, colour, line, cv2.LINE_AA, _SUBPIXEL_BITS)
        cv2.circle(picture, (x, y), round(0.3 * ring * scale), colour, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)
    if shorter >= _LEAST_LETTERING:
        counts = Counter(label for label, _ in points)
        letters = min(max(shorter // 26, 11), 64)
        shown = {name: counts[name] for name in labels if counts[name]} or {"points": 0}
        draw_legend(picture, shown, palette=palette, size=letters)
    return picture
