"""Writing a data set as tables: ``labels.csv``, ``points.csv``, ``boxes.csv``, ``segmentation.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.index_mask import CLASSES_FILE, class_names, index_mask_of
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.formats.roi import text_from_roi
from sightmill.data.formats.table import write_table
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Point, Whole
from sightmill.data.sample import Sample

__all__ = ["write_tables"]


@dataclass(frozen=True)
class _Placed:
    """An image in the folder that is being written: its file's name there, and what is known of it."""

    name: str
    sample: Sample


def write_tables(dataset: Dataset, folder: Path) -> list[str]:
    """Write the images, and a table for each kind of annotation that the data holds.

    Points and boxes have tables of their own; what else has an area becomes an index mask in ``masks/``.
    Reading takes one table at a time, chosen by what is to be learnt. Attributes are in ``groups.csv``.
    """
    writer, losses = ImageWriter(folder), Losses("CSV tables")
    placed = [_Placed(writer.place(sample, roi=text_from_roi(sample.roi) is None), sample) for sample in dataset]
    regions = [item.region for sample in dataset for item in sample.annotations]
    written = []
    if any(isinstance(region, Point) for region in regions):
        written.append(_write_objects(folder / "points.csv", ["x", "y"], placed, losses))
    if any(isinstance(region, Box) for region in regions):
        written.append(_write_objects(folder / "boxes.csv", ["x1", "y1", "x2", "y2"], placed, losses))
    if any(not isinstance(region, Whole | Point | Box) for region in regions):
        written.append(_write_masks(folder, dataset, placed, losses))
    if not written or any(isinstance(region, Whole) for region in regions):
        written.append(_write_labels(folder / "labels.csv", placed, losses))
    notes = losses.notes() + writer.finish()
    if len(written) > 1:
        notes.append(f"the annotations are in several tables, of which one is read at a time: {', '.join(written)}")
    return notes


def _write_labels(path: Path, placed: list[_Placed], losses: Losses) -> str:
    several = any(item.sample.annotated and len(item.sample.labels) != 1 for item in placed)
    rows = []
    for item in placed:
        for annotation in item.sample.annotations:
            if isinstance(annotation.region, Whole):
                _count(annotation, losses)
                if ";" in annotation.label:
                    losses.add("labels have a comma in the place of a semicolon")
        cell = ";".join(label.replace(";", ",") for label in item.sample.labels)
        rows.append((item, [cell]))
    return _write(path, ["labels" if several else "label"], rows)


def _write_objects(path: Path, corners: list[str], placed: list[_Placed], losses: Losses) -> str:
    rows = []
    for item in placed:
        lines = []
        for annotation in item.sample.annotations:
            match annotation.region:
                case Point(x, y) if len(corners) == 2:
                    numbers = [x, y]
                case Box(x1, y1, x2, y2) if len(corners) == 4:
                    numbers = [x1, y1, x2, y2]
                case _:
                    continue
            _count(annotation, losses)
            if annotation.label.strip():
                lines.append((item, [*(repr(float(number)) for number in numbers), annotation.label]))
            else:
                losses.add("regions without a label were left out")
        rows.extend(lines or [(item, [""] * (len(corners) + 1))])
    return _write(path, [*corners, "label"], rows)


def _write_masks(folder: Path, dataset: Dataset, placed: list[_Placed], losses: Losses) -> str:
    samples = [_with_areas_only(item.sample) for item in placed]
    names = class_names(dataset.labels, samples)
    rows = []
    for item, sample in zip(placed, samples, strict=True):
        cell = ""
        if sample.annotations:
            cell = (PurePosixPath("masks") / PurePosixPath(item.name).with_suffix(".png")).as_posix()
            write_image(folder / cell, index_mask_of(sample, names, losses))
        rows.append((item, [cell]))
    (folder / CLASSES_FILE).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return _write(folder / "segmentation.csv", ["mask"], rows)


def _with_areas_only(sample: Sample) -> Sample:
    """Without what has a table of its own."""
    kept = tuple(item for item in sample.annotations if not isinstance(item.region, Whole | Point | Box))
    return Sample(sample.image, sample.name, kept, sample.split)


def _write(path: Path, header: list[str], rows: list[tuple[_Placed, list[str]]]) -> str:
    """Write lines with the columns that all tables have in common; answers the file's name."""
    unknown = any(not item.sample.annotated for item, _ in rows)
    roi = any(text_from_roi(item.sample.roi) for item, _ in rows)
    lines = [
        [
            item.name,
            *cells,
            item.sample.split or "",
            *(["yes" if item.sample.annotated else "no"] if unknown else []),
            *([text_from_roi(item.sample.roi) or ""] if roi else []),
        ]
        for item, cells in rows
    ]
    common = ["split", *(["annotated"] if unknown else []), *(["roi"] if roi else [])]
    write_table(path, ["filename", *header, *common], lines)
    return path.name


def _count(annotation: Annotation, losses: Losses) -> None:
    losses.of_annotation(annotation, text=True, score=True, attributes=True)
