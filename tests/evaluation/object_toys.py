"""Toy scenes with objects found and missed."""

from __future__ import annotations

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Region
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.report import Pair

LABELS = ("bolt", "nut", "washer")
SIZE = (300, 200)


def scene(
    truth: list[tuple[str, Region]],
    said: list[tuple[str, Region, float]],
    kept_back: list[tuple[str, Region, float]] | None = None,
    *,
    labels: tuple[str, ...] = LABELS,
) -> Pair:
    """An image with objects, what the model said, and what it kept back."""
    answers, rejected = (
        tuple(Annotation(region, label, score) for label, region, score in found) for found in (said, kept_back or [])
    )
    known = tuple(Annotation(region, label) for label, region in truth)
    image = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    return Pair(Sample(image, annotations=known), Result(answers, labels, SIZE, rejected=rejected))


def random_box(rng: np.random.Generator) -> Box:
    width, height = np.exp(rng.uniform(np.log(6), np.log(150), 2))
    x, y = rng.uniform(0, max(SIZE[0] - width, 1)), rng.uniform(0, max(SIZE[1] - height, 1))
    return Box(x, y, x + width, y + height)


def near(box: Box, rng: np.random.Generator, amount: float) -> Box:
    """About the same box."""
    shift = rng.normal(0, amount, 4) * [box.width, box.height, box.width, box.height]
    x1, x2 = sorted((box.x1 + shift[0], box.x2 + shift[2]))
    y1, y2 = sorted((box.y1 + shift[1], box.y2 + shift[3]))
    return Box(x1, y1, x2, y2)


def random_scenes(count: int, seed: int) -> list[Pair]:
    """Scenes with objects that are found well, badly, twice, as another class, or not; and some that are ignored."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        truth: list[Annotation] = []
        said: list[tuple[str, Region, float]] = []
        for _ in range(rng.integers(0, 7)):
            label, box = LABELS[rng.integers(3)], random_box(rng)
            crowd = rng.random() < 0.1
            truth.append(Annotation(box, label, attributes={"iscrowd": "1"} if crowd else {}))
            for _ in range(rng.integers(0, 4)):
                other = LABELS[rng.integers(3)] if rng.random() < 0.2 else label
                said.append((other, near(box, rng, rng.choice([0.02, 0.1, 0.3])), float(rng.random())))
        for _ in range(rng.integers(0, 3)):
            said.append((LABELS[rng.integers(3)], random_box(rng), float(rng.random())))
        pair = scene([], [entry for entry in said if entry[2] > 0.4], [entry for entry in said if entry[2] <= 0.4])
        pairs.append(Pair(Sample(pair.sample.image, annotations=tuple(truth)), pair.result))
    return pairs


def disc(x: float, y: float, radius: float) -> Mask:
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    found = Mask.of(np.hypot(columns + 0.5 - x, rows + 0.5 - y) <= radius)
    assert found is not None
    return found
