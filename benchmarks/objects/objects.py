"""Sets of methods that find single objects: boxes, turned boxes, instances with masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.objects.cells import Cell, Wanted
from sightmill.data.dataset import Dataset
from sightmill.data.formats import load
from sightmill.evaluation.objects import measure_objects
from sightmill.evaluation.report import Estimate, Pair

__all__ = ["SETS"]


def _boards(data: Path) -> Dataset:
    """Six kinds of defects on circuit boards; the test boards were not seen."""
    return _joined(data / "deeppcb" / "annotations", ("train", "val", "test"), learns_from="box")


def _blood(data: Path) -> Dataset:
    """Blood cells of three kinds, the authors' splits; some red cells are not marked."""
    return load(data / "bccd", format="voc", learns_from="box")


def _from_the_air(data: Path) -> Dataset:
    """Cars, bicycles and persons in thermal photographs; the test flights were higher than those learnt from."""
    return load(data / "hit_uav", learns_from="rotated_box")


def _nuclei(data: Path) -> Dataset:
    """Nuclei in several stains, exact masks."""
    return _joined(data / "dsb2018" / "annotations", ("train", "test"), learns_from="instance")


def _of_cars(pairs: Sequence[Pair]) -> dict[str, Estimate]:
    """The average precision of one class, which most of the boxes have."""
    return {"map50_car": measure_objects(pairs, ("Car",), "rotated_box")["map50"]}


def _joined(folder: Path, parts: tuple[str, ...], *, learns_from: str) -> Dataset:
    """One annotation file for each split."""
    names = {"val": "validation"}
    return Dataset.of(
        sample.with_split(names.get(part, part))
        for part in parts
        for sample in load(folder / f"{part}.json", learns_from=learns_from)
    )


SETS = {
    "boards (deeppcb)": Cell(
        "object_detection",
        _boards,
        (Wanted("map50", 0.94, 0.99, "0.986, which also sees the template"), Wanted("f1", 0.94, 0.99), Wanted("map")),
    ),
    "blood (bccd)": Cell(
        "object_detection", _blood, (Wanted("map50", 0.88, 0.93, "about 0.90-0.92 YOLO"), Wanted("f1"), Wanted("map"))
    ),
    "from the air (hit_uav)": Cell(
        "oriented_detection",
        _from_the_air,
        (Wanted("map50_car", 0.75, 0.90), Wanted("map50"), Wanted("f1"), Wanted("mean_angle_error_deg")),
        further=_of_cars,
    ),
    "nuclei (dsb2018)": Cell(
        "instance_segmentation",
        _nuclei,
        (
            Wanted("map50", 0.80, 0.88, "StarDist about 0.86"),
            Wanted("map"),
            Wanted("box_map50"),
            Wanted("f1"),
            Wanted("aggregated_jaccard"),
        ),
    ),
}
