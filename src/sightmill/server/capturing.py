"""Images from a camera that OpenCV opens, or from a folder that is watched."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.image import find_images, write_image
from sightmill.data.regions import Whole
from sightmill.errors import DataError, SightmillError
from sightmill.project.store.changes import Change
from sightmill.project.store.intake import Arrival, add_images, free_place
from sightmill.project.store.pictures import as_jpeg, fitted
from sightmill.project.store.project import Project
from sightmill.server.events import Hub
from sightmill.server.messages.capture import Camera, Capture, CaptureStart
from sightmill.server.places import Places
from sightmill.server.refusals import Conflict

__all__ = ["Capturing", "cameras"]

#: Seconds between looks into a watched folder; a file must have rested so long, or it is still being written.
_LOOK, _RESTED = 1.0, 1.0
#: Seconds without a picture after which a camera is given up.
_PATIENCE = 5.0


def cameras(most: int = 8) -> list[Camera]:
    """The cameras that can be opened now. Only devices that the system lists are tried where it lists them."""
    numbers = list(range(most))
    if Path("/dev").is_dir() and os.name == "posix" and Path("/sys/class/video4linux").is_dir():
        numbers = [int(path.name[5:]) for path in sorted(Path("/dev").glob("video[0-9]*")) if path.name[5:].isdigit()]
    elif Path("/proc").is_dir():  # Linux without any camera
        return []
    found = []
    for number in numbers:
        source = cv2.VideoCapture(number)
        try:
            if source.isOpened():
                width, height = source.get(cv2.CAP_PROP_FRAME_WIDTH), source.get(cv2.CAP_PROP_FRAME_HEIGHT)
                found.append(Camera(device=number, title=f"Camera {number} ({width:.0f} x {height:.0f})"))
        finally:
            source.release()
    return found


class Capturing:
    """The open source of one project, if any."""

    def __init__(self, project: Project, hub: Hub, places: Places) -> None:
        self._project, self._hub, self._places = project, hub, places
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked: CaptureStart | None = None
        self._frame: npt.NDArray[Any] | None = None
        self._sentence: str | None = None
        self._taken = 0
        self._last: int | None = None

    def open(self, asked: CaptureStart, address: str) -> Capture:
        """Open a source; the one before is closed.

        Raises
        ------
        DataError, Forbidden : the folder is not there or may not be read, or the camera does not open.
        """
        self.close()
        work = self._watching(asked) if asked.kind == "folder" else self._filming(asked)
        with self._lock:
            self._asked, self._frame, self._sentence, self._taken, self._last = asked, None, None, 0, None
            self._ended = threading.Event()
            self._thread = threading.Thread(target=work, name="sightmill-capture", daemon=True)
            self._thread.start()
        return self.state(address)

    def _watching(self, asked: CaptureStart) -> Callable[[], None]:
        """What watches the folder; it must be there, and what lies in it now stays out."""
        folder = self._places.allowed(asked.path or "")
        if not folder.is_dir():
            raise DataError("this is no folder", got=asked.path)
        return partial(self._watch, folder, set(find_images(folder)))

    def _filming(self, asked: CaptureStart) -> Callable[[], None]:
        """What reads from the camera, which is open already."""
        source = cv2.VideoCapture(asked.device)
        if not source.isOpened():
            source.release()
            raise DataError(
                "the camera cannot be opened",
                where=f"camera {asked.device}",
                remedy="see whether it is connected and no other program uses it",
            )
        return partial(self._film, source)

    def close(self) -> None:
        """Close the source."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._ended.set()
        if thread is not None:
            thread.join(5.0)
        with self._lock:
            self._asked = self._frame = None

    def state(self, address: str) -> Capture:
        """What is open."""
        with self._lock:
            asked, frame = self._asked, self._frame
            shape = (0, 0) if frame is None else frame.shape[:2]
            source = "" if asked is None else asked.path or f"camera {asked.device}"
            return Capture(
                open=asked is not None,
                kind=None if asked is None else asked.kind,
                source=source,
                width=int(shape[1]),
                height=int(shape[0]),
                seconds=0.0 if asked is None else asked.seconds,
                taken=self._taken,
                last=self._last,
                sentence=self._sentence,
                frame=None if frame is None else f"{address}/capture/frame",
            )

    def frame(self, side: int = 0) -> bytes:
        """The newest picture as JPEG; raises `Conflict` when there is none."""
        with self._lock:
            frame = self._frame
        if frame is None:
            raise Conflict("there is no live picture", remedy="open a camera first")
        return as_jpeg(fitted(frame, side) if side else frame, 85)

    def shot(self) -> tuple[Change, list[int]]:
        """Take the newest picture into the project; raises `Conflict` when there is none."""
        with self._lock:
            frame, asked = self._frame, self._asked
        if frame is None or asked is None:
            raise Conflict("there is no live picture", remedy="open a camera first")
        stamp = time.strftime("%Y-%m-%d_%H-%M-%S")
        path = free_place(self._project, f"camera_{stamp}.png")
        write_image(path, frame)
        return self._add([Arrival(path, f"camera/{path.name}", copied=True)], asked)

    def _add(self, arrivals: list[Arrival], asked: CaptureStart) -> tuple[Change, list[int]]:
        label = (asked.label or "").strip()
        truth = (Annotation(Whole(), label),) if label else ()
        told = [Arrival(item.path, item.name, item.copied, truth, bool(label), asked.split) for item in arrivals]
        change, ids = add_images(self._project, told, title="Capture {images}")
        with self._lock:
            self._taken += len(ids)
            self._last = ids[-1] if ids else self._last
        self._hub.say("images", {"ids": ids, "revision": change.revision, "window": "", "change": change.id})
        return change, ids

    def _film(self, source: Any) -> None:
        """Keep the newest picture, and take one into the project as often as was asked for."""
        ended, asked = self._ended, self._asked
        seen, due = time.monotonic(), time.monotonic()
        try:
            while not ended.is_set():
                there, picture = source.read()
                if there and picture is not None:
                    seen = time.monotonic()
                    turned = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
                    with self._lock:
                        self._frame = np.ascontiguousarray(turned)
                    if asked is not None and asked.seconds and time.monotonic() >= due:
                        due = time.monotonic() + asked.seconds
                        self.shot()
                elif time.monotonic() - seen > _PATIENCE:
                    raise DataError("the camera delivers no pictures any more", remedy="connect it again")
                else:
                    ended.wait(0.05)
        except SightmillError as error:
            self._give_up(str(error))
        finally:
            source.release()

    def _watch(self, folder: Path, known: set[Path]) -> None:
        """Take new files in when they have rested."""
        ended, asked = self._ended, self._asked
        try:
            while not ended.wait(_LOOK):
                fresh = []
                for path in find_images(folder):
                    if path in known or not self._places.within(Path(os.path.realpath(path))):
                        continue
                    with contextlib.suppress(OSError):
                        if time.time() - path.stat().st_mtime >= _RESTED:
                            fresh.append(path)
                if fresh and asked is not None:
                    known.update(fresh)
                    self._add([Arrival(path, path.relative_to(folder).as_posix()) for path in fresh], asked)
        except SightmillError as error:
            self._give_up(str(error))

    def _give_up(self, sentence: str) -> None:
        with self._lock:
            self._sentence = sentence
            self._frame = None
        self._hub.say("capture", self.state(""))
