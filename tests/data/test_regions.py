"""Regions: moved and moved back, filled, clipped, and carried through JSON."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sightmill.data.coordinates import centre_matrix, transform_points
from sightmill.data.lines import distance_to_lines
from sightmill.data.region_kinds import REGION_KINDS, region_from_dict
from sightmill.data.regions import Box, Mask, Point, Polygon, Polyline, Region, RotatedBox, Whole
from sightmill.errors import AnnotationError

WIDTH, HEIGHT = 40, 30
# Coordinates in sixteenths of a pixel are exact in binary, and never fall on pixel centres by rounding alone.
coordinate = st.integers(-160, 800).map(lambda value: value / 16)
length = st.integers(1, 480).map(lambda value: value / 16)
corner = st.tuples(coordinate, coordinate)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = draw(corner)
    return Box(x, y, x + draw(length), y + draw(length))


@st.composite
def rotated_boxes(draw: st.DrawFn) -> RotatedBox:
    return RotatedBox(*draw(corner), draw(length), draw(length), draw(st.integers(-400, 400)) / 3)


@st.composite
def polygons(draw: st.DrawFn) -> Polygon:
    parts = draw(st.lists(st.lists(corner, min_size=3, max_size=7), min_size=1, max_size=2))
    return Polygon(*parts)


@st.composite
def polylines(draw: st.DrawFn) -> Polyline:
    return Polyline(*draw(st.lists(st.lists(corner, min_size=2, max_size=6), min_size=1, max_size=3)))


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    bits = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    pixels = np.array(bits, np.bool_).reshape(rows, columns)
    return Mask(pixels, draw(st.integers(-5, WIDTH)), draw(st.integers(-5, HEIGHT)))


points = st.builds(Point, coordinate, coordinate)
regions = st.one_of(st.just(Whole()), points, boxes(), rotated_boxes(), polygons(), polylines(), masks())


@st.composite
def similarities(draw: st.DrawFn) -> npt.NDArray[np.float64]:
    """Turns with one scale and a shift."""
    turn, scale = math.radians(draw(st.integers(0, 359))), draw(st.integers(2, 30)) / 10
    mirror = draw(st.sampled_from([1.0, -1.0]))
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return np.array([[cos, -sin * mirror, draw(st.integers(-50, 50))], [sin, cos * mirror, draw(st.integers(-50, 50))]])


def inverse(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]


def corner_set(box: RotatedBox) -> npt.NDArray[np.float64]:
    corners = box.corners()
    return corners[np.lexsort(np.round(corners, 5).T)]


@given(regions)
def test_every_region_survives_json(region: Region) -> None:
    assert region_from_dict(json.loads(json.dumps(region.to_dict()))) == region


def test_the_kinds_are_listed() -> None:
    assert set(REGION_KINDS) == {"whole", "box", "rotated_box", "polygon", "polyline", "mask", "point"}


@given(similarities(), points)
def test_a_point_moved_and_moved_back_is_itself(matrix: npt.NDArray[np.float64], point: Point) -> None:
    back = point.moved(matrix).moved(inverse(matrix))
    assert math.isclose(back.x, point.x, abs_tol=1e-6)
    assert math.isclose(back.y, point.y, abs_tol=1e-6)


@given(similarities(), st.one_of(polygons(), polylines()))
def test_a_polygon_moved_and_moved_back_is_itself(matrix: npt.NDArray[np.float64], polygon: Polygon | Polyline) -> None:
    back = polygon.moved(matrix).moved(inverse(matrix))
    for found, part in zip(back.parts, polygon.parts, strict=True):
        np.testing.assert_allclose(found, part, atol=1e-6)


@given(similarities(), rotated_boxes())
def test_a_rotated_box_moved_and_moved_back_covers_the_same(matrix: npt.NDArray[np.float64], box: RotatedBox) -> None:
    back = box.moved(matrix).moved(inverse(matrix))
    assert isinstance(back, RotatedBox)
    assert -90 <= back.angle < 90
    # The corners may be counted from another one, so the area they enclose is what has to agree.
    assert math.isclose(back.area(0, 0), box.area(0, 0), rel_tol=1e-6)
    gaps = np.linalg.norm(back.corners()[:, None] - box.corners()[None], axis=2)
    assert gaps.min(axis=0).max() < 1e-4


@given(st.integers(-20, 20), st.integers(-20, 20), st.sampled_from([0.25, 0.5, 2.0, 4.0]), boxes())
def test_a_box_shifted_and_scaled_back_is_itself(x: int, y: int, scale: float, box: Box) -> None:
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    assert box.moved(matrix).moved(inverse(matrix)) == box


@given(similarities(), boxes())
def test_a_moved_box_holds_all_that_it_held(matrix: npt.NDArray[np.float64], box: Box) -> None:
    moved, corners = box.moved(matrix), transform_points(box.corners(), matrix)
    assert (corners >= np.array([moved.x1, moved.y1]) - 1e-9).all()
    assert (corners <= np.array([moved.x2, moved.y2]) + 1e-9).all()


@given(masks(), st.integers(-9, 9), st.integers(-9, 9))
def test_a_mask_shifted_by_whole_pixels_is_moved_exactly(mask: Mask, x: int, y: int) -> None:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float64)
    moved = mask.moved(matrix)
    big = 80
    shifted = Mask(mask.pixels, mask.x + x, mask.y + y)
    np.testing.assert_array_equal(moved.mask(big, big), shifted.mask(big, big))
    np.testing.assert_array_equal(moved.moved(inverse(matrix)).mask(big, big), mask.mask(big, big))


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_a_mask_turned_with_its_image_stays_on_it(quarter: int) -> None:
    full = np.zeros((6, 8), np.bool_)
    full[1:3, 2:7] = True
    full[4, 1] = True
    mask = Mask.of(full)
    assert mask is not None
    matrix = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, 1, 0], [-1, 0, 8]],  # np.rot90 turns against the clock: (x, y) -> (y, 8 - x)
        2: [[-1, 0, 8], [0, -1, 6]],
        3: [[0, -1, 6], [1, 0, 0]],
    }[quarter]
    turned = np.rot90(full, quarter)
    np.testing.assert_array_equal(mask.moved(matrix).mask(turned.shape[1], turned.shape[0]), turned)


def inside(outline: npt.NDArray[np.float64], x: float, y: float) -> bool:
    """Point in polygon by counting crossings to the left, edge by edge."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if (y1 <= y) != (y2 <= y) and x1 + (y - y1) * (x2 - x1) / (y2 - y1) <= x:
            crossings += 1
    return crossings % 2 == 1


