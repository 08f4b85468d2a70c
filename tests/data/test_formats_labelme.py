"""LabelMe: read, written, refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Mask, Point, Polygon, Polyline, RotatedBox, Whole
from sightmill.data.sample import Sample
from sightmill.errors import DataError


def png(pixels: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode()


def shape(kind: str, points: object, label: object = "nut", **more: object) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def content(*shapes: object, **more: object) -> dict[str, Any]:
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": "a.png",
        "imageData": None,
        "imageHeight": 30,
        "imageWidth": 40,
        **more,
    }


def put(root: Path, what: object, name: str = "a.json", *, image: bool = True) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(what if isinstance(what, str) else json.dumps(what))
    if image:
        write_image(path.with_suffix(".png"), np.full((30, 40), 7, np.uint8))
    return path


def test_every_type_of_shape(tmp_path: Path) -> None:
    mask = shape("mask", [[5, 6], [7, 7]], mask=png(np.array([[1, 0, 1], [0, 1, 0]], np.uint8)))
    put(
        tmp_path,
        content(
            shape("polygon", [[1, 1], [9, 1], [9, 9]]),
            shape("rectangle", [[30, 20], [10, 5]]),
            shape("circle", [[20, 15], [20, 20]]),
            shape("point", [[3.5, 4]]),
            mask,
            shape("rotation", [[10, 5], [20, 5], [20, 9], [10, 9]]),
            shape("line", [[1, 1], [2, 2]]),
            shape("linestrip", [[1, 1], [2, 2], [3, 1]]),
            shape("rectangle", [[3, 3], [3, 9]]),
        ),
    )
    data = load(tmp_path)
    assert data.format == "labelme"
    polygon, rectangle, circle, point, covered, turned, *lines = (item.region for item in data[0].annotations)
    assert polygon == Polygon([[1, 1], [9, 1], [9, 9]])
    assert rectangle == Box(10, 5, 30, 20)
    assert circle.area(40, 30) == pytest.approx(np.pi * 25, rel=0.01)
    assert circle.bounds(40, 30).centre == pytest.approx((20, 15))
    assert point == Point(3.5, 4)
    assert covered == Mask(np.array([[1, 0, 1], [0, 1, 0]], np.bool_), 5, 6)
    assert turned == RotatedBox(15, 7, 10, 4, 0)
    assert lines == [Polyline([[1, 1], [2, 2]]), Polyline([[1, 1], [2, 2], [3, 1]])]
    assert data.notes == ("shapes without area were left out (1)",)


def test_lines_come_back_and_suit_edge_extraction(tmp_path: Path) -> None:
    lines = (Polyline([[1, 2], [7.5, 9]]), Polyline([[1, 1], [5, 4], [9, 3]], [[20, 20], [21, 25]]))
    sample = Sample(np.full((30, 40), 7, np.uint8), "a.png", tuple(Annotation(line, "edge") for line in lines))
    save(Dataset.of([sample]), tmp_path / "out", "labelme")
    found = load(tmp_path / "out", learns_from="edge")
    assert tuple(item.region for item in found[0].annotations) == lines
    with pytest.raises(DataError, match="nothing here carries"):
        load(tmp_path / "out", learns_from="point")


def test_flags_groups_and_descriptions(tmp_path: Path) -> None:
    put(
        tmp_path,
        content(
            shape("point", [[3, 4]], group_id=3, flags={"small": True, "big": False}, description="LOT 7"),
            flags={"good": False, "scratched": True},
        ),
    )
    whole, point = load(tmp_path)[0].annotations
    assert whole == Annotation(Whole(), "scratched")
    assert point == Annotation(Point(3, 4), "nut", None, "LOT 7", {"group_id": "3", "small": "true"})
    claim = formats()["labelme"].recognise(tmp_path)
    assert claim is not None and {"class", "point"} <= claim.carries


def test_polygons_of_one_group_are_one_object(tmp_path: Path) -> None:
    one, two = [[1, 1], [9, 1], [9, 9]], [[20, 1], [29, 1], [29, 9]]
    put(tmp_path, content(*(shape("polygon", points, group_id=1) for points in (one, two))))
    (item,) = load(tmp_path)[0].annotations
    assert item.region == Polygon(one, two)


def test_roi_is_the_region_of_interest(tmp_path: Path) -> None:
    put(tmp_path, content(shape("rectangle", [[1, 2], [30, 20]], "ROI"), shape("point", [[3, 4]])))
    sample = load(tmp_path)[0]
    assert sample.roi == Box(1, 2, 30, 20)
    assert len(sample.annotations) == 1
    put(tmp_path, content(*(shape("rectangle", [[x, 2], [x + 5, 9]], "roi") for x in (1, 20))))
    assert load(tmp_path)[0].roi == Polygon(Box(1, 2, 6, 9).corners(), Box(20, 2, 25, 9).corners())


def test_folders_give_the_splits_and_names_stay_apart(tmp_path: Path) -> None:
    for folder in ("train", "val", "test", "more"):
        put(tmp_path, content(shape("point", [[3, 4]])), f"{folder}/a.json")
    write_image(tmp_path / "train" / "unlabelled.png", np.zeros((30, 40), np.uint8))
    data = load(tmp_path)
    assert {(sample.name, sample.split, sample.annotated) for sample in data} == {
        ("train/a.png", "train", True),
        ("val/a.png", "validation", True),
        ("test/a.png", "test", True),
        ("more/a.png", None, True),
        ("train/unlabelled.png", "train", False),
    }


@pytest.mark.parametrize("named", [r"..\..\photos\a.png", "/home/someone/a.png", "../../a.png", "renamed.png"])
def test_image_named_for_another_machine(tmp_path: Path, named: str) -> None:
    put(tmp_path / "set", content(imagePath=named))
    assert load(tmp_path / "set", format="labelme")[0].name == "a.png"


def test_image_inside_the_file(tmp_path: Path) -> None:
    pixels = np.arange(1200, dtype=np.uint8).reshape(30, 40)
    put(tmp_path, content(imageData=png(pixels)), image=False)
    sample = load(tmp_path)[0]
    assert np.array_equal(sample.read(), pixels)
    assert sample.name == "a.png"


def test_missing_image_is_noted(tmp_path: Path) -> None:
    put(tmp_path, content())
    put(tmp_path, content(imagePath="gone.png"), "b.json", image=False)
    data = load(tmp_path)
    assert len(data) == 1
    assert any("gone.png" in note for note in data.notes)


@pytest.mark.parametrize(
    "what",
    [
        json.dumps(content())[:-20],
        [content()],
        content(shapes={}),
        content(3),
        content({"points": [[1, 2]], "shape_type": "point"}),
        content(shape("point", [[1, 2]], label=" ")),
        content(shape("point", [[1, 2]], label=7)),
        content(shape("point", [[1, 2], [3, 4]])),
        content(shape("point", [])),
        content(shape("point", [[1]])),
        content(shape("point", [[1, "2"]])),
        content(shape("point", [[1, float("nan")]])),
        content(shape("point", [[1, 10**40]])),
        content(shape("point", 7)),
        content(shape("rectangle", [[1, 2]])),
        content(shape("circle", [[1, 2]])),
        content(shape("rotation", [[1, 2]])),
        content(shape("mask", [[1, 2], [3, 4]])),
        content(shape("mask", [[1, 2], [3, 4]], mask="!!!")),
        content(shape("mask", [[1, 2], [3, 4]], mask="AAAA")),
        content(shape("point", [[1, 2]], group_id="one")),
        content(shape("point", [[1, 2]], "roi"), shape("point", [[1, 2]], "roi")),
        content(imagePath="gone", imageData="AAAA"),
        content(imagePath=5),
    ],
)
def test_damage_is_one_sentence_that_names_the_file(tmp_path: Path, what: object) -> None:
    path = put(tmp_path, what)
    if isinstance(what, dict) and what.get("imagePath") == "gone":
        path.with_suffix(".png").unlink()
    with pytest.raises(DataError) as caught:
        load(path, format="labelme")
    said = str(caught.value)
    assert "a.json" in said
    assert "\n" not in said and len(said) < 600


def test_round_trip(tmp_path: Path) -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    items = (
        Annotation(Whole(), "scratched"),
        Annotation(Box(1.5, 2, 30, 20.25), "b", 0.5, attributes={"author": "me", "group_id": "4"}),
        Annotation(Polygon([[1, 1], [9, 1], [9.5, 8]]), "a", None, "LOT 7"),
        Annotation(Mask(np.array([[1, 0, 1], [1, 1, 0]], np.bool_), 36, 27), "b"),
        Annotation(Point(3, 4.5), "a"),
    )
    samples = [
        Sample(image, "one.png", items, "train", roi=Polygon([[0, 0], [40, 0], [0, 30]])),
        Sample(image, "train/two.png", items[2:], "test"),
        Sample(image, "val/three.png", (), None),
        Sample(image, "four.png", split="validation", annotated=False),
    ]
    data = Dataset.of([*samples, Sample(image, "five.png", split="validation")], ("b", "unused", "a", "scratched"))
    assert save(data, tmp_path / "out", "labelme") == []
    back = load(tmp_path / "out")
    assert back.labels == data.labels
    found = {Path(sample.name).stem: sample for sample in back}
    for sample in data:
        other = found[Path(sample.name).stem]
        assert other.annotations == sample.annotations
        assert (other.split, other.annotated, other.roi) == (sample.split, sample.annotated, sample.roi)


def test_what_labelme_cannot_carry_is_said(tmp_path: Path) -> None:
    items = (
        Annotation(RotatedBox(20, 15, 12, 6, 30), "a"),
        Annotation(Polygon([[1, 1], [9, 1], [9, 8]], [[20, 1], [29, 1], [29, 8]]), "a"),
    )
    notes = " ".join(save(Dataset.of([Sample(np.zeros((30, 40), np.uint8), "a", items)]), tmp_path, "labelme"))
    assert "rotated boxes became polygons" in notes and "group_id" in notes
    first, second = (item.region for item in load(tmp_path)[0].annotations)
    assert first.kind == "polygon"
    assert second == items[1].region
