"""Sets of methods that answer for every pixel: defects of tiles and cracks in asphalt as areas, and as lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.objects.cells import Cell, Wanted
from sightmill.data.dataset import Dataset
from sightmill.data.formats import load

__all__ = ["SETS"]


def _tiles(data: Path) -> Dataset:
    """Magnetic tiles: five kinds of defects painted, free tiles, no tile in two splits."""
    return load(data / "magnetic_tile" / "segmentation.csv", learns_from="mask")


def _tiles_at_random(data: Path) -> Dataset:
    """The same images, a third dealt at random for the test, as published figures were.

    Most defects of the test are then seen in training too, under another exposure.
    """
    images = list(_tiles(data))
    judging = np.random.default_rng(17).permutation(len(images)) % 3 == 0
    return Dataset.of(sample.with_split("test" if at else "train") for sample, at in zip(images, judging, strict=True))


def _cracks(data: Path) -> Dataset:
    """Cracks in asphalt, painted one to ten pixels wide."""
    return load(data / "crackforest", learns_from="mask")


SETS = {
    "magnetic tile masks": Cell(
        "semantic_segmentation",
        _tiles,
        (
            Wanted("mean_defect_iou", 0.70, 0.80),
            Wanted("blob_f1", 0.85, 0.95),
            Wanted("mean_iou"),
            Wanted("dice"),
            Wanted("boundary_f1"),
        ),
    ),
    "magnetic tile masks, random deal": Cell(
        "semantic_segmentation",
        _tiles_at_random,
        (Wanted("mean_defect_iou"), Wanted("blob_f1"), Wanted("mean_iou"), Wanted("dice"), Wanted("boundary_f1")),
    ),
    "crackforest": Cell(
        "semantic_segmentation",
        _cracks,
        (
            Wanted("tolerant_f1", 0.88, 0.95, "0.86 classic, about 0.95 deep"),
            Wanted("mean_defect_iou"),
            Wanted("blob_f1"),
        ),
    ),
    "crackforest edges": Cell(
        "edge_extraction",
        _cracks,
        (Wanted("ods_f", 0.88, 0.95, "0.86 classic, about 0.95 deep"), Wanted("ois_f"), Wanted("ap")),
    ),
}
