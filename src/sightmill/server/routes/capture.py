"""Capturing from a camera of the server, or a watched folder. (The browser's own webcam uploads its pictures.)"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from sightmill.server.capturing import cameras
from sightmill.server.messages.capture import Camera, Capture, CaptureStart
from sightmill.server.messages.images import Uploaded
from sightmill.server.studio import Opened

router = APIRouter(prefix="/api/projects/{project}", tags=["capture"])

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


@router.get("/cameras")
def list_cameras(opened: Opened) -> list[Camera]:
    """The cameras that can be opened on the server now."""
    return cameras()


@router.get("/capture")
def capture_state(opened: Opened) -> Capture:
    """What is open."""
    return opened.capturing.state(opened.address)


@router.post("/capture")
def open_capture(body: CaptureStart, opened: Opened) -> Capture:
    """Open a camera or watch a folder; what was open is closed."""
    return opened.capturing.open(body, opened.address)


@router.delete("/capture")
def close_capture(opened: Opened) -> Capture:
    """Close what is open."""
    opened.capturing.close()
    return opened.capturing.state(opened.address)


@router.post("/capture/shot", status_code=201)
def take_shot(opened: Opened) -> Uploaded:
    """Take the newest picture into the project."""
    change, ids = opened.capturing.shot()
    return Uploaded(ids=ids, skipped=[], revision=change.revision)


@router.get("/capture/frame", response_class=Response, responses=_JPEG)
def capture_frame(opened: Opened, side: Annotated[int, Query(ge=0, le=8192)] = 0) -> Response:
    """The newest picture; ask again for the next one."""
    return Response(opened.capturing.frame(side), media_type="image/jpeg", headers={"cache-control": "no-store"})
