"""The colours that pictures, plots and pages share. They can be told apart with any colour vision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "BAD",
    "CATEGORIES",
    "GOOD",
    "Colour",
    "class_colour",
    "class_colours",
    "heat_colours",
    "hexadecimal",
]

#: Red, green and blue, 0 to 255.
Colour = tuple[int, int, int]

#: Good and bad of Okabe & Ito, "Color Universal Design" (2008): they differ in lightness too.
GOOD: Colour = (0, 158, 115)
BAD: Colour = (213, 94, 0)

#: Okabe & Ito's other hues (good and bad are taken) first, then more for data with many classes.
CATEGORIES: tuple[Colour, ...] = (
    (0, 114, 178),
    (230, 159, 0),
    (204, 121, 167),
    (86, 180, 233),
    (240, 228, 66),
    (127, 89, 196),
    (160, 110, 60),
    (120, 200, 80),
    (215, 55, 90),
    (90, 220, 205),
    (140, 150, 165),
    (110, 60, 120),
)


def class_colour(name: str) -> Colour:
    """The colour of a class by its name alone: the same on every machine and in every picture."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return CATEGORIES[digest[0] % len(CATEGORIES)]


def class_colours(names: Iterable[str]) -> dict[str, Colour]:
    """Colours for the classes of one data set or model: `class_colour`, but no two alike while they last."""
    colours: dict[str, Colour] = {}
    for name in sorted(set(names)):
        free = [colour for colour in CATEGORIES if colour not in colours.values()] or list(CATEGORIES)
        own = class_colour(name)
        if own not in free:
            own = free[hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[1] % len(free)]
        colours[name] = own
    return colours


def heat_colours() -> npt.NDArray[np.uint8]:
    """The 256 colours ``(256, 3)`` of heatmaps, cold to hot, evenly rising in lightness (Inferno)."""
    ramp = np.arange(256, dtype=np.uint8).reshape(1, -1)
    coloured = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[0, :, ::-1]).astype(np.uint8)


def hexadecimal(colour: Iterable[int]) -> str:
    """``#rrggbb``."""
    return "#" + "".join(f"{int(value):02x}" for value in colour)
