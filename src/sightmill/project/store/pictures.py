"""Pictures of a project's images for the screen: thumbnails, tiles of a pyramid, window and level.

What is made is kept in the project's cache folder under the image's version, so it never goes stale and can be
thrown away at any time. Decoded images are kept in memory up to a bound, for the tiles around the one asked for.
"""

from __future__ import annotations

import math
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.image import read_image
from sightmill.errors import ImageError
from sightmill.project.store.project import Project

__all__ = ["SIDES", "TILE", "Levels", "Pictures", "Source", "as_jpeg", "as_png", "levels_of", "shown"]

#: Longer sides that thumbnails come in, and the side of a tile, pixels.
SIDES = (64, 128, 256, 512)
TILE = 512
#: So many bytes of decoded images are kept in memory.
MOST_BYTES = 384 << 20
#: Larger images are refused: a server must not be filled up by one.
MOST_PIXELS = 250_000_000

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Source:
    """An image to show: its id and version name what is cached, its file is read when nothing is."""

    id: int
    version: str
    path: Path


@dataclass(frozen=True)
class Levels:
    """Gray values of an image.

    Parameters
    ----------
    lowest, highest : that occur.
    low, high : the window that is shown unless another is asked for.
    counts : histogram of 256 bars from lowest to highest.
    """

    dtype: str
    lowest: float
    highest: float
    low: float
    high: float
    counts: tuple[int, ...]


