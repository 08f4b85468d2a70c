"""COCO: one JSON file for many images, with boxes, outlines and run-length masks.

Source: "Data format", cocodataset.org; T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context" (2014).
Read besides: annotations that only name a category (iNaturalist), ``score`` of result files, and the plain
values under ``attributes`` that CVAT writes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import folders_in, is_litter, split_named
from sightmill.data.formats.format import ANNOTATION_FILE, Claim, Format
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.overlap import without_overlap
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.formats.record import Record, holds, load_record, numbers_in, shown
from sightmill.data.formats.rle import counts_from_text, counts_of, mask_from_counts, text_from_counts
from sightmill.data.regions import Box, Mask, Polygon, Region, RotatedBox, Whole
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, FormatError

__all__ = ["FORMAT", "Coco"]

_UNASSIGNED = "unassigned"
_FILE_OF_SPLIT = {"train": "train", "validation": "val", "test": "test", None: _UNASSIGNED}
_IMAGE_FOLDERS = ("images", "images/train", "images/val", "images/test", "JPEGImages", "train", "val", "test")


class Coco(Format):
    """COCO JSON files, alone, in ``annotations/``, or one beside the images of each split."""

    id = "coco"
    title = "COCO (one JSON file per split)"

    def recognise(self, root: Path) -> Claim | None:
        files = _annotation_files(root)
        if not files:
            return None
        chosen = files if root.is_file() else _one_per_split(files, [])
        carries = frozenset(kind for path in chosen for kind in _kinds_in(path))
        return Claim(carries, ANNOTATION_FILE, f"the file {chosen[0].name}")

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        """Read one file, or one file of each split; a file's name says its split.

        Where several files speak of one split, the plainest name wins: ``train.json``, then
        ``instances_train2017.json``, then others; a note names those left out.

        Raises
        ------
        FormatError : no COCO file here, several that cannot be told apart, damaged JSON, double ids.
        AnnotationError : an annotation that points nowhere, or whose numbers cannot be; names its place.
        """
        files = [source] if source.is_file() else _annotation_files(source)
        if not files:
            raise FormatError(
                "there is no COCO file here",
                where=source,
                allowed="a JSON file with 'images', 'annotations' and 'categories', here or in annotations/",
            )
        notes: list[str] = []
        labels: list[str] = []
        samples: list[Sample] = []
        for path in files if source.is_file() else _one_per_split(files, notes):
            reading = _Reading(path, ImageFinder(path.parent, images.root, images.images), notes)
            samples.extend(reading.samples())
            labels.extend(name for name in reading.labels if name not in labels)
        return Dataset(without_overlap(samples, notes), tuple(labels), notes=tuple(notes))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        """Write ``images/`` and ``annotations/{train,val,test,unassigned}.json``.

        Masks become compressed run lengths; rotated boxes become polygons; points and text are left out.
        """
        losses = Losses("COCO")
        writer = ImageWriter(folder)
        category = {name: place for place, name in enumerate(_all_labels(dataset), start=1)}
        for split, stem in _FILE_OF_SPLIT.items():
            kept = [sample for sample in dataset if sample.split == split]
            if kept:
                written = _written(kept, category, writer, losses)
                path = folder / "annotations" / f"{stem}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(written, ensure_ascii=False, allow_nan=False), "utf-8")
        return losses.notes() + writer.finish()


@dataclass
class _Reading:
    """One file being read."""

    path: Path
    finder: ImageFinder
    notes: list[str]
    labels: list[str] = field(default_factory=list)
    without_area: list[str] = field(default_factory=list)

    def samples(self) -> list[Sample]:
        top = load_record(self.path)
        split = _split_of(self.path)
        categories = self._categories(top)
        images = self._images(top)
        said: dict[int, list[Annotation]] = {number: [] for number in images}
        seen: set[int] = set()
        doubled = 0
        for place, item in enumerate(top.items("annotations"), start=1):
            record = Record.of(item, f"{self.path}, annotation {place}", AnnotationError)
            number = record.whole("id", -place)
            doubled += number in seen
            seen.add(number)
            image = record.whole("image_id")
            if image not in images:
                raise record.refuse("'image_id' names an image that the file does not list", got=image)
            annotation = self._annotation(record, images[image], categories)
            if annotation is not None:
                said[image].append(annotation)
        if doubled:
            self.notes.append(f"{doubled} annotations in {self.path.name} have an id that another one has too")
        if self.without_area:
            self.notes.append(_without_area(self.path, self.without_area))
        found = []
        for number, record in images.items():
            name = record.text("file_name")
            place_on_disk = self.finder.find_or_note(name, also=_IMAGE_FOLDERS)
            if place_on_disk is not None:
                shown_name = self.finder.name_of(place_on_disk)
                found.append(Sample(place_on_disk, shown_name, tuple(said[number]), split))
        self.notes.extend(self.finder.notes(self.path))
        return found

    def _categories(self, top: Record) -> dict[int, str]:
        names: dict[int, str] = {}
        for record in top.records("categories", "category"):
            number, name = record.whole("id"), record.text("name")
            if number in names:
                raise record.refuse("another category has the same id", got=number)
            if not name.strip():
                raise record.refuse("'name' is empty")
            names[number] = name
            if name not in self.labels:
                self.labels.append(name)
        return names

    def _images(self, top: Record) -> dict[int, Record]:
        images: dict[int, Record] = {}
        names: set[str] = set()
        for record in top.records("images", "image"):
            number, name = record.whole("id"), record.text("file_name")
            if number in images:
                raise record.refuse("another image has the same id", got=number)
            if name in names:
                raise record.refuse("the image is listed twice", got=name)
            images[number] = record
            names.add(name)
        return images

    def _annotation(self, record: Record, image: Record, categories: dict[int, str]) -> Annotation | None:
        number = record.whole("category_id")
        if number not in categories:
            raise record.refuse("'category_id' names a category that the file does not list", got=number)
        region = _region(record, image)
        if region is None:
            self.without_area.append(record.where.rpartition(", ")[2])
            return None
        attributes = record.attributes()
        if record.fields.get("iscrowd") in (1, True):
            attributes["iscrowd"] = "1"
        return Annotation(region, categories[number], record.score(), attributes=attributes)


def _region(record: Record, image: Record) -> Region | None:
    """The region of one annotation; None when it covers nothing."""
    segmentation, box = record.fields.get("segmentation"), record.fields.get("bbox")
    if isinstance(segmentation, dict):
        return _mask(Record(segmentation, record.where, record.error), image)
    if segmentation is not None and not isinstance(segmentation, list):
        raise record.refuse("'segmentation' must be outlines or run lengths", got=shown(segmentation))
    outlines = [outline for outline in segmentation or [] if outline != []]
    if outlines:
        return _polygon(outlines, record)
    if box is None:
        return Whole() if segmentation is None else None
    if box == []:
        return None
    x, y, width, height = record.numbers("bbox", 4)
    if width < 0 or height < 0:
        raise record.refuse("'bbox' has a negative width or height", got=[x, y, width, height])
    return Box(x, y, x + width, y + height) if width and height else None


def _polygon(outlines: list[Any], record: Record) -> Polygon | None:
    if not isinstance(outlines[0], list):
        outlines = [outlines]  # a single outline without the list around it, as some tools write
    parts = []
    for outline in outlines:
        if not isinstance(outline, list):
            raise record.refuse("'segmentation' must be a list of outlines", got=shown(outline))
        numbers = numbers_in(outline, record, "segmentation")
        if len(numbers) % 2:
            raise record.refuse("an outline needs an x and a y for each corner", got=f"{len(numbers)} numbers")
        if len(numbers) >= 6:
            parts.append(numbers.reshape(-1, 2))
    return Polygon(*parts) if parts else None


def _mask(segmentation: Record, image: Record) -> Mask | None:
    height, width = (int(side) for side in segmentation.numbers("size", 2))
    stated = image.whole("width", width), image.whole("height", height)
    if stated != (width, height):
        raise segmentation.refuse(
            "the run lengths are for an image of another size",
            got=f"{width} x {height}",
            allowed=f"{stated[0]} x {stated[1]}, as the file says of the image",
        )
    counts = segmentation.fields.get("counts")
    try:
        if isinstance(counts, str):
            return mask_from_counts(counts_from_text(counts), width, height)
        if isinstance(counts, list) and all(type(count) is int for count in counts):
            return mask_from_counts(counts, width, height)
    except AnnotationError as error:
        raise AnnotationError(error.what, where=segmentation.where, got=error.got, allowed=error.allowed) from error
    raise segmentation.refuse("'counts' must be a compressed text or a list of whole numbers", got=shown(counts))


def _without_area(path: Path, places: list[str]) -> str:
    shown_places = ", ".join(places[:3]) + (" ..." if len(places) > 3 else "")
    return f"{len(places)} annotations without area in {path.name} were left out: {shown_places}"


def _annotation_files(root: Path) -> list[Path]:
    """The COCO files of a data folder, sorted: in ``annotations/``, else here, else one folder down."""
    if root.is_file():
        return [root] if _is_coco(root) else []
    for folders in ([root / "annotations"], [root], folders_in(root)):
        found = [
            path
            for folder in folders
            if folder.is_dir()
            for path in sorted(folder.glob("*.json"))
            if not is_litter(path.name) and _is_coco(path)
        ]
        if found:
            return found
    return []


def _one_per_split(files: list[Path], notes: list[str]) -> list[Path]:
    by_split: dict[str | None, list[Path]] = {}
    for path in files:
        by_split.setdefault(_split_of(path), []).append(path)
    splits = [split for split in _FILE_OF_SPLIT if split in by_split]
    chosen = []
    for split in splits:
        ranked = sorted(by_split[split], key=lambda path: (_plainness(path), path))
        if split is None and len(splits) > 1 and ranked[0].stem != _UNASSIGNED:
            notes.append(_left_out(ranked, "name no split"))
            continue
        if len(ranked) > 1 and _plainness(ranked[0]) == _plainness(ranked[1]):
            raise FormatError(
                "several annotation files speak of the same images, and none is the plainest",
                where=ranked[0].parent,
                got=", ".join(path.name for path in ranked),
                remedy="load one of the files instead of the folder",
            )
        chosen.append(ranked[0])
        if ranked[1:]:
            notes.append(_left_out(ranked[1:], f"{ranked[0].name} was taken instead"))
    return chosen


def _left_out(files: list[Path], why: str) -> str:
    names = ", ".join(path.name for path in files)
    return f"left out: {names} ({why}); load such a file itself to read it"


def _plainness(path: Path) -> int:
    stem = path.stem.casefold()
    if split_named(stem) or stem in {_UNASSIGNED, "_annotations.coco", "annotations"}:
        return 0
    return 1 if stem.startswith("instances") else 2


def _split_of(path: Path) -> str | None:
    """The split that a file's name speaks of (``instances_train2017``), else that of its folder."""
    for word in (*re.findall(r"[a-z]+", path.stem.casefold()), path.parent.name):
        if (split := split_named(word)) is not None:
            return split
    return None


