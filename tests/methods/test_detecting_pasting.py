"""Objects of other images in windows of training: where nothing is, and told as they lie there."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.methods.detecting_toys import learner_of, picture

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Polygon, RotatedBox
from sightmill.data.sample import Sample
from sightmill.methods.detecting.learner import DetectingLearner
from sightmill.methods.instance_segmentation.method import METHOD as INSTANCES
from sightmill.methods.learner import Batch
from sightmill.methods.object_detection.method import METHOD as BOXES
from sightmill.methods.oriented_detection.method import METHOD as TURNED
from sightmill.nn.instances import MARGIN

SIZE = (192, 160)


def arrow(cx: float, cy: float, angle: float) -> Sample:
    """A bright bar of 40 x 16 pixels, brightest at its front."""
    image = np.full(SIZE[::-1], 40, np.uint8)
    bar = RotatedBox(cx, cy, 40, 16, angle)
    image[bar.mask(*SIZE)] = 180
    turn = math.radians(angle)
    front = RotatedBox(cx + 14 * math.cos(turn), cy + 14 * math.sin(turn), 12, 16, angle)
    image[front.mask(*SIZE)] = 250
    said = Annotation(bar, "bar", attributes={"direction": str(angle % 360)})
    return Sample(image, f"{angle}.png", (said,), "train")


def prepared(method, samples, *, share=100, **values):
    """A learner that knows the objects of these samples, and the rows that it saw."""
    _, learner, view = learner_of(method, samples, pasted_objects=share, most_objects=20, **values)
    assert isinstance(learner, DetectingLearner)
    learner.experienced = True
    rows = []
    for owner, one in enumerate(samples):
        pixels, frame = view(one.read())
        rows.append(Batch(torch.from_numpy(pixels), learner.encode(one, frame), (owner,)))
    learner.prepare(lambda: rows)
    return learner, rows


def composed(learner, row, seeds):
    """What becomes of the one row of a batch, with random numbers from each of these seeds."""
    image, targets = row.images[0].numpy(), {name: part[0] for name, part in row.targets.items()}
    before = image.copy(), {name: part.clone() for name, part in targets.items()}
    for seed in seeds:
        yield learner.compose(image, targets, np.random.default_rng(seed))
    np.testing.assert_array_equal(image, before[0])  # the images that are kept are not written to
    assert all((before[1][name] == targets[name]).all() for name in targets)


def told(targets, turns=0):
    """The objects of one row: class, turned box, and the cosine and sine of the turn."""
    for place in (targets["classes"] >= 0).nonzero()[:, 0].tolist():
        cosine, sine = targets["turns"][place].tolist() if turns else (1.0, 0.0)
        angle = math.degrees(math.atan2(sine, cosine)) / max(turns, 1)
        box = RotatedBox(*targets["boxes"][place].tolist(), angle)
        yield int(targets["classes"][place]), box, (cosine, sine)


def square_and_disc():
    """Two images: each shows an object of another class, the second one also something that nobody judges."""
    steps = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    disc = Polygon([(60 + 12 * math.cos(step), 70 + 12 * math.sin(step)) for step in steps])
    first = picture([("square", Box(100, 40, 124, 64))], SIZE)
    second = picture([("disc", disc), ("disc", Box(120, 80, 180, 150))], SIZE)
    crowd = replace(second.annotations[1], attributes={"iscrowd": "1"})
    return [first, replace(second, annotations=(second.annotations[0], crowd))]


@pytest.mark.parametrize("method", [BOXES, INSTANCES], ids=["boxes", "masks"])
def test_every_bright_thing_of_a_window_is_told_and_all_that_is_told_is_bright(method) -> None:
    learner, rows = prepared(method, square_and_disc())
    several = 0
    for row in rows:
        for image, targets in composed(learner, row, range(60)):
            bright = image[0] > 0.5
            stride = image.shape[1] // targets["shown"].shape[0]
            bright &= np.kron(targets["shown"].numpy(), np.ones((stride, stride), bool))
            objects = list(told(targets))
            several += len(objects) > 1
            for _, box, _ in objects:
                x1, y1, x2, y2 = (round(value) for value in vars(box.bounds(0, 0)).values())
                inside = bright[y1:y2, x1:x2]
                assert inside.mean() > 0.7 and inside[8:-8, 8:-8].all()
                bright[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1] = False
            assert not bright.any()
    assert several > 40


def test_rare_classes_are_pasted_as_often_as_others() -> None:
    many = picture(
        [("square", Box(10 + 40 * x, 10 + 50 * y, 30 + 40 * x, 30 + 50 * y)) for x in range(4) for y in range(3)], SIZE
    )
    learner, rows = prepared(BOXES, [many, square_and_disc()[1]])
    disc = learner.labels.index("disc")
    pasted = []
    for _, targets in composed(learner, rows[1], range(200)):
        pasted += [label for label, _, _ in list(told(targets))[1:]]
    assert len(pasted) > 100 and 0.35 < np.mean(np.array(pasted) == disc) < 0.65


@pytest.mark.parametrize("direction", ["ignored", "known"])
def test_turned_objects_are_told_as_they_lie_also_when_mirrored(direction) -> None:
    turns = {"ignored": 2, "known": 1}[direction]
    learner, rows = prepared(TURNED, [arrow(60, 60, 30), arrow(120, 90, -70)], direction=direction)
    angles = set()
    for image, targets in composed(learner, rows[0], range(80)):
        for _, box, (cosine, sine) in told(targets, turns):
            angles.add(round(math.degrees(math.atan2(sine, cosine))))
            mask = box.mask(image.shape[2], image.shape[1])
            assert (image[0] > 0.5)[mask].mean() > 0.9 and mask.sum() == pytest.approx(640, abs=30)
            if turns == 1:
                ends = [np.array([box.cx, box.cy]) + 14 * sign * np.array([cosine, sine]) for sign in (1, -1)]
                front, back = (image[0, int(y), int(x)] for x, y in ends)
                assert front > back + 0.1
    # Each bar as it was and mirrored either way, or both.
    assert len(angles) == (4 if turns == 2 else 8)


def test_masks_of_pasted_objects_are_their_own_pixels() -> None:
    learner, rows = prepared(INSTANCES, square_and_disc())
    compared = 0
    for image, targets in composed(learner, rows[0], range(40)):
        for place in (targets["classes"] >= 0).nonzero()[:, 0].tolist():
            cx, cy, width, height = targets["boxes"][place].tolist()
            grid = targets["masks"][place].numpy()
            steps = ((np.arange(len(grid)) + 0.5) / len(grid) - 0.5) * (1 + 2 * MARGIN)
            columns, rows_ = ((at + steps * side).astype(int) for at, side in ((cx, width), (cy, height)))
            if min(*columns, *rows_) < 0 or max(columns) >= image.shape[2] or max(rows_) >= image.shape[1]:
                continue
            bright = image[0][np.ix_(rows_, columns)] > 0.5
            assert (bright == grid).mean() > 0.9
            compared += 1
    assert compared > 60


def test_nothing_is_pasted_where_it_is_not_wanted_has_no_room_or_the_image_must_stay() -> None:
    learner, rows = prepared(BOXES, square_and_disc(), share=0)
    assert all(len(list(told(targets))) == 1 for _, targets in composed(learner, rows[0], range(30)))
    learner, rows = prepared(BOXES, square_and_disc())
    image, targets = rows[0].images[0].numpy(), {name: part[0] for name, part in rows[0].targets.items()}
    assert learner.compose(image, targets, None)[0] is image
    hidden = {**targets, "shown": torch.zeros_like(targets["shown"])}
    same, found = learner.compose(image, hidden, np.random.default_rng(0))
    np.testing.assert_array_equal(same, image)
    assert (found["classes"] == targets["classes"]).all()
    full = {**targets, "classes": torch.zeros_like(targets["classes"])}
    _, found = learner.compose(image, full, np.random.default_rng(0))
    assert (found["boxes"] == targets["boxes"]).all()


def test_the_same_seed_pastes_the_same() -> None:
    first, second = (
        [(image.copy(), targets["boxes"].clone()) for image, targets in composed(*made, range(20))]
        for made in ((learner, rows[0]) for learner, rows in (prepared(BOXES, square_and_disc()) for _ in range(2)))
    )
    for (image, boxes), (other, others) in zip(first, second, strict=True):
        np.testing.assert_array_equal(image, other)
        assert (boxes == others).all()
    assert len({boxes.sum().item() for _, boxes in first}) > 10
