"""YOLO: one text file per image, one row per object; boxes, outlines or turned boxes.

Source: "Dataset formats", docs.ultralytics.com (detect, segment, obb, pose); the layout of Darknet, with
``classes.txt``, and that of Roboflow, with ``<split>/images``, are read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import yaml

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import folders_in, images_below, images_in, read_text, split_named
from sightmill.data.formats.format import ANNOTATION_FILE, Claim, Format
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.outline import joined, outlines_of
from sightmill.data.formats.overlap import without_overlap
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.formats.yolo_description import UNASSIGNED, Description, find_description
from sightmill.data.formats.yolo_rows import (
    Clipping,
    Row,
    are_rotated_boxes,
    read_rows,
    region_of,
    row_text,
)
from sightmill.data.image import image_info
from sightmill.data.regions import Box, Mask, Polygon, Region, RotatedBox
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, FormatError, ImageError

__all__ = ["FORMAT", "Yolo"]

FloatArray = npt.NDArray[np.float64]

_LOOKED_AT = 50
_FOLDER_OF_SPLIT = {"train": "train", "validation": "val", "test": "test", None: UNASSIGNED}
_CLASS_FILES = ("classes.txt", "labels/classes.txt", "obj.names", "classes.names")
_NOT_LABELS = frozenset({"classes.txt", "readme.txt", "train.txt", "val.txt", "test.txt", "license.txt"})


class Yolo(Format):
    """``data.yaml``, ``images/<split>``, ``labels/<split>/*.txt``."""

    id = "yolo"
    title = "YOLO (one text file per image)"

    def recognise(self, root: Path) -> Claim | None:
        description = find_description(root)
        if description is None and (root.is_file() or not _looks_like_labels(root)):
            return None
        place = root.parent if root.is_file() else root
        reading = _Reading.of(root, ImageFinder(place, place, None), [])
        labelled = ((path, label) for path, _ in reading.images() if (label := reading.label_file(path)))
        rows: list[tuple[Row, Path]] = []
        for path, label in islice(labelled, _LOOKED_AT):
            with suppress(AnnotationError):  # it is for `read` to refuse a damaged row
                rows.extend((row, path) for row in read_rows(label, keypoints=reading.keypoints))
        carries = {"box"}
        turned = False
        with suppress(ImageError):  # likewise
            turned = reading.is_turned(rows)
        if turned:
            carries.add("rotated_box")
        elif any(len(row.numbers) > 4 for row, _ in rows):
            carries.add("polygon")
        if description is not None:
            return Claim(frozenset(carries), ANNOTATION_FILE, f"the file {description.name}")
        return Claim(frozenset(carries), ANNOTATION_FILE - 5, "text files named like the images")

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        """Read a folder or its ``data.yaml``.

        An image without a label file has nothing in it. Rows of eight numbers are rotated boxes when the
        file says ``task: obb``, outlines when it says ``task: segment``; without the key they are rotated
        boxes when all rows of the data set are rectangles.

        Raises
        ------
        FormatError : ``data.yaml`` is damaged, or nothing it names is there.
        AnnotationError : a row that cannot be; names file and line.
        """
        notes: list[str] = []
        reading = _Reading.of(source, images, notes)
        found: list[tuple[Path, str | None, list[Row]]] = []
        for path, split in reading.images():
            label = reading.label_file(path)
            rows = read_rows(label, keypoints=reading.keypoints) if label is not None else []
            found.append((path, split, rows))
        if not found:
            raise FormatError("there are no images here", where=source)
        turned = reading.is_turned([(row, path) for path, _, rows in found for row in rows])
        names = reading.names or {
            index: str(index) for index in sorted({row.index for *_, rows in found for row in rows})
        }
        clipping = Clipping()
        samples = []
        for path, split, rows in found:
            annotations = []
            size = _size(path) if rows else (1, 1)
            for row in rows:
                if row.index not in names:
                    raise AnnotationError(
                        "the row names a class that the data set does not have",
                        where=row.where,
                        got=row.index,
                        allowed=f"0 to {max(names)}",
                    )
                region = region_of(row, size, turned=turned, clipping=clipping)
                if region is not None:
                    annotations.append(Annotation(region, names[row.index], row.score))
            samples.append(Sample(path, images.name_of(path), tuple(annotations), split))
        if not reading.names:
            notes.append("there is no list of class names (data.yaml or classes.txt): classes are called by number")
        notes.extend([*clipping.notes(), *images.notes(source)])
        labels = tuple(dict.fromkeys(names.values()))
        return Dataset(without_overlap(samples, notes), labels, notes=tuple(notes))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        """Write ``images/<split>``, ``labels/<split>`` and ``data.yaml``.

        All rows get one form, the richest in the data set that YOLO has: rotated boxes, else outlines, else
        boxes. Masks become outlines around the same pixels.
        """
        losses = Losses("YOLO")
        writer = ImageWriter(folder)
        used = sorted({item.label for sample in dataset for item in sample.annotations})
        labels = list(dict.fromkeys([*dataset.labels, *used]))
        kinds = {item.region.kind for sample in dataset for item in sample.annotations}
        task = "obb" if "rotated_box" in kinds else "segment" if kinds & {"polygon", "mask"} else "detect"
        splits = set()
        for sample in dataset:
            losses.of_sample(sample, unannotated=True)
            if not sample.annotated:
                continue
            splits.add(sample.split)
            split = _FOLDER_OF_SPLIT[sample.split]
            name = writer.place(sample, f"images/{split}", name=_name_of(sample))
            label = folder / PurePosixPath("labels", *PurePosixPath(name).parts[1:]).with_suffix(".txt")
            rows = [row for item in sample.annotations if (row := _row(item, sample, labels, task, losses))]
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("".join(f"{row}\n" for row in rows), "utf-8")
        told: dict[str, object] = {"path": "."}
        told |= {name: f"images/{name}" for split, name in _FOLDER_OF_SPLIT.items() if split in splits}
        told |= {"task": task, "names": dict(enumerate(labels))}
        text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
        (folder / "data.yaml").write_text(text, "utf-8")
        return losses.notes() + writer.finish()


@dataclass
class _Reading:
    """One data set being read."""

    root: Path
    finder: ImageFinder
    notes: list[str]
    description: Description | None
    names: dict[int, str]

    @classmethod
    def of(cls, source: Path, finder: ImageFinder, notes: list[str]) -> _Reading:
        root = source.parent if source.is_file() else source
        path = find_description(source)
        if path is not None:
            description = Description.read(path)
            return cls(root, finder, notes, description, description.names)
        if source.is_file():
            raise FormatError(
                "this file does not describe a YOLO data set",
                where=source,
                allowed="a YAML file with 'names'",
            )
        listed = next((root / name for name in _CLASS_FILES if (root / name).is_file()), None)
        lines = read_text(listed).splitlines() if listed is not None else []
        names = [line.strip() for line in lines]
        while names and not names[-1]:
            names.pop()
        return cls(root, finder, notes, None, {index: name or str(index) for index, name in enumerate(names)})

    @property
    def keypoints(self) -> int:
        return self.description.keypoints if self.description is not None else 0

    def images(self) -> Iterator[tuple[Path, str | None]]:
        """Each image with its split, in the order of the splits."""
        if self.description is None or not self.description.splits:
            yield from self._images_by_folder()
            return
        any_place = False
        for split, entries in self.description.splits.items():
            for entry in entries:
                place = self.description.place(entry, self.finder)
                if place is None:
                    self.notes.append(f"{self.description.path.name} names '{entry}', which is not there")
                    continue
                any_place = True
                for path in images_below(place) if place.is_dir() else self._listed(place):
                    yield path, split
        if not any_place:
            raise FormatError(
                "none of the image folders that are named here is there",
                where=self.description.path,
                got=", ".join(entry for entries in self.description.splits.values() for entry in entries),
                allowed=f"folders beneath {self.description.path.parent}",
                remedy="correct the paths, or name the folder that holds the images (images=DIR)",
            )

    def label_file(self, image: Path) -> Path | None:
        """The label file of an image: under ``labels`` instead of ``images``, or beside it."""
        parts = list(image.parts)
        candidates = []
        for place in range(len(parts) - 2, -1, -1):
            if parts[place] == "images":
                candidates.append(Path(*parts[:place], "labels", *parts[place + 1 :]))
                break
        if self.finder.images is not None and image.is_relative_to(self.finder.images):
            candidates.append(self.root / "labels" / image.relative_to(self.finder.images))
        candidates += [self.root / "labels" / image.name, image]
        for candidate in candidates:
            label = candidate.with_suffix(".txt")
            if label.is_file() and label.name.casefold() not in _NOT_LABELS:
                return label
        return None

    def is_turned(self, rows: list[tuple[Row, Path]]) -> bool:
        """Whether rows of eight numbers are rotated boxes."""
        task = self.description.task if self.description is not None else None
        if task is not None:
            return task == "obb"
        if any(len(row.numbers) != 8 for row, _ in rows):
            return False
        sizes: dict[Path, tuple[int, int]] = {}
        return are_rotated_boxes((row, sizes.get(path) or sizes.setdefault(path, _size(path))) for row, path in rows)

    def _images_by_folder(self) -> Iterator[tuple[Path, str | None]]:
        base = self.finder.images or self.root / "images"
        if base.is_dir():
            for path in images_below(base):
                yield path, split_named(path.relative_to(base).parts[0])
            return
        inner = [(folder, split_named(folder.name)) for folder in folders_in(self.root)]
        splits = [(folder, split) for folder, split in inner if split is not None]
        for folder, split in splits:
            for path in images_below(folder):
                yield path, split
        if not splits:
            for path in images_in(self.root):
                yield path, None

    def _listed(self, listing: Path) -> Iterator[Path]:
        for line in read_text(listing).splitlines():
            if line.strip():
                path = self.finder.find_or_note(line.strip(), also=("images/train", "images/val", "images/test"))
                if path is not None:
                    yield path


def _looks_like_labels(root: Path) -> bool:
    """Whether text files of rows lie where YOLO looks for them; a dozen are enough to tell."""
    folders = [root / "labels", *(folder / "labels" for folder in folders_in(root)), root]
    for folder in folders:
        if not folder.is_dir():
            continue
        pattern = folder.glob("*.txt") if folder == root else folder.rglob("*.txt")
        files = [path for path in islice(pattern, 200) if path.name.casefold() not in _NOT_LABELS]
        if folder == root:  # beside the images, or not at all
            stems = {path.stem for path in images_in(root)}
            files = [path for path in files if path.stem in stems]
        if files and all(_is_rows(path) for path in sorted(files)[:12]):
            return True
    return False


def _is_rows(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            line = stream.readline(4096).decode("ascii")
        numbers = [float(word) for word in line.split()]
    except (OSError, ValueError):
        return False
    return not numbers or (len(numbers) >= 5 and numbers[0].is_integer() and max(numbers[1:]) < 2)


def _size(path: Path) -> tuple[int, int]:
    info = image_info(path)
    return info.width, info.height


def _name_of(sample: Sample) -> str:
    """The sample's name, which must not say ``images/<split>`` a second time."""
    parts = PurePosixPath(sample.name).parts
    if len(parts) > 2 and parts[0] == "images" and (split_named(parts[1]) or parts[1] == UNASSIGNED):
        return PurePosixPath(*parts[2:]).as_posix()
    return sample.name


def _row(item: Annotation, sample: Sample, labels: list[str], task: str, losses: Losses) -> str | None:
    losses.of_annotation(item, text=True, score=True, attributes=True)
    size = sample.size
    if not isinstance(item.region, Box | RotatedBox | Polygon | Mask):
        losses.add(f"regions of the kind {item.region.kind} were left out")
        return None
    region = item.region.clipped(*size)
    if region is None:
        losses.add("objects outside of their image were left out")
        return None
    if region.area(*size) != item.region.area(*size):
        losses.add("objects were cut at the border of their image")
    if task == "segment":
        shape = _outline(region, losses)
        return row_text(labels.index(item.label), shape, size)
    if task == "obb":
        return row_text(labels.index(item.label), _turned(region, losses), size)
    return row_text(labels.index(item.label), region.bounds(*size), size)


def _outline(region: Region, losses: Losses) -> FloatArray:
    if isinstance(region, Box):
        losses.add("boxes became outlines of four corners")
        return region.corners()
    parts = region.parts if isinstance(region, Polygon) else ()
    if isinstance(region, Mask):
        losses.add("masks became outlines around the same pixels")
        parts = tuple(outlines_of(region))
    if len(parts) > 1:
        losses.add("outlines of several parts became one, joined by lines without area")
    return joined(parts)


def _turned(region: Region, losses: Losses) -> RotatedBox:
    if isinstance(region, RotatedBox):
        return region
    if isinstance(region, Box):
        losses.add("boxes became rotated boxes")
        return RotatedBox.around(region.corners())
    losses.add("outlines became the rotated boxes around them")
    parts = region.parts if isinstance(region, Polygon) else outlines_of(region) if isinstance(region, Mask) else ()
    return RotatedBox.around(np.concatenate(parts))


FORMAT = Yolo()
