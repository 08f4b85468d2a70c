"""Images as arrays: read, checked, written and found.

In memory an image is ``(H, W)`` or ``(H, W, 3)`` in RGB order, of uint8, uint16 or float32, with the EXIF
orientation applied. Everything that reads a picture in Sightmill reads it here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sightmill.data.headers import FORMATS, Header, opened, read_header
from sightmill.errors import ImageError

__all__ = [
    "IMAGE_SUFFIXES",
    "ImageInfo",
    "as_image",
    "find_images",
    "image_info",
    "is_image_file",
    "read_image",
    "read_index_mask",
    "write_image",
]

#: Suffixes of the files that are taken for images, in lower case.
IMAGE_SUFFIXES: tuple[str, ...] = tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)

AnyArray = npt.NDArray[Any]


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image without its pixels.

    Parameters
    ----------
    width, height : pixels, after the EXIF orientation.
    channels : 1 (gray) or 3 (RGB).
    dtype : ``uint8``, ``uint16`` or ``float32``.
    format : ``PNG``, ``JPEG``, ``TIFF`` ...; ``array`` for an image in memory.
    notes : what reading it drops or changes (an alpha channel, further pages), as sentences.
    """

    width: int
    height: int
    channels: int
    dtype: str
    format: str = "array"
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, array: AnyArray) -> ImageInfo:
        """The facts of an array that `as_image` has accepted."""
        return cls(array.shape[1], array.shape[0], 1 if array.ndim == 2 else array.shape[2], str(array.dtype))


def image_info(path: str | Path) -> ImageInfo:
    """Size, channels and depth from the file's header, without decoding its pixels.

    Raises
    ------
    ImageError : the file is not there, empty, not an image, or its header is damaged.
    """
    header = read_header(Path(path))
    width, height = header.width, header.height
    if header.orientation >= 5:
        width, height = height, width
    return ImageInfo(width, height, header.channels, header.dtype, header.format, header.notes)


def read_image(path: str | Path, *, max_pixels: int = 500_000_000) -> AnyArray:
    """Read an image file.

    The EXIF orientation is applied. Palette images become RGB, 1-bit images uint8 with 0 and 255, an alpha
    channel is dropped, CMYK becomes RGB, 16 bits stay 16 bits, floats become float32, and so do whole numbers
    of more than 16 bits. Of several pages the first is read.

    Parameters
    ----------
    path : a file of any of the formats in `IMAGE_SUFFIXES`; what counts is its content, not its suffix.
    max_pixels : larger images are refused by their header, before memory is taken (500 megapixels).

    Returns
    -------
    Array ``(H, W)`` or ``(H, W, 3)`` in RGB order, uint8, uint16 or float32, contiguous and writable.

    Raises
    ------
    ImageError : not there, empty, truncated, damaged, too large, or with values that are not numbers.
    """
    path = Path(path)
    with opened(path) as (stream, image, header):
        _refuse_size(header, path, max_pixels)
        try:
            pixels = _decoded(stream, image, header)
        except ImageError:
            raise
        except Exception as error:  # a damaged file can make a decoder fail in any way
            raise _damaged(path, str(error)) from error
    if pixels is None:
        raise _damaged(path)
    return as_image(pixels, where=path)


def read_index_mask(path: str | Path, *, max_pixels: int = 500_000_000) -> AnyArray:
    """Read a mask whose pixels are class indices.

    A palette image answers its indices (not its colours), a gray image of 8 or 16 bits its values, a 1-bit
    image 0 and 1. A colour image is accepted when its three channels are equal. An alpha channel is dropped.

    Returns
    -------
    Array ``(H, W)`` of uint8 or uint16.

    Raises
    ------
    ImageError : as `read_image`; or the mask has colours, or is not of whole numbers.
    """
    path = Path(path)
    with opened(path) as (_, image, header):
        _refuse_size(header, path, max_pixels)
        if image is not None and header.mode in ("1", "P"):
            try:
                image.load()
                index = np.array(image).astype(np.uint8)
            except Exception as error:  # a damaged file can make a decoder fail in any way
                raise _damaged(path, str(error)) from error
            turned = header.format == "TIFF"  # Pillow turns a TIFF while it decodes
            return index if turned else _oriented(index, header.orientation)
    mask = read_image(path, max_pixels=max_pixels)
    if mask.ndim == 3:
        if not (np.array_equal(mask[..., 0], mask[..., 1]) and np.array_equal(mask[..., 0], mask[..., 2])):
            raise ImageError(
                "a mask must hold class indices, and this one has colours",
                where=path,
                allowed="a palette PNG, or a gray image of 8 or 16 bits",
                remedy="export the mask with one index per class",
            )
        mask = np.ascontiguousarray(mask[..., 0])
    if mask.dtype == np.float32:
        whole = mask.astype(np.uint16) if mask.min() >= 0 and mask.max() <= 65535 else None
        if whole is None or not np.array_equal(whole, mask):
            raise ImageError("a mask must hold whole numbers from 0 to 65535", where=path, got="other values")
        mask = whole
    return mask


