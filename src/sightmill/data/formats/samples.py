"""Sightmill's own lines (JSON Lines): all that is known of an image, and nothing lost.

The first line of ``samples.jsonl`` is ``{"sightmill": 1, "labels": [...]}``; each following one an image:

``{"image", "name", "annotations", "split", "roi", "labelled", "attributes"}``

``image`` is the file, relative to ``samples.jsonl`` (forward slashes); ``annotations`` and ``roi`` are as
`Annotation.to_dict` and `Region.to_dict` write them; what is empty may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.format import ANNOTATION_FILE, CARRIED, Claim, Format
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.region_kinds import region_from_dict
from sightmill.data.sample import SPLITS, Sample
from sightmill.errors import AnnotationError, FormatError

__all__ = ["FORMAT", "NAME", "SampleLines", "header_line", "sample_line"]

#: The file's name in a folder.
NAME = "samples.jsonl"

_LAYOUT = 1


class SampleLines(Format):
    """A line of JSON per image; carries regions, texts, attributes and regions of interest without loss."""

    id = "sightmill"
    title = "Sightmill's own lines, samples.jsonl"

    def recognise(self, root: Path) -> Claim | None:
        source = root / NAME if root.is_dir() else root
        if source.suffix.lower() != ".jsonl" or not source.is_file():
            return None
        with source.open("rb") as stream:
            _header(source, stream.readline(1 << 20))
        return Claim(frozenset(CARRIED), ANNOTATION_FILE + 1, f"the file {source.name}", (source,))

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        source = source / NAME if source.is_dir() else source
        samples: list[Sample] = []
        try:
            with source.open("rb") as stream:
                labels = _header(source, stream.readline(1 << 20))
                for number, line in enumerate(stream, start=2):
                    if line.strip() and (sample := _sample(line, f"{source}, line {number}", images)) is not None:
                        samples.append(sample)
        except OSError as error:
            raise FormatError("the file cannot be read", where=source, got=error.strerror) from error
        found = {item.label for sample in samples for item in sample.annotations if item.label}
        names = tuple(dict.fromkeys((*labels, *sorted(found - set(labels)))))
        return Dataset(tuple(samples), names, notes=images.notes(source))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        writer = ImageWriter(folder)
        with (folder / NAME).open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(header_line(dataset.labels))
            for sample in dataset:
                stream.write(sample_line(sample, writer.place(sample, "images", roi=False)))
        return []


def header_line(labels: tuple[str, ...]) -> str:
    """The first line."""
    return json.dumps({"sightmill": _LAYOUT, "labels": list(labels)}) + "\n"


def sample_line(sample: Sample, image: str) -> str:
    """The line of a sample whose file is `image`, with its line feed."""
    said: dict[str, Any] = {
        "image": image,
        "name": sample.name,
        "annotations": [item.to_dict() for item in sample.annotations],
        "labelled": sample.annotated,
    }
    if sample.split is not None:
        said["split"] = sample.split
    if sample.roi is not None:
        said["roi"] = sample.roi.to_dict()
    if sample.attributes:
        said["attributes"] = dict(sample.attributes)
    return json.dumps(said) + "\n"


def _header(source: Path, line: bytes) -> tuple[str, ...]:
    said = _parsed(line, f"{source}, line 1")
    layout, labels = said.get("sightmill"), said.get("labels", [])
    if not isinstance(layout, int) or not isinstance(labels, list):
        raise FormatError("the first line does not say that this is Sightmill's own format", where=source)
    if layout > _LAYOUT:
        raise FormatError("the file was written by a newer Sightmill", where=source, remedy="update Sightmill")
    return tuple(str(label) for label in labels)


def _sample(line: bytes, where: str, images: ImageFinder) -> Sample | None:
    said = _parsed(line, where)
    image, split = said.get("image"), said.get("split")
    annotations, attributes = said.get("annotations", []), said.get("attributes", {})
    if not isinstance(image, str) or not isinstance(annotations, list) or not isinstance(attributes, dict):
        raise FormatError("a line must name an image and list its annotations", where=where)
    if split is not None and split not in SPLITS:
        raise FormatError("unknown split", where=where, got=split, allowed=SPLITS)
    path = images.find_or_note(image)
    if path is None:
        return None
    try:
        return Sample(
            image=path,
            name=str(said.get("name") or images.name_of(path)),
            annotations=tuple(Annotation.from_dict(item) for item in annotations),
            split=split,
            roi=region_from_dict(said["roi"]) if said.get("roi") else None,
            annotated=bool(said.get("labelled", True)),
            attributes={str(name): str(value) for name, value in attributes.items()},
        )
    except AnnotationError as error:
        raise FormatError(error.what, where=where, got=error.got, allowed=error.allowed) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FormatError("an annotation cannot be read", where=where, got=str(error)) from error


def _parsed(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError("this is no line of JSON", where=where, got=str(error)) from error
    if not isinstance(said, dict):
        raise FormatError("a line must be a JSON object", where=where)
    return said


FORMAT = SampleLines()
