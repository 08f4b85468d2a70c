"""A table in a text file (CSV, TSV) as spreadsheets and scripts write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sightmill.data.formats.folder import read_text
from sightmill.errors import FormatError

__all__ = ["COLUMN_NAMES", "Row", "Table", "read_table", "write_table"]

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "filename": ("filename", "file", "image", "path", "file_name", "image_path", "filepath"),
    "label": ("label", "class", "class_name", "category"),
    "labels": ("labels", "classes", "tags"),
    "split": ("split", "subset", "set"),
    "mask": ("mask", "mask_path"),
    "roi": ("roi",),
    "annotated": ("annotated",),
    "x": ("x",),
    "y": ("y",),
    "x1": ("x1", "xmin", "x_min"),
    "y1": ("y1", "ymin", "y_min"),
    "x2": ("x2", "xmax", "x_max"),
    "y2": ("y2", "ymax", "y_max"),
}
"""What each column may be called; capitals do not matter."""

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Row:
    """One line of a table: `cells` are stripped, in the order of the table's columns."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with a header.

    Parameters
    ----------
    path : the file.
    header : the columns' names as written.
    rows : the lines that hold anything; each has as many cells as the header.
    damage : why the rows end before the file does; None = they do not.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    damage: FormatError | None = None

    def has(self, *meanings: str) -> bool:
        """Whether there is a column for each of these keys of `COLUMN_NAMES`."""
        return all(self.index(meaning) is not None for meaning in meanings)

    def index(self, meaning: str) -> int | None:
        """Position of the column with this meaning (a key of `COLUMN_NAMES`); None when there is none."""
        return self._places[meaning]

    @cached_property
    def _places(self) -> dict[str, int | None]:
        return {meaning: _index_of(self.header, meaning) for meaning in COLUMN_NAMES}

    def column(self, meaning: str) -> Iterator[str]:
        """The cells of one column; empty ones when there is no such column."""
        index = self.index(meaning)
        return ("" if index is None else row.cells[index] for row in self.rows)

    def cell(self, row: Row, meaning: str) -> str:
        """One cell; empty when there is no such column."""
        index = self.index(meaning)
        return "" if index is None else row.cells[index]

    @cached_property
    def extra(self) -> list[tuple[int, str]]:
        """Position and name of the columns that have none of the known meanings."""
        known = set(self._places.values())
        return [(index, name) for index, name in enumerate(self.header) if index not in known and name]

    def at(self, row: Row) -> str:
        """Where a row stands, for errors and notes: file and line."""
        return f"{self.path}, line {row.line}"


def read_table(path: Path, *, to_damage: bool = False) -> Table:
    """Read a table: comma, semicolon or tab (the one that makes sense of the header), quotes, blank lines.

    Parameters
    ----------
    to_damage : stop at a damaged line and answer what was read so far, with `Table.damage`; the header must
        be there all the same. False raises.

    Raises
    ------
    FormatError : no header, a line with more cells than the header, or damaged quoting; names the line.
    """
    lines = list(io.StringIO(read_text(path).replace("\0", ""), newline=""))
    first = next((at for at, line in enumerate(lines) if _holds_something(line)), len(lines))
    if first == len(lines):
        raise FormatError("the table is empty", where=path, allowed="a header line, then a line per image")
    reader = csv.reader(lines[first:], delimiter=_delimiter_of(lines[first]))
    header: tuple[str, ...] = ()
    rows: list[Row] = []
    damage: FormatError | None = None
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if not header:
                header = stripped
            elif any(stripped):
                rows.append(_row_of(path, header, reader.line_num + first, stripped))
    except csv.Error as error:
        where = f"{path}, line {reader.line_num + first}"
        damage = FormatError("the table is damaged", where=where, got=str(error))
    except FormatError as error:
        damage = error
    if damage is not None and not (to_damage and header):
        raise damage
    return Table(path, header, tuple(rows), damage)


def write_table(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """Write a table with commas, UTF-8, and quotes where they are needed."""
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")  # what it ends lines with is quoted in cells
        writer.writerow(header)
        writer.writerows(rows)


def _holds_something(line: str) -> bool:
    """Spreadsheets write ``sep=;`` above the header."""
    return bool(line.strip()) and not line.casefold().startswith("sep=")


def _index_of(header: tuple[str, ...], meaning: str) -> int | None:
    names = [name.casefold() for name in header]
    return next((names.index(word) for word in COLUMN_NAMES[meaning] if word in names), None)


def _delimiter_of(line: str) -> str:
    def understood(delimiter: str) -> tuple[int, int]:
        header = tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), []))
        return sum(_index_of(header, meaning) is not None for meaning in COLUMN_NAMES), len(header)

    return max(_DELIMITERS, key=understood)


def _row_of(path: Path, header: tuple[str, ...], line: int, cells: tuple[str, ...]) -> Row:
    width = len(header)
    if any(cells[width:]):
        raise FormatError(
            f"this line has {len(cells)} cells, the header has {width}",
            where=f"{path}, line {line}",
            got=", ".join(cells),
            remedy='put cells that hold the delimiter into quotes ("...")',
        )
    return Row(line, (cells + ("",) * width)[:width])