_OBJECT = re.compile(rb"^(\xef\xbb\xbf)?\s*\{")
_KEYS = tuple(re.compile(rb'"%s"\s*:\s*\[' % key) for key in (b"images", b"annotations", b"categories"))
_KINDS = {
    "box": re.compile(rb'"bbox"\s*:\s*\[\s*[-\d]'),
    "polygon": re.compile(rb'"segmentation"\s*:\s*\[\s*(\[\s*)?[-\d]'),
    "mask": re.compile(rb'"counts"\s*:'),
}


def _is_coco(path: Path) -> bool:
    """Whether the bytes hold the three lists of a COCO file; the file is not parsed."""
    return all(holds(path, (_OBJECT, *_KEYS)))


def _kinds_in(path: Path) -> list[str]:
    found = [kind for kind, hit in zip(_KINDS, holds(path, _KINDS.values()), strict=True) if hit]
    if found:
        # An outline has a box around it, and a mask is of one object.
        return ["box", *found, *(["instance"] if "mask" in found else [])]
    return ["class", "multi_label"] if any(holds(path, [re.compile(rb'"category_id"')])) else ["box"]


def _all_labels(dataset: Dataset) -> list[str]:
    """The labels in the data set's order, then those that only annotations name."""
    used = sorted({item.label for sample in dataset for item in sample.annotations})
    return list(dict.fromkeys([*dataset.labels, *used]))


