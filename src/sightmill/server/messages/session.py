"""The studio itself: what it may do here, methods, formats, folders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Parameter, Request

__all__ = [
    "DeviceFacts",
    "FileEntry",
    "Folder",
    "FormatFacts",
    "Limits",
    "Login",
    "MethodFacts",
    "MetricFacts",
    "Session",
]


class Limits(Answer):
    """What uploads are held to."""

    files: int
    file_bytes: int
    request_bytes: int
    pixels: int
    image_suffixes: list[str]


class Session(Answer):
    """What this server is.

    Parameters
    ----------
    signed_in : False when a token is needed and the cookie does not carry it; then only this route answers.
    token_needed : whether the server is reached from other machines, so that a token is asked for.
    projects_folder : where new projects are made.
    roots : folders on the server that may be read.
    can_train : whether PyTorch is installed; `training_remedy` says what to type when it is not.
    first_project : the project that the studio was started with.
    """

    version: str
    signed_in: bool
    token_needed: bool
    projects_folder: str
    roots: list[str]
    limits: Limits
    can_train: bool
    training_remedy: str | None
    first_project: str | None


class Login(Request):
    """The token that the server printed when it was started."""

    token: Annotated[str, Field(max_length=500)]


class MetricFacts(Answer):
    """A figure of merit; ``better`` says which way is good, ``limit`` the best value."""

    name: str
    title: str
    better: Literal["higher", "lower"]
    limit: float


class MethodFacts(Answer):
    """A method: what the chooser, the toolbar and the forms need.

    ``tools`` are the region kinds to draw for its truth; ``training`` and ``inference`` are its forms, in order;
    the two schemas say the same as JSON Schema.
    """

    id: str
    title: str
    summary: str
    learns_from: str
    answers_with: list[str]
    tools: list[str]
    training: list[Parameter]
    inference: list[Parameter]
    training_schema: dict[str, Any]
    inference_schema: dict[str, Any]
    metrics: list[MetricFacts]


class FormatFacts(Answer):
    """A data format that is read and written."""

    id: str
    title: str


class DeviceFacts(Answer):
    """An engine on a device; ``note`` names it, or says what is missing."""

    engine: str
    name: str
    precisions: list[str]
    available: bool
    note: str


class FileEntry(Answer):
    """A folder or file on the server."""

    name: str
    path: str


class Folder(Answer):
    """A folder on the server, within the roots.

    Parameters
    ----------
    path : None lists the roots.
    parent : the folder above it, where that may be read.
    folders, files : what is in it; of files only annotation files and models (at most 1000 of each).
    images : how many image files lie directly in it.
    samples : paths of up to six of these images.
    """

    path: str | None
    parent: str | None
    folders: list[FileEntry]
    files: list[FileEntry]
    images: int
    samples: list[str]
