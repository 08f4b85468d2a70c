"""Sightmill's own lines: nothing is lost, and what is damaged is told by its line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.formats.samples import NAME, header_line, sample_line
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Mask, Point, Polygon, RotatedBox, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

EVERYTHING = (
    Annotation(Whole(), "bad"),
    Annotation(Box(1, 2, 3, 4), "a", attributes={"difficult": "1"}),
    Annotation(RotatedBox(4, 3, 2, 1, 30), "b"),
    Annotation(Polygon([[0, 0], [4, 0], [4, 4]], [[5, 5], [6, 5], [6, 6]]), "c"),
    Annotation(Mask(np.eye(3, dtype=np.bool_), 1, 1), "ä"),
    Annotation(Point(2.5, 3.5), "d", text="L0T 7"),
)


def test_nothing_is_lost(tmp_path: Path) -> None:
    pixels = np.full((6, 8), 9, np.uint8)
    samples = [
        Sample(pixels, "lot 1/x.png", EVERYTHING, "test", Polygon([[0, 0], [8, 0], [8, 6]]), attributes={"lot": "1"}),
        Sample(pixels, "nothing in it.png", (), "train"),
        Sample(pixels, "unknown.png", (), None, annotated=False),
    ]
    dataset = Dataset.of(samples, ["d", "ä", "c", "b", "a", "bad", "never seen"])
    assert save(dataset, tmp_path / "out", "sightmill") == []
    again = load(tmp_path / "out")
    assert again.format == "sightmill"
    assert again.labels == dataset.labels
    for before, after in zip(samples, again, strict=True):
        assert (after.name, after.split, after.annotated) == (before.name, before.split, before.annotated)
        assert (after.annotations, after.roi, after.attributes) == (before.annotations, before.roi, before.attributes)
        np.testing.assert_array_equal(after.read(), before.read())


def test_images_elsewhere_are_read_when_their_folder_is_named(tmp_path: Path) -> None:
    write_image(tmp_path / "far" / "x.png", np.zeros((4, 4), np.uint8))
    lines = tmp_path / "here" / NAME
    lines.parent.mkdir()
    lines.write_text(header_line(()) + sample_line(Sample(tmp_path, "x"), str(tmp_path / "far" / "x.png")))
    assert load(lines, images=tmp_path)[0].name == "x"
    with pytest.raises(FormatError, match="none of the 1 images"):
        load(lines)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "no line of JSON"),
        ("[]", "must be a JSON object"),
        ('{"image": 1}', "must name an image"),
        ('{"image": "x.png", "split": "dev"}', "unknown split"),
        ('{"image": "x.png", "annotations": [{"label": "a"}]}', "cannot be read"),
        ('{"image": "x.png", "annotations": [{"label": "a", "region": {"kind": "blob"}}]}', "unknown kind"),
        ('{"image": "../../x.png"}', "leaves|climbs|folder"),
        ("[" * 100_000, "no line of JSON"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, what: str) -> None:
    write_image(tmp_path / "x.png", np.zeros((4, 4), np.uint8))
    (tmp_path / NAME).write_text(header_line(("a",)) + line + "\n")
    with pytest.raises(FormatError, match=what):
        load(tmp_path)


def test_other_lines_of_json_are_none_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"event": "x"}\n')
    with pytest.raises(FormatError, match="first line"):
        formats()["sightmill"].recognise(tmp_path / "log.jsonl")
    (tmp_path / NAME).write_text(json.dumps({"sightmill": 99}) + "\n")
    with pytest.raises(FormatError, match="newer"):
        load(tmp_path)
