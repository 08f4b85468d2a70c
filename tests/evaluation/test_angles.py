"""Errors of angles: over the half turn, the full turn, and of squares."""

from __future__ import annotations

from dataclasses import replace

import pytest
from object_toys import LABELS, scene

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, RotatedBox
from sightmill.data.result import Result
from sightmill.evaluation.angles import angle_errors, angle_histogram, measure_oriented
from sightmill.evaluation.report import Pair


def pair(truth: RotatedBox, said: RotatedBox | Box, *, points_to: str | None = None, told: str | None = None) -> Pair:
    """An object and its answer; `points_to` and `told` are its direction and that of the answer."""
    made = scene([("bolt", truth)], [("bolt", said, 0.9)])
    (answer,) = made.result.annotations
    directions = {"direction": told} if told is not None else {}
    known = {"direction": points_to} if points_to is not None else {}
    sample = replace(made.sample, annotations=(Annotation(truth, "bolt", attributes=known),))
    return Pair(sample, replace(made.result, annotations=(replace(answer, attributes=directions),)))


LONG = RotatedBox(100, 80, 60, 20, 80)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (RotatedBox(100, 80, 60, 20, 85), 5.0),
        (RotatedBox(100, 80, 60, 20, -95), 5.0),
        (RotatedBox(100, 80, 20, 60, -5), 5.0),
        (RotatedBox(100, 80, 60, 20, 75), 5.0),
    ],
)
def test_a_half_turn_changes_nothing_where_no_direction_is_told(said: RotatedBox, error: float) -> None:
    assert angle_errors(pair(LONG, said)).tolist() == pytest.approx([error])


def test_a_direction_may_be_wrong_by_half_a_turn() -> None:
    assert angle_errors(pair(LONG, LONG, told="260", points_to="80")).tolist() == pytest.approx([180])
    assert angle_errors(pair(LONG, LONG, told="75.5", points_to="80")).tolist() == pytest.approx([4.5])
    assert angle_errors(pair(LONG, LONG, told="85")).tolist() == pytest.approx([5])  # the angle of the true box


def test_of_squares_a_quarter_turn_changes_nothing() -> None:
    square = RotatedBox(100, 80, 40, 40, 10)
    assert angle_errors(pair(square, RotatedBox(100, 80, 40, 40, -77))).tolist() == pytest.approx([3])


def test_only_objects_that_are_found_count() -> None:
    far = pair(LONG, RotatedBox(200, 80, 60, 20, 80))
    upright = pair(LONG, Box(80, 50, 120, 110))
    assert not len(angle_errors(far)) and not len(angle_errors(upright))
    assert "mean_angle_error_deg" not in measure_oriented([far], LABELS)
    assert angle_histogram([far]) is None


def test_the_mean_is_over_objects() -> None:
    pairs = [pair(LONG, RotatedBox(100, 80, 60, 20, 80 + error)) for error in (0, 3, 6)]
    found = measure_oriented(pairs, LABELS)["mean_angle_error_deg"]
    assert found.value == pytest.approx(3)
    assert found.low is not None and found.high is not None and found.low < 3 < found.high
    histogram = angle_histogram(pairs)
    assert histogram is not None and histogram.groups["objects"].sum() == 3


def test_an_empty_answer_is_no_error() -> None:
    nothing = Pair(scene([("bolt", LONG)], []).sample, Result((), LABELS, (300, 200)))
    assert measure_oriented([nothing], LABELS)["map50"].value == 0.0
