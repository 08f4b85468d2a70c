"""Figures of class maps: counted by hand on small pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Region
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.evaluation.label_maps import blobs_of, rims_of
from sightmill.evaluation.report import Curves, Matrix, Pair, Table
from sightmill.evaluation.segmentation import (
    METRICS,
    measure_segmentation,
    overlap_of_classes,
)
from sightmill.evaluation.segmentation_figures import segmentation_figures

LABELS = ("crack", "stain")
SIDE = 20


def pair(
    truth: list[tuple[str, Region]], answer: list[tuple[str, Region]], *, roi: Region | None = None, side: int = SIDE
) -> Pair:
    sample = Sample(
        np.zeros((side, side), np.uint8), "a", tuple(Annotation(region, label) for label, region in truth), roi=roi
    )
    said = tuple(Annotation(region, label, 0.9) for label, region in answer)
    return Pair(sample, Result(said, LABELS, (side, side)))


def measured(*pairs: Pair) -> dict[str, float]:
    return {name: estimate.value for name, estimate in measure_segmentation(pairs, LABELS, intervals=False).items()}


def line(row: int, first: int = 2, last: int = 18) -> Mask:
    covered = np.zeros((SIDE, SIDE), np.bool_)
    covered[row, first:last] = True
    mask = Mask.of(covered)
    assert mask is not None
    return mask


def test_a_perfect_answer_has_perfect_figures() -> None:
    drawn: list[tuple[str, Region]] = [("crack", line(5)), ("stain", Box(10, 10, 15, 15))]
    found = measured(pair(drawn, drawn), pair([], []))
    assert list(found) == [metric.name for metric in METRICS]
    assert found == pytest.approx(dict.fromkeys(found, 1.0))


def test_overlap_counts_the_pixels_of_all_images_together() -> None:
    found = measured(
        pair([("crack", Box(0, 0, 10, 10))], [("crack", Box(0, 0, 10, 5))]),  # 50 of 100
        pair([("crack", Box(0, 0, 10, 10))], [("crack", Box(0, 0, 10, 15))]),  # 100, and 50 too many
    )
    right, extra, missed = 150, 50, 50
    assert found["mean_defect_iou"] == pytest.approx(right / (right + extra + missed))
    assert found["dice"] == pytest.approx(2 * right / (2 * right + extra + missed))
    assert found["pixel_accuracy"] == pytest.approx(1 - 100 / 800)
    background = 800 - right - extra - missed
    iou = background / (background + extra + missed)
    assert found["mean_iou"] == pytest.approx((iou + 0.6) / 2)
    assert found["mean_accuracy"] == pytest.approx((background / (background + 50) + 150 / 200) / 2)
    assert found["frequency_weighted_iou"] == pytest.approx((600 * iou + 200 * 0.6) / 800)


def test_a_class_that_is_nowhere_is_left_out_and_one_that_is_only_answered_counts_as_nothing() -> None:
    crack: list[tuple[str, Region]] = [("crack", line(5))]
    assert measured(pair(crack, crack))["mean_defect_iou"] == 1
    assert measured(pair(crack, [*crack, ("stain", Box(0, 10, 5, 15))]))["mean_defect_iou"] == 0.5
    assert "mean_defect_iou" not in measured(pair([], []))


def test_pixels_left_aside_and_outside_of_the_region_of_interest_do_not_count() -> None:
    crack: list[tuple[str, Region]] = [("crack", Box(0, 0, 4, 4))]
    wrong: list[tuple[str, Region]] = [*crack, ("crack", Box(10, 10, 15, 15))]
    assert measured(pair(crack, wrong))["mean_defect_iou"] < 1
    assert measured(pair([*crack, ("ignore", Box(9, 9, 16, 16))], wrong))["mean_defect_iou"] == 1
    found = measured(pair(crack, wrong, roi=Box(0, 0, 9, 9)))
    assert found["mean_defect_iou"] == found["blob_precision"] == 1


def test_blobs_are_found_missed_and_invented() -> None:
    found = measured(
        pair(
            [("crack", line(2)), ("crack", line(8)), ("stain", Box(12, 12, 16, 16))],
            [("crack", line(2, 2, 7)), ("crack", line(14)), ("crack", Box(3, 18, 8, 20))],
        )
    )
    # Of the first crack 5 of 16 pixels are found; two answers lie on nothing.
    assert found["blob_recall"] == pytest.approx(1 / 3)
    assert found["blob_precision"] == pytest.approx(1 / 3)
    assert found["blob_f1"] == pytest.approx(1 / 3)


def test_specks_are_not_asked_for_and_finding_one_is_no_mistake() -> None:
    speck, crack = Box(15, 15, 17, 16), ("crack", line(4))
    missed = measured(pair([crack, ("crack", speck)], [crack]))
    assert missed["blob_recall"] == missed["blob_precision"] == 1
    found = measured(pair([crack, ("crack", speck)], [crack, ("crack", speck)]))
    assert found["blob_recall"] == found["blob_precision"] == 1


def test_pieces_that_nearly_touch_are_one_blob() -> None:
    covered = np.zeros((9, 30), np.bool_)
    covered[4, 2:8] = covered[4, 10:15] = covered[4, 20:25] = True
    count, numbers = blobs_of(covered)
    assert count == 2
    assert numbers[4, 2] == numbers[4, 12] != numbers[4, 22]
    assert (numbers > 0).tolist() == covered.tolist()


@pytest.mark.parametrize(("shift", "near"), [(0, True), (2, True), (3, False)])
def test_outlines_and_pixels_may_be_two_pixels_off(shift: int, near: bool) -> None:
    found = measured(pair([("crack", line(8))], [("crack", line(8 + shift))]))
    assert found["boundary_f1"] == found["tolerant_f1"] == (1 if near else 0)
    assert found["mean_defect_iou"] == (1 if shift == 0 else 0)


def test_the_border_of_the_image_is_no_outline() -> None:
    covered = np.zeros((6, 6), np.bool_)
    covered[:, :3] = True
    rims = rims_of(covered)
    assert rims[:, 2].all() and rims.sum() == 6


def test_the_matrix_has_truth_in_columns() -> None:
    figures = segmentation_figures([pair([("crack", Box(0, 0, 5, 4))], [("stain", Box(0, 0, 5, 2))])], LABELS)
    matrix = next(figure for figure in figures if isinstance(figure, Matrix))
    counts: npt.NDArray[np.int64] = matrix.counts
    assert matrix.labels == ("(background)", *LABELS)
    assert counts[2, 1] == 10 and counts[0, 1] == 10 and counts.sum() == SIDE * SIDE
    table = next(figure for figure in figures if isinstance(figure, Table))
    assert [row[0] for row in table.rows] == ["(background)", *LABELS]
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_classes_may_lie_over_one_another() -> None:
    both: list[tuple[str, Region]] = [("crack", Box(0, 0, 10, 10)), ("stain", Box(5, 5, 15, 15))]
    assert measured(pair(both, both))["mean_iou"] == 1
    assert measured(pair(both, both[:1]))["mean_defect_iou"] == 0.5


def test_intervals_hold_the_figure_and_are_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(12):
        top = int(rng.integers(0, 5))
        pairs.append(pair([("crack", Box(0, 0, 10, 10))], [("crack", Box(0, top, 10, 10))]))
    one, two = (measure_segmentation(pairs, LABELS) for _ in range(2))
    assert one == two
    for estimate in one.values():
        assert estimate.low is not None and estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
    assert one["mean_defect_iou"].low < one["mean_defect_iou"].value < one["mean_defect_iou"].high  # type: ignore[operator]  # both are there


def test_one_image_is_judged_by_the_classes_it_shows() -> None:
    assert overlap_of_classes(pair([], []), LABELS) == 1
    assert overlap_of_classes(pair([("crack", line(3))], []), LABELS) == 0
    half = pair([("crack", line(3))], [("crack", line(3)), ("stain", Box(10, 10, 12, 12))])
    assert overlap_of_classes(half, LABELS) == 0.5


def test_curves_tell_what_other_thresholds_would_give() -> None:
    crack = np.zeros((SIDE, SIDE), np.bool_)
    crack[5, 2:18] = True
    heat = np.where(crack, 0.4, 0.0).astype(np.float32)
    heat[10, 2:10] = 0.6  # surer than the crack, and wrong
    sample = Sample(np.zeros((SIDE, SIDE), np.uint8), "a", (Annotation(line(5), "crack"),))
    maps = {label: Heatmap(heat, np.eye(2, 3), (SIDE, SIDE), limits=(0, 1)) for label in LABELS}
    figures = segmentation_figures([Pair(sample, Result((), LABELS, (SIDE, SIDE), heatmaps=maps))], LABELS)
    curves = next(figure for figure in figures if isinstance(figure, Curves))
    (series,) = curves.series  # no pixel is a stain
    assert series.name == "crack (AP 0.667)"
    assert (series.x.tolist(), series.y.tolist()) == ([0, 1], [0, pytest.approx(2 / 3)])
