"""Capturing images from a camera or a watched folder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Request, SplitName

__all__ = ["Camera", "Capture", "CaptureStart"]


class Camera(Answer):
    """A camera that OpenCV can open on the server."""

    device: int
    title: str


class CaptureStart(Request):
    """Open a source.

    Parameters
    ----------
    kind : ``camera`` with ``device``, or ``folder`` with ``path`` (within the roots): new files are taken in.
    seconds : take an image each so many seconds (camera); 0 only when asked (`shot`).
    split, label : what the captured images get.
    """

    kind: Literal["camera", "folder"]
    device: Annotated[int, Field(ge=0, le=99)] = 0
    path: Annotated[str, Field(max_length=4096)] | None = None
    seconds: Annotated[float, Field(ge=0, le=86_400)] = 0
    split: SplitName | None = None
    label: Annotated[str, Field(max_length=200)] | None = None


class Capture(Answer):
    """The open source, if any; ``frame`` is the URL of its newest picture, ``sentence`` what is wrong with it."""

    open: bool
    kind: Literal["camera", "folder"] | None
    source: str
    width: int
    height: int
    seconds: float
    taken: int
    last: int | None
    sentence: str | None
    frame: str | None
