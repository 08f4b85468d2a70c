"""``groups.csv``: attributes of images (part, lot, camera), attached whatever the format of the data is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import split_named
from sightmill.data.formats.roi import roi_from_text
from sightmill.data.formats.table import COLUMN_NAMES, Row, Table, read_table, write_table
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["GROUPS_FILE", "attach_groups", "write_groups"]

GROUPS_FILE = "groups.csv"


def attach_groups(dataset: Dataset, root: Path, images: Path | None = None) -> Dataset:
    """Add what ``groups.csv`` in the data folder says of the images; without that file, the data as it is.

    The table has a column of file names and others, none of which is a label. Columns become attributes;
    ``split`` and ``roi`` fill in what the data does not say by itself. What the data says already stays.

    Raises
    ------
    FormatError : the table is damaged or has no column of file names.
    """
    path = root / GROUPS_FILE
    if not path.is_file():
        return dataset
    table = read_table(path)
    if table.has("label") or table.has("labels"):
        return dataset
    if not table.has("filename"):
        raise FormatError(
            "there is no column of file names",
            where=path,
            got=", ".join(table.header),
            allowed=COLUMN_NAMES["filename"],
        )
    finder = ImageFinder(root, root, images)
    named = {sample.name for sample in dataset}
    rows: dict[str, Row] = {}
    for row in table.rows:
        name = table.cell(row, "filename").replace("\\", "/")
        if name not in named and (found := finder.look(name)) is not None:
            name = finder.name_of(found)
        rows.setdefault(name, row)
    if not named & rows.keys():
        note = f"{GROUPS_FILE} names none of these images and was left aside"
        return replace(dataset, notes=(*dataset.notes, note))
    return dataset.with_samples(
        _with_row(sample, table, rows[sample.name]) if sample.name in rows else sample for sample in dataset
    )


def write_groups(folder: Path, placed: Sequence[tuple[str, Sample]]) -> list[str]:
    """Write the attributes of images, if they have any; `placed` pairs file names with samples.

    An attribute that is called like a column with a meaning of its own (``label``, ``x`` ...) cannot be
    told apart from it when it is read: it is left out, and a sentence says so.
    """
    names = sorted({name for _, sample in placed for name in sample.attributes})
    reserved = {word for words in COLUMN_NAMES.values() for word in words}
    kept = [name for name in names if name.strip() and name.casefold() not in reserved]
    if kept:
        rows = [[file, *(sample.attributes.get(name, "") for name in kept)] for file, sample in placed]
        write_table(folder / GROUPS_FILE, ["filename", *kept], rows)
    return [
        f"the attribute '{name}' is left out: tables use that name for something else"
        for name in names
        if name not in kept
    ]


def _with_row(sample: Sample, table: Table, row: Row) -> Sample:
    said = {name: row.cells[index] for index, name in table.extra if row.cells[index]}
    return replace(
        sample,
        attributes={**said, **sample.attributes},
        split=sample.split or split_named(table.cell(row, "split")),
        roi=sample.roi or roi_from_text(table.cell(row, "roi"), where=table.at(row)),
    )
