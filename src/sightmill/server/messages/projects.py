"""Projects: what there is, and how far each step is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Name, Request, Settings

__all__ = [
    "ClassChange",
    "ClassFacts",
    "ClassOrder",
    "Counts",
    "DoneChange",
    "History",
    "HistoryEntry",
    "NewClass",
    "NewProject",
    "Project",
    "ProjectChange",
    "ProjectSummary",
    "StepState",
    "Undoing",
]

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Window = Annotated[str, Field(max_length=64, description="The browser window's own id; events carry it back.")]


class ClassFacts(Answer):
    """A class: its name, colour, place in the list, key, and how many images and objects carry it."""

    id: int
    name: str
    colour: Colour
    hotkey: str | None
    good: bool
    images: int
    objects: int


class NewClass(Request):
    """A class to add; without a colour it gets one that no other class has."""

    name: Name
    colour: Colour | None = None
    hotkey: Annotated[str, Field(max_length=1)] | None = None
    window: Window = ""


class ClassChange(Request):
    """What to change of a class. A new name goes to all its annotations; the name of another class joins them."""

    name: Name | None = None
    colour: Colour | None = None
    hotkey: Annotated[str, Field(max_length=1)] | None = None
    window: Window = ""


class ClassOrder(Request):
    """All ids of the classes in their new order."""

    ids: Annotated[list[int], Field(max_length=10_000)]
    window: Window = ""


class Counts(Answer):
    """How many images there are, and of what kind.

    Parameters
    ----------
    splits : by split; ``none`` are those without. ``unlabelled_splits`` counts the unlabelled ones among them.
    classes : images per class and split, ``{label: {split: images}}``.
    sizes : how many different sizes the images have.
    predicted, wrong : of the active run.
    """

    images: int
    labelled: int
    unlabelled: int
    unreadable: int
    objects: int
    splits: dict[str, int]
    unlabelled_splits: dict[str, int]
    classes: dict[str, dict[str, int]]
    sizes: int
    predicted: int
    wrong: int


class StepState(Answer):
    """How far one of the six steps is: a state, a few words for the rail, a number where there is one."""

    state: Literal["empty", "todo", "busy", "done", "problem"]
    words: str
    number: float | None


class Undoing(Answer):
    """What undo or redo would do next."""

    id: int
    title: str


class ProjectSummary(Answer):
    """A project in the list; ``problem`` says why it cannot be opened, ``pictures`` are URLs of thumbnails."""

    id: str
    name: str
    folder: str
    method: str | None
    images: int
    changed: str | None
    pictures: list[str]
    problem: str | None


class NewProject(Request):
    """A project to make; its folder is made in the projects folder, named after it."""

    name: Name
    method: Name


class ProjectChange(Request):
    """What to change; ``settings`` are the training form's values that differ from the defaults."""

    name: Name | None = None
    method: Name | None = None
    settings: Settings | None = None
    active_run: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        default=None, description="The run whose answers the gallery shows; 0 for none."
    )
    window: Window = ""


class Project(Answer):
    """A project: everything around the images.

    Parameters
    ----------
    revision : rises with each change; a window that has seen this number has seen everything.
    settings : the training form's values that differ from the defaults.
    steps : state of the six steps, by ``images``, ``label``, ``check``, ``train``, ``judge``, ``deploy``.
    """

    id: str
    name: str
    folder: str
    method: str
    created: str
    revision: int
    classes: list[ClassFacts]
    counts: Counts
    settings: Settings
    active_run: int | None
    undo: Undoing | None
    redo: Undoing | None
    steps: dict[str, StepState]


class DoneChange(Answer):
    """A change that was made and written down.

    Parameters
    ----------
    id : number of the change; None when nothing was different.
    title : what was done, in words.
    images : how many images changed.
    revision : of the project afterwards.
    image_revision : new revision of the image, where the change was for one image.
    """

    id: int | None
    title: str
    images: int
    revision: int
    image_revision: int | None
    undo: Undoing | None
    redo: Undoing | None


class HistoryEntry(Answer):
    """One change; ``undone`` ones can be done again, the nearest first."""

    id: int
    at: str
    title: str
    images: int
    undone: bool


class History(Answer):
    """The last changes, newest first."""

    entries: list[HistoryEntry]
