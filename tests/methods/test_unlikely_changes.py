"""Augmentation that shows images as production never will is warned of, and nothing else is."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.methods.catalogue import named
from sightmill.methods.unlikely_changes import unlikely_changes
from sightmill.training.train import train


def part(seed: int, label: str = "good", *, turned: float = 0.0, shift: float = 0.0, towards: str = "") -> Sample:
    """A plate with a notch, a hole and a slot, or an arrow that points somewhere; noise, and a light of its own."""
    rng = np.random.default_rng(seed)
    image = np.full((120, 160), 60.0, np.float32)
    if towards:
        tip = 120 if towards == "right" else 40
        cv2.line(image, (160 - tip, 60), (tip, 60), 200, 12)
        cv2.circle(image, (tip, 60), 22, 200, -1)
    else:
        cv2.rectangle(image, (30, 25), (130, 95), 170, -1)
        cv2.circle(image, (55, 45), 11, 40, -1)
        cv2.rectangle(image, (90, 70), (120, 80), 230, -1)
        cv2.rectangle(image, (30, 80), (45, 95), 60, -1)
    matrix = cv2.getRotationMatrix2D((80, 60), turned, 1.0)
    matrix[:, 2] += shift
    image = cv2.warpAffine(image, matrix, (160, 120), borderMode=cv2.BORDER_REFLECT)
    image = image * rng.uniform(0.7, 1.1) + rng.normal(0, 6, image.shape)
    return Sample(np.clip(image, 0, 255).astype(np.uint8), f"{seed}.png", (Annotation(label=label),), "train")


def codes(samples: list[Sample], method: str = "anomaly_detection", **settings: Any) -> list[tuple[str, str]]:
    found = unlikely_changes(samples, named(method).Training.of(settings))
    return [(finding.code, finding.remedy.split()[1]) for finding in found]


ALIKE = [part(seed) for seed in range(12)]
VARIED = [part(seed, turned=30 * seed, shift=20 * np.sin(5.0 * seed)) for seed in range(12)]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("rotation", 90), ("flip_left_right", True), ("flip_up_down", True), ("relative_translation", 30)],
)
def test_what_parts_that_lie_alike_never_do_is_warned_of(setting: str, value: Any) -> None:
    assert codes(ALIKE, **{setting: value}) == [("augmentation_unlike_data", setting)]
    assert codes(VARIED, **{setting: value}) == []


def test_scales_are_told_apart() -> None:
    assert codes(ALIKE, scale_min=50, scale_max=105) == [("augmentation_unlike_data", "scale_min")]
    assert codes(ALIKE, scale_min=95, scale_max=200) == [("augmentation_unlike_data", "scale_max")]


def test_little_changes_and_defaults_are_no_cause() -> None:
    assert codes(ALIKE) == codes(ALIKE, rotation=2, relative_translation=1, luminance=50) == []
    assert codes(ALIKE, "point_location") == codes(ALIKE, "semantic_segmentation") == []
    assert codes(ALIKE, "point_location", rotation=90) == [("augmentation_unlike_data", "rotation")]


def test_textures_have_no_place_to_be_alike() -> None:
    textures = [
        Sample(np.random.default_rng(seed).integers(90, 160, (120, 160), np.uint8), f"{seed}.png", split="train")
        for seed in range(12)
    ]
    assert codes(textures, rotation=180, flip_up_down=True, scale_max=200) == []


def test_a_mirror_that_makes_one_class_another_is_warned_of() -> None:
    arrows = [part(seed, way, towards=way) for seed in range(6) for way in ("left", "right")]
    (finding,) = unlikely_changes(arrows, named("classification").Training.of({"flip_left_right": True}))
    assert (finding.level, finding.code) == ("warning", "augmentation_confuses_classes")
    assert (
        "mirrored left to right 100% of the training images" in finding.what
        and "0% of them as they are" in finding.what
    )
    assert codes(arrows, "classification", flip_up_down=True) == []
    assert codes(arrows * 10, "classification", flip_left_right=True) != [], "whatever order the classes come in"
    both = [Sample(one.image, one.name, (*one.annotations, Annotation(label="arrow")), "train") for one in arrows]
    assert codes(both, "multi_label_classification", flip_left_right=True) == []
    same = [Sample(one.image, one.name, (Annotation(label="arrow"),), "train") for one in arrows]
    assert codes(same, "classification", flip_left_right=True) == []


def test_few_or_unreadable_images_say_nothing(tmp_path: Any) -> None:
    assert codes(ALIKE[:5], rotation=90) == []
    (tmp_path / "cut.png").write_bytes(b"\x89PNG")
    broken = [Sample(tmp_path / "cut.png", "cut.png", split="train")] * 8
    assert codes(broken, rotation=90) == []
    assert codes([*broken, *ALIKE], rotation=90) == [("augmentation_unlike_data", "rotation")]


def test_a_training_tells_of_it(tmp_path: Any) -> None:
    method = named("anomaly_detection")
    settings = method.Training.of({"network_depth": 1, "rotation": 90})
    events = train(method, Dataset.of(ALIKE), settings, output=tmp_path / "m.sightmill")
    started = next(events)
    events.close()
    assert any("the training images all lie alike" in note and "rotation" in note for note in started.notes)
