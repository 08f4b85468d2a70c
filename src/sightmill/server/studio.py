"""The studio: the projects that are open, and what works for them."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from sightmill.errors import DataError
from sightmill.project.store.changes import Change
from sightmill.project.store.pictures import Pictures
from sightmill.project.store.project import FILE, Project
from sightmill.project.store.runs import ENDED, Run, all_runs
from sightmill.server.answering import Answering
from sightmill.server.answers import run_message
from sightmill.server.capturing import Capturing
from sightmill.server.events import Hub
from sightmill.server.guard import Access
from sightmill.server.jobs import Jobs
from sightmill.server.messages.common import ProjectId
from sightmill.server.places import Places
from sightmill.server.refusals import Conflict, NotFound
from sightmill.server.training import Trainer

__all__ = ["Config", "OpenProject", "Opened", "Studio", "TheStudio", "slug"]

#: Changes of more images than this are told as "many".
_NAMED = 500


@dataclass(frozen=True, kw_only=True)
class Config(Access):
    """How the studio was started.

    Parameters
    ----------
    projects : folder that new projects are made in.
    roots : further folders that may be read.
    first : folder of the project that it opens with.
    open : the session answers without the token: what it tells is needed to ask for it.
    """

    projects: Path
    roots: tuple[Path, ...] = ()
    first: Path | None = None
    open: tuple[str, ...] = ("/api/session",)


class OpenProject:
    """An open project with its workers."""

    def __init__(self, id: str, project: Project, trainer: Trainer, places: Places) -> None:
        self.id = id
        self.project = project
        self.hub = Hub()
        self.jobs = Jobs(self.hub)
        self.pictures = Pictures(project)
        self.answering = Answering(project)
        self.capturing = Capturing(project, self.hub, places)
        self.trainer = trainer
        trainer.open(project, self.tell_training)

    @property
    def busy(self) -> bool:
        """Whether a training runs or waits."""
        return any(run.state not in ENDED for run in all_runs(self.project))

    @property
    def address(self) -> str:
        """Where its routes are."""
        return f"/api/projects/{self.id}"

    def tell_training(self, kind: str, what: Any) -> None:
        """Hand on what a training says."""
        self.hub.say(kind, run_message(what) if isinstance(what, Run) else what)

    def tell(self, change: Change, window: str = "") -> None:
        """Tell the windows what a change has changed."""
        facts = {"revision": change.revision, "window": window, "change": change.id}
        if change.id is None:
            return
        if change.images:
            ids: Sequence[int] | None = change.images if len(change.images) <= _NAMED else None
            self.hub.say("images", {**facts, "ids": ids, "fields": sorted(change.fields)})
        if change.classes:
            self.hub.say("classes", facts)
        stands = change.standing
        self.hub.say("history", {**facts, "undo": _undoing(stands.undo), "redo": _undoing(stands.redo)})

    def close(self) -> None:
        """End its workers and let go of its files."""
        self.hub.close()
        self.capturing.close()
        self.jobs.close()
        self.answering.forget()
        self.pictures.forget()
        self.project.close()


@dataclass
class Studio:
    """All that the routes need."""

    config: Config
    places: Places = field(init=False)
    trainer: Trainer = field(init=False)

    def __post_init__(self) -> None:
        self._open: dict[str, OpenProject] = {}
        self._lock = threading.RLock()
        self.places = Places((self.config.projects, *self.config.roots))
        self.trainer = Trainer()

    def folders(self) -> dict[str, Path]:
        """The projects there are, by id: those in the projects' folder, and the one the studio was started with."""
        found: dict[str, Path] = {}
        if self.config.first is not None:
            found[slug(self.config.first.name)] = self.config.first
        if self.config.projects.is_dir():
            for folder in sorted(self.config.projects.iterdir()):
                if (folder / FILE).is_file() and folder.resolve() not in {path.resolve() for path in found.values()}:
                    found[_free(slug(folder.name), found)] = folder
        return found

    def project(self, id: str) -> OpenProject:
        """A project, opened when it is not.

        Raises
        ------
        NotFound : there is no such project.
        DataError : it cannot be opened.
        """
        with self._lock:
            found = self._open.get(id)
            if found is not None:
                return found
            folder = self.folders().get(id)
            if folder is None:
                raise NotFound("there is no such project", got=id)
            opened = OpenProject(id, Project(folder), self.trainer, self.places)
            self._open[id] = opened
            return opened

    def create(self, name: str, method: str) -> OpenProject:
        """Make a project in the projects' folder; raises `DataError` or `SettingsError`."""
        with self._lock:
            there = self.folders()
            id = _free(slug(name), there)
            folder = self.config.projects / id
            if folder.exists():
                id = _free(f"{id}-{int(time.time())}", there)
                folder = self.config.projects / id
            Project.create(folder, name=name.strip() or id, method=method).close()
            return self.project(next(key for key, path in self.folders().items() if path == folder))

    def remove(self, id: str) -> None:
        """Put a project aside: it is moved into the folder ``.removed`` of the projects' folder.

        Raises
        ------
        NotFound : there is no such project.
        Conflict : it trains, or lies elsewhere.
        """
        with self._lock:
            folder = self.folders().get(id)
            if folder is None:
                raise NotFound("there is no such project", got=id)
            if folder.resolve().parent != self.config.projects.resolve():
                raise Conflict(
                    "this project lies outside of the projects' folder", got=folder, remedy="delete its folder"
                )
            opened = self._open.get(id)
            if opened is not None:
                if opened.busy:
                    raise Conflict("this project is training", remedy="stop the training first")
                self._open.pop(id).close()
            aside = self.config.projects / ".removed"
            try:
                aside.mkdir(exist_ok=True)
                shutil.move(str(folder), str(aside / f"{folder.name}-{int(time.time() * 1000)}"))
            except OSError as error:
                raise DataError("the project cannot be moved", where=folder, got=error.strerror) from error

    def end_streams(self) -> None:
        """End the streams of events: they would keep the server from going down."""
        with self._lock:
            for project in self._open.values():
                project.hub.close()

    def close(self) -> None:
        """Stop everything; calling it again does nothing."""
        with self._lock:
            self.end_streams()
            self.trainer.close()
            for project in self._open.values():
                project.close()
            self._open.clear()


def slug(name: str) -> str:
    """A name as an id: letters, digits and hyphens."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:50].strip("-")
    return plain or "project"


def _free(id: str, taken: Any) -> str:
    number, free = 1, id
    while free in taken:
        number += 1
        free = f"{id}-{number}"
    return free


def _undoing(entry: tuple[int, str] | None) -> dict[str, Any] | None:
    return None if entry is None else {"id": entry[0], "title": entry[1]}


def the_studio(request: Request) -> Studio:
    """The studio of this application."""
    studio: Studio = request.app.state.studio
    return studio


def opened_project(project: ProjectId, request: Request) -> OpenProject:
    """The project that the address names."""
    return the_studio(request).project(project)


TheStudio = Annotated[Studio, Depends(the_studio)]
Opened = Annotated[OpenProject, Depends(opened_project)]