def as_image(array: npt.ArrayLike, *, where: object = None) -> AnyArray:
    """Check an array and bring it to the forms that images have here.

    bool becomes uint8 with 0 and 255, ``(H, W, 1)`` becomes ``(H, W)``, the fourth channel of ``(H, W, 4)``
    is dropped, other floats become float32. Colour is taken to be RGB (OpenCV reads BGR: turn it with
    ``image[..., ::-1]``).

    Parameters
    ----------
    array : the image.
    where : what an error should call it.

    Raises
    ------
    ImageError : an impossible shape or type, no pixels, or values that are not numbers.
    """
    pixels = np.asarray(array)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = pixels[..., :3]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ImageError(
            "an image must be an array of rows, columns and channels",
            where=where,
            got=f"shape {pixels.shape}",
            allowed="(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)",
        )
    if not pixels.size:
        raise ImageError("an image must have at least one pixel", where=where, got=f"shape {pixels.shape}")
    kind = pixels.dtype.kind
    if kind == "b":
        pixels = pixels.astype(np.uint8) * np.uint8(255)
    elif kind == "f":
        pixels = _as_float32(pixels, where)
    elif pixels.dtype.newbyteorder("=") in (np.uint8, np.uint16):
        pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    else:
        raise ImageError(
            "an image cannot have this type of values",
            where=where,
            got=str(pixels.dtype),
            allowed="bool, uint8, uint16, float32, float64",
            remedy="convert it, for instance with image.astype('uint8')",
        )
    return np.ascontiguousarray(pixels)


