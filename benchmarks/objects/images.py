"""Sets of methods that locate points or judge whole images: counting, several labels, classes, foreign images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.objects.cells import Cell, Wanted, some
from sightmill.data.dataset import Dataset
from sightmill.data.formats import load
from sightmill.data.sample import Sample

__all__ = ["SETS"]

_COUNTED = (Wanted("f1", 0.92, 0.97), Wanted("count_error_percent", 5.0, 2.0), Wanted("mean_error_px"))
_SORTED = (Wanted("accuracy"), Wanted("macro_f1"))
_FOREIGN = (
    Wanted("ood_auroc"),
    Wanted("ood_fpr95"),
    Wanted("unrelated_ood_auroc"),
    Wanted("unrelated_ood_fpr95"),
)


def _blood(data: Path) -> Dataset:
    """Centres of the boxes of blood cells: three classes, the authors' splits."""
    return load(data / "bccd", format="voc", learns_from="box")


def _nuclei(data: Path) -> Dataset:
    """Centres of the outlines of nuclei."""
    parts = [load(data / "dsb2018" / "annotations" / f"{split}.json", learns_from="mask") for split in _SPLITS]
    return Dataset.of(sample.with_split(split) for split, part in zip(_SPLITS, parts, strict=True) for sample in part)


def _screws(data: Path) -> Dataset:
    """Which of four screws are in place."""
    return load(data / "screws_presence" / "presence.csv", learns_from="multi_label")


def _tiles(data: Path) -> Dataset:
    """Magnetic tiles: five kinds of defects, and free ones."""
    return load(data / "magnetic_tile" / "classes.csv", learns_from="class")


def _crops(data: Path) -> Dataset:
    """One centred defect of a circuit board each, six kinds."""
    return load(data / "deeppcb_crops", learns_from="class")


def _without(read: Callable[[Path], Dataset], label: str) -> Callable[[Path], Dataset]:
    """A set whose training images do not show one of the classes; its test images do."""

    def reading(data: Path) -> Dataset:
        return Dataset.of(sample for sample in read(data) if sample.split == "test" or sample.label != label)

    return reading


def _asphalt(data: Path) -> Sequence[Sample]:
    """Photographs of asphalt, cells and receipts: nothing like a tile or a board."""
    folders = (data / "crackforest" / "images" / "test", data / "bccd" / "JPEGImages", data / "sroie" / "images")
    return [Sample(path, path.name) for folder in folders for path in some(sorted(folder.glob("*.jpg")), 30)]


_SPLITS = ("train", "test")

SETS = {
    "cell centres (bccd)": Cell("point_location", _blood, _COUNTED),
    "cell centres (dsb2018)": Cell("point_location", _nuclei, _COUNTED),
    "screws": Cell(
        "multi_label_classification", _screws, (Wanted("exact_match", 0.95, 1.0), Wanted("mean_ap"), Wanted("macro_f1"))
    ),
    "tile classes": Cell("classification", _tiles, _SORTED, {"group": "tile"}),
    "board crops": Cell("classification", _crops, _SORTED),
    "tiles, blowhole unknown": Cell(
        "classification", _without(_tiles, "blowhole"), _FOREIGN, {"group": "tile"}, _asphalt
    ),
    "tiles, break unknown": Cell("classification", _without(_tiles, "break"), _FOREIGN, {"group": "tile"}, _asphalt),
    "crops, short unknown": Cell("classification", _without(_crops, "short"), _FOREIGN, {}, _asphalt),
    "crops, pinhole unknown": Cell("classification", _without(_crops, "pinhole"), _FOREIGN, {}, _asphalt),
}