def _written(samples: list[Sample], category: dict[str, int], writer: ImageWriter, losses: Losses) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for sample in samples:
        losses.of_sample(sample, unannotated=True)
        if not sample.annotated:
            continue
        width, height = sample.size
        name = writer.place(sample, "images").removeprefix("images/")
        images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
        for item in sample.annotations:
            shape = _shape(item.region, width, height, losses)
            losses.of_annotation(item, text=True)
            if shape is None:
                continue
            head = {"id": len(annotations) + 1, "image_id": len(images), "category_id": category[item.label]}
            extra = {key: value for key, value in item.attributes.items() if key != "iscrowd"}
            crowd = int(item.attributes.get("iscrowd") == "1")
            tail: dict[str, Any] = {"iscrowd": crowd, **({"attributes": extra} if extra else {})}
            if item.score is not None:
                tail["score"] = item.score
            annotations.append({**head, **shape, **tail})
    categories = [{"id": number, "name": name, "supercategory": ""} for name, number in category.items()]
    return {
        "info": {},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }


def _shape(region: Region, width: int, height: int, losses: Losses) -> dict[str, Any] | None:
    if isinstance(region, Whole):
        losses.add("labels of whole images were written without a box, which some tools refuse")
        return {}
    if isinstance(region, RotatedBox):
        losses.add("rotated boxes became polygons")
        region = Polygon(region.corners())
    if isinstance(region, Box):
        segmentation: object = []
    elif isinstance(region, Polygon):
        segmentation = [part.reshape(-1).tolist() for part in region.parts]
    elif isinstance(region, Mask):
        counts = text_from_counts(counts_of(region, width, height))
        segmentation = {"size": [height, width], "counts": counts}
    else:
        losses.add(f"regions of the kind {region.kind} were left out")
        return None
    around = region.bounds(width, height)
    return {
        "bbox": [around.x1, around.y1, around.width, around.height],
        "area": region.area(width, height),
        "segmentation": segmentation,
    }


FORMAT = Coco()
