"""Tables (CSV, TSV): a line per image, or per object in it.

Which columns a table has says what it carries (`sightmill.data.formats.table.COLUMN_NAMES` has their names):

- ``filename, label, split`` or ``filename, labels, split``: labels of images, several joined by ``;``;
- ``filename, x, y, label``: points; ``filename, x1, y1, x2, y2, label``: boxes, a line each;
- ``filename, mask, split``: images of class indices (names in ``classes.txt``), an empty cell = background;
- ``filename, mask, label``: binary mask images, what is not 0 belongs to the label.

Optional columns: ``split``, ``roi`` (see `sightmill.data.formats.roi`), ``annotated`` (``no`` = nothing is
known). Further columns become attributes of the image. An empty cell under ``labels``, or coordinates left
empty, say that nothing is there; an empty cell under ``label`` says that nothing is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import files_in, split_named
from sightmill.data.formats.format import ANNOTATION_FILE, FOLDER_NAMES, Claim, Format
from sightmill.data.formats.index_mask import IndexMasks, binary_mask, read_class_names
from sightmill.data.formats.overlap import without_overlap
from sightmill.data.formats.roi import roi_from_text
from sightmill.data.formats.table import COLUMN_NAMES, Row, Table, read_table
from sightmill.data.formats.table_writer import write_tables
from sightmill.data.good import is_good
from sightmill.data.regions import Box, Point, Region, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["FORMAT", "CsvTable"]

_SUFFIXES = frozenset({".csv", ".tsv"})
_UNASSIGNED = frozenset({"", "unassigned", "none"})
_NO = frozenset({"no", "false", "0"})
_OF_SPLIT = re.compile(r"^(?:(.*?)[_-])?([a-z]+)$", re.IGNORECASE)
_REGIONS = {"points": ("x", "y", "label"), "boxes": ("x1", "y1", "x2", "y2", "label")}
# A table may hold anything: formats that can only be themselves come first.
_STRENGTH = ANNOTATION_FILE - 2
_CARRIED = {"points": "point", "boxes": "box", "masks": "mask"}


class CsvTable(Format):
    """One table of a folder; tables called ``train.csv``, ``val.csv`` ... are read as one."""

    id = "csv"
    title = "CSV table, filename,label,split (or labels, mask, x,y,label)"

    def recognise(self, root: Path) -> Claim | None:
        return max(self.claims(root), key=lambda claim: claim.strength, default=None)

    def claims(self, root: Path) -> list[Claim]:
        tables, damaged = _tables(root)
        families: dict[tuple[str, str], list[Table]] = {}
        for table in tables:
            kind = _kind_of(table)
            if kind is not None and (table.rows or table.damage):
                families.setdefault((kind, _family_of(table.path)), []).append(table)
        if not families and damaged:
            raise damaged[0]
        if not families and tables and root.is_file():
            raise _says_nothing(tables[0])
        return [claim for (kind, _), members in families.items() for claim in _claims(kind, members)]

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        if source.is_dir():
            claim = self.recognise(source)
            raise FormatError(
                "there is no table of images in this folder" if claim is None else "one table must be named",
                where=source,
                allowed="a .csv or .tsv file with the columns filename and label (or labels, mask, x,y)",
                remedy="check the names in the header line; groups.csv holds attributes only",
            )
        table = read_table(source)
        kind = _kind_of(table)
        if kind is None or not table.rows:
            raise _says_nothing(table)
        return _TableReader(table, kind, images).read()

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        return write_tables(dataset, folder)


@dataclass
class _Entry:
    """What the lines of a table say about one image in one split."""

    path: Path
    split: str | None
    annotations: list[Annotation] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    roi: Region | None = None
    annotated: bool = False


class _TableReader:
    """Gathers the lines of a table into samples, one per image."""

    def __init__(self, table: Table, kind: str, images: ImageFinder) -> None:
        self.table, self.kind, self.images = table, kind, images
        self.entries: dict[tuple[Path, str | None], _Entry] = {}
        self.counts: dict[str, int] = {}
        names = read_class_names(table.path.parent) or read_class_names(images.root) if kind == "masks" else ()
        self.masks = IndexMasks(names)
        self._found: dict[str, Path | None] = {}
        self._said: set[tuple[Path, str | None, str, Region | str]] = set()

    def read(self) -> Dataset:
        for row in self.table.rows:
            self._take(row)
        missing = self.images.notes(self.table.path)
        if not self.entries:
            raise FormatError("no line of this table names an image", where=self.table.path)
        notes = [*missing, *(f"{what} ({count})" for what, count in self.counts.items()), *self.masks.notes()]
        samples = without_overlap((self._sample(entry) for entry in self.entries.values()), notes)
        labels = self.masks.labels if self.kind == "masks" and not self.table.has("label") else ()
        return Dataset(samples, labels or Dataset.of(samples).labels, notes=tuple(notes))

    def _take(self, row: Row) -> None:
        name = self.table.cell(row, "filename")
        if not name:
            self._count(f"lines of {self.table.path.name} without a file name were left out")
            return
        if name not in self._found:
            self._found[name] = self.images.find_or_note(name)
        path = self._found[name]
        if path is None:
            return
        split = self._split(row)
        entry = self.entries.setdefault((path, split), _Entry(path, split))
        for index, attribute in self.table.extra:
            value = row.cells[index]
            if value and entry.attributes.setdefault(attribute, value) != value:
                self._count(f"lines give '{attribute}' of an image another value, the first was kept")
        entry.roi = entry.roi or roi_from_text(self.table.cell(row, "roi"), where=self.table.at(row))
        if self.table.cell(row, "annotated").casefold() in _NO:
            return
        match self.kind:
            case "masks":
                self._take_mask(row, entry)
            case "labels":
                self._take_labels(row, entry)
            case _:
                self._take_region(row, entry)

    def _take_labels(self, row: Row, entry: _Entry) -> None:
        several = self.table.has("labels")
        cell = self.table.cell(row, "labels" if several else "label")
        labels = [label.strip() for label in cell.split(";") if label.strip()]
        entry.annotated = entry.annotated or several or bool(labels)
        for label in labels:
            self._add(entry, Annotation(Whole(), label))

    def _take_region(self, row: Row, entry: _Entry) -> None:
        entry.annotated = True
        *corners, _ = _REGIONS[self.kind]
        cells = [self.table.cell(row, corner) for corner in corners]
        label = self.table.cell(row, "label")
        if not any(cells) and not label:
            return
        try:
            numbers = [float(cell.replace(",", ".")) for cell in cells]
        except ValueError:
            raise FormatError("coordinates must be numbers", where=self.table.at(row), got=", ".join(cells)) from None
        if not all(abs(number) < 1e9 for number in numbers):
            raise FormatError("coordinates must be finite", where=self.table.at(row), got=", ".join(cells))
        if not label:
            raise FormatError("the label is empty", where=self.table.at(row), allowed="the name of a class")
        self._add(entry, Annotation(self._region(numbers), label))

    def _region(self, numbers: list[float]) -> Region:
        if self.kind == "points":
            return Point(*numbers)
        x1, y1, x2, y2 = numbers
        return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))

    def _take_mask(self, row: Row, entry: _Entry) -> None:
        cell = self.table.cell(row, "mask")
        label = self.table.cell(row, "label") or self.table.cell(row, "labels")
        mask = (self.images.look(f"masks/{cell}") or self.images.find(cell)) if cell else None
        if mask is not None and mask == entry.path:
            raise FormatError(
                "the mask is the image itself",
                where=self.table.at(row),
                got=cell,
                remedy="name the mask's folder",
            )
        if self.table.has("label") or self.table.has("labels"):
            entry.annotated = entry.annotated or bool(label) or mask is not None
            if label:
                self._add(entry, Annotation(Whole(), label))
            region = None if mask is None else binary_mask([mask], entry.path)
            if region is not None and not label:
                raise FormatError("the label is empty", where=self.table.at(row), allowed="the name of a class")
            if region is not None and not is_good(label):
                self._add(entry, Annotation(region, label))
            return
        entry.annotated = True
        for item in () if mask is None else self.masks.read(mask, entry.path):
            self._add(entry, item)

    def _add(self, entry: _Entry, item: Annotation) -> None:
        """Keep an annotation unless a line has said the same before."""
        key = (entry.path, entry.split, item.label, item.region)
        if key in self._said:
            self._count(f"lines of {self.table.path.name} repeat another and were left out")
            return
        self._said.add(key)
        entry.annotations.append(item)

    def _split(self, row: Row) -> str | None:
        if not self.table.has("split"):
            return _split_of_file(self.table.path)
        cell = self.table.cell(row, "split")
        split = split_named(cell)
        if split is None and cell.casefold() not in _UNASSIGNED:
            self._count(f"lines name the split '{cell}', which is none: their images are in no split")
        return split

    def _sample(self, entry: _Entry) -> Sample:
        return Sample(
            entry.path,
            self.images.name_of(entry.path),
            tuple(entry.annotations),
            entry.split,
            entry.roi,
            entry.annotated,
            entry.attributes,
        )

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def _tables(place: Path) -> tuple[list[Table], list[FormatError]]:
    """The tables that a folder holds, or the one that is named, and what kept others from being read."""
    if place.is_file():
        return ([read_table(place, to_damage=True)] if place.suffix.lower() in _SUFFIXES else []), []
    tables, damaged = [], []
    for path in files_in(place, _SUFFIXES):
        try:
            tables.append(read_table(path, to_damage=True))
        except FormatError as error:
            damaged.append(error)
    return tables, damaged


def _says_nothing(table: Table) -> FormatError:
    return FormatError(
        "this table says nothing about images" if table.rows else "this table has no lines but the header",
        where=table.path,
        got=", ".join(table.header),
        allowed=f"a header with a column of file names ({', '.join(COLUMN_NAMES['filename'])})"
        " and one of label, labels, mask, or x, y and label",
    )


def _kind_of(table: Table) -> str | None:
    """``masks``, ``boxes``, ``points`` or ``labels``; None for a table that says nothing about images."""
    if not table.has("filename"):
        return None
    if table.has("mask"):
        return "masks"
    for kind, columns in _REGIONS.items():
        if table.has(*columns):
            return kind
    return "labels" if table.has("label") or table.has("labels") else None


def _claims(kind: str, tables: list[Table]) -> list[Claim]:
    names = " and ".join(table.path.name for table in tables)
    why = f"the {'file' if len(tables) == 1 else 'files'} {names}"
    sources = tuple(table.path for table in tables)
    claims = []
    if kind != "labels":
        claims.append(Claim(frozenset({_CARRIED[kind]}), _STRENGTH, why, sources))
    labels: dict[str, set[str]] = {}
    if kind == "labels" or (kind == "masks" and any(table.has("label") for table in tables)):
        for table in tables:
            several = table.has("labels")
            for row in table.rows:
                cell = table.cell(row, "labels" if several else "label")
                said = {label.strip() for label in cell.split(";") if label.strip()}
                if said or several:
                    labels.setdefault(table.cell(row, "filename"), set()).update(said)
    met = {label for said in labels.values() for label in said}
    if met or (kind == "labels" and any(table.damage for table in tables)):
        single = all(len(said) == 1 for said in labels.values())
        # A column called "labels" was made for several labels, one called "label" for one.
        strength = _STRENGTH - (single and any(table.has("labels") for table in tables))
        carries = {"multi_label"} | ({"class"} if single else set())
        claims.append(Claim(frozenset(carries), strength, why, sources))
        if any(is_good(label) for label in met):
            claims.append(Claim(frozenset({"anomaly"}), FOLDER_NAMES - 5, why, sources))
    return claims


def _family_of(path: Path) -> str:
    """Files that differ by a split's name only belong together: all but that name."""
    matched = _OF_SPLIT.match(path.stem)
    if matched and split_named(matched[2]):
        return f"{matched[1] or ''}/*"
    return path.stem


def _split_of_file(path: Path) -> str | None:
    matched = _OF_SPLIT.match(path.stem)
    return split_named(matched[2]) if matched else None


FORMAT = CsvTable()
