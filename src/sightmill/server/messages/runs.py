"""Trainings: runs, their curves, their queue; and background jobs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Name, Request, Settings
from sightmill.server.messages.projects import Window
from sightmill.server.messages.regions import Labelled

__all__ = [
    "Curves",
    "Job",
    "Log",
    "NewRun",
    "Run",
    "RunChange",
    "RunCheck",
    "RunChecked",
    "SampledImage",
    "Samples",
    "ScoredPoint",
    "StepPoint",
    "SuggestedSetting",
    "SuggestedSettings",
    "Suggesting",
    "TimedChoice",
]

RunState = Literal["queued", "running", "stopping", "finished", "stopped", "failed", "interrupted", "imported"]


class NewRun(Request):
    """Train. It starts when the trainings before it are done.

    Parameters
    ----------
    settings : values that differ from the defaults.
    name : how to call it; empty takes a number.
    start_from : a run whose model is the start.
    """

    settings: Settings = Field(default={})
    name: Annotated[str, Field(max_length=200)] = ""
    start_from: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    window: Window = ""


class RunChange(Request):
    """A new name or note."""

    name: Name | None = None
    note: Annotated[str, Field(max_length=10_000)] | None = None


class Run(Answer):
    """One training, or an imported model.

    Parameters
    ----------
    state : ``interrupted`` can be resumed; ``stopped`` was stopped and kept its best; ``failed`` has an error.
    settings : values asked for that differ from the defaults; ``resolved`` all of them, once it has started.
    inference : the settings its model decides with now (``PUT .../inference`` changes them).
    progress : share done, 0 to 1; None where only running can tell.
    seconds_left, seconds : expected, and spent.
    stage : what it does now, in words.
    model : whether there is a model to use.
    can_resume : whether there is a checkpoint to go on from.
    memory_bytes : of the process, last seen.
    error : the sentence of a failure.
    """

    id: int
    name: str
    note: str
    method: str
    state: RunState
    settings: Settings
    resolved: Settings | None
    inference: dict[str, Any] | None
    labels: list[str]
    images: dict[str, int]
    created: str
    started: str | None
    ended: str | None
    progress: float | None
    seconds_left: float | None
    seconds: float | None
    stage: str
    iteration: int | None
    best_iteration: int | None
    metrics: dict[str, float | None]
    device: str | None
    memory_bytes: int | None
    stopped_by: str | None
    notes: list[str]
    error: str | None
    model: bool
    can_resume: bool
    start_from: int | None
    predicted: int


class StepPoint(Answer):
    """A step of the descent; ``at`` in iterations (fractions), ``loss`` the sum of the losses."""

    at: float
    loss: float | None
    losses: dict[str, float | None]
    learning_rate: float | None


class ScoredPoint(Answer):
    """A validated iteration."""

    iteration: int
    epoch: float
    seconds: float | None
    metrics: dict[str, float | None]
    training_loss: float | None
    validation_loss: float | None
    best: bool


class Curves(Answer):
    """The curves of a run; steps are thinned to at most 2000."""

    steps: list[StepPoint]
    scored: list[ScoredPoint]
    seconds_per_iteration: float | None


class SampledImage(Answer):
    """What the network says of one validation image at this point of its training."""

    image: int
    name: str
    thumbnail: str
    width: int
    height: int
    truth: str
    answer: str
    score: float | None
    wrong: bool
    annotations: list[Labelled]


class Samples(Answer):
    """Answers for a few validation images, as of the last validated iteration; None before the first."""

    iteration: int | None
    images: list[SampledImage]


class Log(Answer):
    """What the training said, oldest first (at most 2000 lines)."""

    lines: list[str]


class RunCheck(Request):
    """Ask whether these settings and this data can be trained."""

    settings: Settings = Field(default={})


class RunChecked(Answer):
    """What training would say before it starts.

    Parameters
    ----------
    findings : errors keep it from starting, warnings make its result doubtful: level, what, remedy.
    images : how many would train and validate (0 validation images: some are set aside).
    """

    ready: bool
    findings: list[dict[str, str]]
    images: dict[str, int]
    labels: list[str]
    resolved: Settings | None


class Suggesting(Request):
    """Ask for sizes that suit the labels, and the time that one image may take; None sets no limit."""

    budget_ms: Annotated[float, Field(gt=0, le=1e7)] | None = None


class SuggestedSetting(Answer):
    """One setting with its suggested value and the reason."""

    name: str
    title: str
    unit: str
    value: float | int | str
    reason: str


class TimedChoice(Answer):
    """Milliseconds for one image with these settings on this machine; how large small objects are for the network."""

    network_depth: int
    downsample: int
    image_size: int
    milliseconds: float
    objects: float | None


class SuggestedSettings(Answer):
    """What is suggested for a training: settings, what was measured on the way, and doubts."""

    suggestions: list[SuggestedSetting]
    timed: list[TimedChoice]
    notes: list[str]


class Job(Answer):
    """Work in the background.

    Parameters
    ----------
    kind : ``import``, ``export``, ``split``, ``check``, ``correct``, ``predict``, ``suggest`` ...
    state : ``running``, ``done``, ``failed`` or ``cancelled``.
    sentence : what it does or did, or why it failed.
    result : what it made, by kind: see the route that started it.
    """

    id: int
    kind: str
    title: str
    state: Literal["running", "done", "failed", "cancelled"]
    done: int
    total: int
    sentence: str
    result: dict[str, Any]
