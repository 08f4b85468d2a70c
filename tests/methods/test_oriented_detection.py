"""Oriented detection: angles, directions, and classes that have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from detecting_toys import learner_of, picture, square, told_back

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, RotatedBox
from sightmill.data.sample import Sample
from sightmill.evaluation.overlap import region_iou, turned_iou
from sightmill.evaluation.report import Pair
from sightmill.imaging.augment import Policy
from sightmill.methods.detecting.decoding import Answers, suppressed
from sightmill.methods.oriented_detection.method import METHOD
from sightmill.training.loading import Store, augmented_batches

SIZE = (160, 128)


def only(sample: Sample, **values: object) -> Annotation:
    (item,) = told_back(METHOD, sample, **values).annotations
    return item


@pytest.mark.parametrize("angle", [-90.0, -60.0, -10.0, 0.0, 33.3, 89.0])
def test_a_perfect_network_gives_the_turned_box_back(angle: float) -> None:
    box = RotatedBox(70, 60, 60, 20, angle)
    found = only(picture([("bolt", box)])).region
    assert isinstance(found, RotatedBox)
    assert (found.cx, found.cy, found.width, found.height) == pytest.approx((70, 60, 60, 20), abs=0.01)
    assert (found.angle - angle + 90) % 180 - 90 == pytest.approx(0, abs=0.01)


def test_the_longer_side_tells_the_angle_where_the_direction_is_ignored() -> None:
    across, along = (RotatedBox(70, 60, *sides, angle) for sides, angle in (((20, 60), 30), ((60, 20), -60)))
    found = [only(picture([("bolt", box)])).region for box in (across, along)]
    assert region_iou(found[:1], found[1:], SIZE, "rotated_box")[0, 0] == pytest.approx(1, abs=1e-3)
    assert isinstance(found[0], RotatedBox) and found[0].width > found[0].height


@pytest.mark.parametrize("direction", [0.0, 100.0, 190.0, 300.0])
def test_a_known_direction_is_told_over_the_full_turn(direction: float) -> None:
    box = RotatedBox(70, 60, 20, 60, direction)
    item = only(picture([("bolt", box)], direction=str(direction)), direction="known")
    assert float(item.attributes["direction"]) == pytest.approx(direction, abs=0.2)
    assert isinstance(item.region, RotatedBox)
    assert (item.region.width, item.region.height) == pytest.approx((20, 60), abs=0.01)


def test_a_direction_turns_with_the_image(tmp_path: Path) -> None:
    # The head of the arrow is bright: it must lie where the direction points.
    image = np.full((128, 160), 40, np.uint8)
    shaft, head = (
        RotatedBox(80, 64, 60, 16, 20),
        RotatedBox(80 + 25 * np.cos(np.radians(20)), 64 + 25 * np.sin(np.radians(20)), 10, 16, 20),
    )
    image[shaft.mask(*SIZE)] = 120
    image[head.mask(*SIZE)] = 250
    sample = Sample(image, "arrow.png", (Annotation(shaft, "arrow"),), "train")
    training, learner, view = learner_of(METHOD, [sample], direction="known", rotation=180, luminance=0)
    store = Store([sample], view, budget=1 << 30, scratch=tmp_path)
    assert list(store.fill(1))
    batches = augmented_batches(store, learner, Policy.of(training), 4, torch.device("cpu"), seed=1, first=0)
    for batch in (next(batches) for _ in range(3)):
        for pixels, box, turn, label in zip(
            batch.images.numpy(),
            batch.targets["boxes"][:, 0],
            batch.targets["turns"][:, 0],
            batch.targets["classes"][:, 0],
            strict=True,
        ):
            if label < 0:
                continue
            x, y = (box[:2] + turn * 0.42 * box[2]).tolist()
            assert pixels[0, int(y), int(x)] > 0.8
            x, y = (box[:2] - turn * 0.42 * box[2]).tolist()
            assert pixels[0, int(y), int(x)] < 0.8
    batches.close()


def test_a_class_without_orientation_is_answered_upright_and_judged_so() -> None:
    sample = picture([("nut", RotatedBox(70, 60, 40, 38, 30)), ("bolt", RotatedBox(120, 90, 50, 12, 30))])
    result = told_back(METHOD, sample, unoriented_classes=("nut",))
    regions = {item.label: item.region for item in result.annotations}
    assert isinstance(regions["nut"], Box) and isinstance(regions["bolt"], RotatedBox)
    assert METHOD.badness(Pair(sample, result)) == 0.0
    figures = METHOD.measure([Pair(sample, result)], result.labels, intervals=False)
    assert figures["map75"].value == 1.0
    assert figures["mean_angle_error_deg"].count == 1
    assert figures["mean_angle_error_deg"].value == pytest.approx(0, abs=0.1)


def test_turned_neighbours_whose_upright_boxes_overlap_are_both_told() -> None:
    boxes = [("bolt", RotatedBox(60 + shift, 64, 80, 8, 45)) for shift in (0, 14, 28)]
    assert len(told_back(METHOD, picture(boxes), small_objects="on").annotations) == 3


def test_what_keeps_angles_from_being_learnt_is_told() -> None:
    upright, turned = picture([("bolt", square(20, 20, 40))]), picture([("bolt", RotatedBox(70, 60, 60, 20, 30))])

    def codes(sample: Sample, **values: object) -> set[str]:
        return {item.code for item in METHOD.check([sample], METHOD.Training.of(values))} - {"few_objects"}

    assert codes(upright) == {"no_angles"}
    assert codes(turned) == set()
    assert codes(turned, direction="known") == {"no_directions"}
    assert codes(turned, unoriented_classes=("nut",)) == {"unknown_class"}


@pytest.mark.parametrize("exact", [False, True])
def test_of_many_answers_the_surest_of_each_place_stay(exact: bool) -> None:
    """As one would do it by hand, answer after answer, however many are compared at a time."""
    rng = np.random.default_rng(3)
    count = 300
    boxes = np.concatenate([rng.uniform(0, 200, (count, 2)), rng.uniform(10, 50, (count, 2))], axis=1)
    angle = rng.uniform(-90, 90, count) if exact else np.zeros(count)
    label, score = rng.integers(0, 2, count), np.sort(rng.random(count))[::-1].copy()
    none = np.zeros(count, np.int64)
    found = Answers(boxes, angle, angle != 0, score, label, none, np.arange(count), none.astype(np.bool_))
    kept = suppressed(found, max_overlap=0.3, class_agnostic=0.6, exact=exact).place.tolist()
    turned = np.concatenate([boxes, angle[:, None]], axis=1)
    overlap = turned_iou(turned, turned)
    by_hand: list[int] = []
    for index in range(count):
        if all(overlap[other, index] <= (0.3 if label[other] == label[index] else 0.6) for other in by_hand):
            by_hand.append(index)
    assert kept == by_hand
    assert 64 < len(kept) < count
