"""Images from a camera (a toy one in OpenCV's place) and from a watched folder."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from server_toys import P, draw, rows

from sightmill.data.image import read_image


class ToyCamera:
    """Delivers blue pictures, as OpenCV does: in BGR order."""

    opened = 0

    def __init__(self, device: int) -> None:
        self._there = device == 0
        ToyCamera.opened += self._there

    def isOpened(self) -> bool:
        return self._there

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.005)
        picture = np.zeros((24, 32, 3), np.uint8)
        picture[..., 0] = 200
        return True, picture

    def get(self, what: int) -> float:
        return 24.0

    def release(self) -> None:
        ToyCamera.opened -= self._there


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cv2.VideoCapture", ToyCamera)


def until(client: TestClient, what: str, wanted: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while True:
        state: dict[str, Any] = client.get(f"{P}/capture").json()
        if (state[what] or 0) >= wanted:
            return state
        assert time.monotonic() < deadline, state
        time.sleep(0.02)


def test_single_pictures_from_a_camera(studio: TestClient, camera: None) -> None:
    assert studio.post(f"{P}/capture/shot").status_code == 409
    assert studio.post(f"{P}/capture", json={"kind": "camera", "device": 3}).status_code == 422
    asked = {"kind": "camera", "device": 0, "label": "disc", "split": "train"}
    assert studio.post(f"{P}/capture", json=asked).json()["open"]
    state = until(studio, "width", 32)
    assert (state["width"], state["height"], state["taken"]) == (32, 24, 0)
    assert studio.get(state["frame"]).headers["content-type"] == "image/jpeg"
    image = studio.post(f"{P}/capture/shot").json()["ids"][0]
    found = studio.get(f"{P}/images/{image}").json()
    assert (found["label"], found["split"], found["copied"]) == ("disc", "train", True)
    assert read_image(found["file"])[0, 0].tolist() == [0, 0, 200]  # RGB
    assert not studio.delete(f"{P}/capture").json()["open"]
    assert studio.get(f"{P}/capture/frame").status_code == 409
    assert ToyCamera.opened == 0


def test_timed_pictures_from_a_camera(studio: TestClient, camera: None) -> None:
    studio.post(f"{P}/capture", json={"kind": "camera", "seconds": 0.05})
    until(studio, "taken", 3)
    studio.delete(f"{P}/capture")
    assert len(rows(studio)) >= 3
    assert len({row["name"] for row in rows(studio)}) == len(rows(studio))


def test_new_files_of_a_watched_folder_come_in(
    studio: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightmill.server.capturing._LOOK", 0.05)
    folder = draw(tmp_path / "data" / "hot", {"bar": 1})
    assert studio.post(f"{P}/capture", json={"kind": "folder", "path": "/etc"}).status_code == 403
    studio.post(f"{P}/capture", json={"kind": "folder", "path": str(folder)})
    draw(folder, {"disc": 2})
    for path in (folder / "disc").iterdir():
        os.utime(path, (time.time() - 5, time.time() - 5))
    until(studio, "taken", 2)
    assert sorted(row["name"] for row in rows(studio)) == ["disc/disc 0.png", "disc/disc 1.png"]
    assert not any(row["labelled"] for row in rows(studio))