@settings(max_examples=60)
@given(polygons())
def test_a_polygon_covers_the_pixels_whose_centres_are_inside(polygon: Polygon) -> None:
    covered = polygon.mask(WIDTH, HEIGHT)
    for row in range(0, HEIGHT, 3):
        for column in range(0, WIDTH, 3):
            expected = any(inside(part, column + 0.5, row + 0.5) for part in polygon.parts)
            assert covered[row, column] == expected, (row, column)


@given(boxes())
def test_a_box_as_polygon_covers_the_same_pixels(box: Box) -> None:
    np.testing.assert_array_equal(Polygon(box.corners()).mask(WIDTH, HEIGHT), box.mask(WIDTH, HEIGHT))


def away(outline: npt.NDArray[np.float64], x: float, y: float) -> float:
    """Distance of a point from an outline."""
    ends = np.roll(outline, -1, axis=0) - outline
    towards = np.array([x, y]) - outline
    share = np.clip((towards * ends).sum(1) / np.maximum((ends * ends).sum(1), 1e-30), 0, 1)
    return float(np.linalg.norm(towards - share[:, None] * ends, axis=1).min())


@given(st.one_of(boxes(), polygons(), masks(), points))
def test_what_is_clipped_lies_inside_and_covers_the_same_pixels(region: Region) -> None:
    kept = region.clipped(WIDTH, HEIGHT)
    covered = region.mask(WIDTH, HEIGHT)
    if kept is None:
        assert not covered.any()
        return
    around = kept.bounds(WIDTH, HEIGHT)
    assert around.x1 >= -1e-9
    assert around.y1 >= -1e-9
    assert around.x2 <= WIDTH + 1e-9
    assert around.y2 <= HEIGHT + 1e-9
    # Clipping changes a pixel only where its centre lies on the outline: rounding decides there.
    for row, column in np.argwhere(kept.mask(WIDTH, HEIGHT) != covered):
        assert isinstance(region, Polygon)
        assert min(away(part, column + 0.5, row + 0.5) for part in region.parts) < 1e-9, (row, column)


