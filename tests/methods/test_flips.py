"""Images are reflected on their own where that changes no class, and only there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.imaging.augment import Policy
from sightmill.methods.catalogue import named
from sightmill.methods.flips import PARTS, dealt, drawn_evenly, is_harmless
from sightmill.methods.image_learner import ImageLearner
from sightmill.training import descent
from sightmill.training.loading import Store, augmented_batches, plain_batches
from sightmill.training.train import train

BOTH = {"flip_left_right", "flip_up_down"}
SIDE, EACH = 96, 8


def drawn(labels: Sequence[str], draw: Callable[[Any, str, Any], None], *, each: int = EACH) -> list[Sample]:
    """Images of each of these classes, drawn somewhere on a noisy ground; a class with "+" in its name is several."""
    samples = []
    for label in labels:
        for index in range(each):
            rng = np.random.default_rng([len(label), *label.encode(), index])
            image = np.full((SIDE, SIDE), 110, np.float32)
            draw(image, label, rng)
            image = np.clip(image + rng.normal(0, 5, image.shape), 0, 255).astype(np.uint8)
            names = label.split("+")
            annotations = tuple(Annotation(label=name) for name in names)
            samples.append(Sample(image, f"{label} {index}.png", annotations, "train"))
    return samples


def stroke(image: Any, label: str, rng: Any) -> None:
    """A stroke that rises or falls or does either, an arrow head that points up or down, or a disc."""
    x, y = (int(value) for value in rng.integers(34, SIDE - 34, 2))
    if label == "stroke":
        label = rng.choice(["rising", "falling"])
    if label in ("rising", "falling"):
        rise = -20 if label == "rising" else 20
        cv2.line(image, (x - 20, y - rise), (x + 20, y + rise), 220, 5)
    elif label in ("up", "down"):
        tip = -20 if label == "up" else 20
        cv2.fillPoly(image, [np.array([(x, y + tip), (x - 20, y - tip), (x + 20, y - tip)])], 220)
    else:
        cv2.circle(image, (x, y), 16, 220, -1)


def holes(image: Any, label: str, rng: Any) -> None:
    """Holes in the left half, in the right half, or in both."""
    for side, x in (("left", 24), ("right", SIDE - 24)):
        if side in label:
            cv2.circle(image, (x + int(rng.integers(-6, 6)), int(rng.integers(24, SIDE - 24))), 12, 20, -1)


def plate(image: Any, label: str, rng: Any) -> None:
    """A plate that always lies the same way, with a stain or without."""
    cv2.rectangle(image, (8, 8), (60, 50), 200, -1)
    cv2.circle(image, (76, 76), 12, 20, -1)
    if label == "stain":
        cv2.circle(image, (int(rng.integers(18, 50)), int(rng.integers(18, 40))), 7, 60, -1)


def prepared(
    samples: list[Sample], folder: Path, method: str = "classification", **settings: Any
) -> tuple[ImageLearner, Store]:
    """A learner of depth 1 that has seen the images."""
    face = named(method)
    training = face.resolve(samples, face.Training.of({"network_depth": 1, "image_size": SIDE, **settings}))
    view = face.view(training, samples)
    learner = face.learner(training, face.labels(samples, training), view)
    assert isinstance(learner, ImageLearner)
    store = Store(samples, view, budget=1 << 28, scratch=folder)
    assert len(list(store.fill(1))) == len(samples)
    learner.prepare(lambda: plain_batches(store, learner, 8, torch.device("cpu")))
    return learner, store


def chosen(samples: list[Sample], folder: Path, method: str = "classification", **settings: Any) -> set[str]:
    return set(prepared(samples, folder, method, **settings)[0].harmless_changes)


def test_what_comes_any_way_round_is_reflected_and_the_user_is_told(tmp_path: Path) -> None:
    learner, _ = prepared(drawn(("disc", "stroke"), stroke), tmp_path)
    assert set(learner.harmless_changes) == BOTH
    (note,) = (note for note in learner.notes if "choose_flips" in note)
    assert "flip_left_right, flip_up_down" in note and f"{2 * EACH} held-out images" in note


def test_a_class_whose_mirror_image_is_another_is_not(tmp_path: Path) -> None:
    assert chosen(drawn(("rising", "falling", "disc"), stroke), tmp_path) == set()
    assert chosen(drawn(("up", "down", "disc"), stroke), tmp_path) == {"flip_left_right"}


def test_labels_that_lie_on_one_side_are_not_carried_to_the_other(tmp_path: Path) -> None:
    samples = drawn(("left", "right", "left+right"), holes)
    assert chosen(samples, tmp_path, "multi_label_classification") == {"flip_up_down"}


def test_parts_that_are_always_seen_one_way_round_stay_so(tmp_path: Path) -> None:
    assert chosen(drawn(("good", "stain"), plate), tmp_path) == set()


def test_it_is_off_where_the_user_says_so_or_little_is_known(tmp_path: Path) -> None:
    samples = drawn(("stroke", "disc"), stroke)
    assert chosen(samples, tmp_path, choose_flips=False) == set()
    assert chosen(samples, tmp_path, flip_up_down=True) == {"flip_left_right"}, "the other is on already"
    assert chosen(samples, tmp_path, pretrained=False) == set(), "random features cannot tell"
    assert chosen(samples[: PARTS - 1] + samples[EACH:], tmp_path) == set(), "a class of three images"


def test_training_reflects_what_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policies: list[Policy] = []

    def watched(store: Store, learner: Any, policy: Policy, *rest: Any, **others: Any) -> Any:
        policies.append(policy)
        return augmented_batches(store, learner, policy, *rest, **others)

    monkeypatch.setattr(descent, "augmented_batches", watched)
    face = named("classification")
    settings = face.Training.of({"network_depth": 1, "iterations": 1, "steps_per_iteration": 1, "threads": 1})
    *_, last = train(face, Dataset.of(drawn(("up", "disc"), stroke)), settings, output=tmp_path / "m.sightmill")
    strengths = policies[0].strengths
    assert strengths.flip_left_right
    assert any("Images are also reflected (flip_left_right" in note for note in last.notes)


def test_images_are_dealt_so_that_every_part_knows_every_class() -> None:
    shown = np.eye(3, dtype=np.bool_)[np.repeat([0, 1, 2], (4, 9, 7))]
    parts = dealt(shown, np.random.default_rng(0))
    assert parts is not None
    assert all(len(set(parts[shown[:, index]])) == PARTS for index in range(3))
    assert dealt(shown[1:], np.random.default_rng(0)) is None
    assert dealt(np.zeros((0, 3), np.bool_), np.random.default_rng(0)) is None


def test_rare_classes_are_drawn_in_full() -> None:
    shown = np.eye(3, dtype=np.bool_)[np.repeat([0, 1, 2], (90, 5, 5))]
    drawn_ones = drawn_evenly(shown, 20, np.random.default_rng(0))
    assert shown[drawn_ones].sum(0).tolist() == [10, 5, 5]
    assert (np.diff(drawn_ones) > 0).all()
    assert drawn_evenly(shown, 200, np.random.default_rng(0)).tolist() == list(range(100))


def test_a_class_must_lose_much_and_surely() -> None:
    shown = np.repeat([[True, False], [False, True]], 6, axis=0)
    plain = np.where(shown, 0.8, 0.2)
    assert is_harmless(plain, plain - 0.1 * shown, shown), "a sixth of what it is told by"
    assert not is_harmless(plain, plain - 0.3 * shown, shown), "half of it"
    once = plain.copy()
    once[0, 0] = 0.0
    assert is_harmless(plain, once, shown), "one image of six"
    assert is_harmless(np.ones((6, 1)), np.zeros((6, 1)), np.ones((6, 1), np.bool_)), "nothing to be told from"
