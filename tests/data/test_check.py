"""What the check of a data set finds, and that it stays silent on sound data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.check import check_dataset, examine_dataset
from sightmill.data.dataset import Dataset
from sightmill.data.findings import Finding
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Mask, Point, Polygon, Region, RotatedBox
from sightmill.data.sample import Sample


def picture(seed: int, width: int = 64, height: int = 48) -> npt.NDArray[Any]:
    smooth = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(height, width)), (0, 0), 3)
    return np.clip(128 + 300 * smooth, 0, 255).astype(np.uint8)


def labelled(seed: int, label: str = "a", split: str | None = "train", name: str = "") -> Sample:
    return Sample(picture(seed), name or f"{seed}.png", (Annotation(label=label),), split)


def boxed(*regions: Region, **more: Any) -> Dataset:
    return Dataset.of(
        [
            Sample(
                picture(0),
                "one.png",
                tuple(Annotation(region, "hole") for region in regions),
                "train",
                **more,
            )
        ]
    )


def by_code(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def test_sound_data_gives_no_findings() -> None:
    samples = [labelled(seed, "ab"[seed % 2], ("train", "validation", "test")[seed % 3]) for seed in range(24)]
    assert check_dataset(Dataset.of(samples), learns_from="class") == []


def test_images_that_cannot_be_read_are_errors_with_a_remedy(tmp_path: Path) -> None:
    write_image(tmp_path / "fine.png", picture(1))
    content = (tmp_path / "fine.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    samples = [Sample(tmp_path / name, name) for name in ("fine.png", "cut.png", "empty.png", "missing.png")]
    summary = examine_dataset(Dataset.of(samples))
    errors = [finding for finding in summary.findings if finding.code == "unreadable_image"]
    assert [finding.where for finding in errors] == [("cut.png",), ("empty.png",), ("missing.png",)]
    assert all(finding.level == "error" and finding.remedy and finding.what.endswith(".") for finding in errors)
    assert "empty (0 bytes)" in errors[1].what
    assert summary.unreadable == 3
    assert by_code(check_dataset(Dataset.of([])))["no_images"].level == "error"


def test_copies_are_told_above_all_across_splits() -> None:
    brighter = np.clip(picture(0).astype(int) + 15, 0, 255).astype(np.uint8)
    samples = [
        *(labelled(seed) for seed in range(9)),
        labelled(1, split="test", name="copy of 1.png"),
        labelled(2, name="copy of 2.png"),
        Sample(brighter, "brighter 0.png", (Annotation(label="a"),), "validation"),
    ]
    summary = examine_dataset(Dataset.of(samples))
    found = by_code(list(summary.findings))
    assert found["duplicates_across_splits"].where == ("1.png", "copy of 1.png")
    assert found["duplicates_across_splits"].level == "warning"
    assert "test and train" in found["duplicates_across_splits"].what
    assert found["duplicates"].where == ("2.png", "copy of 2.png")
    assert found["near_duplicates_across_splits"].where == ("0.png", "brighter 0.png")
    assert "near_duplicates" not in found
    assert ("1.png", "copy of 1.png") in summary.duplicates
    assert ("0.png", "brighter 0.png") in summary.near_duplicates


def test_one_picture_with_two_labels_is_told() -> None:
    samples = [*(labelled(seed) for seed in range(8)), labelled(3, "b", name="again.png")]
    found = by_code(check_dataset(Dataset.of(samples)))
    assert found["contradictory_labels"].where == ("3.png", "again.png")
    assert "(a, b)" in found["contradictory_labels"].what
    agreed = [*(labelled(seed) for seed in range(8)), labelled(3, name="again.png")]
    assert "contradictory_labels" not in by_code(check_dataset(Dataset.of(agreed)))
    two = Sample(picture(9), "two.png", (Annotation(label="a"), Annotation(label="b")), "train")
    data = Dataset.of([*(labelled(seed, "ab"[seed % 2]) for seed in range(8)), two])
    assert by_code(check_dataset(data, learns_from="class"))["several_labels"].where == ("two.png",)
    assert check_dataset(data, learns_from="multi_label") == []


def test_regions_that_do_not_fit_are_told() -> None:
    cases: list[tuple[Region, str]] = [
        (Box(70, 0, 80, 10), "region_outside"),
        (Point(64.5, 10), "region_outside"),
        (Box(50, 0, 70, 10), "region_partly_outside"),
        (Polygon([[-9, 5], [20, 5], [20, 30]]), "region_partly_outside"),
        (Box(5, 5, 5, 20), "region_without_area"),
        (RotatedBox(10, 10, 0, 8, 20), "region_without_area"),
        (Polygon([[0, 0], [9, 9], [18, 18]]), "region_without_area"),
        (Mask(np.zeros((4, 4), np.bool_)), "region_without_area"),
        (Mask(np.ones((60, 64), np.bool_)), "mask_does_not_fit"),
        (Box(5, 5, 8, 40), "tiny_objects"),
        (RotatedBox(30, 20, 30, 3, 45), "tiny_objects"),
    ]
    for region, code in cases:
        found = by_code(check_dataset(boxed(region)))
        assert set(found) == {code}, region
        assert found[code].where == ("one.png",)
        assert found[code].what.startswith("1 ")
    fine = boxed(Box(0, 0, 64, 48), Box(-0.5, 0, 30, 30), Point(64, 48), Mask(np.ones((48, 64), np.bool_)))
    assert check_dataset(fine) == []
    outside = boxed(Box(0, 0, 10, 10), roi=Box(100, 100, 120, 120))
    assert by_code(check_dataset(outside))["roi_outside"].level == "error"


def test_objects_are_measured_after_scaling() -> None:
    data = boxed(Box(10, 10, 20, 20), Box(0, 0, 40, 40))
    assert check_dataset(data, longer_side=64) == []
    found = by_code(check_dataset(data, longer_side=16))
    assert "1 objects are narrower than 4 px after scaling to 16 px" in found["tiny_objects"].what
    summary = examine_dataset(data, longer_side=32)
    assert summary.object_sides[0] == 5
    assert summary.object_sides[-1] == 20


def test_empty_rare_and_untaught_classes_are_told() -> None:
    samples = [*(labelled(seed) for seed in range(24)), labelled(50, "b"), labelled(51, "c", "test")]
    found = check_dataset(Dataset.of(samples, labels=("a", "b", "c", "d")))
    empty = [finding.what for finding in found if finding.code == "empty_class"]
    assert empty == [
        "The class 'c' is empty: no training image has it.",
        "The class 'd' is empty: no image has it.",
    ]
    assert "24 training images have 'a', 1 have 'b'" in by_code(found)["class_imbalance"].what


def test_mixtures_of_images_are_told(tmp_path: Path) -> None:
    write_image(tmp_path / "deep.png", picture(1).astype(np.uint16) * 200)
    rgba = np.dstack([picture(2)] * 4)
    (tmp_path / "rgba.png").write_bytes(cv2.imencode(".png", rgba)[1].tobytes())
    write_image(tmp_path / "gray.png", picture(3))
    write_image(tmp_path / "blank.png", np.zeros((5, 5), np.uint8))
    names = ("deep.png", "rgba.png", "gray.png", "blank.png")
    summary = examine_dataset(Dataset.of(Sample(tmp_path / name, name, split="train") for name in names))
    found = by_code(list(summary.findings))
    assert found["mixed_bit_depths"].where == ("deep.png",)
    assert found["mixed_channels"].where == ("rgba.png",)
    assert found["image_note"].where == ("rgba.png",)
    assert found["blank_image"].where == ("blank.png",)
    assert summary.channels == {1: 3, 3: 1}
    assert summary.depths == {"uint8": 3, "uint16": 1}
    assert summary.formats == {"PNG": 4}


def test_what_is_missing_for_the_purpose_is_told() -> None:
    data = Dataset.of([labelled(0), labelled(1)])
    assert by_code(check_dataset(data, learns_from="box"))["nothing_to_learn"].level == "error"
    assert by_code(check_dataset(data, learns_from="text"))["nothing_to_learn"].level == "error"
    anomaly = Dataset.of([labelled(0, "good"), labelled(1, "bad"), labelled(2, "bad", "test")])
    found = by_code(check_dataset(anomaly, learns_from="anomaly"))
    assert set(found) == {"defective_in_training"}
    assert found["defective_in_training"].where == ("1.png",)
    assert "nothing_to_learn" in by_code(check_dataset(data, learns_from="anomaly"))
    unsplit = Dataset.of([Sample(picture(0), "a.png", annotated=False), labelled(1, split=None)])
    assert {"not_annotated", "no_splits"} <= by_code(check_dataset(unsplit)).keys()


def test_names_that_occur_twice_are_told() -> None:
    found = by_code(check_dataset(Dataset.of([labelled(0, name="x.png"), labelled(1, name="x.png")])))
    assert found["same_name"].where == ("x.png",)


def test_a_fixed_camera_is_told() -> None:
    scene = picture(0)
    samples = []
    for seed in range(12):
        marked = scene.copy()
        marked[seed, seed] ^= 1
        samples.append(Sample(marked, str(seed), split=("train", "test")[seed % 2]))
    found = by_code(check_dataset(Dataset.of(samples)))
    assert "fixed camera" in found["look_alike"].what
    assert len(found["look_alike"].where) == 12


def test_the_summary_is_plain_data() -> None:
    samples = [*(labelled(seed) for seed in range(5)), labelled(6, "b", "test")]
    samples.append(Sample(picture(7, 32, 32), "7.png", (Annotation(Box(1, 1, 20, 30), "hole"),), "test"))
    told = json.loads(json.dumps(examine_dataset(Dataset.of(samples)).to_dict()))
    assert told["images"] == told["annotated"] == 7
    assert told["splits"] == {"train": 5, "test": 2}
    assert told["class_images"]["test"] == {"b": 1, "hole": 1}
    assert told["sizes"] == [
        {"width": 64, "height": 48, "images": 6},
        {"width": 32, "height": 32, "images": 1},
    ]
    assert told["regions"] == {"whole": 6, "box": 1}
    assert told["object_sides"]["median"] == 19
    assert told["findings"][0]["level"] in ("error", "warning", "info")


def test_errors_come_before_warnings_and_remarks(tmp_path: Path) -> None:
    data = Dataset.of([Sample(tmp_path / "none.png", "none.png"), labelled(1, split=None)], labels=("a", "b"))
    levels = [finding.level for finding in check_dataset(data)]
    assert levels == sorted(levels, key=("error", "warning", "info").index)
    assert set(levels) == {"error", "warning", "info"}