def test_an_outline_that_crosses_itself_is_not_lost_by_clipping() -> None:
    """The halves of a bow tie run opposite ways round: their areas cancel, what they cover does not."""
    bow = Polygon([(5, 5), (25, 25), (25, 5), (5, 25)])
    kept = bow.clipped(WIDTH, HEIGHT)
    assert kept is not None
    np.testing.assert_array_equal(kept.mask(WIDTH, HEIGHT), bow.mask(WIDTH, HEIGHT))
    assert bow.mask(WIDTH, HEIGHT).any()
    assert Polygon([(5, 5), (9, 9), (15, 15)]).clipped(WIDTH, HEIGHT) is None  # a line encloses nothing
    assert Polygon([(-9, -9), (50, -9), (50, -1)]).clipped(WIDTH, HEIGHT) is None


@given(regions)
def test_clipping_twice_changes_nothing(region: Region) -> None:
    once = region.clipped(WIDTH, HEIGHT)
    assume(once is not None)
    assert once is not None
    twice = once.clipped(WIDTH, HEIGHT)
    assert twice is not None
    assert math.isclose(twice.area(WIDTH, HEIGHT), once.area(WIDTH, HEIGHT), rel_tol=1e-6, abs_tol=1e-6)


@given(polylines())
def test_what_is_clipped_of_a_line_lies_inside_and_on_it(line: Polyline) -> None:
    kept = line.clipped(WIDTH, HEIGHT)
    if kept is None:
        # Nothing longer than a point was inside: no pixel well within the image is passed.
        long = [part for part in line.parts if np.ptp(part, axis=0).any()]
        assert not long or not Polyline(*long).mask(WIDTH, HEIGHT)[2:-2, 2:-2].any()
        return
    points = np.concatenate(kept.parts)
    assert points.min() >= -1e-9
    assert (points <= np.array([WIDTH, HEIGHT]) + 1e-9).all()
    assert kept.length <= line.length + 1e-6
    for x, y in points:
        away = min(_to_segment(np.array([x, y]), one, two) for part in line.parts for one, two in pairwise(part))
        assert away < 1e-6


def _to_segment(point: npt.NDArray[np.float64], one: npt.NDArray[np.float64], two: npt.NDArray[np.float64]) -> float:
    along = two - one
    share = np.clip((point - one) @ along / max(along @ along, 1e-12), 0, 1)
    return float(np.hypot(*(point - one - share * along)))


@settings(max_examples=40)
@given(polylines())
def test_pixels_know_how_far_a_line_is(line: Polyline) -> None:
    away = distance_to_lines(line.parts, WIDTH, HEIGHT, reach=6.0)
    for row, column in ((0, 0), (7, 20), (15, 3), (HEIGHT - 1, WIDTH - 1)):
        centre = np.array([column + 0.5, row + 0.5])
        segments = [(a, b) for part in line.parts for a, b in pairwise(part)]
        expected = min(6.0, *(_to_segment(centre, a, b) for a, b in segments))
        assert away[row, column] == pytest.approx(expected, abs=1e-3)
    assert (away[line.mask(WIDTH, HEIGHT)] < 0.75).all()


