"""One object of a JSON annotation file, asked for its fields by name and type."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError, FormatError

__all__ = ["Record", "holds", "load_record", "numbers_in", "shown"]

LARGEST_FILE = 2_000_000_000
_ABSENT: Any = object()
_FARTHEST = 1e9  # no image has room for more pixels in a row

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one JSON object; a missing or mistyped one is a sentence that says where.

    Parameters
    ----------
    fields : as read from the file.
    where : what an error names: the file and the record in it.
    error : the kind of error to raise: `FormatError` for a file, `AnnotationError` for an annotation.
    """

    fields: Mapping[str, Any]
    where: str
    error: type[DataError] = FormatError

    @classmethod
    def of(cls, value: object, where: str, error: type[DataError] = FormatError) -> Record:
        """The record in a JSON value; anything but an object is refused."""
        if not isinstance(value, dict):
            raise error("a JSON object is expected here", where=where, got=shown(value), allowed="{...}")
        return cls(value, where, error)

    def refuse(self, what: str, got: object = None, allowed: object = None, remedy: str | None = None) -> DataError:
        """An error about this record, to be raised."""
        return self.error(what, where=self.where, got=got, allowed=allowed, remedy=remedy)

    def text(self, key: str, default: str = _ABSENT) -> str:
        """A text; `default`, when given, stands in for a missing field and for null."""
        value = self._field(key, default)
        if not isinstance(value, str):
            raise self.refuse(f"'{key}' must be a text", got=shown(value))
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.refuse(f"'{key}' holds half a character", got=ascii(value)) from error
        return value

    def whole(self, key: str, default: int = _ABSENT) -> int:
        """A whole number of at most 15 digits; ``5.0`` counts as 5."""
        value = self._field(key, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value) if abs(value) < 1e15 else value
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**15:
            raise self.refuse(f"'{key}' must be a whole number", got=shown(value))
        return value

    def items(self, key: str, default: list[Any] = _ABSENT) -> list[Any]:
        """A list; `default`, when given, stands in for a missing field and for null."""
        value = self._field(key, default)
        if not isinstance(value, list):
            raise self.refuse(f"'{key}' must be a list", got=shown(value), allowed="[...]")
        return value

    def records(self, key: str, noun: str, error: type[DataError] | None = None) -> list[Record]:
        """The objects of a list, each named ``<noun> <place in the list>`` in errors."""
        kind = error or self.error
        return [
            Record.of(item, f"{self.where}, {noun} {place}", kind)
            for place, item in enumerate(self.items(key), start=1)
        ]

    def numbers(self, key: str, count: int) -> list[float]:
        """Exactly `count` finite numbers."""
        values: list[float] = numbers_in(self.items(key), self, key).tolist()
        if len(values) != count:
            raise self.refuse(f"'{key}' must hold {count} numbers", got=f"{len(values)} of them")
        return values

    def attributes(self) -> dict[str, str]:
        """The plain values under ``attributes`` (a convention of CVAT and X-AnyLabeling), as text."""
        found = self.fields.get("attributes")
        if not isinstance(found, dict):
            return {}
        texts = {}
        for key, value in found.items():
            if isinstance(value, bool):
                texts[key] = "true" if value else "false"
            elif isinstance(value, str | float) or (isinstance(value, int) and abs(value) < 10**15):
                texts[key] = str(value)
        return texts

    def score(self) -> float | None:
        """The confidence under ``score``; None when there is none."""
        value = self.fields.get("score")
        if value is None:
            return None
        score = float(numbers_in([value], self, "score")[0])
        if score < 0:
            raise self.refuse("'score' must not be negative", got=score)
        return score

    def _field(self, key: str, default: object) -> Any:
        value = self.fields.get(key)
        if value is not None:
            return value
        if default is _ABSENT:
            raise self.refuse(f"'{key}' is missing")
        return default


def numbers_in(values: list[Any], record: Record, key: str) -> FloatArray:
    """The finite numbers of a list ``(N,)``; anything else in it is refused, naming the record and the field."""
    # Texts, nested lists and numbers beyond 64 bits give another kind of array, or none.
    try:
        found = np.array(values)
    except (OverflowError, ValueError):
        found = np.array(values, object)
    if not len(values):
        return np.zeros(0)
    numbers = found.astype(np.float64) if found.dtype.kind in "iuf" and found.ndim == 1 else None
    if numbers is None or not np.abs(numbers).max() < _FARTHEST:
        wrong = next((value for value in values if not _is_near(value)), values)
        raise record.refuse(f"'{key}' must hold numbers below {_FARTHEST:g}", got=shown(wrong))
    return numbers


def _is_near(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FARTHEST


def load_record(path: Path) -> Record:
    """The JSON object that a file holds.

    Raises
    ------
    FormatError : the file cannot be read, is no JSON (names the line), nests too deep, holds NaN or
        Infinity, or holds something else than one object.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise FormatError(
                "the file is too large to be read at once",
                where=path,
                got=f"{size} bytes",
                allowed=f"up to {LARGEST_FILE} bytes",
                remedy="split it into several files",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise FormatError("the file cannot be read", where=path, got=error.strerror or str(error)) from error
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise FormatError(
            "the file is not JSON",
            where=f"{path}, line {error.lineno}, column {error.colno}",
            got=error.msg,
            remedy="write it again with the tool that made it, it may be cut off",
        ) from error
    except RecursionError as error:
        raise FormatError("the file nests lists too deep", where=path) from error
    except UnicodeDecodeError as error:
        raise FormatError("the file is not UTF-8 text", where=path, got=str(error)) from error
    except ValueError as error:
        raise FormatError("the file holds a number that is none", where=path, got=str(error)) from error
    return Record.of(value, str(path))


def holds(path: Path, patterns: Iterable[re.Pattern[bytes]]) -> list[bool]:
    """Whether each pattern occurs in the bytes of a file; False when it cannot be read. Nothing is parsed."""
    wanted = list(patterns)
    try:
        if path.stat().st_size == 0:
            return [False] * len(wanted)
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return [pattern.search(content) is not None for pattern in wanted]
    except OSError:
        return [False] * len(wanted)


def shown(value: object) -> str:
    """A value as an error shows it: short, whatever a hostile file nests in it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number of more than 15 digits"
    return repr(value)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
