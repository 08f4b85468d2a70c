"""Bringing images into a project: files that stay where they are, copies, whole data sets."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.regions import Region
from sightmill.errors import DataError, ImageError
from sightmill.project.store.changes import Change, Edit, apply, write_labels
from sightmill.project.store.classes import missing_classes
from sightmill.project.store.project import Project
from sightmill.project.store.rows import known, roi_text, stored
from sightmill.project.store.schema import THERE, images

__all__ = ["Arrival", "add_dataset", "add_images", "free_place", "safe_name"]

_BATCH = 500
_UNSAFE = re.compile(r"[^\w.()+=@ -]+")
#: Names that Windows keeps for devices.
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Arrival:
    """An image file on its way into a project.

    Parameters
    ----------
    path : the file.
    name : how it is called in the project; made unique there.
    copied : whether it lies in the project's folder already.
    """

    path: Path
    name: str
    copied: bool = False
    annotations: tuple[Annotation, ...] = ()
    labelled: bool = False
    split: str | None = None
    roi: Region | None = None
    attributes: dict[str, str] = field(default_factory=dict)


def add_images(
    project: Project,
    arrivals: Iterable[Arrival],
    *,
    title: str,
    labels: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> tuple[Change, list[int]]:
    """Add images in one change; returns it with the ids of the images.

    A file that is used in place and is there already is passed over. Files that cannot be read are taken in
    with their sentence: the check names them.

    Parameters
    ----------
    labels : classes that the source knows, also when no image has them.
    progress : called with the number of images looked at.
    """
    with project.reading() as connection:
        there = connection.execute(select(images.c.name, images.c.path).where(THERE)).all()
    names = {row.name.casefold() for row in there}
    paths = {row.path for row in there}
    ids: list[int] = []
    wanted: dict[str, None] = dict.fromkeys(labels)
    done = 0
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        for batch in _batches(arrivals):
            fresh = []
            for item in batch:
                place = _place(project, item)
                if place not in paths:
                    paths.add(place)
                    fresh.append((item, place))
            looks = list(pool.map(stored, [item.path for item, _ in fresh]))
            with project.writing() as connection:
                for (item, place), look in zip(fresh, looks, strict=True):
                    wanted.update(dict.fromkeys(one.label for one in item.annotations))
                    truth = known(item.annotations)
                    key = connection.execute(
                        insert(images).values(
                            name=_unique(item.name, names),
                            path=place,
                            copied=item.copied,
                            attributes=json.dumps(item.attributes),
                            split=item.split,
                            labelled=item.labelled,
                            roi=roi_text(item.roi),
                            removed=True,  # until all are there
                            **look.values(),
                            **truth,
                        )
                    ).lastrowid
                    ids.append(int(key))
                    if item.annotations:
                        write_labels(connection, {int(key): json.loads(truth["annotations"])})
            done += len(batch)
            if progress:
                progress(done)
    with project.writing() as connection:
        edits = [*missing_classes(connection, (name for name in wanted if name))]
        edits += [Edit("images", id, {"removed": True}, {"removed": False}) for id in ids]
        count = "1 image" if len(ids) == 1 else f"{len(ids)} images"
        return apply(project, title.replace("{images}", count), edits, connection=connection), ids


def add_dataset(
    project: Project,
    dataset: Dataset,
    *,
    copy_files: bool,
    title: str = "Import {images}",
    progress: Callable[[int], None] | None = None,
) -> tuple[Change, list[int]]:
    """Add all samples of a data set with what is known of them.

    Raises
    ------
    DataError : a sample exists in memory only, or a file cannot be copied.
    """

    def arrivals() -> Iterator[Arrival]:
        for sample in dataset:
            if isinstance(sample.image, np.ndarray):
                raise DataError("only image files can be taken into a project", where=sample.name)
            path = Path(os.path.realpath(sample.image))
            if copy_files:
                path = _copied(project, path, sample.name)
            yield Arrival(
                path=path,
                name=sample.name or path.name,
                copied=copy_files,
                annotations=tuple(replace(item, score=None) for item in sample.annotations),
                labelled=sample.annotated,
                split=sample.split,
                roi=sample.roi,
                attributes=dict(sample.attributes),
            )

    return add_images(project, arrivals(), title=title, labels=dataset.labels, progress=progress)


def safe_name(name: str) -> str:
    """A name from outside as one that may be shown and stored: parts joined by ``/``, none of them special."""
    parts = []
    for part in name.replace("\\", "/").split("/"):
        kept = _UNSAFE.sub("_", part).strip(" .")[-120:]
        if kept and kept not in (".", ".."):
            parts.append(f"_{kept}" if _DEVICES.match(kept) else kept)
    return "/".join(parts[-6:]) or "image"


def free_place(project: Project, name: str) -> Path:
    """A path in the project's folder of images that nothing has yet; an empty file is made there.

    Raises
    ------
    ImageError : the folder cannot be written to.
    """
    pure = PurePosixPath(PurePosixPath(safe_name(name)).name)
    stem, suffix = pure.stem, pure.suffix
    try:
        project.images_folder.mkdir(exist_ok=True)
        number = 1
        while True:
            path = project.images_folder / (f"{stem}_{number}{suffix}" if number > 1 else pure.name)
            try:
                path.open("xb").close()
                return path
            except FileExistsError:
                number += 1
    except OSError as error:
        raise ImageError("the image cannot be stored", where=project.images_folder, got=error.strerror) from error


def _copied(project: Project, source: Path, name: str) -> Path:
    target = free_place(project, name or source.name)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise ImageError("the image cannot be copied", where=source, got=error.strerror) from error
    return target


def _place(project: Project, item: Arrival) -> str:
    """What the column ``path`` holds."""
    if item.copied:
        return item.path.relative_to(project.folder).as_posix()
    return os.path.realpath(item.path)


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    pure = PurePosixPath(name)
    while candidate.casefold() in taken:
        number += 1
        candidate = pure.with_name(f"{pure.stem} ({number}){pure.suffix}").as_posix()
    taken.add(candidate.casefold())
    return candidate


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(items)
    while batch := list(islice(source, _BATCH)):
        yield batch
