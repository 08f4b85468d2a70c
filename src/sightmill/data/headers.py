"""What an image file says about itself before its pixels are decoded.

Headers are read with Pillow's own parsers, each called directly: `PIL.Image.open` would warn about large
images through a process-wide limit, where Sightmill refuses with a sentence and a limit of its own.
"""

from __future__ import annotations

import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import Image, TiffImagePlugin

from sightmill.errors import ImageError

__all__ = ["FORMATS", "Header", "opened", "read_header"]

#: Pillow's name of each format that is read, with the file suffixes it may have.
FORMATS: dict[str, tuple[str, ...]] = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "WEBP": (".webp",),
    "PPM": (".pgm", ".ppm", ".pnm", ".pbm"),
    "GIF": (".gif",),
    "JPEG2000": (".jp2", ".j2k"),
}
_DRAWN_WITH_ALPHA = {"LA", "La", "PA", "RGBA", "RGBa", "RGBX"}
_GRAY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
_ORIENTATION, _BITS, _SAMPLES, _SAMPLE_FORMAT = 274, 258, 277, 339
_WIDTH, _HEIGHT, _PHOTOMETRIC = 256, 257, 262
_DATA_TAGS = ((273, 279), (324, 325))  # where strips, or tiles, start, and how many bytes each has


@dataclass(frozen=True)
class Header:
    """An image's facts before decoding.

    Parameters
    ----------
    width, height : pixels, before the orientation is applied.
    orientation : EXIF orientation 1 to 8 (1 = as stored).
    channels : 1 or 3, as `sightmill.data.image.read_image` will answer.
    dtype : ``uint8``, ``uint16`` or ``float32``, as it will answer.
    format : Pillow's name (``PNG``, ``JPEG`` ...).
    mode : Pillow's pixel mode; empty when Pillow cannot decode this file (float colour TIFF).
    deep : True when Pillow would lose bits, and OpenCV has to decode.
    signed : True for whole numbers that may be negative or pass 16 bits.
    notes : what is dropped or changed, as sentences.
    """

    width: int
    height: int
    orientation: int
    channels: int
    dtype: str
    format: str
    mode: str
    deep: bool = False
    signed: bool = False
    notes: tuple[str, ...] = ()


_warnings_lock = threading.Lock()


