"""What the browser shows is what is in the file: thumbnails, tiles, 16-bit window and level."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from server_toys import P, finished, rows

from sightmill.data.image import write_image


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def taken_in(studio: TestClient, folder: Path) -> dict[str, int]:
    finished(studio, studio.post(f"{P}/imports", json={"path": str(folder), "plain": True}))
    return {row["name"]: row["id"] for row in rows(studio)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "pictures"
    path.mkdir(parents=True)
    return path


def test_tiles_fit_together_to_the_image(studio: TestClient, folder: Path) -> None:
    ramp = np.add.outer(np.arange(700), np.arange(1300)) % 256
    write_image(folder / "ramp.png", (ramp // 2 + 64).astype(np.uint8))
    image = taken_in(studio, folder)["ramp.png"]
    facts = studio.get(f"{P}/images/{image}").json()
    assert [(level["width"], level["height"]) for level in facts["levels"]] == [(1300, 700), (650, 350), (325, 175)]
    level = facts["levels"][0]
    assert (level["columns"], level["rows"]) == (3, 2)
    whole = np.zeros((700, 1300), np.uint8)
    for x in range(level["columns"]):
        for y in range(level["rows"]):
            answer = studio.get(facts["tiles"].format(level=0, x=x, y=y))
            assert "immutable" in answer.headers["cache-control"]
            tile = pixels(answer.content)
            whole[y * 512 : y * 512 + tile.shape[0], x * 512 : x * 512 + tile.shape[1]] = tile
    smooth = np.abs(np.diff(ramp, axis=1)[:, :-1]) < 100  # JPEG rings at the steps from 255 to 0
    assert np.abs(whole[:, 1:-1].astype(int) - (ramp // 2 + 64)[:, 1:-1])[smooth].mean() < 2
    assert pixels(studio.get(facts["tiles"].format(level=2, x=0, y=0)).content).shape == (175, 325)
    for level, x, y in ((0, 3, 0), (0, 0, 2), (3, 0, 0)):
        assert studio.get(facts["tiles"].format(level=level, x=x, y=y)).status_code == 404


def test_thumbnails_keep_proportions_and_are_made_once(studio: TestClient, folder: Path) -> None:
    write_image(folder / "wide.png", np.full((100, 400, 3), 90, np.uint8))
    image = taken_in(studio, folder)["wide.png"]
    assert pixels(studio.get(f"{P}/images/{image}/thumbnail?side=128").content).shape == (32, 128, 3)
    (folder / "wide.png").unlink()
    assert studio.get(f"{P}/images/{image}/thumbnail?side=100").status_code == 200
    assert studio.get(f"{P}/images/{image}/thumbnail?side=256").status_code == 422


def test_sixteen_bits_are_seen_through_a_window(studio: TestClient, folder: Path) -> None:
    values = np.linspace(1000, 3000, 64 * 64).reshape(64, 64).astype(np.uint16)
    write_image(folder / "deep.png", values)
    image = taken_in(studio, folder)["deep.png"]
    levels = studio.get(f"{P}/images/{image}/window").json()
    assert (levels["lowest"], levels["highest"], levels["dtype"]) == (1000, 3000, "uint16")
    assert sum(levels["counts"]) == 64 * 64
    seen = pixels(studio.get(f"{P}/images/{image}/picture").content)
    assert seen.min() == 0 and seen.max() == 255
    narrow = pixels(studio.get(f"{P}/images/{image}/picture?low=2000&high=3000").content)
    expected = np.clip(np.rint((values.astype(float) - 2000) / 1000 * 255), 0, 255)
    np.testing.assert_array_equal(narrow, expected)
    assert studio.get(f"{P}/images/{image}/picture?low=nan").status_code == 422
    assert studio.get(f"{P}/images/{image}/picture?low=5&high=1").status_code == 200


def test_an_image_that_cannot_be_read_says_why(studio: TestClient, folder: Path) -> None:
    (folder / "bad.png").write_bytes(b"nothing")
    image = taken_in(studio, folder)["bad.png"]
    assert "not an image" in rows(studio)[0]["problem"]
    answer = studio.get(f"{P}/images/{image}/thumbnail")
    assert answer.status_code == 422 and "not an image" in answer.json()["sentence"]
    assert studio.get(P).json()["steps"]["images"]["state"] == "problem"


def test_augmentation_is_shown_on_a_real_image(filled: TestClient) -> None:
    def shown(**asked: object) -> list[np.ndarray]:
        answer = filled.post(f"{P}/augmentation", json={"image": 1, **asked})
        assert answer.status_code == 200, answer.text
        return [pixels(base64.b64decode(url.partition(",")[2])) for url in answer.json()["pictures"]]

    still = shown(settings={"luminance": 0, "relative_translation": 0, "scale_min": 100, "scale_max": 100}, count=2)
    assert len(still) == 3
    assert np.array_equal(still[0], still[1])
    turned = shown(settings={"rotation": 180}, count=2)
    assert not np.array_equal(turned[0], turned[1])
    assert all(np.array_equal(a, b) for a, b in zip(turned, shown(settings={"rotation": 180}, count=2), strict=True))
    refused = filled.post(f"{P}/augmentation", json={"image": 1, "settings": {"rotation": 999}})
    assert refused.status_code == 422 and "0 to 180 deg" in refused.json()["sentence"]
