"""Procedural scenes say where their things lie, also after they were mirrored and turned; detectors learn from them."""

import argparse

import cv2
import numpy as np
import pytest
import torch
from pretraining.heads import FEATURE, HEADS, SIDE, Pupil, told_boxes, told_points
from pretraining.images import Painter
from pretraining.objects import Run, Scenes, varied
from pretraining.publish import publish_head
from pretraining.scenes import COVERED, FAMILIES, Scene, _box_of, _kind, _thing, scene

from sightmill.methods.point_location.decoding import kept_apart, peaks_of
from sightmill.nn.peaks import STRIDE
from sightmill.nn.pretrained import load_head, provenance, shared_part


def corners_of(box, angle) -> np.ndarray:
    return cv2.boxPoints(((float(box[0]), float(box[1])), (float(box[2]), float(box[3])), float(angle)))


def inside(shape, box, angle) -> np.ndarray:
    """The pixels of a turned box whose centres lie in it."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round((corners_of(box, angle) - 0.5) * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask.astype(bool)


def test_boxes_hold_their_things_and_hardly_more():
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(400):
        kind = _kind(rng, 10, 60)
        mask = _thing(kind, rng)
        lying = _box_of(mask, kind.family)
        assert lying is not None
        (x, y), sides, angle = lying
        assert sides[0] >= sides[1] > 0
        box = (x + len(mask) // 2, y + len(mask) // 2, *sides)
        own, held = mask > COVERED, inside(mask.shape, box, angle)
        assert (own & ~cv2.dilate(held.astype(np.uint8), np.ones((3, 3))).astype(bool)).sum() == 0
        rows, columns = np.nonzero(own)
        turn = np.deg2rad(angle)
        along = (columns + 0.5 - box[0]) * np.cos(turn) + (rows + 0.5 - box[1]) * np.sin(turn)
        across = (rows + 0.5 - box[1]) * np.cos(turn) - (columns + 0.5 - box[0]) * np.sin(turn)
        assert np.ptp(along) + 2.5 > sides[0] and np.ptp(across) + 2.5 > sides[1]
        seen.add(kind.family)
    assert seen == set(range(len(FAMILIES)))


def test_scenes_are_seeded_and_their_things_lie_in_them():
    one, two, other = (scene(Painter(seed, pool=8), 128, smallest=8, largest=50, most=48) for seed in (1, 1, 2))
    assert np.array_equal(one.image, two.image) and np.array_equal(one.boxes, two.boxes)
    assert not np.array_equal(one.image, other.image)
    painter = Painter(5, pool=8)
    many = [scene(painter, 128, smallest=8, largest=50, most=12) for _ in range(40)]
    assert max(len(made.boxes) for made in many) == 12
    assert sum(len(made.unknown) for made in many) > 10
    for made in many:
        assert made.image.shape == (128, 128, 3) and made.image.dtype == np.uint8
        assert ((made.boxes[:, :2] > -5) & (made.boxes[:, :2] < 133)).all()
        assert len(made.boxes) == len(made.angles) == len(made.families)
        assert ((made.unknown >= 0) & (made.unknown <= 128)).all()


def test_variations_move_the_boxes_with_the_picture():
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    boxes, angles = np.float32([(60, 80, 50, 12), (180, 150, 40, 30), (100, 200, 30, 8)]), np.float32([20, -50, 90])
    for box, angle in zip(boxes, angles, strict=True):
        image[inside(image.shape[:2], box, angle)] = 255
    unknown = np.float32([(0, 0, 20, 30)])
    image[0:30, 0:20] = 255
    made = Scene(image, boxes, angles, np.array([0, 1, 2]), unknown)
    rng = np.random.default_rng(0)
    different = set()
    for _ in range(30):
        other = varied(made, rng)
        picture = other.image[..., 0].astype(int)
        held = np.zeros(picture.shape, bool)
        for box, angle in zip(other.boxes, other.angles, strict=True):
            held |= inside(picture.shape, box, angle)
        x1, y1, x2, y2 = other.unknown[0].astype(int)
        held[y1:y2, x1:x2] = True
        assert abs(picture[held].mean() - picture[~held].mean()) > 235
        different.add(picture.tobytes())
    assert len(different) > 10


def test_targets_leave_out_what_is_cut_off():
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    made = Scene(image, np.float32([(60, 80, 50, 12)]), np.float32([30]), np.array([3]), np.float32([(0, 0, 20, 30)]))
    pixels, targets = told_boxes(4, made)
    assert pixels.shape == (3, SIDE, SIDE) and pixels.dtype == np.float32
    assert targets["classes"].tolist() == [3, *[-1] * (len(targets["classes"]) - 1)]
    assert targets["turns"][0] == pytest.approx([0.5, np.sqrt(3) / 2])
    assert not targets["shown"][:8, :5].any() and targets["shown"].sum() == (SIDE // 4) ** 2 - 40


def test_points_are_the_middles_of_things():
    rng = np.random.default_rng(0)
    boxes = np.float32([(40.5, 60, 30, 20), (200, 180.25, 24, 24), (120, 40, 20, 12)])
    image = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    made = Scene(image, boxes, np.zeros(3, np.float32), np.array([0, 4, 10]), np.float32([(100, 20, 140, 60)]))
    _, targets = told_points(made)
    assert not targets["valid"][5:15, 25:35].any() and targets["valid"].sum() == (SIDE // STRIDE) ** 2 - 100
    assert targets["known"].max() > 0 and not targets["known"][5:15, 25:35].any()
    found = kept_apart(
        peaks_of(np.moveaxis(targets["heat"], 0, -1), np.moveaxis(targets["offset"], 0, -1)), 0.5 * FEATURE / STRIDE
    )
    assert sorted(found.classes.tolist()) == [0, 4, 10]
    for xy, number in zip(found.xy, found.classes, strict=True):
        assert xy * STRIDE == pytest.approx(boxes[made.families == number][0, :2], abs=0.01)


@pytest.mark.parametrize("head", list(HEADS))
def test_a_run_learns_resumes_and_publishes(head, tmp_path):
    flags = argparse.Namespace(
        head=head,
        out=tmp_path / "run",
        depth=1,
        hours=1.0,
        rate=2e-3,
        batch=2,
        threads=1,
        painters=0,
        device="cpu",
        seed=0,
    )
    run = Run(flags)
    run.seconds = 100.0
    subjects = HEADS[head]
    supply = iter(Scenes(subjects, 2, 1))
    lessons = [next(supply) for _ in subjects]
    assert [lesson.pupil for lesson in lessons] == [subject.name for subject in subjects]
    losses = [[sum(run.step(lesson).values()) for lesson in lessons] for _ in range(12)]
    assert all(last < 0.95 * first for first, last in zip(losses[0], losses[-1], strict=True))
    name = subjects[0].name
    assert not any(weight.grad is not None for weight in run.pupils[name].network.backbone.parameters())
    run.learn(lessons[0])
    run.describe(1.0)
    assert min(run.figures[name].values()) > 0 and not run.since[name]
    run.checkpoint()
    kept = {
        subject.name: {key: value.clone() for key, value in shared_part(run.pupils[subject.name].average).items()}
        for subject in subjects
    }

    again = Run(flags)
    assert (again.steps, again.images, again.sittings) == (run.steps, 2 * run.steps, 2)
    one, two = run.step(lessons[0]), again.step(lessons[0])
    assert one == pytest.approx(two, rel=1e-4)
    for a, b in zip(run.pupils[name].parameters(), again.pupils[name].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)

    publish_head(tmp_path / "run", 1, tmp_path / "weights")
    card = provenance(f"{head}1", folder=tmp_path / "weights")
    packaged = provenance("depth1")
    assert card is not None and packaged is not None
    assert card["images_seen"] == 2 * (run.steps - 1) and card["features"] == packaged["sha256"]
    for subject in subjects:
        network = Pupil(1, subject).network
        assert load_head(network, folder=tmp_path / "weights") == f"{head}1"
        for key, value in shared_part(network).items():
            torch.testing.assert_close(value, kept[subject.name][key], rtol=1e-3, atol=1e-3)
