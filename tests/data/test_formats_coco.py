"""COCO files: read, written, refused."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import load, save
from sightmill.data.formats.rle import counts_from_text, counts_of, mask_from_counts, text_from_counts
from sightmill.data.image import read_index_mask, write_image
from sightmill.data.regions import Box, Mask, Point, Polygon, RotatedBox, Whole
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, DataError, FormatError

SQUARE = [2.0, 3.0, 6.0, 3.0, 6.0, 7.0, 2.0, 7.0]


def coco(**changes: Any) -> dict[str, Any]:
    top: dict[str, Any] = {
        "images": [
            {"id": 7, "file_name": "a.png", "width": 12, "height": 10},
            {"id": 9, "file_name": "b.png", "width": 12, "height": 10},
        ],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4], "segmentation": []}],
        "categories": [{"id": 5, "name": "zebra"}, {"id": 2, "name": "ant"}],
    }
    return top | changes


def put(folder: Path, content: object, name: str = "annotations/train.json", images: str = "images") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    for image in ("a.png", "b.png"):
        write_image(folder / images / image, np.zeros((10, 12), np.uint8))
    return path


def annotated(**fields: Any) -> dict[str, Any]:
    return coco(annotations=[{"id": 1, "image_id": 7, "category_id": 5, **fields}])


def only_region(folder: Path, **fields: Any) -> Any:
    put(folder, annotated(**fields))
    (item,) = load(folder, format="coco")[0].annotations
    return item.region


def test_boxes_labels_splits_and_empty_images(tmp_path: Path) -> None:
    put(tmp_path, coco())
    data = load(tmp_path)
    assert data.format == "coco"
    assert data.labels == ("zebra", "ant")
    assert [(s.name, s.split, s.annotated) for s in data] == [
        ("images/a.png", "train", True),
        ("images/b.png", "train", True),
    ]
    assert data[0].annotations == (Annotation(Box(1, 2, 4, 6), "zebra"),)
    assert data[1].annotations == ()


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("annotations/instances_val2017.json", "validation"),
        ("annotations/test.json", "test"),
        ("labels.json", None),
        ("valid/_annotations.coco.json", "validation"),
    ],
)
def test_the_name_of_the_file_says_the_split(tmp_path: Path, name: str, split: str | None) -> None:
    put(tmp_path, coco(), name)
    assert {sample.split for sample in load(tmp_path, format="coco")} == {split}


@pytest.mark.parametrize("images", ["images", "images/train", "annotations", ".", "JPEGImages"])
def test_images_are_found_in_the_usual_places(tmp_path: Path, images: str) -> None:
    put(tmp_path, coco(), images=images)
    assert len(load(tmp_path, format="coco")) == 2


def test_polygons_of_several_parts(tmp_path: Path) -> None:
    other = [8, 1, 9, 1, 9, 2]
    region = only_region(tmp_path, bbox=[0, 0, 9, 9], segmentation=[SQUARE, other])
    assert region == Polygon(np.reshape(SQUARE, (4, 2)), np.reshape(other, (3, 2)))
    assert only_region(tmp_path, segmentation=SQUARE) == Polygon(np.reshape(SQUARE, (4, 2)))


def test_run_lengths_count_down_the_columns(tmp_path: Path) -> None:
    # Three pixels down from row 1 of column 2, in an image of 12 x 10.
    counts = [21, 3, 96]
    expected = Mask(np.ones((3, 1), np.bool_), 2, 1)
    assert only_region(tmp_path, segmentation={"size": [10, 12], "counts": counts}, iscrowd=1) == expected
    compressed = text_from_counts(counts)
    put(tmp_path, annotated(segmentation={"size": [10, 12], "counts": compressed}, iscrowd=1))
    (item,) = load(tmp_path)[0].annotations
    assert item.region == expected
    assert item.attributes == {"iscrowd": "1"}


def test_annotation_without_a_place_labels_the_whole_image(tmp_path: Path) -> None:
    assert only_region(tmp_path) == Whole()


def test_annotations_without_area_are_left_out_with_a_note(tmp_path: Path) -> None:
    put(tmp_path, annotated(bbox=[3, 3, 0, 5]))
    data = load(tmp_path)
    assert data[0].annotations == ()
    assert any("without area" in note and "annotation 1" in note for note in data.notes)


def test_plain_file_wins_and_the_other_can_be_loaded_itself(tmp_path: Path) -> None:
    put(tmp_path, coco())
    other = put(tmp_path, annotated(segmentation=[SQUARE]), "annotations/polygons_train.json")
    data = load(tmp_path)
    assert data[0].annotations[0].region.kind == "box"
    assert any("polygons_train.json" in note for note in data.notes)
    assert load(other)[0].annotations[0].region.kind == "polygon"


def test_files_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    put(tmp_path, coco(), "annotations/one.json")
    put(tmp_path, coco(), "annotations/two.json")
    with pytest.raises(FormatError, match=r"one\.json, two\.json.*Load one of the files"):
        load(tmp_path, format="coco")


def test_an_image_in_two_splits_stays_in_train(tmp_path: Path) -> None:
    put(tmp_path, coco())
    put(tmp_path, coco(), "annotations/val.json")
    data = load(tmp_path)
    assert [sample.split for sample in data] == ["train", "train"]
    assert any("validation" in note for note in data.notes)


def test_missing_images_are_noted_and_all_missing_refused(tmp_path: Path) -> None:
    put(tmp_path, coco())
    (tmp_path / "images" / "b.png").unlink()
    data = load(tmp_path)
    assert [sample.name for sample in data] == ["images/a.png"]
    assert any("b.png" in note for note in data.notes)
    (tmp_path / "images" / "a.png").unlink()
    with pytest.raises(FormatError, match="none of the 2 images"):
        load(tmp_path)


HUGE = "9" * 5000
BROKEN = {
    "cut off": json.dumps(coco())[:-30],
    "a list": '[{"images": [], "annotations": [], "categories": []}]',
    "NaN": json.dumps(annotated(bbox=[float("nan"), 1, 2, 3])),
    "too deep": '{"images": [], "annotations": [], "categories": [], "x": ' + "[" * 200_000,
    "a huge number": json.dumps(annotated(bbox=[1, 2, 3, 4])).replace('"bbox": [1', f'"bbox": [{HUGE}'),
    "an infinite number": json.dumps(annotated(bbox=[1, 2, 3, 4])).replace('"bbox": [1', '"bbox": [1e999'),
    "no images": coco(images=None),
    "an image that is a number": coco(images=[3]),
    "an image without a name": coco(images=[{"id": 1}]),
    "a name with half a character": coco(images=[{"id": 7, "file_name": "\ud800.png"}]),
    "a double image id": coco(images=[{"id": 7, "file_name": "a.png"}, {"id": 7, "file_name": "b.png"}]),
    "an image twice": coco(images=[{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "a.png"}]),
    "a double category id": coco(categories=[{"id": 5, "name": "x"}, {"id": 5, "name": "y"}]),
    "a category without a name": coco(categories=[{"id": 5}]),
    "an unknown image": annotated(image_id=99, bbox=[1, 2, 3, 4]),
    "an unknown category": annotated(category_id=99, bbox=[1, 2, 3, 4]),
    "a category that is a text": annotated(category_id="5", bbox=[1, 2, 3, 4]),
    "three numbers": annotated(bbox=[1, 2, 3]),
    "a negative width": annotated(bbox=[1, 2, -3, 4]),
    "a box that is a text": annotated(bbox="1 2 3 4"),
    "a corner that is a text": annotated(bbox=[1, "2", 3, 4]),
    "a corner too far": annotated(bbox=[1e12, 2, 3, 4]),
    "an odd outline": annotated(segmentation=[[1, 2, 3, 4, 5, 6, 7]]),
    "an outline that is a number": annotated(segmentation=[[1, 2, 3, 4, 5, 6], 3]),
    "a segmentation that is a text": annotated(segmentation="PYX"),
    "runs of another size": annotated(segmentation={"size": [9, 12], "counts": [108]}),
    "runs that are too short": annotated(segmentation={"size": [10, 12], "counts": [21, 3]}),
    "negative runs": annotated(segmentation={"size": [10, 12], "counts": [130, -10]}),
    "runs of texts": annotated(segmentation={"size": [10, 12], "counts": ["120"]}),
    "huge runs": annotated(segmentation={"size": [10, 12], "counts": [10**30]}),
    "foreign characters": annotated(segmentation={"size": [10, 12], "counts": "é!"}),
    "a number without end": annotated(segmentation={"size": [10, 12], "counts": "oooooooooooo1"}),
    "no counts": annotated(segmentation={"size": [10, 12]}),
    "a negative score": annotated(bbox=[1, 2, 3, 4], score=-1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_damage_is_one_sentence_that_names_the_file(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, BROKEN[name])
    with pytest.raises(DataError) as caught:
        load(path, format="coco")
    said = str(caught.value)
    assert "train.json" in said
    assert "\n" not in said
    assert len(said) < 600


def test_an_error_in_an_annotation_names_its_place(tmp_path: Path) -> None:
    put(tmp_path, annotated(bbox=[1, 2, 3]))
    with pytest.raises(AnnotationError, match=r"train\.json, annotation 1: 'bbox' must hold 4 numbers"):
        load(tmp_path)


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "secret.png", np.zeros((10, 12), np.uint8))
    put(tmp_path / "set", coco(images=[{"id": 7, "file_name": "../../secret.png"}]))
    with pytest.raises(FormatError, match="leaves the data folder"):
        load(tmp_path / "set")


def test_round_trip(tmp_path: Path) -> None:
    image = np.zeros((40, 50, 3), np.uint8)
    pixels = np.array([[1, 0, 1], [1, 1, 0]], np.bool_)
    everything = (
        Annotation(Box(1.5, 2, 30, 20.25), "b", attributes={"author": "me", "iscrowd": "1"}),
        Annotation(Polygon([[1, 1], [9, 1], [9.5, 8]], [[20, 20], [30, 20], [30, 30]]), "a", 0.5),
        Annotation(Mask(pixels, 47, 38), "b"),
        Annotation(Mask(pixels, 0, 0), "a"),
        Annotation(Whole(), "a"),
    )
    samples = [
        Sample(image, "x/one.png", everything, "train"),
        Sample(image, "x/two.png", (), "train"),
        Sample(image, "three", everything[:1], "validation"),
        Sample(image, "four.jpg", everything[1:2], "test"),
        Sample(image, "five.png", everything[2:3]),
    ]
    notes = save(Dataset.of(samples, ("b", "unused", "a")), tmp_path / "out", "coco")
    assert len(notes) == 1 and "whole images" in notes[0]
    back = load(tmp_path / "out")
    assert back.labels == ("b", "unused", "a")
    assert [sample.split for sample in back] == ["train", "train", "validation", "test", None]
    assert [sample.annotations for sample in back] == [sample.annotations for sample in samples]
    again = load_again(back, tmp_path / "again")
    assert [(s.name, s.split, s.annotations) for s in again] == [(s.name, s.split, s.annotations) for s in back]


def load_again(data: Dataset, folder: Path) -> Dataset:
    save(data, folder, "coco")
    return load(folder)


def test_what_coco_cannot_carry_is_said(tmp_path: Path) -> None:
    image = np.zeros((40, 50), np.uint8)
    items = (Annotation(RotatedBox(20, 20, 10, 4, 30), "a"), Annotation(Point(3, 4), "a", text="T"))
    samples = [
        Sample(image, "a.png", items, roi=Box(0, 0, 9, 9)),
        Sample(image, "b.png", annotated=False),
    ]
    notes = " ".join(save(Dataset.of(samples), tmp_path, "coco"))
    for word in (
        "rotated boxes became polygons",
        "kind point",
        "text",
        "regions of interest",
        "nothing is known",
    ):
        assert word in notes
    back = load(tmp_path)
    assert len(back) == 1
    (item,) = back[0].annotations
    assert item.region == Polygon(items[0].region.corners())  # type: ignore[attr-defined]  # a RotatedBox


masks = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda size: st.lists(
        st.lists(st.booleans(), min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    )
)


@settings(deadline=None, max_examples=100)
@given(masks)
def test_run_lengths_repeat_every_mask(rows: list[list[bool]]) -> None:
    full = np.array(rows, np.bool_)
    height, width = full.shape
    mask = Mask.of(full)
    counts = [width * height] if mask is None else counts_of(mask, width, height).tolist()
    assert mask_from_counts(counts, width, height) == mask
    flat = full.T.reshape(-1)  # the definition: runs down the columns, the first of them empty pixels
    assert np.array_equal(np.repeat(np.arange(len(counts)) % 2 == 1, counts), flat)
    assert mask_from_counts(counts_from_text(text_from_counts(counts)), width, height) == mask


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 10**8), max_size=40))
def test_compressed_runs_repeat_every_count(counts: list[int]) -> None:
    assert counts_from_text(text_from_counts(counts)).tolist() == counts


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(AnnotationError):
        mask_from_counts(counts_from_text(text), 10, 10)


def test_compressed_runs_as_other_tools_write_them() -> None:
    # A record of dsb2018, written by the COCO API, and the area and box that it states.
    mask = mask_from_counts(counts_from_text("Zj95h74N1O2O0O1000O2M3Mlec1"), 256, 256)
    assert mask is not None
    assert mask.area(256, 256) == 101
    assert mask.bounds(256, 256) == Box(39, 68, 49, 81)


def test_a_large_size_costs_no_memory() -> None:
    with pytest.raises(AnnotationError, match="size"):
        mask_from_counts([10**18], 10**9, 10**9)


def test_deeppcb(shared_data: Path) -> None:
    data = load(shared_data / "deeppcb", format="coco")
    assert {split: len(data.split(split)) for split in ("train", "validation", "test")} == {
        "train": 225,
        "validation": 35,
        "test": 65,
    }
    assert data.labels == ("open", "short", "mousebite", "spur", "copper", "pinhole")
    assert {item.region.kind for sample in data for item in sample.annotations} == {"box"}


def test_screws(shared_data: Path) -> None:
    data = load(shared_data / "screws_presence", format="coco")
    assert (len(data.split("train")), len(data.split("test"))) == (70, 30)
    assert all(len(sample.annotations) == 4 for sample in data)


def test_dsb2018_masks_are_exact(shared_data: Path) -> None:
    data = load(shared_data / "dsb2018", format="coco")
    assert (len(data), sum(len(sample.annotations) for sample in data)) == (140, 4306)
    for sample in data.samples[::10]:
        truth = read_index_mask(shared_data / "dsb2018" / "labels" / Path(sample.name).name)
        drawn = np.zeros_like(truth)
        for item in sample.annotations:
            covered = item.region.mask(*sample.size)
            (number,) = np.unique(truth[covered])
            drawn[covered] = number
        assert np.array_equal(drawn, truth)


def test_dsb2018_polygons_are_close(shared_data: Path) -> None:
    data = load(shared_data / "dsb2018" / "annotations" / "polygons_test.json")
    sample = data[0]
    truth = read_index_mask(shared_data / "dsb2018" / "labels" / Path(sample.name).name) > 0
    drawn = np.any([item.region.mask(*sample.size) for item in sample.annotations], axis=0)
    assert (drawn & truth).sum() / (drawn | truth).sum() > 0.98
