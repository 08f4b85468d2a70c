"""Figures of edges: matched one to one, at every threshold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Polyline, Region
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.evaluation.edges import (
    CENTRES,
    METRICS,
    RIDGE,
    best_threshold,
    edge_figures,
    edge_score,
    matched,
    measure_edges,
    true_edges,
)
from sightmill.evaluation.report import Curves, Pair, Table

SIDE = 24


def row(number: int, first: int = 2, last: int = 22) -> npt.NDArray[np.bool_]:
    drawn = np.zeros((SIDE, SIDE), np.bool_)
    drawn[number, first:last] = True
    return drawn


def pair(
    truth: list[Region], ridge: npt.NDArray[np.float32], *, lines: tuple[Region, ...] = (), centres: bool = False
) -> Pair:
    sample = Sample(np.zeros((SIDE, SIDE), np.uint8), "a", tuple(Annotation(region, "edge") for region in truth))
    heat = Heatmap(ridge.astype(np.float32), np.eye(2, 3), (SIDE, SIDE), limits=(0, 1))
    said = tuple(Annotation(line, "edge", 0.8) for line in lines)
    result = Result(
        said, ("edge",), (SIDE, SIDE), heatmaps={"edge": heat, RIDGE: heat}, values={CENTRES: float(centres)}
    )
    return Pair(sample, result)


def test_each_pixel_is_in_one_pair_at_most() -> None:
    said, there = np.zeros((9, 9), np.bool_), np.zeros((9, 9), np.bool_)
    there[4, 4] = True
    said[4, 3:6] = True
    assert matched(said, there, 2) == 1
    there[4, 6] = True
    assert matched(said, there, 2) == 2
    assert matched(there, said, 2) == 2
    assert matched(said, np.zeros_like(said), 2) == 0


@pytest.mark.parametrize(("shift", "pairs"), [(0, 20), (1, 20), (2, 20), (3, 0)])
def test_a_line_is_found_within_the_distance(shift: int, pairs: int) -> None:
    assert matched(row(8 + shift), row(8), 2) == pairs


def test_nearer_pixels_are_paired_first() -> None:
    # Were the far line paired first, the near one would go without.
    said = row(8) | row(10)
    assert matched(said, row(8) | row(12), 2) == 40


def test_the_best_threshold_of_all_images_and_of_each() -> None:
    line = Polyline([[2.5, 8.5], [21.5, 8.5]])
    sure = 0.9 * row(8) + 0.2 * row(16)  # right above 0.2
    doubtful = 0.15 * row(8) + 0.1 * row(16)  # right from 0.1 to 0.15
    found = {name: e.value for name, e in measure_edges([pair([line], sure), pair([line], doubtful)]).items()}
    assert list(found)[:3] == ["ods_f", "ois_f", "ap"]
    assert found["ois_f"] == pytest.approx(1)
    # One threshold gets both lines with one or two false ones, or only one line.
    assert found["ods_f"] == pytest.approx(2 * 40 / (60 + 40))
    assert 0 < found["ap"] < 1
    chosen = best_threshold([pair([line], sure), pair([line], doubtful)])
    assert chosen is not None and 0.1 < chosen[0] <= 0.15 and chosen[1] == pytest.approx(found["ods_f"])
    assert best_threshold([pair([], sure)]) is None


def test_a_perfect_answer_and_its_lines() -> None:
    line = Polyline([[2.5, 8.5], [21.5, 8.5]])
    answers = [pair([line], 0.95 * row(8).astype(np.float32), lines=(line,)) for _ in range(4)]
    found = measure_edges(answers)
    assert list(found) == [metric.name for metric in METRICS]
    for estimate in found.values():
        assert estimate.value == pytest.approx(1, abs=0.02)
        assert estimate.low is not None and estimate.low <= estimate.value
    assert edge_score(answers[0]) == 1
    assert edge_score(pair([line], np.zeros((SIDE, SIDE), np.float32))) == 0
    assert edge_score(pair([], np.zeros((SIDE, SIDE), np.float32))) == 1
    figures = edge_figures(answers, 0.5)
    assert isinstance(figures[0], Curves) and isinstance(figures[1], Table)
    assert [line.name.split()[0] for line in figures[0].series] == ["1", "2", "3", "5"]


def test_areas_stand_for_their_outline_or_their_middle() -> None:
    covered = np.zeros((SIDE, SIDE), np.bool_)
    covered[8:13, 0:20] = True
    mask = Mask(covered)
    sample = Sample(
        np.zeros((SIDE, SIDE), np.uint8), "a", (Annotation(mask, "crack"), Annotation(Box(0, 0, 3, 3), "ignore"))
    )
    outline = true_edges(sample, (SIDE, SIDE), centres=False)
    assert outline[8, 5] and outline[12, 5] and not outline[10, 5]
    assert not outline[10, 0] and outline[10, 19]  # the image's border is no edge
    middle = true_edges(sample, (SIDE, SIDE), centres=True)
    assert middle[10, 5:15].all() and not middle[8, 5:15].any()
    assert middle.sum() <= 22


def test_places_left_aside_do_not_count() -> None:
    line = Polyline([[2.5, 8.5], [21.5, 8.5]])
    ridge = 0.9 * (row(8) + row(18)).astype(np.float32)
    with_false = pair([line], ridge)
    assert measure_edges([with_false])["ods_f"].value < 1
    aside = Sample(
        with_false.sample.image, "a", (*with_false.sample.annotations, Annotation(Box(0, 15, SIDE, SIDE), "ignore"))
    )
    assert measure_edges([Pair(aside, with_false.result)])["ods_f"].value == 1
    inside = Sample(with_false.sample.image, "a", with_false.sample.annotations, roi=Box(0, 0, SIDE, 14))
    assert measure_edges([Pair(inside, with_false.result)])["ods_f"].value == 1
