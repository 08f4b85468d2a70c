"""A project's images as a data set, and as the file that a training reads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from sightmill.data.dataset import Dataset
from sightmill.data.formats.samples import NAME, header_line, sample_line
from sightmill.data.sample import Sample
from sightmill.errors import DataError
from sightmill.project.store.classes import all_classes
from sightmill.project.store.gallery import MANY
from sightmill.project.store.project import Project
from sightmill.project.store.rows import sample_of
from sightmill.project.store.schema import THERE, images

__all__ = ["dataset_of", "numbered_samples", "write_snapshot"]


def numbered_samples(
    project: Project, ids: Sequence[int] | None = None, *, unreadable: bool = False
) -> list[tuple[int, str, Sample]]:
    """Images as ``(id, version, sample)``, in the order they came; all of them without `ids`.

    Parameters
    ----------
    unreadable : True takes those in that cannot be read.
    """
    there = [THERE]
    if not unreadable:
        there.append(images.c.problem.is_(None))
    found = []
    with project.reading() as connection:
        if ids is None:
            for row in connection.execution_options(yield_per=MANY).execute(
                select(images).where(*there).order_by(images.c.id)
            ):
                found.append((row.id, row.version, sample_of(project, row)))
        else:
            for low in range(0, len(ids), MANY):
                part = images.c.id.in_(ids[low : low + MANY])
                for row in connection.execute(select(images).where(part, *there).order_by(images.c.id)):
                    found.append((row.id, row.version, sample_of(project, row)))
    return found


def dataset_of(project: Project, ids: Sequence[int] | None = None, *, unreadable: bool = False) -> Dataset:
    """The images of a project as a data set."""
    samples = tuple(sample for _, _, sample in numbered_samples(project, ids, unreadable=unreadable))
    with project.reading() as connection:
        labels = tuple(row.name for row in all_classes(connection))
    return Dataset(samples, labels, root=project.folder, format="sightmill")


def write_snapshot(project: Project, folder: Path) -> tuple[Path, Path, Dataset]:
    """Write what a training will read, so that labelling can go on meanwhile.

    Returns
    -------
    The file, the folder that holds all images it names (for ``--images``), and the data set.

    Raises
    ------
    DataError : there are no images, or the folder cannot be written.
    """
    dataset = dataset_of(project)
    if not len(dataset):
        raise DataError("there are no images to train on", remedy="add images first")
    files = [str(sample.image) for sample in dataset]
    target = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            common = Path(os.path.commonpath([folder, *{Path(file).parent for file in files}]))
        except ValueError:  # Windows: on several drives
            common = folder
            files = [_beside(file, folder, number) for number, file in enumerate(files)]
        with target.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(header_line(dataset.labels))
            for sample, file in zip(dataset, files, strict=True):
                stream.write(sample_line(sample, file))
    except OSError as error:
        raise DataError("the data for the training cannot be written", where=folder, got=error.strerror) from error
    return target, common, dataset


def _beside(file: str, folder: Path, number: int) -> str:
    """A copy of a file beneath the folder (a link where the system has them)."""
    target = folder / "images" / f"{number:06d}{Path(file).suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, target)
    return str(target)
