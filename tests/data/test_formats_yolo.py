"""YOLO: read, written, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Mask, Point, Polygon, Region, RotatedBox
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, DataError, FormatError

YAML = "path: .\ntrain: images/train\nval: images/val\ntest:\nnames:\n  0: nut\n  1: bolt\n"
DIAMOND = "0.5 0.2 0.8 0.5 0.5 0.8 0.2 0.5"


def put(
    root: Path, image: str = "images/train/a.png", label: str | None = None, size: tuple[int, int] = (40, 20)
) -> None:
    write_image(root / image, np.zeros((size[1], size[0]), np.uint8))
    if label is not None:
        path = root / image.replace("images", "labels").replace(".png", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(label)


def describe(root: Path, content: str = YAML) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    path = root / "data.yaml"
    path.write_text(content, "utf-8")
    return path


def regions(data: Dataset) -> list[Region]:
    return [item.region for sample in data for item in sample.annotations]


@pytest.mark.parametrize("source", ["folder", "file"])
def test_boxes_splits_labels_and_empty_images(tmp_path: Path, source: str) -> None:
    path = describe(tmp_path)
    put(tmp_path, label="1 0.5 0.5 0.25 0.5\n\n")
    put(tmp_path, "images/train/b.png")
    put(tmp_path, "images/val/c.png", "")
    data = load(tmp_path if source == "folder" else path)
    assert data.format == "yolo"
    assert data.labels == ("nut", "bolt")
    assert [(s.name, s.split, s.annotated) for s in data] == [
        ("images/train/a.png", "train", True),
        ("images/train/b.png", "train", True),
        ("images/val/c.png", "validation", True),
    ]
    assert data[0].annotations == (Annotation(Box(15, 5, 25, 15), "bolt"),)


def test_names_are_taken_as_they_are_written(tmp_path: Path) -> None:
    describe(tmp_path, "train: images\nnames: [yes, 01, null, 2024-13-45]\n")
    put(tmp_path, "images/a.png", "0 0.5 0.5 0.25 0.5")
    assert load(tmp_path).labels == ("yes", "01", "null", "2024-13-45")


@pytest.mark.parametrize(
    ("task", "kind"), [("", "rotated_box"), ("task: obb\n", "rotated_box"), ("task: segment\n", "polygon")]
)
def test_four_corners(tmp_path: Path, task: str, kind: str) -> None:
    describe(tmp_path, task + YAML)
    put(tmp_path, label=f"0 {DIAMOND}", size=(40, 40))
    claim = formats()["yolo"].recognise(tmp_path)
    assert claim is not None and kind in claim.carries
    (region,) = regions(load(tmp_path))
    assert region.kind == kind
    if isinstance(region, RotatedBox):
        assert region.corners() == pytest.approx(np.array([[20, 8], [32, 20], [20, 32], [8, 20]]))


@pytest.mark.parametrize("other", ["0 0.1 0.1 0.9 0.1 0.5 0.9 0.2 0.8", "0 0.1 0.1 0.9 0.1 0.5 0.9"])
def test_one_row_that_is_no_rectangle_makes_all_polygons(tmp_path: Path, other: str) -> None:
    describe(tmp_path)
    put(tmp_path, label=f"0 {DIAMOND}\n{other}", size=(40, 40))
    assert {region.kind for region in regions(load(tmp_path))} == {"polygon"}


def test_classes_txt_instead_of_yaml(tmp_path: Path) -> None:
    put(tmp_path, "images/train/a.png", "1 0.5 0.5 0.25 0.5")
    (tmp_path / "labels" / "classes.txt").write_text("nut\nbolt\n")
    data = load(tmp_path, format="yolo")
    assert data.labels == ("nut", "bolt")
    assert data[0].split == "train"
    assert load(tmp_path, learns_from="box").format == "yolo"


def test_no_names_at_all(tmp_path: Path) -> None:
    put(tmp_path, "images/a.png", "3 0.5 0.5 0.25 0.5")
    data = load(tmp_path, format="yolo")
    assert data.labels == ("3",)
    assert any("no list of class names" in note for note in data.notes)


@pytest.mark.parametrize("path", ["../train/images", "/home/someone/set/train/images", r"C:\set\train\images"])
def test_folders_named_for_another_machine(tmp_path: Path, path: str) -> None:
    describe(tmp_path / "set", f"train: {path}\nnames: [nut, bolt]\n")
    put(tmp_path / "set", "train/images/a.png", "1 0.5 0.5 0.25 0.5")
    data = load(tmp_path / "set")
    assert [sample.split for sample in data] == ["train"]
    assert regions(data) == [Box(15, 5, 25, 15)]


def test_lists_of_images(tmp_path: Path) -> None:
    describe(tmp_path, "train: train.txt\nnames: [nut, bolt]\n")
    put(tmp_path, "images/a.png", "1 0.5 0.5 0.25 0.5")
    put(tmp_path, "images/b.png")
    (tmp_path / "train.txt").write_text("./images/a.png\nimages/gone.png\n")
    data = load(tmp_path)
    assert [sample.name for sample in data] == ["images/a.png"]
    assert any("gone.png" in note for note in data.notes)


def test_labels_beside_the_images(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((20, 40), np.uint8))
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.25 0.5")
    (tmp_path / "classes.txt").write_text("nut")
    assert regions(load(tmp_path, format="yolo")) == [Box(15, 5, 25, 15)]


def test_one_folder_as_validation_and_test_is_test(tmp_path: Path) -> None:
    describe(tmp_path, "train: images/train\nval: images/test\ntest: images/test\nnames: [nut]\n")
    put(tmp_path)
    put(tmp_path, "images/test/b.png")
    data = load(tmp_path)
    assert [sample.split for sample in data] == ["train", "test"]
    assert any("taken for test only" in note for note in data.notes)


def test_key_points_are_passed_over(tmp_path: Path) -> None:
    describe(tmp_path, "kpt_shape: [2, 3]\n" + YAML)
    put(tmp_path, label="1 0.5 0.5 0.25 0.5 0.1 0.1 2 0.2 0.2 1")
    assert regions(load(tmp_path)) == [Box(15, 5, 25, 15)]


def test_a_little_outside_is_clipped_with_a_note(tmp_path: Path) -> None:
    describe(tmp_path)
    put(tmp_path, label="1 0.05 0.5 0.2 0.5\n0 -0.05 0.5 0.5 0.5 0.5 0.9\n1 0.5 0.5 0 0.5")
    data = load(tmp_path)
    assert close(regions(data)[0], Box(0, 5, 6, 15))
    assert regions(data)[1] == Polygon([[0, 10], [20, 10], [20, 18]])
    assert any("clipped in a.txt" in note for note in data.notes)
    assert any("without area" in note and "a.txt:3" in note for note in data.notes)


@pytest.mark.parametrize(
    "row",
    [
        "0 12 15 30 40",
        "0 0.5 0.5 nan 0.5",
        "0 0.5 0.5 inf 0.5",
        "0 0.5 0.5 0.1",
        "0 0.5 0.5 -0.1 0.5",
        "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7",
        "0.5 0.5 0.5 0.1 0.1",
        "-1 0.5 0.5 0.1 0.1",
        "2 0.5 0.5 0.1 0.1",
        "nut 0.5 0.5 0.1 0.1",
        "0 0.5 0.5 0.1 0.1 7",
        "0 0.5 0.5 0.1 \x00",
        "0 5 5 6 5 6 6 5 6",
    ],
)
def test_an_absurd_row_is_refused_by_file_and_line(tmp_path: Path, row: str) -> None:
    describe(tmp_path)
    put(tmp_path, label=f"0 0.5 0.5 0.5 0.5\n{row}\n")
    with pytest.raises(AnnotationError, match=r"a\.txt:2: "):
        load(tmp_path, format="yolo")


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghijklmnopq", "bcdefghijklmnopqr", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [
        "names: [nut\n",
        "names: nut\n",
        "names: [nut, [bolt]]\n",
        "names: {nut: 0}\n",
        "names: {-1: nut}\n",
        "names: [nut]\ntrain: {a: b}\n",
        "names: [nut]\ntrain: images/nowhere\n",
        "names: [nut]\ntrain: ../../../etc\n",
        "names: [nut]\ntask: dance\n",
        "names: [nut]\ntask: [obb]\n",
        "names: [nut]\nkpt_shape: 3\n",
        "- names: 3\n",
        "names: " + "[" * 500,
        BOMB + "names: *r\n",
        "!!python/object/apply:os.system ['true']\nnames: [a]\n",
        "names: [nut]\n" + "#" * 5_000_000,
    ],
)
def test_a_damaged_description_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = describe(tmp_path, content)
    put(tmp_path)
    with pytest.raises(DataError) as caught:
        load(path, format="yolo")
    said = str(caught.value)
    assert "data.yaml" in said
    assert "\n" not in said and len(said) < 600


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        load(tmp_path, format="yolo")


def samples_of(items: list[Annotation]) -> list[Sample]:
    image = np.zeros((30, 40, 3), np.uint8)
    half = len(items) // 2
    return [
        Sample(image, "a.png", tuple(items[:half]), "train"),
        Sample(image, "x/b.png", tuple(items[half:]), "validation"),
        Sample(image, "c.png", (), "test"),
        Sample(image, "d.png", tuple(items)),
    ]


@pytest.mark.parametrize(
    "items",
    [
        [Annotation(Box(1, 2, 30, 20), "b"), Annotation(Box(0, 0, 40, 30), "a")],
        [
            Annotation(Polygon([[1, 2], [30, 2], [20, 20]]), "b"),
            Annotation(Polygon([[1, 1], [9, 1], [9, 9], [1, 9]]), "a"),
        ],
        [Annotation(RotatedBox(20, 15, 12, 6, 30), "b"), Annotation(RotatedBox(38, 3, 12, 6, -80), "yes")],
    ],
)
def test_round_trip(tmp_path: Path, items: list[Annotation]) -> None:
    data = Dataset.of(samples_of(items), ("unused", "b", "a", "yes"))
    assert save(data, tmp_path / "out", "yolo") == []
    back = load(tmp_path / "out")
    assert back.labels == data.labels
    assert [sample.split for sample in back] == ["train", "validation", "test", None]
    for one, other in zip(data, back, strict=True):
        assert [item.label for item in one.annotations] == [item.label for item in other.annotations]
        for before, after in zip(one.annotations, other.annotations, strict=True):
            assert close(before.region, after.region)
    save(back, tmp_path / "again", "yolo")
    assert [sample.name for sample in load(tmp_path / "again")] == [sample.name for sample in back]


def close(one: Region, other: Region) -> bool:
    if isinstance(one, RotatedBox) and isinstance(other, RotatedBox):
        return np.allclose(one.corners(), other.corners(), atol=1e-6)
    if isinstance(one, Polygon) and isinstance(other, Polygon):
        return all(np.allclose(a, b, atol=1e-6) for a, b in zip(one.parts, other.parts, strict=True))
    return one.kind == other.kind and np.allclose(
        [one.bounds(9, 9).x1, one.bounds(9, 9).y2], [other.bounds(9, 9).x1, other.bounds(9, 9).y2], atol=1e-6
    )


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=6, max_size=6))
def test_masks_become_outlines_around_the_same_pixels(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[bool]]
) -> None:
    full = np.zeros((8, 9), np.bool_)
    full[1:7, 1:8] = rows
    mask = Mask.of(full)
    if mask is None:
        return
    folder = tmp_path_factory.mktemp("masks")
    sample = Sample(np.zeros((8, 9), np.uint8), "a.png", (Annotation(mask, "a"),), "train")
    notes = save(Dataset.of([sample]), folder, "yolo")
    assert any("masks became outlines" in note for note in notes)
    (region,) = regions(load(folder))
    assert np.array_equal(region.mask(9, 8), full)


def test_what_yolo_cannot_carry_is_said(tmp_path: Path) -> None:
    image = np.zeros((30, 40), np.uint8)
    items = (
        Annotation(RotatedBox(20, 15, 12, 6, 30), "a", 0.5, "text", {"k": "v"}),
        Annotation(Box(-5, 2, 9, 9), "a"),
        Annotation(Polygon([[1, 1], [9, 1], [9, 9]]), "a"),
        Annotation(Point(3, 4), "a"),
        Annotation(Box(100, 100, 110, 110), "a"),
    )
    data = Dataset.of([Sample(image, "a", items, "train", roi=Box(0, 0, 9, 9)), Sample(image, "b", annotated=False)])
    notes = " ".join(save(data, tmp_path, "yolo"))
    for word in (
        "score",
        "text",
        "attributes",
        "cut at the border",
        "became rotated boxes",
        "rotated boxes around",
        "kind point",
        "outside of their image",
        "regions of interest are written as masks",
        "nothing is known",
    ):
        assert word in notes
    assert [region.kind for region in regions(load(tmp_path))] == ["rotated_box"] * 3


def test_hit_uav(shared_data: Path) -> None:
    data = load(shared_data / "hit_uav", learns_from="rotated_box")
    assert data.format == "yolo"
    assert (len(data.split("train")), len(data.split("test")), len(data)) == (72, 38, 110)
    assert data.labels == ("Person", "Car", "Bicycle", "OtherVehicle")
    found = regions(data)
    assert len(found) == 918
    assert {region.kind for region in found} == {"rotated_box"}
    first = (shared_data / "hit_uav" / "labels" / "train" / f"{Path(data[0].name).stem}.txt").read_text().split()
    expected = np.array(first[1:9], float).reshape(4, 2) * data[0].size
    region = data[0].annotations[0].region
    assert isinstance(region, RotatedBox)
    assert np.abs(region.corners() - expected).max() < 0.01
