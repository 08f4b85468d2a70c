"""Toy data sets, drawn by code, with which the contract checks train every method: one for each kind of truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.regions import Mask, Point, Polyline
from sightmill.data.sample import Sample
from sightmill.errors import SightmillError
from sightmill.training.object_toys import boxes, instances, turned_boxes

__all__ = ["STEPS", "ContractError", "toy_dataset"]


class ContractError(SightmillError):
    """A method does not hold the contract."""


def toy_dataset(learns_from: str, *, count: int = 4, size: tuple[int, int] = (96, 96)) -> Dataset:
    """Images drawn by code with the truth that a method of this kind learns from.

    Parameters
    ----------
    learns_from : a key of `DRAWERS`.
    count : images of each kind in each split.
    size : ``(width, height)``.

    Raises
    ------
    ContractError : nobody has drawn a toy set for this kind yet.
    """
    if learns_from not in DRAWERS:
        raise ContractError("there is no toy data set for this kind", got=learns_from, allowed=list(DRAWERS))
    return Dataset.of(DRAWERS[learns_from](count, size))


def _shapes(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """Bright discs and dark crosses on a noisy ground, two classes."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    for split in ("train", "validation", "test"):
        for label in ("cross", "disc"):
            for index in range(count):
                rng = np.random.default_rng([len(split), len(label), index])
                image = rng.normal(120, 6, (height, width))
                x, y = rng.uniform(0.35, 0.65, 2) * (width, height)
                if label == "disc":
                    image[np.hypot(columns - x, rows - y) < 0.2 * width] += 90
                else:
                    arm = np.minimum(abs(columns - x), abs(rows - y)) < 0.05 * width
                    image[arm & (np.maximum(abs(columns - x), abs(rows - y)) < 0.3 * width)] -= 90
                yield Sample(
                    np.clip(image, 0, 255).astype(np.uint8),
                    f"{split}/{label}/{index}.png",
                    (Annotation(label=label),),
                    split,
                )


