"""Looking at data, dividing it and converting it from the command line."""

from __future__ import annotations

import pytest

from sightmill.data.formats import load


def test_check_tells_what_is_there(sightmill, shapes):
    ended = sightmill("data", "check", shapes)
    assert ended.code == 0
    assert "12 images" in ended.out
    found = sightmill("data", "check", shapes, "--json").json
    assert found["images"] == 12
    assert found["class_images"]["unassigned"] == {"bar": 6, "disc": 6}


def test_check_says_no_to_data_with_errors(sightmill, shapes):
    broken = shapes / "disc" / "disc 0.png"
    broken.write_bytes(broken.read_bytes()[:60])
    ended = sightmill("data", "check", shapes)
    assert ended.code == 1
    assert "disc 0.png" in ended.out
    ended = sightmill("data", "check", shapes, "--json")
    assert ended.code == 1
    assert ended.json["levels"]["error"] == 1


def test_split_divides_every_class_alike(sightmill, shapes, tmp_path):
    out = tmp_path / "divided"
    words = ("data", "split", shapes, out, "--train", 50, "--validation", 0, "--test", 50, "--to", "csv")
    ended = sightmill(*words, "--json")
    assert ended.code == 0
    assert ended.json["splits"] == {"train": 6, "test": 6}
    loaded = load(out, learns_from="class")
    assert loaded.counts() == {"train": {"bar": 3, "disc": 3}, "test": {"bar": 3, "disc": 3}}


def test_split_keeps_groups_together(sightmill, shapes, tmp_path):
    out = tmp_path / "divided"
    words = ("--train", 50, "--validation", 0, "--test", 50, "--group", r"(\d)\.png", "--to", "csv")
    assert sightmill("data", "split", shapes, out, *words).code == 0
    splits: dict[str, set[str | None]] = {}
    for sample in load(out, learns_from="class"):
        splits.setdefault(sample.name[-5], set()).add(sample.split)
    assert len(splits) == 6
    assert all(len(found) == 1 for found in splits.values())


def test_split_with_the_same_seed_is_the_same(sightmill, shapes, tmp_path):
    for name in ("one", "two"):
        assert sightmill("data", "split", shapes, tmp_path / name, "--seed", 5, "--to", "csv").code == 0
    one, two = (
        {sample.name: sample.split for sample in load(tmp_path / name, learns_from="class")} for name in ("one", "two")
    )
    assert one == two


@pytest.mark.parametrize("shares", [(70, 20, 20), (-10, 60, 50)])
def test_shares_that_cannot_be_are_refused(sightmill, shapes, tmp_path, shares):
    train, validation, test = shares
    words = (f"--train={train}", f"--validation={validation}", f"--test={test}")
    ended = sightmill("data", "split", shapes, tmp_path / "out", *words)
    assert ended.code == 2
    assert not (tmp_path / "out").exists()


def test_convert_carries_labels_and_images(sightmill, shapes, tmp_path):
    out = tmp_path / "coco"
    ended = sightmill("data", "convert", shapes, out, "--to", "coco")
    assert ended.code == 0
    assert "written to" in ended.out
    loaded = load(out)
    assert loaded.format == "coco"
    assert sorted(str(sample.label) for sample in loaded) == ["bar"] * 6 + ["disc"] * 6


def test_convert_does_not_write_over_a_folder_unasked(sightmill, shapes, tmp_path):
    out = tmp_path / "coco"
    assert sightmill("data", "convert", shapes, out, "--to", "coco").code == 0
    ended = sightmill("data", "convert", shapes, out, "--to", "coco")
    assert ended.code == 2
    assert "not empty" in ended.err
    assert sightmill("data", "convert", shapes, out, "--to", "coco", "--overwrite").code == 0


def test_convert_to_an_unknown_format_lists_those_there_are(sightmill, shapes, tmp_path):
    ended = sightmill("data", "convert", shapes, tmp_path / "out", "--to", "tarot")
    assert ended.code == 2
    assert "coco" in ended.err


def test_names_with_brackets_are_printed_as_they_are(sightmill, shapes):
    (shapes / "disc").rename(shapes / "[red]disc")
    ended = sightmill("data", "check", shapes)
    assert "[red]disc" in ended.out
