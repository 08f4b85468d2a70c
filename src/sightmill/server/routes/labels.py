"""What is known of images: annotations, labels, splits, regions of interest. Each call is one gesture."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from sightmill.project.store import labels as store
from sightmill.project.store.changes import Change
from sightmill.project.store.rows import roi_text
from sightmill.server.answers import change_message
from sightmill.server.messages.common import ImageId
from sightmill.server.messages.images import Accept, Annotating, Labelling, Removing, Reviewing, Roi, Splitting
from sightmill.server.messages.projects import DoneChange
from sightmill.server.messages.regions import annotations_of, region_of
from sightmill.server.refusals import Conflict
from sightmill.server.routes.images import selected
from sightmill.server.studio import Opened, OpenProject

router = APIRouter(prefix="/api/projects/{project}/images", tags=["labels"])


@router.put("/{image}/annotations")
def annotate(image: ImageId, body: Annotating, opened: Opened) -> DoneChange:
    """Store all annotations of an image; 409 when another window was faster. It is on disk when this answers."""
    change = store.annotate(
        opened.project,
        image,
        annotations_of(body.annotations),
        labelled=body.labelled,
        revision=body.revision,
        title=body.title or "Annotate",
    )
    opened.tell(change, body.window)
    return change_message(change, image_revision=_revision(opened, image))


@router.post("/labels")
def label_images(body: Labelling, opened: Opened) -> DoneChange:
    """Label images as a whole."""
    ids = selected(opened, body.selection)
    return _told(opened, store.label(opened.project, ids, body.label, body.action), body.window, ids)


@router.post("/splits")
def split_images(body: Splitting, opened: Opened) -> DoneChange:
    """Put images into a split."""
    title = f"Move {{images}} to {body.split or 'no split'}"
    ids = selected(opened, body.selection)
    return _told(opened, store.set_columns(opened.project, ids, {"split": body.split}, title), body.window, ids)


@router.post("/roi")
def set_roi(body: Roi, opened: Opened) -> DoneChange:
    """Set the region of interest of images. Answers of runs to them are dropped: they were for another region."""
    roi = None if body.roi is None else roi_text(region_of(body.roi))
    title = "Set the region of interest of {images}" if roi else "Clear the region of interest of {images}"
    ids = selected(opened, body.selection)
    return _told(opened, store.set_columns(opened.project, ids, {"roi": roi}, title), body.window, ids)


@router.post("/review")
def review_images(body: Reviewing, opened: Opened) -> DoneChange:
    """Set the state of the review."""
    ids = selected(opened, body.selection)
    change = store.set_columns(opened.project, ids, {"review": body.review}, f"Mark {{images}} as {body.review}")
    return _told(opened, change, body.window, ids)


@router.post("/remove")
def remove_images(body: Removing, opened: Opened) -> DoneChange:
    """Take images out of the project; their files stay, and undo brings them back."""
    change = store.set_columns(opened.project, selected(opened, body.selection), {"removed": True}, "Take {images} out")
    return _told(opened, change, body.window)


@router.post("/accept")
def accept_predictions(body: Accept, opened: Opened) -> DoneChange:
    """Take over predictions as labels, for images that the run has answered."""
    run = body.run or opened.project.facts()["active_run"]
    if run is None:
        raise Conflict("there is no model whose predictions could be accepted", remedy="train one and let it predict")
    ids = selected(opened, body.selection)
    change = store.accept(opened.project, run, ids, minimum_score=body.minimum_score, replace_known=body.replace)
    return _told(opened, change, body.window)


def _told(opened: OpenProject, change: Change, window: str, ids: Sequence[int] = ()) -> DoneChange:
    """Answer a change; one for a single image says its new revision, so that drawing can go on."""
    opened.tell(change, window)
    return change_message(change, image_revision=_revision(opened, ids[0]) if len(ids) == 1 else None)


def _revision(opened: OpenProject, image: int) -> int:
    with opened.project.reading() as connection:
        return int(store.image_row(connection, image).revision)
