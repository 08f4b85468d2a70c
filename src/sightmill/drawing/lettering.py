"""Text on images, in any script that a font of the machine knows.

OpenCV writes ASCII only and Pillow's own font little more; so other text is set in the first font of the
system that knows all of its letters, and letters that no font knows lose their accents.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sightmill.drawing.colours import Colour

__all__ = ["fitted", "ink_on", "text_size", "write"]

Picture = npt.NDArray[np.uint8]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "segoeui.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-zenhei.ttc",
    "msyh.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "PingFang.ttc",
)


def write(
    image: Picture, text: str, at: tuple[int, int], size: int, *, ground: Colour, opacity: float = 1.0
) -> tuple[int, int]:
    """Write a label with a ground of its own into `image` (in place), cut at the image's edges.

    Parameters
    ----------
    at : left and top of the ground, pixels.
    size : letter height, pixels.
    ground : colour behind the letters; they are black or white, whichever reads better.

    Returns the ground's width and height.
    """
    width, height = text_size(text, size)
    stencil = Image.new("L", (width, height), 0)
    shown = _shown(text)
    pad = _padding(size)
    ImageDraw.Draw(stencil).text((pad, pad), shown, fill=255, font=_font(shown, size))
    left, top = at
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + width, image.shape[1]), min(top + height, image.shape[0])
    if x1 < x2 and y1 < y2:
        cover = np.asarray(stencil, np.float32)[y1 - top : y2 - top, x1 - left : x2 - left, None] / 255
        patch = image[y1:y2, x1:x2].astype(np.float32)
        patch += opacity * (np.array(ground, np.float32) - patch)
        patch += cover * (np.array(ink_on(ground), np.float32) - patch)
        image[y1:y2, x1:x2] = np.round(patch).astype(np.uint8)
    return width, height


def text_size(text: str, size: int) -> tuple[int, int]:
    """Width and height that `write` would cover, pixels."""
    shown = _shown(text)
    font = _font(shown, size)
    left, _, right, _ = font.getbbox(shown or " ")
    pad = _padding(size)
    return int(np.ceil(max(right, right - left))) + 2 * pad, round(size * 1.2) + 2 * pad


def fitted(text: str, size: int, width: int) -> str:
    """The text cut with an ellipsis so that it is no wider than `width` pixels; empty when nothing fits."""
    if text_size(text, size)[0] <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_size(text[:middle].rstrip() + "…", size)[0] <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def ink_on(ground: Colour) -> Colour:
    """Black or white, whichever reads better on `ground`."""
    red, green, blue = ground
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)


def _padding(size: int) -> int:
    return max(size // 5, 1)


@lru_cache(maxsize=4096)
def _shown(text: str) -> str:
    """One line, without control characters; letters that no font knows lose their accents."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    if _missing(line, _name(line)):
        line = "".join(
            letter
            if not _missing(letter, _name(letter))
            else unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or letter
            for letter in line
        )
    return line


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    """The font that misses the fewest letters of `text`; empty for Pillow's own, which comes first."""
    return min(("", *_SYSTEM_FONTS), key=lambda name: _missing(text, name)) if not text.isascii() else ""


def _missing(text: str, name: str) -> int:
    if _load(name, 16) is None:
        return len(text) + 1
    return sum(not _knows(letter, name) for letter in text)


@lru_cache(maxsize=8192)
def _knows(letter: str, name: str) -> bool:
    font = _load(name, 16)
    if font is None:
        return False
    if letter.isspace() or (letter.isascii() and letter.isprintable()):
        return True
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010fffe"))


@lru_cache(maxsize=256)
def _load(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None


def _font(text: str, size: int) -> Font:
    return _load(_name(text), size) or ImageFont.load_default(size)
