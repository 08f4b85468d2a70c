"""Detectors learn from windows where the objects are much smaller than the images."""

from __future__ import annotations

import numpy as np
import pytest
from tests.methods.detecting_toys import learner_of, picture

from sightmill.data.regions import Box
from sightmill.imaging.augment import Policy
from sightmill.methods.detecting.windows import usual_window
from sightmill.methods.instance_segmentation.method import METHOD as INSTANCES
from sightmill.methods.object_detection.method import METHOD
from sightmill.methods.training import Augmentation
from sightmill.training.loading import Store, augmented_batches

OBJECTS = [("bolt", Box(100, 100, 130, 125)), ("bolt", Box(400, 300, 424, 330)), ("nut", Box(560, 40, 590, 62))]


def drawn(method, tmp_path, policy, count=24, **values):
    """Batches of one row from a picture with three small objects, and the learner."""
    sample = picture(OBJECTS, (640, 480))
    _, learner, view = learner_of(method, [sample], **values)
    store = Store([sample], view, budget=1 << 30, scratch=tmp_path)
    list(store.fill(1))
    batches = augmented_batches(store, learner, Policy.of(policy), 1, "cpu", seed=3, first=0)
    rows = [next(batches) for _ in range(count)]
    batches.close()
    store.close()
    return learner, rows


def test_windows_are_a_few_times_as_large_as_the_objects_and_tiles_are_whole_where_that_saves_little() -> None:
    assert usual_window([20.0] * 9, (640, 640)) == 224
    assert usual_window([100.0] * 9, (1024, 1024)) == 288
    assert usual_window([20.0] * 9, (320, 320)) == 320
    assert usual_window([200.0] * 9, (640, 480)) == 640
    assert usual_window([20.0] * 99 + [600.0], (640, 640)) == 224
    assert usual_window([], (640, 640)) == 224


@pytest.mark.parametrize("policy", [Augmentation(), METHOD.Training()], ids=["as they are", "augmented"])
def test_the_boxes_of_a_window_lie_on_its_bright_objects(tmp_path, policy) -> None:
    learner, rows = drawn(METHOD, tmp_path, policy)
    assert learner.window == (224, 224)
    found = set()
    for row in rows:
        assert row.images.shape[2:] == (224, 224)
        assert row.targets["shown"].shape[1:] == (28, 28)
        bright = row.images[0, 0].numpy() > 0.6
        there = row.targets["classes"][0] >= 0
        found |= set(row.targets["classes"][0][there].tolist())
        for cx, cy, width, height in row.targets["boxes"][0][there].tolist():
            x1, y1, x2, y2 = (
                round(value) for value in (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
            )
            assert bright[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].all()
            bright[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1] = False
        shown = np.kron(row.targets["shown"][0].numpy(), np.ones((8, 8), bool))
        assert not (bright & shown).any()  # what is not learnt is not taken for background
    assert found == {0, 1}


def test_most_windows_show_an_object_whole(tmp_path) -> None:
    _, rows = drawn(METHOD, tmp_path, Augmentation(), count=60)
    whole = sum(
        bool((row.targets["boxes"][0, :, 2:].amin(1) >= 22).logical_and(row.targets["classes"][0] >= 0).any())
        for row in rows
    )
    assert whole >= 0.7 * len(rows)


def test_masks_move_with_their_window(tmp_path) -> None:
    _, rows = drawn(INSTANCES, tmp_path, Augmentation())
    for row in rows:
        there = row.targets["classes"][0] >= 0
        masks = row.targets["masks"][0][there].float()
        assert (masks.flatten(1).mean(1) > 0.3).all()  # a box fills its own grid but for the margin


def test_who_names_the_tile_as_window_learns_from_whole_tiles(tmp_path) -> None:
    learner, rows = drawn(METHOD, tmp_path, Augmentation(), count=2, window_size=4096)
    assert learner.window is None
    assert rows[0].images.shape[2:] == (480, 640)
