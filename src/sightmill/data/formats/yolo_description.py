"""The file ``data.yaml`` of a YOLO data set: class names and where each split's images are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml

from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import is_litter, read_text
from sightmill.errors import FormatError

__all__ = ["UNASSIGNED", "Description", "find_description"]

UNASSIGNED = "unassigned"
_LARGEST_FILE = 1_000_000
_SPLIT_KEYS = {"train": "train", "val": "validation", "valid": "validation", "test": "test", UNASSIGNED: None}
_TASKS = ("detect", "segment", "obb", "pose", "classify")
_NAMES_KEY = re.compile(r"^\s*[\"']?names[\"']?\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Description:
    """What ``data.yaml`` says.

    Parameters
    ----------
    path : the file.
    names : class names by index.
    splits : for each split (None: unassigned) the folders or lists of images, as the file spells them.
    base : the file's ``path``: what the others are relative to; empty when it has none.
    task : ``detect``, ``segment`` or ``obb``; None when it does not say.
    keypoints : how many numbers of key points follow each box (``kpt_shape``).
    """

    path: Path
    names: dict[int, str]
    splits: dict[str | None, list[str]] = field(default_factory=dict)
    base: str = ""
    task: str | None = None
    keypoints: int = 0

    @classmethod
    def read(cls, path: Path) -> Description:
        """Read the file; all its values are taken as text, so a class may be called ``yes`` or ``01``.

        Raises
        ------
        FormatError : not YAML, too large, or a key holds what it may not.
        """
        if path.stat().st_size > _LARGEST_FILE:
            raise FormatError("the file is too large", where=path, allowed=f"{_LARGEST_FILE} bytes")
        try:
            # The base loader makes texts, lists and dictionaries only: safer still than safe_load.
            top = yaml.load(read_text(path), Loader=yaml.BaseLoader)
        except yaml.MarkedYAMLError as error:
            line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise FormatError("the file is not YAML", where=f"{path}{line}", got=error.problem) from error
        except yaml.YAMLError as error:
            raise FormatError("the file is not YAML", where=path, got=" ".join(str(error).split())) from error
        except RecursionError as error:
            raise FormatError("the file nests lists too deep", where=path) from error
        if not isinstance(top, dict):
            raise FormatError("the file must hold keys and values", where=path, allowed="names, train, val, test")
        task = _text(top, "task", path).casefold() or None
        if task is not None and task not in _TASKS:
            raise FormatError("'task' is not known", where=path, got=task, allowed=_TASKS)
        if task == "classify":
            raise FormatError("a YOLO set for classification is a folder per class", where=path)
        return cls(
            path,
            _names(top.get("names"), path),
            {split: entries for key, split in _SPLIT_KEYS.items() if (entries := _entries(top, key, path))},
            _text(top, "path", path),
            task,
            _keypoints(top.get("kpt_shape"), path),
        )

    def place(self, entry: str, images: ImageFinder) -> Path | None:
        """The folder or list that an entry of `splits` means; None when it is not there.

        Entries are often written for another machine or another working folder: what counts is the longest
        tail of the path that exists beneath the data folder or the folder of images.
        """
        roots = [place for place in (images.images, self.path.parent, images.root) if place is not None]
        for candidate in _candidates(self.base, entry, roots):
            if any(_whole(candidate).is_relative_to(_whole(root)) for root in roots) and _exists(candidate):
                return candidate
        return None


def find_description(source: Path) -> Path | None:
    """The description of a data set: the file itself, ``data.yaml``, or the only one with ``names``."""
    if source.is_file():
        return source if source.suffix.lower() in {".yaml", ".yml"} and _has_names(source) else None
    files = sorted(
        path for path in source.iterdir() if path.suffix.lower() in {".yaml", ".yml"} and not is_litter(path.name)
    )
    named = [path for path in files if _has_names(path)]
    plain = [path for path in named if path.stem.casefold() in {"data", "dataset"}]
    if len(named) > 1 and len(plain) != 1:
        raise FormatError(
            "several files describe a YOLO data set",
            where=source,
            got=", ".join(path.name for path in named),
            remedy="load one of them instead of the folder",
        )
    return next(iter(plain or named), None)


def _has_names(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(_LARGEST_FILE)
    except OSError:
        return False
    return _NAMES_KEY.search(head.decode("utf-8", "replace")) is not None


def _candidates(base: str, entry: str, roots: list[Path]) -> Iterator[Path]:
    for root in roots:
        yield Path(os.path.normpath(root / base / entry))
        yield Path(os.path.normpath(root / entry))
    parts = [part for part in _parts(entry) if part not in {".", ".."}]
    for length in range(len(parts), 0, -1):
        for root in roots:
            yield root.joinpath(*parts[-length:])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that the file system cannot hold
        return False


def _whole(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def _parts(entry: str) -> tuple[str, ...]:
    pure = PureWindowsPath(entry) if "\\" in entry or PureWindowsPath(entry).drive else PurePosixPath(entry)
    return pure.parts[1:] if pure.is_absolute() else pure.parts


def _text(top: dict[Any, Any], key: str, path: Path) -> str:
    value = top.get(key, "")
    if not isinstance(value, str) or "\0" in value:
        raise FormatError(f"'{key}' must be a text", where=path, got=f"a {type(value).__name__}")
    return "" if value.casefold() in {"null", "~"} else value.strip()


def _entries(top: dict[Any, Any], key: str, path: Path) -> list[str]:
    value = top.get(key, "")
    if isinstance(value, str):
        value = [_text(top, key, path)]
    if not isinstance(value, list) or not all(isinstance(entry, str) and "\0" not in entry for entry in value):
        raise FormatError(f"'{key}' must be a folder or a list of folders", where=path)
    return [entry for entry in value if entry]


def _names(value: object, path: Path) -> dict[int, str]:
    if isinstance(value, list):
        value = {str(place): name for place, name in enumerate(value)}
    if not isinstance(value, dict):
        raise FormatError(
            "'names' must list the classes", where=path, allowed="a list, or numbers from 0 with a name each"
        )
    names: dict[int, str] = {}
    for key, name in value.items():
        if not isinstance(name, str) or not name.strip():
            raise FormatError("a class name must be a text", where=path, got=f"class {str(key)[:20]}")
        if not isinstance(key, str) or not key.strip().isdecimal() or len(key) > 9:
            raise FormatError("the classes must be numbered from 0", where=path, got=str(key)[:20])
        names[int(key)] = name.strip()
    return dict(sorted(names.items()))


def _keypoints(value: object, path: Path) -> int:
    if value is None:
        return 0
    if isinstance(value, list) and len(value) == 2 and all(isinstance(n, str) and n.isdecimal() for n in value):
        count, numbers = (int(n[:4]) for n in value)
        if numbers in (2, 3):
            return count * numbers
    raise FormatError("'kpt_shape' must hold two numbers", where=path, allowed="[how many, 2 or 3]")
