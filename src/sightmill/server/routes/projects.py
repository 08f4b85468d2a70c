"""Projects: list, create, read, change; history; live events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from sightmill.data.good import is_good
from sightmill.errors import DataError, SettingsError, SightmillError
from sightmill.methods.catalogue import named
from sightmill.project.store.changes import history as past
from sightmill.project.store.changes import redo as do_again
from sightmill.project.store.changes import standing
from sightmill.project.store.changes import undo as take_back
from sightmill.project.store.classes import all_classes
from sightmill.project.store.findings import checked_at, findings_of
from sightmill.project.store.gallery import Counted
from sightmill.project.store.project import Project as Stored
from sightmill.project.store.runs import all_runs
from sightmill.project.store.schema import THERE, images
from sightmill.server.answers import change_message, steps, thumbnail_of, undoing
from sightmill.server.messages.common import ProjectId
from sightmill.server.messages.projects import (
    ClassFacts,
    Counts,
    DoneChange,
    History,
    HistoryEntry,
    NewProject,
    Project,
    ProjectChange,
    ProjectSummary,
)
from sightmill.server.refusals import Conflict
from sightmill.server.studio import Opened, OpenProject, TheStudio

router = APIRouter(prefix="/api/projects", tags=["projects"])

Window = Annotated[str, Query(max_length=64, description="The browser window's own id.")]
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}


@router.get("")
def list_projects(studio: TheStudio) -> list[ProjectSummary]:
    """The projects there are; one that cannot be opened says why."""
    found = []
    for id, folder in studio.folders().items():
        try:
            found.append(_summary(studio.project(id)))
        except SightmillError as error:
            found.append(
                ProjectSummary(
                    id=id,
                    name=folder.name,
                    folder=str(folder),
                    method=None,
                    images=0,
                    changed=None,
                    pictures=[],
                    problem=str(error),
                )
            )
    return found


@router.post("", status_code=201)
def create_project(body: NewProject, studio: TheStudio) -> Project:
    """Make a project in the projects' folder."""
    return _message(studio.create(body.name, body.method))


@router.get("/{project}")
def read_project(opened: Opened) -> Project:
    """A project with its classes, counts and steps."""
    return _message(opened)


@router.patch("/{project}")
def change_project(body: ProjectChange, opened: Opened) -> Project:
    """Change name, method, training settings or the active run. The method stays while there are runs."""
    store = opened.project
    values: dict[str, Any] = {}
    if body.name is not None:
        values["name"] = body.name.strip() or store.folder.name
    if body.method is not None and body.method != store.facts()["method"]:
        if all_runs(store):
            raise Conflict("the method cannot change while there are trainings", remedy="make a new project for it")
        values |= {"method": named(body.method).id, "settings": {}}
    if body.settings is not None:
        method = named(str(values.get("method") or store.facts()["method"]))
        checked = method.Training.of(body.settings).model_dump(mode="json")
        default = method.Training().model_dump(mode="json")
        values["settings"] = {name: value for name, value in checked.items() if value != default[name]}
    if body.active_run is not None:
        if body.active_run and body.active_run not in {run.id for run in all_runs(store)}:
            raise SettingsError("there is no such run", where="active_run", got=body.active_run)
        values["active_run"] = body.active_run or None
    with store.writing() as connection:
        revision = store.put(connection, values)
    opened.hub.say("project", {"revision": revision, "window": body.window})
    return _message(opened)


@router.delete("/{project}", status_code=204)
def remove_project(project: ProjectId, studio: TheStudio) -> None:
    """Put a project aside, into the folder ``.removed`` of the projects' folder."""
    studio.remove(project)


@router.get("/{project}/events", response_class=StreamingResponse, responses=_STREAM)
async def events(opened: Opened) -> StreamingResponse:
    """Live events (server-sent events); the first is ``hello`` with the project's revision."""
    hello = {"revision": opened.project.facts()["revision"]}
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(opened.hub.stream(hello), media_type="text/event-stream", headers=headers)


@router.get("/{project}/history")
def history(opened: Opened) -> History:
    """The last changes, newest first."""
    return History(
        entries=[
            HistoryEntry(id=row.id, at=row.at, title=row.title, images=row.images, undone=row.undone)
            for row in past(opened.project)
        ]
    )


@router.post("/{project}/undo")
def undo(opened: Opened, window: Window = "") -> DoneChange:
    """Take the last change back; 409 when there is none."""
    return _replayed(opened, take_back, window)


@router.post("/{project}/redo")
def redo(opened: Opened, window: Window = "") -> DoneChange:
    """Make the change again that was taken back last; 409 when there is none."""
    return _replayed(opened, do_again, window)


def _replayed(opened: OpenProject, act: Any, window: str) -> DoneChange:
    try:
        change = act(opened.project)
    except DataError as error:
        raise Conflict(error.what) from error
    opened.tell(change, window)
    return change_message(change)


def class_facts(opened: OpenProject, counted: Counted) -> list[ClassFacts]:
    """The classes with how many images and objects carry them."""
    with opened.project.reading() as connection:
        rows = all_classes(connection)
    return [
        ClassFacts(
            id=row.id,
            name=row.name,
            colour=row.colour,
            hotkey=row.hotkey,
            good=is_good(row.name),
            images=sum(counted.classes.get(row.name, {}).values()),
            objects=counted.class_objects.get(row.name, 0),
        )
        for row in rows
    ]


def _message(opened: OpenProject) -> Project:
    store: Stored = opened.project
    facts = store.facts()
    counted = Counted.of(store, facts["active_run"])
    with store.reading() as connection:
        stands = standing(connection)
    found = [item for item in findings_of(store) if item.state == "open" and item.level != "info"]
    errors = any(item.level == "error" for item in found)
    checked = checked_at(store)[0] is not None
    return Project(
        id=opened.id,
        name=facts["name"],
        folder=str(store.folder),
        method=facts["method"],
        created=facts["created"],
        revision=facts["revision"],
        classes=class_facts(opened, counted),
        counts=Counts(**{name: value for name, value in vars(counted).items() if name != "class_objects"}),
        settings=facts["settings"],
        active_run=facts["active_run"],
        undo=undoing(stands.undo),
        redo=undoing(stands.redo),
        steps=steps(counted, (len(found), checked, errors), all_runs(store), facts["active_run"]),
    )


def _summary(opened: OpenProject) -> ProjectSummary:
    facts = opened.project.facts()
    with opened.project.reading() as connection:
        readable = (THERE, images.c.problem.is_(None))
        first = connection.execute(select(images.c.id, images.c.version).where(*readable).limit(4)).all()
    return ProjectSummary(
        id=opened.id,
        name=facts["name"],
        folder=str(opened.project.folder),
        method=facts["method"],
        images=Counted.of(opened.project, None).images,
        changed=facts["changed"],
        pictures=[thumbnail_of(opened.address, row.id, row.version) for row in first],
        problem=None,
    )
