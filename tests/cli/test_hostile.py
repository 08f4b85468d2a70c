"""A folder full of trouble, through the command line: every trouble gets a sentence, and the rest goes on."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_toys import draw_shapes

from sightmill.data.image import write_image


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises an enormous image and holds none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(header))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 10)
        + b"IDAT"
        + b"\0" * 14
    )


@pytest.fixture
def troubled(tmp_path: Path) -> Path:
    """Good images of two classes, of mixed sizes and odd names, among everything that can be wrong."""
    folder = draw_shapes(tmp_path / "troubled", {"bar": 6, "disc": 6})
    good = next((folder / "bar").glob("*.png")).read_bytes()
    (folder / "bar" / "größe 測試 .png").write_bytes(good)
    write_image(folder / "bar" / "wide.png", np.full((20, 300), 90, np.uint8))
    write_image(folder / "disc" / "large.png", np.full((700, 500), 120, np.uint8))
    (folder / "disc" / "truncated.png").write_bytes(good[: len(good) // 2])
    (folder / "disc" / "empty.png").write_bytes(b"")
    (folder / "disc" / "huge.png").write_bytes(png_header(60_000, 60_000))
    (folder / "disc" / "text.jpg").write_text("this is no image", encoding="utf-8")
    (folder / "disc" / "folder.png").mkdir()
    spoilt = np.full((32, 32), 0.5, np.float32)
    spoilt[3, 4] = np.nan
    cv2.imwrite(str(folder / "disc" / "spoilt.tif"), spoilt)
    (folder / "disc" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "disc" / "nowhere.png").symlink_to(folder / "gone.png")
    return folder


BAD = ("truncated.png", "empty.png", "huge.png", "text.jpg", "spoilt.tif")


def test_check_names_every_bad_file_and_ends(sightmill, troubled):
    ended = sightmill("data", "check", troubled, "--learns-from", "class", "--json")
    assert ended.code == 1
    named = " ".join(name for finding in ended.json["findings"] for name in finding["where"])
    for bad in BAD:
        assert bad in named, f"{bad} was not found"
    assert all(finding["remedy"] for finding in ended.json["findings"])


def test_training_refuses_them_in_one_sentence_and_leaves_nothing(sightmill, troubled, tmp_path):
    ended = sightmill("train", "classification", troubled, "-o", tmp_path / "m.sightmill", "--quiet")
    assert ended.code == 2
    assert any(bad in ended.err for bad in BAD)
    assert not (tmp_path / "m.sightmill").exists()


@pytest.mark.slow
def test_the_good_rest_is_learnt_and_prediction_goes_on_over_the_bad(sightmill, troubled, tmp_path):
    hospital = tmp_path / "hospital"
    hospital.mkdir()
    for bad in (*BAD, "nowhere.png"):
        (troubled / "disc" / bad).rename(hospital / bad)
    model = tmp_path / "m.sightmill"
    flags = ("--network-depth", 1, "--iterations", 1, "--steps-per-iteration", 1, "--image-size", 32, "--quiet")
    assert sightmill("train", "classification", troubled, "-o", model, *flags).code == 0
    write_image(hospital / "fine.png", np.full((40, 40), 200, np.uint8))
    ended = sightmill("predict", model, hospital, "--json")
    assert ended.code == 1
    assert [row["image"].endswith("fine.png") for row in ended.json["results"] if not row.get("error")] == [True]
    for bad in BAD:
        assert bad in ended.err or any(bad in str(row) for row in ended.json.get("errors", ended.json["results"]))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04\x95\x00", b"<html>"], ids=repr)
def test_a_model_file_that_is_none_is_one_sentence(sightmill, tmp_path, content):
    (tmp_path / "m.sightmill").write_bytes(content)
    for words in (("verify",), ("evaluate",), ("predict",)):
        more = () if words == ("verify",) else (tmp_path,)
        ended = sightmill(*words, tmp_path / "m.sightmill", *more)
        assert ended.code in (1, 2)
        assert "m.sightmill" in ended.err + ended.out
