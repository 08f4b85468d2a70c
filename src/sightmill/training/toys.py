"""Toy data sets, drawn by code, with which the contract checks train every method: one for each kind of truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.regions import Mask
from sightmill.data.sample import Sample
from sightmill.errors import SightmillError

__all__ = ["ContractError", "toy_dataset"]


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


#: For each kind of truth who draws it: ``(count, (width, height)) -> samples``.
DRAWERS: dict[str, Callable[[int, tuple[int, int]], Iterator[Sample]]] = {"class": _shapes, "anomaly": _stripes}