class Pictures:
    """Makes and keeps the pictures of one project. May be used from several threads."""

    def __init__(self, project: Project) -> None:
        self.folder = project.cache_folder / "pictures"
        self._kept: OrderedDict[tuple[int, str], Array] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._decoding: dict[tuple[int, str], threading.Lock] = {}

    def pixels(self, source: Source) -> Array:
        """The decoded image, from memory where it is; not to be written to.

        Raises
        ------
        ImageError : it cannot be read, or it lies behind a link now that was not there when it came.
        """
        key = (source.id, source.version)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            alone = self._decoding.setdefault(key, threading.Lock())
        with alone:  # several tiles of one image are asked for at once: decode it once
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            pixels = read_image(checked(source.path), max_pixels=MOST_PIXELS)
            pixels.setflags(write=False)
            with self._lock:
                self._decoding.pop(key, None)
                self._kept[key] = pixels
                self._bytes += pixels.nbytes
                while self._bytes > MOST_BYTES and len(self._kept) > 1:
                    self._bytes -= self._kept.popitem(last=False)[1].nbytes
            return pixels

    def thumbnail(self, source: Source, side: int) -> Path:
        """A JPEG file with the longer side of `side` pixels, one of `SIDES`."""

        def make() -> bytes:
            # A thumbnail of an image that nobody looks at should not push out one that somebody draws on.
            with self._lock:
                pixels = self._kept.get((source.id, source.version))
            if pixels is None:
                pixels = read_image(checked(source.path), max_pixels=MOST_PIXELS)
            return as_jpeg(shown(fitted(pixels, side)), 82)

        return self._file(source, f"thumb{side}", ".jpg", make)

    def picture(self, source: Source, side: int, low: float | None, high: float | None) -> Path:
        """The image as it is shown, as JPEG, or PNG when it is small; `side` 0 keeps its size."""
        pixels = self.pixels(source)
        small = fitted(pixels, side) if side else pixels
        suffix = ".png" if small.shape[0] * small.shape[1] <= 1_500_000 and not side else ".jpg"
        window = self._window(source, low, high)

        def make() -> bytes:
            picture = shown(small, *window)
            return as_png(picture) if suffix == ".png" else as_jpeg(picture, 92)

        return self._file(source, f"picture{side}{_named(low, high)}", suffix, make)

    def tile(self, source: Source, level: int, x: int, y: int, low: float | None, high: float | None) -> Path:
        """A tile of the pyramid as JPEG; raises `LookupError` for one that is not there."""
        pixels = self.pixels(source)
        sizes = levels_of(pixels.shape[1], pixels.shape[0])
        if not 0 <= level < len(sizes):
            raise LookupError(level)
        width, height = sizes[level]
        left, top = x * TILE, y * TILE
        if not (0 <= left < width and 0 <= top < height):
            raise LookupError((x, y))
        right, bottom = min(left + TILE, width), min(top + TILE, height)
        window = self._window(source, low, high)

        def make() -> bytes:
            step = 2**level
            part = pixels[top * step : bottom * step, left * step : right * step]
            if level:
                part = np.asarray(cv2.resize(part, (right - left, bottom - top), interpolation=cv2.INTER_AREA))
            return as_jpeg(shown(part, *window), 92)

        return self._file(source, f"tile-{level}-{x}-{y}{_named(low, high)}", ".jpg", make)

    def levels(self, source: Source) -> Levels:
        """Gray values, for the sliders of window and level."""
        pixels = self.pixels(source)
        step = max(int(math.sqrt(pixels.shape[0] * pixels.shape[1] / 1_000_000)), 1)
        values = pixels[::step, ::step].reshape(-1)
        lowest, highest = float(pixels.min()), float(pixels.max())
        low, high = window_of(pixels)
        top = highest if highest > lowest else lowest + 1
        counts = np.histogram(values.astype(np.float32), 256, (lowest, top))[0]
        return Levels(pixels.dtype.name, lowest, highest, low, high, tuple(int(count) for count in counts))

    def forget(self) -> None:
        """Let go of the decoded images."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _window(self, source: Source, low: float | None, high: float | None) -> tuple[float, float]:
        """One window for the whole image, so that its tiles fit together."""
        if low is not None and high is not None:
            return low, high
        own = window_of(self.pixels(source))
        return own[0] if low is None else low, own[1] if high is None else high

    def _file(self, source: Source, what: str, suffix: str, make: Callable[[], bytes]) -> Path:
        folder = self.folder / f"{source.id // 1000}" / f"{source.id}-{source.version}"
        path = folder / f"{what}{suffix}"
        if path.is_file():
            return path
        content = make()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).replace(path)
        except OSError as error:
            raise ImageError(
                "the picture cannot be kept", where=folder, got=error.strerror, remedy="free some space"
            ) from error
        return path


def checked(path: Path) -> Path:
    """The path itself, which must be what it was when the image came: no link may lead elsewhere."""
    if os.path.realpath(path) != str(path):
        raise ImageError("the image lies behind a link that was not there when it was added", where=path.name)
    return path


def levels_of(width: int, height: int) -> list[tuple[int, int]]:
    """Sizes ``(width, height)`` of the pyramid's levels, from the image's own down to a single tile."""
    sizes = [(width, height)]
    while max(sizes[-1]) > TILE:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    return sizes


def fitted(pixels: Array, side: int) -> Array:
    """A smaller copy with this longer side; images that are smaller stay as they are."""
    height, width = pixels.shape[:2]
    factor = side / max(width, height)
    if factor >= 1:
        return pixels
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def window_of(pixels: Array) -> tuple[float, float]:
    """Gray values shown as black and white: all of 8 bits, else the 0.1 and 99.9 percentiles."""
    if pixels.dtype == np.uint8:
        return 0.0, 255.0
    step = max(int(math.sqrt(pixels.shape[0] * pixels.shape[1] / 250_000)), 1)
    few = pixels[::step, ::step]
    low, high = (float(end) for end in np.percentile(few, [0.1, 99.9]))
    return (low, high) if high > low else (low, low + 1)


def shown(pixels: Array, low: float | None = None, high: float | None = None) -> npt.NDArray[np.uint8]:
    """uint8 for the screen, ``(H, W)`` or ``(H, W, 3)``; gray values from low to high become 0 to 255."""
    start, end = window_of(pixels) if low is None or high is None else (low, high)
    if pixels.dtype == np.uint8 and (start, end) == (0.0, 255.0):
        return np.asarray(pixels, np.uint8)
    # In double precision: a window may be asked for that no gray value comes near.
    factor = 255.0 / (end - start) if end > start else 255.0
    scaled = (pixels.astype(np.float64) - start) * factor
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def as_jpeg(picture: npt.NDArray[np.uint8], quality: int) -> bytes:
    """A picture, gray or RGB, as JPEG."""
    return _encoded(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])


def as_png(picture: npt.NDArray[np.uint8]) -> bytes:
    """A picture, gray, RGB or RGBA, as PNG; quick rather than small."""
    return _encoded(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 2])


def _encoded(suffix: str, picture: npt.NDArray[np.uint8], parameters: list[int]) -> bytes:
    stored: Any = picture
    if picture.ndim == 3:
        stored = cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(suffix, np.ascontiguousarray(stored), parameters)[1].tobytes())


def _named(low: float | None, high: float | None) -> str:
    """The part of a cached file's name that says its window."""
    if low is None and high is None:
        return ""
    return "-" + "_".join("" if end is None else f"{end:g}" for end in (low, high))
