"""Toy images with objects, drawn by code: boxes, turned boxes, and instances that touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Region, RotatedBox
from sightmill.data.sample import Sample

__all__ = ["boxes", "instances", "turned_boxes"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Draws one object: ``(x, y, random numbers) -> pixels covered, brightness, region, label``.
Drawer = Callable[[Floats, Floats, np.random.Generator, int], tuple[Bools, float, Region | None, str]]


def boxes(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """Bright discs and dark crosses on a noisy ground, two to four of them apart from each other."""
    return _scattered(count, size, _disc_or_cross)


def turned_boxes(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """Bright bars at any angle, and dark discs that have none."""
    return _scattered(count, size, _bar_or_disc)


def instances(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """Bright discs of which two always touch, each with a mask of its own, and dark squares."""
    width, height = size
    x, y = _coordinates(size)
    for split in ("train", "validation", "test"):
        for index in range(2 * count):
            rng = np.random.default_rng([len(split), 13, index])
            image = rng.normal(120, 6, (height, width))
            radius = 0.13 * width
            middle = np.array([rng.uniform(0.35, 0.65) * width, rng.uniform(0.25, 0.45) * height])
            turn = rng.uniform(0, np.pi)
            away = radius * np.array([np.cos(turn), np.sin(turn)])
            pair = [np.hypot(x - px, y - py) <= radius for px, py in (middle - away, middle + away)]
            left = rng.uniform(0.1, 0.6) * width
            square = (abs(x - left - 0.1 * width) < 0.1 * width) & (abs(y - 0.85 * height) < 0.1 * height)
            annotations = []
            for label, light, covered in (
                ("disc", 90, pair[0]),
                ("disc", 70, pair[1] & ~pair[0]),
                ("square", -80, square),
            ):
                region = Mask.of(covered)
                if region is not None:
                    image[covered] += light
                    annotations.append(Annotation(region, label))
            yield _sample(image, f"{split}/{index}.png", annotations, split)


def _scattered(count: int, size: tuple[int, int], draw: Drawer) -> Iterator[Sample]:
    """Objects in the quarters of an image, so that none lies on another."""
    width, height = size
    x, y = _coordinates(size)
    for split in ("train", "validation", "test"):
        for index in range(2 * count):
            rng = np.random.default_rng([len(split), 11, index])
            image = rng.normal(120, 6, (height, width))
            annotations = []
            for quarter in rng.permutation(4)[: rng.integers(2, 5)]:
                left, top = (quarter % 2) * width / 2, (quarter // 2) * height / 2
                middle = rng.uniform(0.45, 0.55, 2) * (width / 2, height / 2) + (left, top)
                covered, light, region, label = draw(x - middle[0], y - middle[1], rng, width)
                if region is not None:
                    image[covered] += light
                    moved = region.moved([[1, 0, middle[0]], [0, 1, middle[1]]])
                    annotations.append(Annotation(moved, label))
            yield _sample(image, f"{split}/{index}.png", annotations, split)


def _disc_or_cross(x: Floats, y: Floats, rng: np.random.Generator, width: int) -> tuple[Bools, float, Region, str]:
    if rng.random() < 0.5:
        radius = rng.uniform(0.13, 0.19) * width
        return np.hypot(x, y) <= radius, 90.0, Box(-radius, -radius, radius, radius), "disc"
    arm = rng.uniform(0.15, 0.2) * width
    covered = (np.minimum(abs(x), abs(y)) < 0.05 * width) & (np.maximum(abs(x), abs(y)) <= arm)
    return covered, -90.0, Box(-arm, -arm, arm, arm), "cross"


def _bar_or_disc(x: Floats, y: Floats, rng: np.random.Generator, width: int) -> tuple[Bools, float, Region, str]:
    if rng.random() < 0.3:
        radius = 0.14 * width
        return np.hypot(x, y) <= radius, -80.0, RotatedBox(0, 0, 2 * radius, 2 * radius, 0), "disc"
    long, short, angle = 0.19 * width, 0.075 * width, rng.uniform(-90, 90)
    turn = np.radians(angle)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    covered = (abs(along) <= long) & (abs(across) <= short)
    return covered, 90.0, RotatedBox(0, 0, 2 * long, 2 * short, angle), "bar"


def _coordinates(size: tuple[int, int]) -> tuple[Floats, Floats]:
    """x and y of the pixels' centres ``(H, W)``."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    return columns + 0.5, rows + 0.5


def _sample(image: Floats, name: str, annotations: list[Annotation], split: str) -> Sample:
    return Sample(np.clip(image, 0, 255).astype(np.uint8), name, tuple(annotations), split)
