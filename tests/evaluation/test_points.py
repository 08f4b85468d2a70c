"""Points: matching, figures by hand, thresholds that count well."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Point, Polygon, RotatedBox
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.points import best_scores, matched, measure_points, point_figures, points_of, wrongness
from sightmill.evaluation.report import Pair

SIZE = (100, 60)
IMAGE = np.zeros(SIZE[::-1], np.uint8)


def pair(truth, answers, *, rejected=(), feature_size=10.0, labels=("a", "b"), roi=None) -> Pair:
    """Truth ``(label, x, y)``, answers ``(label, x, y, score)``."""
    known = tuple(Annotation(Point(x, y), label) for label, x, y in truth)
    given, kept_back = (
        tuple(Annotation(Point(x, y), label, score) for label, x, y, score in part) for part in (answers, rejected)
    )
    result = Result(given, labels, SIZE, values={"feature_size": feature_size}, rejected=kept_back)
    return Pair(Sample(IMAGE, annotations=known, roi=roi), result)


def test_truth_may_be_regions_of_any_kind():
    covered = np.zeros(SIZE[::-1], bool)
    covered[10:14, 20:30] = True
    regions = (
        Point(1, 2),
        Box(10, 10, 30, 20),
        RotatedBox(40, 30, 10, 5, 20),
        Mask.of(covered),
        Polygon([[0, 0], [10, 0], [0, 10]]),
    )
    sample = Sample(IMAGE, annotations=tuple(Annotation(region, "a") for region in regions))
    places = [(x, y) for _, x, y in points_of(sample)]
    assert places[:4] == [(1, 2), (20, 15), (40, 30), (25, 12)]
    assert places[4] == pytest.approx((10 / 3, 10 / 3))


def test_truth_outside_of_the_region_of_interest_does_not_count():
    found = pair([("a", 5, 5), ("a", 50, 50)], [], roi=Box(0, 0, 20, 20))
    assert points_of(found.sample) == [("a", 5, 5)]


def test_each_truth_is_matched_once_and_the_surest_chooses_first():
    found = matched(pair([("a", 10, 10), ("a", 16, 10)], [("a", 13, 10, 0.6), ("a", 12, 10, 0.9), ("b", 16, 10, 0.8)]))
    assert found.scores.tolist() == [0.9, 0.8, 0.6]
    assert found.owner.tolist() == [0, -1, 1]  # a class never stands for another
    assert found.error[[0, 2]].tolist() == [2, 3]


def test_the_radius_is_half_the_feature_size():
    for far, hit in ((4.9, True), (5.1, False)):
        assert (matched(pair([("a", 10, 10)], [("a", 10 + far, 10, 1.0)])).owner[0] == 0) == hit


def test_figures_by_hand():
    pairs = [
        pair(
            [("a", 10, 10), ("b", 40, 10), ("a", 70, 10)],
            [("a", 13, 14, 0.9), ("b", 40, 11, 0.8), ("a", 90, 50, 0.7)],
        ),
        pair([("a", 10, 10)], []),
        pair([], []),
    ]
    found = measure_points(pairs, ("a", "b"))
    assert found["precision"].value == pytest.approx(2 / 3)
    assert found["recall"].value == 0.5
    assert found["f1"].value == pytest.approx(4 / 7)
    assert found["mean_error_px"].value == 3
    assert found["count_mae"].value == pytest.approx(1 / 3)
    assert found["count_error_percent"].value == 25
    assert found["f1"].low <= found["f1"].value <= found["f1"].high
    table = point_figures(pairs, ("a", "b"))[0]
    assert [row[-3:] for row in table.rows] == [(1, 1, 2), (1, 0, 0)]


def test_the_best_f1_does_not_depend_on_the_threshold():
    truth, far = [("a", 10, 10), ("a", 40, 10), ("b", 70, 10)], ("a", 90, 50, 0.3)
    answers = [("a", 10, 10, 0.9), ("a", 40, 10, 0.4), ("b", 70, 10, 0.2), far]
    values = [measure_points([pair(truth, answers[:kept], rejected=answers[kept:])], ("a", "b")) for kept in range(5)]
    # All three are found with the scores 0.4 and 0.2; the false answer lies below.
    assert [found["best_f1"].value for found in values] == [1.0] * 5
    assert values[1]["f1"].value == 0.5
    assert measure_points([pair([], [far])], ("a",)).get("best_f1") is None


def test_wrongness():
    assert wrongness(pair([], [])) == 0
    assert wrongness(pair([("a", 10, 10)], [("a", 10, 10, 1.0)])) == 0
    assert wrongness(pair([("a", 10, 10)], [])) == wrongness(pair([], [("a", 10, 10, 1.0)])) == 1


def test_the_best_least_score_parts_right_from_wrong_and_reads_the_rejected():
    found = pair(
        [("a", 10, 10), ("a", 40, 10), ("a", 70, 10)],
        [("a", 10, 10, 0.9)],
        rejected=[("a", 40, 10, 0.4), ("a", 70, 10, 0.3), ("a", 90, 50, 0.2)],
    )
    score, other = best_scores([found], ("a", "b"))
    assert 0.2 < score < 0.3
    assert other is None


def test_of_equal_scores_that_give_the_best_f1_the_better_count_wins():
    """Two images: one answer too many and one too few may cancel in F1, but not in the count."""
    rows = [(("a", x, 30), ("a", x, 30, 0.9)) for x in range(5, 95, 10)]
    truth, answers = [list(part) for part in zip(*rows, strict=True)]
    found = pair(truth, answers, rejected=[("a", 50, 5, 0.05)])
    (score,) = best_scores([found], ("a",))
    assert 0.05 < score < 0.9
