"""Words that many messages share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Answer",
    "Failure",
    "ImageId",
    "JobId",
    "JsonValues",
    "Name",
    "Order",
    "Parameter",
    "ProjectId",
    "Request",
    "RunId",
    "Selection",
    "Settings",
    "SplitName",
    "Where",
]

#: SQLite's largest row number: anything beyond is no id.
_LARGEST = 2**63 - 1

ProjectId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Id of a project.")]
ImageId = Annotated[int, Path(ge=1, le=_LARGEST, description="Id of an image.")]
RunId = Annotated[int, Path(ge=1, le=_LARGEST, description="Number of a run.")]
JobId = Annotated[int, Path(ge=1, le=_LARGEST, description="Number of a job.")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
SplitName = Literal["train", "validation", "test"]
Order = Literal["up", "down"]
JsonValues = dict[str, Any]


class Request(BaseModel):
    """Base of what is asked: unknown fields are refused, so that a misspelling is not passed over."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Answer(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class Failure(Answer):
    """Why it did not work: the sentence, and its parts.

    Parameters
    ----------
    sentence : all of it, for people.
    kind : the error's name (``SettingsError``, ``NotFound``, ``Conflict`` ...).
    what, where, got, allowed, remedy : the parts, see `sightmill.errors`.
    """

    sentence: str
    kind: str
    what: str
    where: str | None = None
    got: str | None = None
    allowed: str | None = None
    remedy: str | None = None


class Parameter(Answer):
    """One parameter of a method: all that a form needs. 0 or null may mean "choose": the help says so."""

    name: str
    title: str
    help: str
    default: Any
    unit: str
    group: str
    advanced: bool
    kind: Literal["bool", "int", "float", "choice", "text", "list"]
    choices: list[Any]
    optional: bool
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    exclusive_maximum: bool


#: Values of a settings form by name; those left out keep their defaults.
Settings = Annotated[dict[str, Any], Field(max_length=200)]


class Where(Request):
    """Which images: all conditions that are given must hold.

    Parameters
    ----------
    label : an annotation has this label.
    split : the split; ``none`` for images without one.
    labelled : whether anything is known of the image.
    wrong, confident : what the active run (or ``run``) says of it; images without a prediction match neither.
    predicted : whether the run has an answer for it; ``predicted_label`` which one.
    text : part of the file name, case ignored.
    review : state of the review.
    width, height : image size in pixels.
    run : the run that wrong, confident, predicted and the scores speak of; None takes the active one.
    """

    label: str | None = Field(default=None, max_length=200)
    split: Literal["train", "validation", "test", "none"] | None = None
    labelled: bool | None = None
    predicted: bool | None = None
    predicted_label: str | None = Field(default=None, max_length=200)
    wrong: bool | None = None
    confident: bool | None = None
    text: str | None = Field(default=None, max_length=200)
    review: Literal["open", "accepted", "rejected"] | None = None
    width: int | None = Field(default=None, ge=1, le=1 << 30)
    height: int | None = Field(default=None, ge=1, le=1 << 30)
    run: int | None = Field(default=None, ge=1, le=_LARGEST)


class Selection(Request):
    """The images an action is for: those named by id, or all that match; exactly one of the two."""

    ids: list[Annotated[int, Field(ge=1, le=_LARGEST)]] | None = Field(default=None, max_length=100_000)
    where: Where | None = None
