"""Images and annotations in and out: uploads, imports, exports."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.image import find_images
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import DataError, FormatError, SightmillError
from sightmill.project.store.intake import Arrival, add_dataset, add_images, free_place, safe_name
from sightmill.project.store.snapshot import dataset_of
from sightmill.server.jobs import Report
from sightmill.server.messages.common import SplitName
from sightmill.server.messages.images import Export, Import, ImportPreview, Skipped, Uploaded
from sightmill.server.messages.runs import Job
from sightmill.server.refusals import NotFound
from sightmill.server.routes.images import selected
from sightmill.server.studio import Opened, OpenProject, Studio, TheStudio
from sightmill.server.uploads import about, look_at, receive

router = APIRouter(prefix="/api/projects/{project}", tags=["intake"])

_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}
#: Zip files of exports that are kept.
_KEPT = 5


@router.post("/uploads", status_code=201)
def upload(
    opened: Opened,
    studio: TheStudio,
    files: list[UploadFile],
    split: Annotated[SplitName | None, Form()] = None,
    label: Annotated[str | None, Form(max_length=200)] = None,
    labels_from_folders: Annotated[bool, Form(description="Label images by the folder in their names.")] = False,
    window: Annotated[str, Form(max_length=64)] = "",
) -> Uploaded:
    """Take images in. What is no image, too large or damaged is passed over, and the answer says why."""
    arrivals: list[Arrival] = []
    skipped: list[Skipped] = []
    for file in files:
        name = safe_name(file.filename or "image")
        try:
            look_at(file, name, studio.config)
            path = free_place(opened.project, name)
            receive(file, path, studio.config)
        except SightmillError as error:
            skipped.append(Skipped(name=name, sentence=str(about(error, name))))
            continue
        folder = name.rpartition("/")[0].rpartition("/")[2]
        said = folder if labels_from_folders and folder else (label or "").strip()
        truth = (Annotation(Whole(), said),) if said else ()
        arrivals.append(Arrival(path, name, True, truth, bool(said), split))
    change, ids = add_images(opened.project, arrivals, title="Add {images}")
    opened.tell(change, window)
    return Uploaded(ids=ids, skipped=skipped, revision=change.revision)


@router.post("/imports/preview")
def preview_import(body: Import, opened: Opened, studio: TheStudio) -> ImportPreview:
    """What an import would bring, without bringing it."""
    dataset = _read(body, opened, studio)
    return ImportPreview(
        format=dataset.format,
        title=formats()[dataset.format].title if dataset.format in formats() else "Images only",
        images=len(dataset),
        labelled=sum(sample.annotated for sample in dataset),
        labels=list(dataset.labels),
        splits=dict(Counter(sample.split or "none" for sample in dataset)),
        regions=dict(Counter(item.region.kind for sample in dataset for item in sample.annotations)),
        notes=list(dataset.notes),
    )


@router.post("/imports", status_code=202)
def start_import(body: Import, opened: Opened, studio: TheStudio) -> Job:
    """Bring a folder or annotation file of the server in. Result: ``ids`` (how many), ``notes``."""
    studio.places.allowed(body.path)

    def work(report: Report) -> dict[str, Any]:
        dataset = _read(body, opened, studio)
        total = len(dataset)
        change, ids = add_dataset(
            opened.project, dataset, copy_files=body.copy_files, progress=lambda done: report(done, total)
        )
        opened.tell(change)
        return {"ids": len(ids), "notes": list(dataset.notes)}

    return opened.jobs.start("import", f"Import {Path(body.path).name}", work)


@router.post("/exports", status_code=202)
def start_export(body: Export, opened: Opened, studio: TheStudio) -> Job:
    """Write the data in a format. Result: ``url`` of a zip file or ``folder``, and ``lost``: what could not be said."""
    if body.format not in formats():
        raise FormatError("there is no such data format", got=body.format, allowed=list(formats()))
    ids = None if body.selection is None else selected(opened, body.selection)
    target = None if body.folder is None else _target(body.folder, studio)

    def work(report: Report) -> dict[str, Any]:
        dataset = dataset_of(opened.project, ids)
        report(0, 1, f"writing {len(dataset)} images")
        if target is not None:
            return {"folder": str(target), "lost": save(dataset, target, body.format)}
        name, lost = _zipped(opened, dataset, body.format, report)
        return {"url": f"{opened.address}/exports/{name}", "lost": lost}

    return opened.jobs.start("export", f"Export as {body.format}", work)


@router.get("/exports/{file}", response_class=FileResponse, responses=_ZIP)
def download_export(
    file: Annotated[str, InPath(pattern=r"^[a-z_]{1,40}-[0-9a-z_]{1,40}\.zip$")], opened: Opened
) -> FileResponse:
    """A zip file that an export has made."""
    path = opened.project.exports_folder / file
    if not path.is_file():
        raise NotFound("this export is not there any more", got=file, remedy="export again")
    return FileResponse(path, media_type="application/zip", filename=f"{opened.id}-{file}")


def _read(body: Import, opened: OpenProject, studio: Studio) -> Dataset:
    """The data that an import names; every image must lie in the roots, also behind links."""
    place = studio.places.allowed(body.path)
    images = None if body.images is None else studio.places.allowed(body.images)
    if body.plain:
        if not place.is_dir():
            raise DataError("this is no folder", got=body.path)
        files = find_images(place)
        if not files:
            raise DataError("there is no image in this folder", where=place)
        names = [(path, path.relative_to(place).as_posix()) for path in files]
        dataset = Dataset(tuple(Sample(path, name, annotated=False) for path, name in names), root=place)
    else:
        dataset = load(place, format=body.format, learns_from=_wanted(place, body, opened), images=images)
    for sample in dataset:
        if isinstance(sample.image, Path) and not studio.places.within(Path(os.path.realpath(sample.image))):
            studio.places.allowed(sample.image)  # says which, and what to do
    return dataset


def _wanted(place: Path, body: Import, opened: OpenProject) -> str | None:
    """What the project learns from, where the data carries it; else the data as it is."""
    wanted = opened.project.method.learns_from
    try:
        load(place, format=body.format, learns_from=wanted, images=None if body.images is None else Path(body.images))
    except FormatError:
        return None
    return wanted


def _target(folder: str, studio: Studio) -> Path:
    """A folder to write to: its parent is there and within the roots."""
    wanted = Path(folder)
    if "\0" in folder or wanted.name in ("", ".", ".."):
        raise DataError("name a folder to write to", got=folder)
    return studio.places.allowed(wanted.parent) / wanted.name


def _zipped(opened: OpenProject, dataset: Dataset, format: str, report: Report) -> tuple[str, list[str]]:
    """Write the data set into a zip file of the project; its name, and what was lost."""
    exports = opened.project.exports_folder
    try:
        exports.mkdir(exist_ok=True)
        old = sorted(exports.glob("*.zip"), key=lambda path: path.stat().st_mtime)
        for path in old[: max(len(old) - _KEPT + 1, 0)]:
            path.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=exports, prefix=".writing-") as scratch:
            folder = Path(scratch) / "data"
            lost = save(dataset, folder, format)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            packed = Path(scratch) / "data.zip"
            # Images are compressed already: packing them again would cost time for nothing.
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
                for done, path in enumerate(files, start=1):
                    report(done, len(files))
                    archive.write(path, path.relative_to(folder).as_posix())
            handle, name = tempfile.mkstemp(dir=exports, prefix=f"{format}-", suffix=".zip")
            os.close(handle)
            packed.replace(name)
            return Path(name).name, lost
    except OSError as error:
        raise DataError("the export cannot be written", where=exports, got=error.strerror) from error
