"""The list of classes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from sightmill.project.store import classes as store
from sightmill.project.store.changes import Change
from sightmill.project.store.gallery import Counted
from sightmill.server.answers import change_message
from sightmill.server.messages.projects import ClassChange, ClassFacts, ClassOrder, DoneChange, NewClass
from sightmill.server.routes.projects import Window, class_facts
from sightmill.server.studio import Opened, OpenProject

router = APIRouter(prefix="/api/projects/{project}/classes", tags=["classes"])

ClassId = Annotated[int, Path(ge=1, le=2**63 - 1, description="Id of a class.")]


@router.get("")
def list_classes(opened: Opened) -> list[ClassFacts]:
    """The classes in their order."""
    return class_facts(opened, Counted.of(opened.project, None))


@router.post("", status_code=201)
def add_class(body: NewClass, opened: Opened) -> DoneChange:
    """Add a class at the end of the list."""
    return _told(
        opened, store.add_class(opened.project, body.name, colour=body.colour, hotkey=body.hotkey), body.window
    )


@router.put("/order")
def order_classes(body: ClassOrder, opened: Opened) -> DoneChange:
    """Put the classes into another order."""
    return _told(opened, store.order_classes(opened.project, body.ids), body.window)


@router.patch("/{id}")
def change_class(id: ClassId, body: ClassChange, opened: Opened) -> DoneChange:
    """Rename a class in all annotations, join it with another by that one's name, or change colour or key."""
    change = store.change_class(opened.project, id, name=body.name, colour=body.colour, hotkey=body.hotkey)
    return _told(opened, change, body.window)


@router.delete("/{id}")
def remove_class(id: ClassId, opened: Opened, window: Window = "") -> DoneChange:
    """Take a class out of the list, with its annotations."""
    return _told(opened, store.remove_class(opened.project, id), window)


def _told(opened: OpenProject, change: Change, window: str) -> DoneChange:
    opened.tell(change, window)
    return change_message(change)
