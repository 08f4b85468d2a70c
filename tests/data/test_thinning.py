"""Areas thinned to lines, and lines followed."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.thinning import chains_of, thinned

BoolArray = npt.NDArray[np.bool_]


def drawn(*lines: list[tuple[int, int]], width: int = 5, side: int = 80) -> BoolArray:
    image = np.zeros((side, side), np.uint8)
    for line in lines:
        cv2.polylines(image, [np.array(line, np.int32)], False, 1, width)
    return image > 0


def parts(covered: BoolArray, connectivity: int = 8) -> int:
    return cv2.connectedComponents(covered.astype(np.uint8), connectivity=connectivity)[0] - 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(4, 75), st.integers(4, 75)), min_size=2, max_size=5), st.integers(1, 9))
def test_a_thinned_area_is_thin_and_as_connected_as_before(line: list[tuple[int, int]], width: int) -> None:
    area = drawn(line, width=width)
    thin = thinned(area)
    assert not (thin & ~area).any()
    assert parts(thin) == parts(area)
    blocks = thin[:-1, :-1] & thin[:-1, 1:] & thin[1:, :-1] & thin[1:, 1:]
    for row, column in np.argwhere(blocks):  # two by two pixels stay only where lines meet that each of them holds
        for y, x in ((row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)):
            around = thin[y - 1 : y + 2, x - 1 : x + 2].copy()
            around[1, 1] = False
            assert parts(around) > 1
    np.testing.assert_array_equal(thinned(thin), thin)


def test_every_small_area_keeps_its_parts_and_holes() -> None:
    patterns = np.arange(2**16)[:, None] >> np.arange(16) & 1
    squares = np.pad(patterns.reshape(256, 256, 4, 4), ((0, 0), (0, 0), (1, 1), (1, 1)))
    areas = squares.transpose(0, 2, 1, 3).reshape(256 * 6, 256 * 6) == 1
    thin = thinned(areas)
    assert parts(thin) == parts(areas)
    assert parts(~thin, connectivity=4) == parts(~areas, connectivity=4)
    kept = thin.reshape(256, 6, 256, 6).any((1, 3))
    np.testing.assert_array_equal(kept, areas.reshape(256, 6, 256, 6).any((1, 3)))


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_lines_are_not_eaten_from_their_ends(width: int) -> None:
    for lean in range(0, 41, 4):
        thin = thinned(drawn([(10, 10), (50, 10 + lean)], width=width))
        assert abs(np.flatnonzero(thin.any(0)).size - 41) <= width


def test_the_middle_is_kept() -> None:
    thin = thinned(drawn([(10, 40), (70, 40)], width=7))
    assert thin[40, 14:66].all()
    assert not thin[:38].any() and not thin[43:].any()
    assert not thinned(np.zeros((5, 5), np.bool_)).any()


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        ([[(10, 10), (60, 60)]], [2]),
        ([[(10, 40), (70, 40)], [(40, 10), (40, 70)]], [2, 2, 2, 2]),
    ],
)
def test_chains_run_from_end_to_end(lines: list[list[tuple[int, int]]], ends: list[int]) -> None:
    thin = thinned(drawn(*lines))
    chains = [chain for chain in chains_of(thin) if len(chain) > 5]
    assert len(chains) == len(ends)
    met = {tuple(place) for chain in chains_of(thin) for place in chain.tolist()}
    assert met == {tuple(place) for place in np.argwhere(thin).tolist()}
    for chain in chains:
        assert (np.abs(np.diff(chain, axis=0)).max(1) == 1).all()


def test_a_closed_line_ends_where_it_starts() -> None:
    image = np.zeros((60, 60), np.uint8)
    cv2.circle(image, (30, 30), 20, 1, 1)
    (chain,) = chains_of(thinned(image > 0))
    assert (chain[0] == chain[-1]).all()
    assert len(chain) > 100
