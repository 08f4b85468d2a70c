"""Class folders, labels from file names, MVTec folders and mask folders."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Mask, Polygon, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError


def picture(path: Path, shade: int = 100, size: tuple[int, int] = (8, 6)) -> Path:
    """A flat gray image of `size` (width, height)."""
    write_image(path, np.full((size[1], size[0]), shade, np.uint8))
    return path


def said(dataset: Dataset) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """Name, split and image labels of each sample."""
    return {sample.name: (sample.split, sample.labels) for sample in dataset}


def meaning(dataset: Dataset) -> Counter[tuple[object, ...]]:
    """Everything but the names: split, annotations, region of interest, whether annotated, pixels."""
    return Counter(
        (
            sample.split,
            tuple(sorted(repr(item.to_dict()) for item in sample.annotations)),
            None if sample.roi is None else repr(sample.roi.to_dict()),
            sample.annotated,
            tuple(sorted(sample.attributes.items())),
            sample.read().tobytes(),
        )
        for sample in dataset
    )


def test_the_catalogue_finds_the_formats_by_itself() -> None:
    found = formats()
    assert {"class_folders", "file_names", "mvtec", "csv", "masks"} <= set(found)
    assert all(found[id].id == id and found[id].title for id in found)


# ---------------------------------------------------------------- class folders


def test_class_folders_give_the_label_and_names_relative_to_the_folder(tmp_path: Path) -> None:
    picture(tmp_path / "pear" / "b.png")
    picture(tmp_path / "apple" / "lot 2" / "ä.png")
    picture(tmp_path / "apple" / " .png")
    found = load(tmp_path)
    assert found.format == "class_folders"
    assert found.root == tmp_path
    assert found.labels == ("apple", "pear")
    assert list(said(found)) == ["apple/ .png", "apple/lot 2/ä.png", "pear/b.png"]
    assert [sample.label for sample in found] == ["apple", "apple", "pear"]


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("train", "train"),
        ("Val", "validation"),
        ("valid", "validation"),
        ("validation", "validation"),
        ("test", "test"),
    ],
)
def test_split_folders_are_kept(tmp_path: Path, word: str, split: str) -> None:
    picture(tmp_path / word / "a" / "1.png")
    picture(tmp_path / word / "b" / "1.png")
    assert said(load(tmp_path)) == {f"{word}/a/1.png": (split, ("a",)), f"{word}/b/1.png": (split, ("b",))}


def test_a_class_may_be_called_like_a_split(tmp_path: Path) -> None:
    picture(tmp_path / "test" / "1.png")
    picture(tmp_path / "other" / "1.png")
    assert load(tmp_path).labels == ("other", "test")


def test_litter_links_that_loop_and_empty_folders_are_survived(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    picture(tmp_path / "b" / "1.png")
    picture(tmp_path / ".hidden" / "1.png")
    picture(tmp_path / "__MACOSX" / "a" / "1.png")
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "a" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    picture(tmp_path / "loose.png")
    found = load(tmp_path)
    assert list(said(found)) == ["a/1.png", "b/1.png"]
    assert any("empty" in note for note in found.notes)
    assert any("loose.png" in note for note in found.notes)


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"no data was found.*no images.*Class folders.*CSV table"):
        load(tmp_path)
    with pytest.raises(FormatError, match="no such folder or file"):
        load(tmp_path / "nowhere")
    with pytest.raises(FormatError, match=r"no such data format.*class_folders"):
        load(tmp_path, format="class-folders")
    with pytest.raises(FormatError, match="no folders of images"):
        load(tmp_path, format="class_folders")


def test_what_is_wanted_and_not_there_is_said(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    with pytest.raises(
        FormatError, match=r"'box' wanted, but there is class, multi_label \(class_folders: the folders a\)"
    ):
        load(tmp_path, learns_from="box")


# ---------------------------------------------------------------- file names


def test_labels_from_file_names(tmp_path: Path) -> None:
    for name in ("apple_01", "apple__2", "pear", "part_1_07", "_5"):
        picture(tmp_path / f"{name}.png")
    picture(tmp_path / "val" / "pear_1.png")
    found = load(tmp_path, format="file_names")
    assert said(found) == {
        "_5.png": (None, ()),
        "apple_01.png": (None, ("apple",)),
        "apple__2.png": (None, ("apple",)),
        "part_1_07.png": (None, ("part_1",)),
        "pear.png": (None, ("pear",)),
        "val/pear_1.png": ("validation", ("pear",)),
    }
    assert [sample.name for sample in found if not sample.annotated] == ["_5.png"]


def test_folders_beat_file_names_and_format_decides(tmp_path: Path) -> None:
    picture(tmp_path / "train_1.png")
    picture(tmp_path / "a" / "1.png")
    assert load(tmp_path).format == "class_folders"
    assert load(tmp_path, format="file_names").labels == ("train",)


# ---------------------------------------------------------------- MVTec


def mvtec(folder: Path) -> Path:
    picture(folder / "train" / "good" / "1.png")
    picture(folder / "test" / "good" / "2.png")
    picture(folder / "test" / "hole" / "3.jpg")
    picture(folder / "test" / "hole" / "4.png")
    mask = np.zeros((6, 8), np.uint8)
    mask[1:3, 2:5] = 255
    write_image(folder / "ground_truth" / "hole" / "3_mask.png", mask)
    return folder


def test_mvtec_has_labels_and_masks_of_defects(tmp_path: Path) -> None:
    found = load(mvtec(tmp_path), learns_from="anomaly")
    assert found.format == "mvtec"
    assert found.labels == ("good", "hole")
    assert said(found) == {
        "train/good/1.png": ("train", ("good",)),
        "test/good/2.png": ("test", ("good",)),
        "test/hole/3.jpg": ("test", ("hole",)),
        "test/hole/4.png": ("test", ("hole",)),
    }
    assert found[2].annotations[1] == Annotation(Mask(np.ones((2, 3), np.bool_), 2, 1), "hole")
    assert "1 images of defects have no mask" in found.notes[0]


def test_several_masks_of_one_image_are_joined(tmp_path: Path) -> None:
    folder = mvtec(tmp_path)
    for index in range(2):
        mask = np.zeros((6, 8), np.uint8)
        mask[0, index * 3] = 255
        write_image(folder / "ground_truth" / "hole" / "4" / f"00{index}.png", mask)
    region = load(folder)[3].annotations[1].region
    assert np.argwhere(region.mask(8, 6)).tolist() == [[0, 0], [0, 3]]


def test_mvtec_refuses_defects_to_learn_from_and_masks_of_another_size(tmp_path: Path) -> None:
    folder = mvtec(tmp_path)
    picture(folder / "ground_truth" / "hole" / "4_mask.png", size=(3, 3))
    with pytest.raises(FormatError, match=r"4_mask.png: the mask has another size.*3 x 3.*8 x 6"):
        load(folder, format="mvtec")
    picture(folder / "train" / "hole" / "1.png")
    assert load(folder, learns_from="anomaly").format == "class_folders"
    with pytest.raises(FormatError, match="good ones only"):
        load(folder, format="mvtec")


def test_class_folders_with_a_good_class_carry_anomaly(tmp_path: Path) -> None:
    picture(tmp_path / "OK" / "1.png")
    picture(tmp_path / "bad" / "1.png")
    assert load(tmp_path, learns_from="anomaly").labels == ("OK", "bad")


# ---------------------------------------------------------------- mask folders


def mask_folders(folder: Path) -> Path:
    index = np.zeros((6, 8), np.uint8)
    index[0:2] = 1
    index[4:, 4:] = 2
    for split in ("train", "val"):
        picture(folder / "images" / split / "a.jpg")
        write_image(folder / "masks" / split / "a.png", index)
    picture(folder / "images" / "train" / "b.png")
    write_image(folder / "masks" / "train" / "b.png", np.zeros((6, 8), np.uint8))
    picture(folder / "images" / "train" / "c.png")
    (folder / "classes.txt").write_text("floor\nrust\nhole\n", encoding="utf-8")
    return folder


def test_mask_folders_give_one_mask_per_class(tmp_path: Path) -> None:
    found = load(mask_folders(tmp_path), learns_from="mask")
    assert found.format == "masks"
    assert found.labels == ("rust", "hole")
    assert [(sample.name, sample.split, sample.annotated) for sample in found] == [
        ("images/train/a.jpg", "train", True),
        ("images/train/b.png", "train", True),
        ("images/train/c.png", "train", False),
        ("images/val/a.jpg", "validation", True),
    ]
    rust, hole = found[0].annotations
    assert rust == Annotation(Mask(np.ones((2, 8), np.bool_), 0, 0), "rust")
    assert hole == Annotation(Mask(np.ones((2, 4), np.bool_), 4, 4), "hole")
    assert found[1].annotations == ()


def test_masks_without_names_and_with_bad_ones(tmp_path: Path) -> None:
    folder = mask_folders(tmp_path)
    (folder / "classes.txt").unlink()
    assert load(folder).labels == ("class_1", "class_2")
    (folder / "classes.txt").write_text("floor\nrust\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"a.png: a mask has an index that has no name; got 2; allowed: 0 to 1"):
        load(folder)
    (folder / "classes.txt").write_text("floor\nrust\nrust\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"classes.txt: class names must be there once each; got rust"):
        load(folder)


def test_binary_masks_and_pixels_to_leave_aside(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    picture(tmp_path / "masks" / "a.png", shade=255)
    assert load(tmp_path)[0].annotations[0].label == "foreground"
    (tmp_path / "classes.txt").write_bytes("\ufeffbackground\r\n\r\nrust\r\n".encode())
    assert load(tmp_path)[0].annotations[0].label == "rust"
    (tmp_path / "classes.txt").write_text("background\nrust\nhole\n", encoding="utf-8")
    found = load(tmp_path)
    assert [item.label for item in found[0].annotations] == ["ignore"] and found.labels == ("rust", "hole")
    assert "index 255" in found.notes[0]


# ---------------------------------------------------------------- region of interest, groups


def test_roi_folder_is_attached_whatever_the_format(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.jpg")
    picture(tmp_path / "b" / "2.png")
    mask = np.zeros((6, 8), np.uint8)
    mask[2:4, 1:7] = 255
    write_image(tmp_path / "roi" / "a" / "1.png", mask)
    found = load(tmp_path)
    assert found.labels == ("a", "b")
    assert found[0].roi == Mask(np.ones((2, 6), np.bool_), 1, 2)
    assert found[1].roi is None


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [(np.zeros((6, 8), np.uint8), "leaves nothing to look at"), (np.ones((3, 3), np.uint8), "another size")],
)
def test_a_useless_roi_is_refused(tmp_path: Path, mask: np.ndarray, sentence: str) -> None:
    picture(tmp_path / "a" / "1.png")
    write_image(tmp_path / "roi" / "a" / "1.png", mask)
    with pytest.raises(FormatError, match=sentence):
        load(tmp_path)


def test_groups_are_attached_whatever_the_format(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    picture(tmp_path / "a" / "2.png")
    (tmp_path / "groups.csv").write_text("filename,lot,roi\na\\1.png,7,1 1 4 4\nnowhere.png,8,\n", encoding="utf-8")
    found = load(tmp_path)
    assert [dict(sample.attributes) for sample in found] == [{"lot": "7"}, {}]
    assert found[0].roi == Box(1, 1, 5, 5)


# ---------------------------------------------------------------- writing


def toy(*, masks: bool = False) -> Dataset:
    """Images in memory with every split, names that clash, and one file in two folders."""
    samples = []
    for number, (split, label) in enumerate(
        [("train", "good"), ("train", "good"), ("test", "rust"), ("test", "good"), ("validation", "good")]
    ):
        said = [Annotation(Whole(), label)]
        if masks and label == "rust":
            said.append(Annotation(Mask(np.eye(3, dtype=np.bool_), 2, 1), label))
        image = np.full((6, 8), 10 + number, np.uint8)
        samples.append(Sample(image, f"{number % 2}/x.png", tuple(said), split))
    return Dataset.of(samples)


@pytest.mark.parametrize("format", ["class_folders", "file_names", "mvtec", "csv"])
def test_labels_and_splits_survive_writing(tmp_path: Path, format: str) -> None:
    assert save(toy(), tmp_path / "out", format) == []
    again = load(tmp_path / "out", format=format, learns_from="class")
    assert meaning(again) == meaning(toy())
    assert set(again.labels) == {"good", "rust"}


def test_masks_of_defects_survive_writing(tmp_path: Path) -> None:
    assert save(toy(masks=True), tmp_path / "out", "mvtec") == []
    assert meaning(load(tmp_path / "out", learns_from="anomaly")) == meaning(toy(masks=True))


@pytest.mark.parametrize("format", sorted(formats()))
def test_regions_of_interest_and_attributes_survive_writing(tmp_path: Path, format: str) -> None:
    if format in {"class_folders", "file_names", "mvtec", "csv"}:
        said = Annotation(Whole(), "good")
    elif format == "masks":
        said = Annotation(Mask(np.ones((2, 2), np.bool_)), "a")
    else:
        said = Annotation(Box(1, 1, 5, 5), "a")
    sample = Sample(
        np.full((6, 8), 9, np.uint8),
        "x.png",
        (said,),
        "train",
        Mask(np.eye(4, dtype=np.bool_), 1, 1),
        attributes={"lot": "7, left"},
    )
    save(Dataset.of([sample]), tmp_path / "out", format)
    again = load(tmp_path / "out", format=format)
    assert again[0].attributes == {"lot": "7, left"}
    assert again[0].roi is not None
    np.testing.assert_array_equal(again[0].roi.mask(8, 6), sample.roi.mask(8, 6))
    assert [(item.region.kind, item.label) for item in again[0].annotations] == [(said.region.kind, said.label)]
    assert again[0].split == "train"


def test_a_region_of_interest_that_becomes_a_mask_is_said(tmp_path: Path) -> None:
    sample = Sample(np.zeros((6, 8), np.uint8), "x.png", (Annotation(Whole(), "a"),), roi=Box(1, 1, 4, 4))
    assert "written as masks" in save(Dataset.of([sample]), tmp_path / "folders", "class_folders")[0]
    assert load(tmp_path / "folders")[0].roi == Mask(np.ones((3, 3), np.bool_), 1, 1)
    assert save(Dataset.of([sample]), tmp_path / "table", "csv") == []
    assert load(tmp_path / "table")[0].roi == sample.roi


def test_index_masks_survive_writing(tmp_path: Path) -> None:
    samples = [
        Sample(
            np.full((6, 8), 1, np.uint8),
            "a/x.png",
            (
                Annotation(Mask(np.ones((2, 2), np.bool_), 0, 0), "b"),
                Annotation(Mask(np.ones((2, 2), np.bool_), 4, 4), "a"),
            ),
            "train",
        ),
        Sample(np.full((6, 8), 2, np.uint8), "b/x.png", (), "train"),
        Sample(np.full((6, 8), 3, np.uint8), "train/x.png", (), None, annotated=False),
    ]
    dataset = Dataset.of(samples, ["b", "a"])
    for format in ("masks", "csv"):
        assert save(dataset, tmp_path / format, format) == []
        again = load(tmp_path / format, format=format, learns_from="mask")
        assert meaning(again) == meaning(dataset)
        assert again.labels == ("b", "a")


def test_what_a_format_cannot_carry_is_said(tmp_path: Path) -> None:
    image = np.zeros((6, 8), np.uint8)
    dataset = Dataset.of(
        [
            Sample(image, "1", (Annotation(Whole(), "a"), Annotation(Whole(), "b")), "train"),
            Sample(image, "2", (Annotation(Whole(), "a"), Annotation(Box(0, 0, 2, 2), "b")), "train"),
            Sample(image, "3", (), "test"),
        ]
    )
    notes = " ".join(save(dataset, tmp_path / "out", "class_folders"))
    assert "several labels" in notes and "kind box" in notes and "without a label" in notes
    polygon = Annotation(Polygon([[0, 0], [4, 0], [4, 4]]), "a")
    assert "became masks" in " ".join(save(Dataset.of([Sample(image, "1", (polygon,))]), tmp_path / "masks", "masks"))
    with pytest.raises(FormatError, match="no image is labelled as good"):
        save(dataset.split("train"), tmp_path / "mvtec", "mvtec")


def test_mvtec_says_that_defects_move_to_test(tmp_path: Path) -> None:
    image = np.zeros((6, 8), np.uint8)
    dataset = Dataset.of(
        [
            Sample(image, f"{split}{label}", (Annotation(Whole(), label),), split)
            for split in ("train", None)
            for label in ("ok", "rust")
        ]
    )
    notes = " ".join(save(dataset, tmp_path / "out", "mvtec"))
    assert "moved from train to test" in notes and "without a split" in notes
    assert load(tmp_path / "out", learns_from="anomaly").counts() == {"train": {"ok": 2}, "test": {"rust": 2}}


def test_a_class_name_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    for label in ("a/b", "..", ".a", " a"):
        dataset = Dataset.of([Sample(np.zeros((6, 8), np.uint8), "1", (Annotation(Whole(), label),))])
        with pytest.raises(FormatError, match="cannot be the name of a folder"):
            save(dataset, tmp_path / "out", "class_folders", overwrite=True)


@pytest.mark.parametrize("label", ["images", "test", "roi", "unassigned"])
def test_a_class_may_have_a_name_that_means_something(tmp_path: Path, label: str) -> None:
    dataset = Dataset.of([Sample(np.zeros((6, 8), np.uint8), "1", (Annotation(Whole(), label),))])
    save(dataset, tmp_path / "out", "class_folders")
    assert meaning(load(tmp_path / "out")) == meaning(dataset)


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FormatError, match="not empty"):
        save(toy(), tmp_path, "class_folders")
    notes = save(toy(), tmp_path, "class_folders", overwrite=True)
    assert "not empty" in notes[-1]
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    with pytest.raises(FormatError, match="holds the images that are to be written"):
        save(load(tmp_path), tmp_path, "csv", overwrite=True)
    with pytest.raises(FormatError, match="no samples"):
        save(Dataset(()), tmp_path / "new", "csv")
    assert not (tmp_path / "new").exists()


def test_files_are_copied_byte_for_byte_and_names_stay_inside(tmp_path: Path) -> None:
    source = picture(tmp_path / "in" / "a.jpg")
    said_of = (Annotation(Whole(), "a"),)
    dataset = Dataset.of(
        [
            Sample(source, "../../evil.jpg", said_of),
            Sample(source, "C:\\evil.jpg", said_of),
            Sample(source, "evil.PNG", said_of),
            Sample(np.zeros((6, 8), np.float32), "", said_of),
        ]
    )
    save(dataset, tmp_path / "out", "csv")
    images = sorted(path for path in (tmp_path / "out").rglob("*") if path.suffix in {".jpg", ".tiff"})
    assert [path.relative_to(tmp_path / "out").as_posix() for path in images] == [
        "C_/evil.jpg",
        "evil.jpg",
        "evil_2.jpg",
        "image_00004.tiff",
    ]
    assert images[0].read_bytes() == source.read_bytes()
    assert len(load(tmp_path / "out")) == 4


# ---------------------------------------------------------------- real data


def test_magnetic_tile_by_what_is_learnt_from(shared_data: Path) -> None:
    folder = shared_data / "magnetic_tile"
    classes = load(folder, learns_from="class")
    assert (classes.format, len(classes)) == ("csv", 908)
    assert classes.counts()["train"] == {
        "blowhole": 70, "break": 54, "crack": 35, "fray": 15, "free": 400, "uneven": 59,
    }  # fmt: skip
    assert all("tile" in sample.attributes for sample in classes)
    anomaly = load(folder, learns_from="anomaly")
    assert (anomaly.format, len(anomaly.split("train")), len(anomaly.split("test"))) == ("mvtec", 400, 508)
    assert sum(isinstance(item.region, Mask) for sample in anomaly for item in sample.annotations) == 388
    masks = load(folder, learns_from="mask")
    assert (masks.format, len(masks), len(masks.split("train"))) == ("csv", 908, 633)
    assert masks.labels == ("blowhole", "break", "crack", "fray", "uneven")
    by_name = {sample.name: sample for sample in masks}
    sample = next(sample for sample in anomaly if len(sample.annotations) == 2)
    assert by_name[sample.name].annotations == sample.annotations[1:]


def test_deeppcb_crops_and_crackforest(shared_data: Path) -> None:
    crops = load(shared_data / "deeppcb_crops", learns_from="class")
    assert (crops.format, len(crops.split("train")), len(crops.split("test"))) == ("class_folders", 360, 150)
    assert crops.labels == ("copper", "mousebite", "open", "pinhole", "short", "spur")
    cracks = load(shared_data / "crackforest", learns_from="mask")
    assert (cracks.format, cracks.labels) == ("masks", ("crack",))
    assert (len(cracks.split("train")), len(cracks.split("test"))) == (83, 35)
