"""LabelMe: one JSON file per image, as the labelling tool of that name writes it.

Source: ``labelme/label_file.py`` and ``labelme/shape.py`` of labelmeai/labelme (format only). Polygons of one
label and one ``group_id`` are one object, as in the tool's own converter to COCO, and so are lines. Read besides:
``score``, ``attributes`` and rotated shapes as X-AnyLabeling writes them. A shape labelled ``roi`` is the image's
region of interest, and ``labels.txt`` gives the order of the labels.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import images_in, is_litter, read_text, split_named
from sightmill.data.formats.format import ANNOTATION_FILE, Claim, Format
from sightmill.data.formats.labelme_shapes import KINDS, forms_of, image_in, region_in
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.overlap import without_overlap
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.formats.record import Record, holds, load_record
from sightmill.data.regions import Box, Polygon, Polyline, Region, RotatedBox, Whole
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, FormatError

__all__ = ["FORMAT", "LabelMe"]

_ROI = "roi"
_NO_LABELS = frozenset({"__ignore__", "_background_", ""})
_FOLDER_OF_SPLIT = {"train": "train", "validation": "val", "test": "test", None: ""}
_LOOKED_AT = 30
_KEYS = (re.compile(rb'"shapes"\s*:\s*\['), re.compile(rb'"imagePath"\s*:'))
_SHAPE_TYPE = re.compile(rb'"shape_type"\s*:\s*"(\w+)"')
_FLAG = re.compile(rb'"flags"\s*:\s*\{[^}]*\btrue\b')
_CARRIED_BY = {
    b"rectangle": {"box"},
    b"polygon": {"polygon", "box"},
    b"circle": {"polygon", "box"},
    b"mask": {"mask", "instance", "box"},
    b"line": {"edge"},
    b"linestrip": {"edge"},
    b"point": {"point"},
    b"rotation": {"rotated_box", "box"},
    b"oriented_rectangle": {"rotated_box", "box"},
}


class LabelMe(Format):
    """JSON files beside their images; folders called ``train``, ``val``, ``test`` are the split."""

    id = "labelme"
    title = "LabelMe (one JSON file per image)"

    def recognise(self, root: Path) -> Claim | None:
        files = _files(root)
        if not files:
            return None
        carries: set[str] = set()
        for path in files[:_LOOKED_AT]:
            content = path.read_bytes()
            for kind in set(_SHAPE_TYPE.findall(content)):
                carries |= _CARRIED_BY.get(kind, set())
            if _FLAG.search(content):
                carries |= {"class", "multi_label"}
        return Claim(frozenset(carries or {"polygon", "box"}), ANNOTATION_FILE, f"the file {files[0].name}")

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        """Read a folder at any depth, or one JSON file.

        Images beside labelled ones without a JSON file are kept as not annotated. Shapes without area (lines: without
        length) are left out with a note.

        Raises
        ------
        FormatError : no LabelMe file here, damaged JSON, a damaged image inside it.
        AnnotationError : a shape that cannot be; names the file and the shape.
        """
        files = [source] if source.is_file() else _files(source)
        if not files:
            raise FormatError(
                "there is no LabelMe file here",
                where=source,
                allowed="JSON files with 'shapes' and 'imagePath'",
            )
        left_out: Counter[str] = Counter()
        samples = [sample for path in files if (sample := _sample(path, images, left_out)) is not None]
        if source.is_dir():
            samples.extend(_not_annotated(samples, images))
        notes = [f"{what} ({count})" for what, count in left_out.items()]
        notes.extend(images.notes(source))
        used = sorted({item.label for sample in samples for item in sample.annotations})
        listed = images.root / "labels.txt"
        lines = read_text(listed).splitlines() if listed.is_file() else []
        ordered = [name for line in lines if (name := line.strip()) not in _NO_LABELS]
        return Dataset(without_overlap(samples, notes), tuple(dict.fromkeys([*ordered, *used])), notes=tuple(notes))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        """Write each image and a JSON file beside it, in ``train``, ``val``, ``test``; and ``labels.txt``.

        Rotated boxes become polygons, which LabelMe can show.
        """
        losses = Losses("LabelMe")
        writer = ImageWriter(folder)
        for sample in dataset:
            losses.of_sample(sample, unannotated=False)
            name = writer.place(sample, _FOLDER_OF_SPLIT[sample.split], name=_name_of(sample), roi=False)
            if sample.annotated:
                path = (folder / name).with_suffix(".json")
                text = json.dumps(_written(sample, name, losses), ensure_ascii=False, indent=1, allow_nan=False)
                path.write_text(text, "utf-8")
        if dataset.labels:
            (folder / "labels.txt").write_text("".join(f"{name}\n" for name in dataset.labels), "utf-8")
        return losses.notes() + writer.finish()


def _files(root: Path) -> list[Path]:
    found = [root] if root.is_file() else sorted(root.rglob("*.json"))
    return [path for path in found if not is_litter(path.name) and all(holds(path, _KEYS))]


@dataclass
class _Shapes:
    """The shapes of one file, being collected."""

    left_out: Counter[str]
    annotations: list[Annotation] = field(default_factory=list)
    roi: list[Region] = field(default_factory=list)
    groups: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        label = record.text("label")
        kind = record.text("shape_type", "polygon")
        region = region_in(record, kind)
        if region is None:
            known = kind in KINDS
            self.left_out["shapes without area were left out" if known else f"{kind} shapes were left out"] += 1
        elif label.strip().casefold() == _ROI:
            self.roi.append(region)
        elif not label.strip():
            raise record.refuse("the shape has no label")
        else:
            self._add_annotation(region, label, record)

    def _add_annotation(self, region: Region, label: str, record: Record) -> None:
        attributes = record.attributes()
        group = record.fields.get("group_id")
        if group is not None:
            attributes["group_id"] = str(record.whole("group_id"))
            key = (region.kind, label, attributes["group_id"])
            if isinstance(region, Polygon | Polyline):
                before = self.groups.setdefault(key, len(self.annotations))
                if before < len(self.annotations):
                    self._extend(before, region)
                    return
        flags = record.fields.get("flags")
        for name, value in flags.items() if isinstance(flags, dict) else ():
            if value is True:
                attributes[name] = "true"
        text = record.text("description", "") or None
        self.annotations.append(Annotation(region, label, record.score(), text, attributes))

    def _extend(self, place: int, region: Polygon | Polyline) -> None:
        """Give the outlines of a polygon, or the lines of a polyline, to the object that they are a part of."""
        before = self.annotations[place]
        if isinstance(before.region, Polygon | Polyline):
            parts = (*before.region.parts, *region.parts)
            self.annotations[place] = replace(before, region=type(region)(*parts))

    def region_of_interest(self, where: Path) -> Region | None:
        if len(self.roi) < 2:
            return self.roi[0] if self.roi else None
        parts: list[npt.NDArray[np.float64]] = []
        for region in self.roi:
            if isinstance(region, Polygon):
                parts.extend(region.parts)
            elif isinstance(region, Box | RotatedBox):
                parts.append(region.corners())
            else:
                raise AnnotationError(
                    "an image with several regions of interest needs polygons or rectangles for them",
                    where=where,
                    got=region.kind,
                )
        return Polygon(*parts)


def _sample(path: Path, images: ImageFinder, left_out: Counter[str]) -> Sample | None:
    record = load_record(path)
    shapes = _Shapes(left_out)
    for shape in record.records("shapes", "shape", AnnotationError):
        shapes.add(shape)
    flags = record.fields.get("flags")
    names = [name for name, value in flags.items() if value is True] if isinstance(flags, dict) else []
    annotations = [Annotation(Whole(), name) for name in names] + shapes.annotations
    image = _image(record, path, images)
    if image is None:
        return None
    name = images.name_of(image) if isinstance(image, Path) else images.name_of(path.with_suffix(".png"))
    return Sample(image, name, tuple(annotations), _split_of(path, images.root), shapes.region_of_interest(path))


def _image(record: Record, path: Path, images: ImageFinder) -> Path | npt.NDArray[Any] | None:
    """The image file; else the image inside the JSON file; else None, noted as missing."""
    beside = ImageFinder(path.parent, images.root, images.images)
    stated = record.text("imagePath", "")
    for name in (stated, path.stem):
        try:
            found = beside.find(name)
        except FormatError:
            continue
        images.found += 1
        return found
    data = record.text("imageData", "")
    if not data:
        images.missing.append(stated or path.stem)
        return None
    images.found += 1
    return image_in(data, record, "imageData")


def _split_of(path: Path, root: Path) -> str | None:
    folders = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    return next((split for folder in folders if (split := split_named(folder)) is not None), None)


def _not_annotated(samples: list[Sample], images: ImageFinder) -> Iterator[Sample]:
    known = {sample.image for sample in samples if isinstance(sample.image, Path)}
    for folder in sorted({image.parent for image in known}):
        for path in images_in(folder):
            if path not in known:
                yield Sample(path, images.name_of(path), (), _split_of(path, images.root), annotated=False)


def _name_of(sample: Sample) -> str | None:
    """The sample's name without folders that would speak of another split."""
    pure = PurePosixPath(sample.name)
    kept = [folder for folder in pure.parts[:-1] if split_named(folder) is None]
    return PurePosixPath(*kept, pure.name).as_posix() if sample.name else None