def _renew_lock() -> None:
    # A process forked while another thread held the lock would wait for ever.
    global _warnings_lock
    _warnings_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Image.Image | None, Header]]:
    """The open file, Pillow's undecoded image (None where Pillow has none) and the header.

    Raises
    ------
    ImageError : no such file, a folder, an empty file, or no format that is read.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError("this is a folder, not an image file", where=path)
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("this is a device or a pipe, not an image file", where=path)
        if not status.st_size:
            raise ImageError(
                "the file is empty (0 bytes)", where=path, remedy="copy it again or take it out of the data"
            )
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise ImageError("there is no such image file", where=path, remedy="check the path") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ImageError(f"the image file cannot be opened: {reason.lower()}", where=path) from error
    with stream:
        image, header = _parsed(stream, path, status.st_size)
        try:
            yield stream, image, header
        finally:
            if image is not None:
                image.close()


def read_header(path: Path) -> Header:
    """The header of an image file; raises `ImageError`."""
    with opened(path) as (_, _, header):
        return header


def _parsed(stream: IO[bytes], path: Path, size: int) -> tuple[Image.Image | None, Header]:
    try:
        with _warnings_lock, warnings.catch_warnings():
            # Damaged metadata makes Pillow warn; what matters of it is said by the header's notes.
            warnings.simplefilter("ignore")
            image = _opened_by_pillow(stream)
            if image is None or image.format == "TIFF":
                stream.seek(0)
                tags = _tiff_tags(stream)
                if tags is not None:
                    return image, _tiff_header(tags, image, path, size)
            if image is not None:
                return image, _header(image)
    except ImageError:
        raise
    except Exception as error:  # a hostile header can make any parser fail in any way
        raise ImageError(
            "the header of this image file is damaged",
            where=path,
            got=str(error) or type(error).__name__,
            remedy="copy or export the image again",
        ) from error
    raise ImageError(
        "this file is not an image that can be read, or its beginning is damaged",
        where=path,
        allowed=FORMATS,
        remedy="export it as PNG or TIFF, or take it out of the data",
    )


def _opened_by_pillow(stream: IO[bytes]) -> Image.Image | None:
    Image.init()
    prefix = stream.read(16)
    for name in FORMATS:
        if name not in Image.OPEN:
            continue  # a Pillow that was built without this format
        factory, accept = Image.OPEN[name]
        if accept is not None and (accepted := accept(prefix)) is not True and not accepted:
            continue
        stream.seek(0)
        try:
            image: Image.Image = factory(stream, "")
            return image
        except Exception:
            # A damaged TIFF, or one of a kind that Pillow does not decode, is looked at again by its tags.
            if name == "TIFF":
                return None
            raise
    return None


def _header(image: Image.Image) -> Header:
    mode, notes = image.mode, _notes(image)
    # A PNG's own `getexif` would decode all pixels, in search of a description behind them.
    orientation = Image.Image.getexif(image).get(_ORIENTATION, 1)
    channels = 1 if mode in _GRAY else 3
    tiles = getattr(image, "tile", None)
    args = tiles[0][3] if tiles else None
    raw_mode = str(args[0] if isinstance(args, tuple) and args else args)
    dtype, deep = "uint8", False
    if image.format == "PPM" and (
        mode == "I" or (isinstance(args, tuple) and args[-1] not in (None, 0) and _number(args[-1]) > 255)
    ):
        dtype, deep = "uint16", True
    elif mode == "F":
        dtype = "float32"
    elif mode.startswith("I"):
        dtype = "uint16"
    elif ";16" in raw_mode:
        dtype, deep = "uint16", True
    return Header(
        width=image.width,
        height=image.height,
        orientation=orientation if orientation in range(1, 9) else 1,
        channels=channels,
        dtype=dtype,
        format="JPEG" if image.format == "MPO" else str(image.format),
        mode=mode,
        deep=deep,
        notes=notes,
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _notes(image: Image.Image) -> tuple[str, ...]:
    notes = []
    if image.mode in _DRAWN_WITH_ALPHA or (image.mode == "P" and "transparency" in image.info):
        notes.append("the transparency (alpha channel) is dropped")
    if image.mode in {"CMYK", "YCbCr", "LAB", "HSV"}:
        notes.append(f"the colours are converted from {image.mode} to RGB")
    pages = int(getattr(image, "n_frames", 1) or 1)
    if pages > 1 and image.format != "MPO":
        notes.append(f"only the first of {pages} pages is read")
    return tuple(notes)


def _tiff_tags(stream: IO[bytes]) -> dict[int, Any] | None:
    start = stream.read(8)
    if start[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return None
    if start[2:4] in (b"+\0", b"\0+"):
        start += stream.read(8)
    directory = TiffImagePlugin.ImageFileDirectory_v2(start)
    stream.seek(directory.next)
    directory.load(stream)
    return dict(directory)


def _tiff_header(tags: dict[int, Any], image: Image.Image | None, path: Path, size: int) -> Header:
    if _WIDTH not in tags or _HEIGHT not in tags:
        raise ImageError(
            "the TIFF file is truncated before its description, or damaged",
            where=path,
            remedy="copy or export it again",
        )
    for starts, counts in _DATA_TAGS:
        ends = [a + b for a, b in zip(_numbers(tags.get(starts)), _numbers(tags.get(counts)), strict=False)]
        if ends and max(ends) > size:
            raise ImageError(
                f"the image file is truncated: {max(ends) - size} bytes are missing",
                where=path,
                remedy="copy or export it again",
            )
    bits = max(_numbers(tags.get(_BITS)) or [1])
    kind = max(_numbers(tags.get(_SAMPLE_FORMAT)) or [1])  # 1 unsigned, 2 signed, 3 floating point
    samples = (_numbers(tags.get(_SAMPLES)) or [1])[0]
    palette = tags.get(_PHOTOMETRIC) == 3
    channels = 3 if palette or samples >= 3 else 1
    deep = not palette and ((kind == 1 and bits == 16) or kind == 3)
    signed = kind == 2 or (kind == 1 and bits > 16)
    if not deep and image is None:
        raise ImageError(
            "this kind of TIFF cannot be read",
            where=path,
            got=f"{samples} channels of {bits} bits",
            remedy="export it as PNG, or as TIFF with 8 bits, 16 bits or 32-bit floats per channel",
        )
    dtype = "float32" if kind == 3 or signed else "uint16" if deep else "uint8"
    orientation = (_numbers(tags.get(_ORIENTATION)) or [1])[0]
    notes = list(_notes(image)) if image is not None else []
    if image is None and samples in (2, 4):
        notes.append("the transparency (alpha channel) is dropped")
    if signed:
        notes.append(f"the {bits}-bit whole numbers are read as 32-bit floats")
    return Header(
        width=_numbers(tags[_WIDTH])[0],
        height=_numbers(tags[_HEIGHT])[0],
        orientation=orientation if 1 <= orientation <= 8 else 1,
        channels=channels,
        dtype=dtype,
        format="TIFF",
        mode=image.mode if image is not None else "",
        deep=deep,
        signed=signed,
        notes=tuple(notes),
    )


def _numbers(value: Any) -> list[int]:
    if isinstance(value, tuple | list):
        return [int(item) for item in value]
    return [] if value is None else [int(value)]