def _stripes(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """Striped cloth; bad pieces carry a bright blot."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    for split, label, images in (
        ("train", "good", 3 * count),
        ("validation", "good", 2 * count),
        ("test", "good", count),
        ("test", "blot", count),
    ):
        for index in range(images):
            rng = np.random.default_rng([len(split), len(label), index])
            image = 120 + 30 * np.sin((columns + rng.uniform(0, 16)) * 2 * np.pi / 16)
            image = image + rng.normal(0, 4, (height, width))
            annotations = [Annotation(label=label)]
            if label != "good":
                x, y = rng.uniform(0.3, 0.7, 2) * (width, height)
                blot = np.hypot(columns - x, rows - y) < 0.12 * width
                image[blot] = 240
                region = Mask.of(blot)
                if region is not None:
                    annotations.append(Annotation(region, label))
            yield Sample(
                np.clip(image, 0, 255).astype(np.uint8), f"{split}/{label}/{index}.png", tuple(annotations), split
            )


def _spots_and_bars(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """A noisy ground with bright spots and thin dark bars, each drawn pixel by pixel; on some images neither."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    for split in ("train", "validation", "test"):
        for index in range(2 * count):
            rng = np.random.default_rng([len(split), 7, index])
            image = rng.normal(120, 6, (height, width))
            annotations = []
            x, y, turn = rng.uniform(0.25, 0.75) * width, rng.uniform(0.25, 0.75) * height, rng.uniform(0, np.pi)
            away = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
            along = (rows - y) * np.cos(turn) - (columns - x) * np.sin(turn)
            bar = (abs(away) < 0.03 * width) & (abs(along) < 0.3 * width)
            x, y = rng.uniform(0.2, 0.8, 2) * (width, height)
            spot = (np.hypot(columns - x, rows - y) < rng.uniform(0.08, 0.14) * width) & ~bar
            for label, covered, light in (("bar", bar, -80.0), ("spot", spot, 90.0)):
                region = Mask.of(covered)
                if index % 4 and region is not None:
                    image[covered] += light
                    annotations.append(Annotation(region, label))
            yield Sample(np.clip(image, 0, 255).astype(np.uint8), f"{split}/{index}.png", tuple(annotations), split)


def _several(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """A bright disc on the left, a dark cross on the right, either of them or both or neither."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    for split in ("train", "validation", "test"):
        for shown in ((), ("cross",), ("disc",), ("cross", "disc")):
            for index in range(count):
                rng = np.random.default_rng([len(split), len(shown), len("".join(shown)), index])
                image = rng.normal(120, 6, (height, width))
                if "disc" in shown:
                    x, y = rng.uniform(0.2, 0.3) * width, rng.uniform(0.3, 0.7) * height
                    image[np.hypot(columns - x, rows - y) < 0.15 * width] += 90
                if "cross" in shown:
                    x, y = rng.uniform(0.7, 0.8) * width, rng.uniform(0.3, 0.7) * height
                    arm = np.minimum(abs(columns - x), abs(rows - y)) < 0.05 * width
                    image[arm & (np.maximum(abs(columns - x), abs(rows - y)) < 0.2 * width)] -= 90
                yield Sample(
                    np.clip(image, 0, 255).astype(np.uint8),
                    f"{split}/{'_'.join(shown) or 'nothing'}/{index}.png",
                    tuple(Annotation(label=label) for label in shown),
                    split,
                )


def _marks(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """Bright discs and dark ones on a noisy ground, marked at their centres."""
    width, height = size
    rows, columns = np.mgrid[:height, :width] + 0.5
    radius = 0.07 * min(size)
    for split in ("train", "validation", "test"):
        for index in range(2 * count):
            rng = np.random.default_rng([len(split), index])
            image = rng.normal(120, 6, (height, width))
            centres: list[tuple[float, float]] = []
            for x, y in rng.uniform(0.12, 0.88, (12, 2)) * (width, height):
                if len(centres) < 5 and all(np.hypot(x - a, y - b) > 3 * radius for a, b in centres):
                    centres.append((float(x), float(y)))
            marks = []
            for number, (x, y) in enumerate(centres):
                label = ("bright", "dark")[number % 2]
                image[np.hypot(columns - x, rows - y) < radius] += 80 if label == "bright" else -80
                marks.append(Annotation(Point(x, y), label))
            yield Sample(np.clip(image, 0, 255).astype(np.uint8), f"{split}/{index}.png", tuple(marks), split)


def _contours(count: int, size: tuple[int, int]) -> Iterator[Sample]:
    """A bright plate on a dark noisy ground, with drawn lines along its rim, and stains whose rims are no edges."""
    width, height = size
    rows, columns = np.mgrid[:height, :width] + 0.5
    turns = np.linspace(0, 2 * np.pi, 73)
    for split in ("train", "validation", "test"):
        for index in range(2 * count):
            rng = np.random.default_rng([len(split), 9, index])
            x, y = rng.uniform(0.4, 0.6, 2) * (width, height)
            radius = rng.uniform(0.2, 0.32) * min(width, height)
            image = 60 + 100 * np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)
            stain = np.hypot(columns - rng.uniform(0, width), rows - rng.uniform(0, height)) < 0.08 * width
            image[stain] -= 25
            rim = Polyline(np.column_stack([x + radius * np.cos(turns), y + radius * np.sin(turns)]))
            image += rng.normal(0, 5, (height, width))
            yield Sample(
                np.clip(image, 0, 255).astype(np.uint8), f"{split}/{index}.png", (Annotation(rim, "rim"),), split
            )


#: For each kind of truth who draws it: ``(count, (width, height)) -> samples``.
DRAWERS: dict[str, Callable[[int, tuple[int, int]], Iterator[Sample]]] = {
    "class": _shapes,
    "anomaly": _stripes,
    "multi_label": _several,
    "point": _marks,
    "mask": _spots_and_bars,
    "edge": _contours,
    "box": boxes,
    "rotated_box": turned_boxes,
    "instance": instances,
}

#: Steps of an iteration after which a toy set of this kind can be learnt; 4 for the others.
STEPS: dict[str, int] = {"edge": 12, "box": 8, "instance": 8, "rotated_box": 16}
