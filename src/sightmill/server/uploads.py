"""Image files that come from outside: looked at before anything is made of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from fastapi import UploadFile

from sightmill.data.image import IMAGE_SUFFIXES, image_info
from sightmill.errors import ImageError, SightmillError
from sightmill.server.guard import Access
from sightmill.server.refusals import TooLarge

__all__ = ["about", "look_at", "receive"]


def look_at(file: UploadFile, name: str, access: Access) -> None:
    """Refuse what is known to be no use before it is stored: raises `ImageError` or `TooLarge`."""
    if not name.lower().endswith(IMAGE_SUFFIXES):
        raise ImageError("this is no image file", got=Path(name).suffix or name, allowed=IMAGE_SUFFIXES)
    if file.size is not None and file.size > access.file_bytes:
        raise TooLarge("the file is too large", got=f"{file.size >> 20} MiB", allowed=f"{access.file_bytes >> 20} MiB")


def receive(file: UploadFile, path: Path, access: Access) -> None:
    """Store an image that came; raises `ImageError` or `TooLarge`, and leaves nothing then.

    The file's header is read, and its pixels are counted there: decoding a small file can fill the memory.
    """
    try:
        with path.open("wb") as stream:
            shutil.copyfileobj(file.file, stream, 1 << 20)
        info = image_info(path)
        if info.width * info.height > access.pixels:
            raise TooLarge(
                "the image has too many pixels",
                got=f"{info.width} x {info.height}",
                allowed=f"{access.pixels // 1_000_000} megapixels",
            )
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ImageError("the image cannot be stored", got=error.strerror, remedy="free some space") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def about(error: SightmillError, name: str) -> SightmillError:
    """The error about the file by the name that the user knows."""
    return type(error)(error.what, where=name, got=error.got, allowed=error.allowed, remedy=error.remedy)
