"""Pascal VOC: read, written, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import load, save
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Polygon, RotatedBox, Whole
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, DataError, FormatError


def box(xmin: object = 11, ymin: object = 1, xmax: object = 20, ymax: object = 5, more: str = "") -> str:
    corners = f"<xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax>"
    return f"<object><name>nut</name>{more}<bndbox>{corners}</bndbox></object>"


def xml(*objects: str, filename: str = "a.png") -> str:
    inside = "".join(objects)
    return f"<annotation><folder>JPEGImages</folder><filename>{filename}</filename>{inside}</annotation>"


def put(root: Path, name: str, content: str | None, images: str = "JPEGImages") -> None:
    write_image(root / images / f"{name}.png", np.zeros((30, 40), np.uint8))
    if content is not None:
        path = root / "Annotations" / f"{name}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


def lists(root: Path, **splits: str) -> None:
    folder = root / "ImageSets" / "Main"
    folder.mkdir(parents=True)
    for name, content in splits.items():
        (folder / f"{name}.txt").write_text(content, "utf-8")


def test_corners_count_from_one_and_lie_inside(tmp_path: Path) -> None:
    put(tmp_path, "a", xml(box(), box(0, 0, 40, 30)))
    data = load(tmp_path)
    assert data.format == "voc"
    assert [item.region for item in data[0].annotations] == [Box(10, 0, 20, 5), Box(0, 0, 40, 30)]
    assert data.labels == ("nut",)


def test_lists_give_the_splits(tmp_path: Path) -> None:
    for name in ("a", "b c", "d", "e", "f"):
        put(tmp_path, name, xml(filename=f"{name}.png") if name != "e" else None)
    lists(tmp_path, train="a\n", val="b c\n", test="d.png  1\n", trainval="a\nb c\ne\nghost\n")
    data = load(tmp_path)
    assert {sample.name.split("/")[-1]: sample.split for sample in data} == {
        "a.png": "train",
        "b c.png": "validation",
        "d.png": "test",
        "e.png": "train",
        "f.png": None,
    }
    assert {sample.name for sample in data if not sample.annotated} == {"JPEGImages/e.png"}
    assert any("ghost" in note for note in data.notes)


def test_xml_beside_the_images(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((30, 40), np.uint8))
    (tmp_path / "a.xml").write_text(xml(box()))
    assert load(tmp_path)[0].annotations[0].region == Box(10, 0, 20, 5)


def test_a_stale_file_name_falls_back_to_that_of_the_xml(tmp_path: Path) -> None:
    put(tmp_path, "a", xml(box(), filename="IMG_0001.JPG"))
    assert load(tmp_path)[0].name == "JPEGImages/a.png"


def test_flags_become_attributes(tmp_path: Path) -> None:
    put(tmp_path, "a", xml(box(more="<difficult>1</difficult><truncated>0</truncated>")))
    assert load(tmp_path)[0].annotations[0].attributes == {"difficult": "1"}


def test_parts_of_an_object_are_no_objects(tmp_path: Path) -> None:
    part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
    put(tmp_path, "a", xml(box(more=part)))
    assert [item.label for item in load(tmp_path)[0].annotations] == ["nut"]


def test_boxes_without_area_are_left_out_with_a_note(tmp_path: Path) -> None:
    put(tmp_path, "a", xml(box(7, 7, 7, 7), box(7, 1, 7, 9), box(7, 1, 6, 9)))
    data = load(tmp_path)
    assert [item.region for item in data[0].annotations] == [Box(6, 0, 7, 9)]  # one pixel wide
    assert "a.xml: 2 boxes without area left out" in data.notes


def test_turned_boxes(tmp_path: Path) -> None:
    inside = "<cx>20</cx><cy>10</cy><w>8</w><h>4</h><angle>0.5235987755982988</angle>"
    put(tmp_path, "a", xml(f"<object><name>nut</name><robndbox>{inside}</robndbox></object>"))
    region = load(tmp_path, learns_from="rotated_box")[0].annotations[0].region
    assert isinstance(region, RotatedBox)
    assert (region.cx, region.cy, region.width, region.height) == (20, 10, 8, 4)
    assert region.angle == pytest.approx(30)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><annotation><filename>&b;</filename></annotation>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><annotation><filename>&e;</filename></annotation>'


@pytest.mark.parametrize("content", [BOMB, OUTSIDE])
def test_entities_are_refused(tmp_path: Path, content: str) -> None:
    put(tmp_path, "a", content)
    with pytest.raises(FormatError, match="entities"):
        load(tmp_path, format="voc")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<annotation>",
        "<annotations/>",
        '<?xml version="1.0" encoding="klingon"?><annotation/>',
        xml("<object><name>nut</name></object>"),
        xml(box().replace("nut", " ")),
        xml(box("nan")),
        xml(box("1e400")),
        xml(box("eleven")),
        xml(box("")),
        xml(box(30)),
        xml(box().replace("<ymax>5</ymax>", "")),
        xml("<object><name>n</name><robndbox><cx>1</cx></robndbox></object>"),
    ],
)
def test_damage_is_one_sentence_that_names_the_file(tmp_path: Path, content: str) -> None:
    put(tmp_path, "a", content)
    with pytest.raises(DataError) as caught:
        load(tmp_path, format="voc")
    assert "a.xml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_names_the_object(tmp_path: Path) -> None:
    put(tmp_path, "a", xml(box(), box(30)))
    with pytest.raises(AnnotationError, match=r"a\.xml, object 2: the corners of the box are in the wrong order"):
        load(tmp_path)


def test_round_trip(tmp_path: Path) -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    items = (
        Annotation(Box(0, 0, 40, 30), "b & <c>", attributes={"difficult": "1", "author": "Zoë"}),
        Annotation(Box(1.25, 2, 3, 4.5), "a"),
        Annotation(RotatedBox(20, 10, 8, 4, 0), "a"),
    )
    samples = [
        Sample(image, "x/one.png", items, "train"),
        Sample(image, "two.png", (), "validation"),
        Sample(image, "three.png", annotated=False, split="test"),
        Sample(image, "four.png", items[:1]),
    ]
    assert save(Dataset.of(samples, ("unused", "b & <c>", "a")), tmp_path / "out", "voc") == []
    back = load(tmp_path / "out")
    assert back.labels == ("unused", "b & <c>", "a")
    found = {sample.name.removeprefix("JPEGImages/"): sample for sample in back}
    for sample in samples:
        other = found[sample.name]
        assert (other.annotations, other.split, other.annotated) == (
            sample.annotations,
            sample.split,
            sample.annotated,
        )


def test_what_voc_cannot_carry_is_said(tmp_path: Path) -> None:
    items = (
        Annotation(Polygon([[1, 1], [5, 1], [5, 9]]), "a", 0.5, "text"),
        Annotation(Whole(), "a"),
        Annotation(Box(3, 3, 4, 4), "a"),
    )
    data = Dataset.of([Sample(np.zeros((30, 40), np.uint8), "a", items, roi=Box(0, 0, 9, 9))])
    notes = " ".join(save(data, tmp_path, "voc"))
    for word in ("became the boxes", "kind whole", "score", "text", "regions of interest", "one pixel"):
        assert word in notes
    assert load(tmp_path)[0].annotations[0].region == Box(1, 1, 5, 9)


def test_bccd(shared_data: Path) -> None:
    data = load(shared_data / "bccd", format="voc")
    assert {split: len(data.split(split)) for split in ("train", "validation", "test")} == {
        "train": 205,
        "validation": 87,
        "test": 72,
    }
    assert sum(len(sample.annotations) for sample in data) == 4886
    assert {"RBC", "WBC", "Platelets"} == set(data.labels)
    noted = [note for note in data.notes if "without area" in note]
    assert len(noted) == 2
    assert "BloodImage_00338.xml" in noted[0] and "BloodImage_00343.xml" in noted[1]