def _written(sample: Sample, name: str, losses: Losses) -> dict[str, Any]:
    width, height = sample.size
    flags: dict[str, bool] = {}
    shapes: list[dict[str, Any]] = []
    groups = {item.attributes.get("group_id") for item in sample.annotations}
    next_group = 1
    for item in sample.annotations:
        if isinstance(item.region, Whole):
            flags[item.label] = True
            losses.of_annotation(item, text=True, score=True, attributes=True)
            continue
        given = item.attributes.get("group_id", "")
        group = int(given) if re.fullmatch(r"-?\d{1,15}", given) else None
        forms = forms_of(item.region, losses)
        if len(forms) > 1 and group is None:
            while str(next_group) in groups:
                next_group += 1
            group, next_group = next_group, next_group + 1
            losses.add("outlines of several parts got a group_id")
        others = {key: value for key, value in item.attributes.items() if key != "group_id" or group is None}
        for form in forms:
            shape = {
                "label": item.label,
                **form,
                "group_id": group,
                "description": item.text or "",
                "flags": {},
            }
            if item.score is not None:
                shape["score"] = item.score
            if others:
                shape["attributes"] = others
            shapes.append(shape)
    if sample.roi is not None and not isinstance(sample.roi, Whole):
        shapes.extend(
            {"label": _ROI, **form, "group_id": None, "description": "", "flags": {}}
            for form in forms_of(sample.roi, losses)
        )
    return {
        "version": "5.5.0",
        "flags": flags,
        "shapes": shapes,
        "imagePath": PurePosixPath(name).name,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


FORMAT = LabelMe()
