"""A bar along the top of a picture: each class with its colour and how often it was found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from sightmill.drawing.colours import Colour, class_colour
from sightmill.drawing.lettering import fitted, text_size, write

__all__ = ["GROUND", "draw_legend"]

#: Colour behind the words.
GROUND: Colour = (24, 28, 33)

_OPACITY = 0.82


def draw_legend(
    picture: npt.NDArray[np.uint8], counts: Mapping[str, int], *, palette: Mapping[str, Colour], size: int
) -> int:
    """Write the bar into `picture` ``(H, W, 3)`` in place; returns its height, pixels.

    Parameters
    ----------
    counts : how often, by class name, in the order to be shown; classes that do not fit are left out.
    palette : colours by class name; a name that is not in it takes its `class_colour`.
    size : letter height, pixels.
    """
    width = picture.shape[1]
    tall = text_size("X", size)[1]
    band = picture[:tall].astype(np.float32)
    picture[:tall] = np.round(band + _OPACITY * (np.array(GROUND, np.float32) - band)).astype(np.uint8)
    left = 0
    for name, count in counts.items():
        swatch = max(size // 3, 3)
        shown = fitted(f"{count} {name}", size, width - left - swatch)
        if not shown:
            break
        picture[:tall, left : left + swatch] = palette.get(name, class_colour(name))
        left += swatch
        left += write(picture, shown, (left, 0), size, ground=GROUND, opacity=0.0)[0]
    return tall