def test_a_line_has_a_length_and_no_area() -> None:
    line = Polyline([[0, 0], [3, 4]], [[10, 10], [10, 12]])
    assert line.length == 7
    assert line.area(WIDTH, HEIGHT) == 0
    assert Polyline([[-5, 5.5], [50, 5.5]]).mask(8, 8).sum() == 8


@given(rotated_boxes())
def test_a_rotated_box_is_found_again_from_its_corners(box: RotatedBox) -> None:
    again = RotatedBox.around(box.corners())
    assert math.isclose(again.area(0, 0), box.area(0, 0), rel_tol=1e-6)
    np.testing.assert_allclose(corner_set(again), corner_set(box), atol=1e-3)


def test_angles_are_clockwise_on_the_screen() -> None:
    corners = RotatedBox(10, 10, 8, 2, 45).corners()
    right_end = (corners[1] + corners[2]) / 2
    np.testing.assert_allclose(right_end, [10 + 4 * math.sqrt(0.5)] * 2)
    assert RotatedBox(0, 0, 1, 1, 90).angle == -90
    assert RotatedBox(0, 0, 1, 1, 270).angle == -90
    assert RotatedBox(0, 0, 1, 1, 180).angle == 0


def test_pixels_span_from_corner_to_corner() -> None:
    covered = Box(1, 2, 3, 3).mask(5, 5)
    assert covered.sum() == 2
    assert covered[2, 1]
    assert covered[2, 2]
    assert Point(1.9, 2.1).mask(5, 5)[2, 1]
    half = centre_matrix([[0.5, 0, 0], [0, 0.5, 0]])
    np.testing.assert_allclose(half[:, 2], [-0.25, -0.25])


@given(masks())
def test_a_mask_of_a_full_image_is_cropped_to_what_it_covers(mask: Mask) -> None:
    full = mask.mask(WIDTH, HEIGHT)
    cropped = Mask.of(full)
    if cropped is None:
        assert not full.any()
        return
    assert cropped.pixels[0].any()
    assert cropped.pixels[-1].any()
    assert cropped.pixels[:, 0].any()
    assert cropped.pixels[:, -1].any()
    np.testing.assert_array_equal(cropped.mask(WIDTH, HEIGHT), full)
    assert cropped.area(WIDTH, HEIGHT) == full.sum()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Box(3, 0, 1, 2),
        lambda: Box(0, 0, math.nan, 1),
        lambda: RotatedBox(0, 0, -1, 2, 0),
        lambda: RotatedBox(0, 0, 1, math.inf, 0),
        lambda: Polygon([[0, 0], [1, 1]]),
        lambda: Polygon(),
        lambda: Polyline([[0, 0]]),
        lambda: Polyline(),
        lambda: Polyline([[0, 0], [math.inf, 1]]),
        lambda: Polygon([[0, 0], [1, math.nan], [2, 2]]),
        lambda: Mask(np.zeros((2, 2, 2), np.bool_)),
        lambda: region_from_dict({"kind": "circle"}),
        lambda: region_from_dict({"kind": "box", "x1": 1}),
        lambda: region_from_dict({"kind": "point", "x": "left", "y": 0}),
        lambda: region_from_dict({"kind": "mask", "x": 0, "y": 0, "width": 2, "height": 2, "runs": [9]}),
        lambda: region_from_dict({}),
    ],
)
def test_impossible_regions_are_refused_with_a_sentence(make: Any) -> None:
    with pytest.raises(AnnotationError) as caught:
        make()
    assert str(caught.value).endswith(".")


def test_parts_of_a_region_cannot_be_changed() -> None:
    mask, polygon = Mask(np.ones((2, 2), np.bool_)), Polygon([[0, 0], [4, 0], [4, 4]])
    with pytest.raises(ValueError, match="read-only"):
        mask.pixels[0, 0] = False
    with pytest.raises(ValueError, match="read-only"):
        polygon.parts[0][0, 0] = 9
    assert len({mask, Mask(np.ones((2, 2), np.bool_)), polygon}) == 2
