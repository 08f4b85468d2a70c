"""Open lines: their length, the pixels they pass, how far pixels are away, and the part in an image."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.ignored import is_ignored
from sightmill.data.lines import clipped_line, distance_to_lines, line_length, passed

WIDTH, HEIGHT = 20, 12
PLACES = st.tuples(st.floats(-15, 35), st.floats(-15, 27))


def test_length_is_that_of_all_segments() -> None:
    assert line_length(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 10.0]])) == pytest.approx(11)


def test_a_line_passes_pixels_without_gaps_and_one_thin() -> None:
    covered = passed([np.array([[2.5, 3.5], [17.5, 8.5]])], WIDTH, HEIGHT)
    assert covered.sum() == 16 and covered.any(0)[2:18].all()
    assert covered[3, 2] and covered[8, 17]
    assert not passed([np.array([[50.0, 50.0], [60.0, 60.0]])], WIDTH, HEIGHT).any()


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES)
def test_distance_is_that_to_the_nearest_place_of_the_line(
    start: tuple[float, float], end: tuple[float, float]
) -> None:
    away = distance_to_lines([np.array([start, end])], WIDTH, HEIGHT, reach=5)
    along = np.array(start) + np.linspace(0, 1, 400)[:, None] * (np.array(end) - start)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    expected = np.hypot(columns[..., None] - along[:, 0], rows[..., None] - along[:, 1]).min(-1)
    np.testing.assert_allclose(away, np.minimum(expected, 5), atol=0.06)


@settings(max_examples=60, deadline=None)
@given(st.lists(PLACES, min_size=2, max_size=6))
def test_what_is_clipped_is_the_part_inside(corners: list[tuple[float, float]]) -> None:
    line = np.array(corners)
    pieces = clipped_line(line, WIDTH, HEIGHT)
    steps = np.linspace(0, 1, 200, endpoint=False) + 0.0025
    inside = 0.0
    for start, end in pairwise(line):
        places = start + steps[:, None] * (end - start)
        share = ((places >= 0) & (places <= (WIDTH, HEIGHT))).all(1).mean()
        inside += share * float(np.hypot(*(end - start)))
    assert sum(line_length(piece) for piece in pieces) == pytest.approx(inside, abs=0.02 * line_length(line) + 1e-6)
    for piece in pieces:
        assert len(piece) >= 2
        assert (piece >= -1e-9).all() and (piece <= np.array([WIDTH, HEIGHT]) + 1e-9).all()


def test_a_line_that_leaves_and_comes_back_is_in_two_pieces() -> None:
    line = np.array([[5.0, 5.0], [5.0, 20.0], [15.0, 20.0], [15.0, 5.0]])
    one, other = clipped_line(line, WIDTH, HEIGHT)
    assert one.tolist() == [[5, 5], [5, 12]] and other.tolist() == [[15, 12], [15, 5]]
    (whole,) = clipped_line(np.array([[5.0, 5.0], [15.0, 5.0], [15.0, 11.0]]), WIDTH, HEIGHT)
    assert whole.tolist() == [[5, 5], [15, 5], [15, 11]], "corners inside are kept, not doubled"


@pytest.mark.parametrize(
    ("label", "left_aside"),
    [("ignore", True), ("Don't care", True), ("dont-care", True), (" VOID ", True), ("crack", False), ("", False)],
)
def test_names_that_say_that_nobody_judges(label: str, left_aside: bool) -> None:
    assert is_ignored(label) is left_aside
