"""What lies in a data folder: sub-folders, images and text, without the litter that systems leave there."""

from __future__ import annotations

import os
from collections.abc import Container
from pathlib import Path

from sightmill.data.image import IMAGE_SUFFIXES, find_images
from sightmill.errors import FormatError

__all__ = [
    "files_in",
    "folders_in",
    "images_below",
    "images_in",
    "is_litter",
    "read_text",
    "split_named",
]

_SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "@eadir", "__pycache__"})


def split_named(word: str) -> str | None:
    """The split (`SPLITS`) that a folder, file or cell name stands for; None when it stands for none."""
    return _SPLIT_WORDS.get(word.strip().casefold())


def is_litter(name: str) -> bool:
    """Whether a file or folder is hidden or left there by the system (``.DS_Store``, ``Thumbs.db`` ...)."""
    return name.startswith(".") or name.casefold() in _LITTER


def folders_in(folder: Path) -> list[Path]:
    """The visible folders directly inside, sorted by name; links to folders count."""
    return sorted(entry for entry in _entries(folder) if entry.is_dir())


def images_in(folder: Path) -> list[Path]:
    """The visible image files directly inside, sorted by name; told by their suffix."""
    return files_in(folder, IMAGE_SUFFIXES)


def files_in(folder: Path, suffixes: Container[str]) -> list[Path]:
    """The visible files directly inside that have one of these suffixes (lower case), sorted by name."""
    return sorted(entry for entry in _entries(folder) if entry.suffix.lower() in suffixes and entry.is_file())


def images_below(folder: Path) -> list[Path]:
    """The visible image files at any depth, sorted; loops of links end. Nothing where there is no folder."""
    return find_images(folder) if folder.is_dir() else []


def read_text(path: Path) -> str:
    """A text file as people's tools write it: UTF-8 with or without BOM, UTF-16 with BOM, else Latin-1.

    Raises
    ------
    FormatError : the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FormatError("the file cannot be read", where=path, got=error.strerror or str(error)) from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _entries(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            return [folder / entry.name for entry in found if not is_litter(entry.name)]
    except NotADirectoryError:
        return []
    except OSError as error:
        raise FormatError("the folder cannot be read", where=folder, got=error.strerror or str(error)) from error
