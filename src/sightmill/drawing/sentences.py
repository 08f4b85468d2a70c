"""Sentences along the bottom of a picture, in full: broken into lines, never cut while there is room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.drawing.colours import Colour
from sightmill.drawing.legend import GROUND
from sightmill.drawing.lettering import fitted, text_size, write

__all__ = ["draw_sentences"]

_OPACITY = 0.86
#: Share of the picture's height that sentences may cover, and the smallest picture that is written on.
_MOST, _LEAST_SIDE = 0.4, 48


def draw_sentences(picture: npt.NDArray[np.uint8], sentences: Sequence[tuple[str, Colour | None]], size: int) -> int:
    """Write a panel into `picture` ``(H, W, 3)`` in place; returns its height, pixels.

    Parameters
    ----------
    sentences : each with the colour of what it is about, or None; those that do not fit are left out.
    size : letter height, pixels.
    """
    height, width = (int(side) for side in picture.shape[:2])
    if min(height, width) < _LEAST_SIDE:
        return 0
    swatch = max(size // 3, 3)
    tall: int = text_size("X", size)[1]
    lines: list[tuple[str, Colour | None]] = []
    for text, colour in sentences:
        broken = _broken(text, size, width - swatch)
        if (len(lines) + len(broken)) * tall > _MOST * height:
            break
        lines += [(line, colour) for line in broken]
    top = height - len(lines) * tall
    band = picture[top:].astype(np.float32)
    picture[top:] = np.round(band + _OPACITY * (np.array(GROUND, np.float32) - band)).astype(np.uint8)
    for number, (line, colour) in enumerate(lines):
        place = top + number * tall
        if colour is not None:
            picture[place : place + tall, :swatch] = colour
        write(picture, line, (swatch, place), size, ground=GROUND, opacity=0.0)
    return height - top


def _broken(text: str, size: int, width: int) -> list[str]:
    """The text in lines that are no wider than `width` pixels; a single word that is wider is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, size)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, width))
    return lines