def write_image(path: str | Path, array: npt.ArrayLike) -> None:
    """Write an image; the suffix says how, and the folder is made when it is missing.

    PNG and TIFF take uint8 and uint16, TIFF also float32, the others uint8. JPEG is written with quality 95.

    Raises
    ------
    ImageError : an unknown suffix, a type that the format cannot hold, or a file that cannot be written.
    """
    path, pixels = Path(path), as_image(array, where=path)
    suffix = path.suffix.lower()
    written = {
        ".png": ("uint8", "uint16"),
        ".tif": ("uint8", "uint16", "float32"),
        ".tiff": ("uint8", "uint16", "float32"),
        ".jpg": ("uint8",),
        ".jpeg": ("uint8",),
        ".bmp": ("uint8",),
        ".webp": ("uint8",),
    }
    if suffix not in written:
        raise ImageError(
            "images are not written in this format", where=path, got=suffix or "no suffix", allowed=written
        )
    if str(pixels.dtype) not in written[suffix]:
        raise ImageError(
            f"{suffix} cannot hold this type of values",
            where=path,
            got=str(pixels.dtype),
            allowed=written[suffix],
            remedy="write .tiff" if pixels.dtype == np.float32 else "write .png",
        )
    parameters = [cv2.IMWRITE_JPEG_QUALITY, 95] if suffix in (".jpg", ".jpeg") else []
    stored = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    try:
        encoded = cv2.imencode(suffix, stored, parameters)[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except (cv2.error, OSError) as error:
        raise ImageError("the image cannot be written", where=path, got=str(error)) from error


def is_image_file(path: str | Path) -> bool:
    """True for a regular file with the suffix of an image; its content is not looked at."""
    path = Path(path)
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def find_images(folder: str | Path) -> list[Path]:
    """All image files below a folder, sorted by their path, which is the same on every machine.

    Names that start with a dot and ``__MACOSX`` are passed over. Links to folders outside are followed,
    each folder once, so a loop of links ends.

    Raises
    ------
    ImageError : the folder is not there, or it or one below it may not be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ImageError("there is no such folder of images", where=folder)
    found: list[Path] = []
    _collect(folder, folder.resolve(), set(), found)
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def _collect(folder: Path, root: Path, seen: set[tuple[int, int]], found: list[Path]) -> None:
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(here.iterdir())
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            raise ImageError(f"the folder cannot be read: {reason}", where=here) from error
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_dir():
                # What a link shows of the folder itself is found there under its own name; a link to a
                # folder above would show the neighbours, too.
                if not entry.is_symlink() or not _overlap(Path(os.path.realpath(entry)), root):
                    pending.append(entry)
            elif is_image_file(entry):
                found.append(entry)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _refuse_size(header: Header, path: Path, max_pixels: int) -> None:
    if header.width < 1 or header.height < 1:
        raise ImageError("an image must have at least one pixel", where=path, got=f"{header.width} x {header.height}")
    if header.width * header.height > max_pixels:
        megapixels = header.width * header.height / 1e6
        raise ImageError(
            "the image is too large",
            where=path,
            got=f"{header.width} x {header.height} = {megapixels:,.0f} megapixels",
            allowed=f"at most {max_pixels / 1e6:,.0f} megapixels",
            remedy="cut it into tiles, or raise max_pixels if this machine has the memory",
        )


def _decoded(stream: IO[bytes], image: Image.Image | None, header: Header) -> AnyArray | None:
    # OpenCV is two to three times as fast on JPEG, and the only one that keeps 16-bit colour; Pillow knows
    # every other kind, and notices each truncated file by itself.
    if header.deep:
        stream.seek(0)
        if header.format == "PNG" and image is not None:
            image.verify()  # check sums: OpenCV goes on after a wrong one
            stream.seek(0)
        pixels = _by_opencv(stream.read())
        if pixels is not None and header.channels == 1 and pixels.ndim == 3:
            pixels = pixels[..., 0]
        # OpenCV turns a TIFF by itself, and nothing else when it is asked for the file as it is.
        return pixels if pixels is None or header.format == "TIFF" else _oriented(pixels, header.orientation)
    if image is None:
        return None
    if header.format == "JPEG" and header.mode in ("L", "RGB"):
        stream.seek(0)
        content = stream.read()
        # The end marker cannot occur inside the coded data, so it stands after the last start of scan.
        if content.rfind(b"\xff\xd9") > content.rfind(b"\xff\xda"):
            pixels = _by_opencv(content)
            if pixels is not None:
                return _oriented(pixels, header.orientation)
    return _by_pillow(image, header)


def _by_pillow(image: Image.Image, header: Header) -> AnyArray:
    image.load()
    if header.mode == "1":
        image = image.convert("L")
    elif header.mode in ("LA", "La"):
        image = image.getchannel(0)
    elif header.mode not in ("L", "RGB", "F") and not header.mode.startswith("I"):
        image.info.pop("transparency", None)  # Pillow would ask for RGBA by a warning
        image = image.convert("RGB")
    pixels: AnyArray = np.array(image)
    if header.dtype != str(pixels.dtype):
        pixels = pixels.astype(header.dtype)
    # Pillow turns a TIFF while it decodes, and nothing else.
    return pixels if header.format == "TIFF" else _oriented(pixels, header.orientation)


def _by_opencv(content: bytes) -> AnyArray | None:
    with _quiet_opencv():
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        return None
    if pixels.ndim == 3:
        return cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2RGB) if pixels.shape[2] >= 3 else pixels[..., 0]
    return pixels


_quiet_lock = threading.Lock()
_quiet_users = 0
_loud_level = 0


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from printing about damaged files: the caller says it better, and to the right reader."""
    global _quiet_users, _loud_level
    with _quiet_lock:
        if _quiet_users == 0:
            _loud_level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        _quiet_users += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_users -= 1
            if _quiet_users == 0:
                cv2.utils.logging.setLogLevel(_loud_level)


def _oriented(pixels: AnyArray, orientation: int) -> AnyArray:
    """Apply an EXIF orientation (TIFF 6.0, tag 274)."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _as_float32(pixels: AnyArray, where: object) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        kept = pixels.astype(np.float32, copy=False)
    finite = np.isfinite(kept)
    if not finite.all():
        lost, missing = int(np.isnan(kept).sum()), int(finite.size - np.count_nonzero(finite))
        infinite = missing - lost
        words = [f"{lost} not a number (NaN)"] if lost else []
        words += [f"{infinite} infinite"] if infinite else []
        raise ImageError(
            f"{missing} of {finite.size} values of the image cannot be used",
            where=where,
            got=" and ".join(words),
            remedy="replace them, for instance with 0 or with the mean of their neighbours",
        )
    return kept


def _damaged(path: Path, reason: str = "") -> ImageError:
    cut = "truncated" in reason.lower()
    return ImageError(
        "the image file is truncated" if cut else "the image file is damaged and cannot be decoded",
        where=path,
        got=reason or None,
        remedy="copy or export it again, or take it out of the data",
    )
