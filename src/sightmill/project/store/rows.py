"""Images of a project as rows and as samples: the translation, in one place."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from sightmill.data.annotation import Annotation
from sightmill.data.image import ImageInfo, image_info
from sightmill.data.region_kinds import region_from_dict
from sightmill.data.regions import Region, Whole
from sightmill.data.sample import Sample
from sightmill.errors import ImageError
from sightmill.project.store.project import Project

__all__ = ["Stored", "file_of", "known", "labels_of", "roi_text", "sample_of", "stored"]


@dataclass(frozen=True)
class Stored:
    """What the store keeps of an image file.

    Parameters
    ----------
    version : changes when the file does.
    problem : why it cannot be read; its size is 0 x 0 then.
    """

    width: int
    height: int
    channels: int
    dtype: str
    bytes: int
    version: str
    notes: tuple[str, ...]
    problem: str | None

    def values(self) -> dict[str, Any]:
        """Columns of the table ``images``."""
        return {**vars(self), "notes": json.dumps(self.notes)}


def stored(path: Path) -> Stored:
    """Look at a file's header; a file that cannot be read is stored with its sentence."""
    try:
        status = path.stat()
        size, version = status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}"
    except OSError:
        size, version = 0, "0"
    short = hashlib.sha256(version.encode()).hexdigest()[:12]
    try:
        info = image_info(path)
    except ImageError as error:
        return Stored(0, 0, 1, "uint8", size, short, (), str(error))
    return Stored(info.width, info.height, info.channels, info.dtype, size, short, info.notes, None)


def file_of(project: Project, row: Row[Any]) -> Path:
    """The image's file."""
    return project.folder / row.path if row.copied else Path(row.path)


def sample_of(project: Project, row: Row[Any]) -> Sample:
    """An image as training and evaluation see it. Its size comes from the store: no file is opened."""
    sample = Sample(
        image=file_of(project, row),
        name=row.name,
        annotations=tuple(Annotation.from_dict(item) for item in json.loads(row.annotations)),
        split=row.split,
        roi=None if row.roi is None else region_from_dict(json.loads(row.roi)),
        annotated=row.labelled,
        attributes=json.loads(row.attributes),
    )
    if row.problem is None:
        vars(sample)["info"] = ImageInfo(row.width, row.height, row.channels, row.dtype)  # the cached property
    return sample


def labels_of(annotations: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The labels of stored annotations, each once, with how many objects (not the whole image) carry it."""
    found: Counter[str] = Counter()
    for item in annotations:
        found[item["label"]] += item["region"]["kind"] != Whole.kind
    return dict(found)


def roi_text(roi: Region | None) -> str | None:
    """A region of interest as it is stored."""
    return None if roi is None or isinstance(roi, Whole) else json.dumps(roi.to_dict())


def known(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """The columns that follow from annotations."""
    plain = [item.to_dict() for item in annotations]
    whole = [item["label"] for item in plain if item["region"]["kind"] == Whole.kind]
    return {
        "annotations": json.dumps(plain),
        "label": whole[0] if whole else next((item["label"] for item in plain), None),
        "objects": len(plain) - len(whole),
    }
