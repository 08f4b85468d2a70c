"""The gallery, single images, and their pictures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse
from sqlalchemy import select

from sightmill.errors import DataError
from sightmill.project.store import gallery as store
from sightmill.project.store.gallery import Condition
from sightmill.project.store.labels import image_row
from sightmill.project.store.pictures import SIDES, Source
from sightmill.project.store.rows import file_of
from sightmill.project.store.schema import image_labels, predictions
from sightmill.server.answers import image_message, row_message
from sightmill.server.messages.common import ImageId, Selection, Where
from sightmill.server.messages.images import Browse, GalleryPage, Image, ImageIds, ImageRow, Rows, Sorted, WindowLevel
from sightmill.server.studio import Opened, OpenProject

router = APIRouter(prefix="/api/projects/{project}", tags=["images"])

_PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}
#: The version is in the address: what is there never changes.
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
Gray = Annotated[float | None, Query(ge=-1e30, le=1e30, allow_inf_nan=False)]
Version = Annotated[str, Query(alias="v", max_length=64, description="The image's version; makes the answer keepable.")]


@router.post("/gallery")
def gallery(body: Browse, opened: Opened) -> GalleryPage:
    """A page of the gallery."""
    condition = condition_of(opened, body.where)
    page = store.page(
        opened.project, condition, sort=body.sort, up=body.order == "up", cursor=body.cursor, limit=body.limit
    )
    return GalleryPage(items=_messages(opened, page.rows), next=page.next, total=page.total)


@router.post("/gallery/ids")
def gallery_ids(body: Sorted, opened: Opened) -> ImageIds:
    """The ids of all images that match, in order."""
    condition = condition_of(opened, body.where)
    return ImageIds(ids=store.ids_of(opened.project, condition, sort=body.sort, up=body.order == "up"))


@router.post("/gallery/rows")
def gallery_rows(body: Rows, opened: Opened) -> list[ImageRow]:
    """The rows of these images."""
    run = body.run or opened.project.facts()["active_run"]
    return _messages(opened, store.rows(opened.project, body.ids, run))


@router.get("/images/{image}")
def read_image(image: ImageId, opened: Opened) -> Image:
    """One image with all that is known of it."""
    run = opened.project.facts()["active_run"]
    with opened.project.reading() as connection:
        row = image_row(connection, image)
        columns = (*(predictions.c[name] for name in ("score", "badness", "wrong", "confident")),)
        own = (predictions.c.run == (run or 0)) & (predictions.c.image == image)
        answer = connection.execute(select(predictions.c.label.label("predicted"), *columns).where(own)).first()
        labels = list(connection.scalars(select(image_labels.c.label).where(image_labels.c.image == image)))
    return image_message(opened.project, opened.address, row, dict(answer._mapping) if answer else {}, sorted(labels))


@router.get("/images/{image}/thumbnail", response_class=FileResponse, responses=_PICTURE)
def thumbnail(
    image: ImageId, opened: Opened, side: Annotated[int, Query(ge=1, le=512)] = 256, v: Version = ""
) -> FileResponse:
    """A thumbnail; its longer side is 64, 128, 256 or 512 pixels, whichever is not smaller than asked."""
    fitting = next(known for known in SIDES if known >= side)
    return _file(opened.pictures.thumbnail(source_of(opened, image), fitting))


@router.get("/images/{image}/picture", response_class=FileResponse, responses=_PICTURE)
def picture(
    image: ImageId,
    opened: Opened,
    side: Annotated[int, Query(ge=0, le=8192, description="Longest side, pixels; 0 keeps the image's size.")] = 0,
    low: Gray = None,
    high: Gray = None,
    v: Version = "",
) -> FileResponse:
    """The whole image as it is shown; ``low`` and ``high`` are the gray values of black and white."""
    return _file(opened.pictures.picture(source_of(opened, image), side, low, high))


@router.get("/images/{image}/tiles/{level}/{x}/{y}", response_class=FileResponse, responses=_PICTURE)
def image_tile(
    image: ImageId,
    level: Annotated[int, Path(ge=0, le=30)],
    x: Annotated[int, Path(ge=0, le=1_000_000)],
    y: Annotated[int, Path(ge=0, le=1_000_000)],
    opened: Opened,
    low: Gray = None,
    high: Gray = None,
    v: Version = "",
) -> FileResponse:
    """A tile of the pyramid; level 0 has the image's own pixels, each further one half as many a side."""
    return _file(opened.pictures.tile(source_of(opened, image), level, x, y, low, high))


@router.get("/images/{image}/window")
def window_level(image: ImageId, opened: Opened) -> WindowLevel:
    """The image's gray values, for the sliders of window and level."""
    found = opened.pictures.levels(source_of(opened, image))
    return WindowLevel(**{**vars(found), "counts": list(found.counts)})


def source_of(opened: OpenProject, image: int) -> Source:
    """An image's file; raises `LookupError`, and `DataError` with why it cannot be read."""
    with opened.project.reading() as connection:
        row = image_row(connection, image)
    if row.problem is not None:
        raise DataError(row.problem.rstrip("."), where=row.name)
    return Source(row.id, row.version, file_of(opened.project, row))


def condition_of(opened: OpenProject, where: Where | None) -> Condition:
    """The condition that a message asks for."""
    given = {} if where is None else where.model_dump()
    return Condition.of(given, opened.project.facts()["active_run"])


def selected(opened: OpenProject, selection: Selection | None) -> list[int]:
    """The ids of the images that an action is for; all of them without a selection.

    Raises
    ------
    DataError : both ids and a condition, or neither.
    """
    if selection is not None and (selection.ids is None) == (selection.where is None):
        raise DataError("a selection is either a list of ids or a condition", where="selection")
    with opened.project.reading() as connection:
        if selection is not None and selection.ids is not None:
            return store.chosen_ids(connection, selection.ids, None)
        return store.chosen_ids(connection, None, condition_of(opened, selection.where if selection else None))


def _messages(opened: OpenProject, rows: Any) -> list[ImageRow]:
    labels: dict[int, list[str]] = {}
    ids = [row.id for row in rows]
    with opened.project.reading() as connection:
        found = select(image_labels.c.image, image_labels.c.label).where(image_labels.c.image.in_(ids))
        for image, label in connection.execute(found.order_by(image_labels.c.label)):
            labels.setdefault(image, []).append(label)
    return [row_message(opened.address, row, labels.get(row.id, [])) for row in rows]


def _file(path: Any) -> FileResponse:
    return FileResponse(path, headers=_FOR_EVER)
