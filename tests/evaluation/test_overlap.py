"""Overlaps are exact: against pixels, against OpenCV, and in the cases that are easily got wrong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from object_toys import SIZE, disc, random_box

from sightmill.data.regions import Box, Polygon, RotatedBox
from sightmill.evaluation.overlap import (
    as_mask,
    as_turned,
    box_iou,
    mask_iou,
    paired_turned_iou,
    region_iou,
    turned_iou,
)


def test_boxes_share_what_their_pixels_share() -> None:
    overlap = box_iou([[0, 0, 4, 4], [10, 10, 10, 12]], [[2, 0, 6, 4], [0, 0, 4, 4], [20, 20, 30, 30]])
    np.testing.assert_allclose(overlap, [[1 / 3, 1, 0], [0, 0, 0]])


def test_the_share_of_the_first_box_is_no_union() -> None:
    assert box_iou([[0, 0, 2, 2]], [[0, 0, 8, 8]], of_first=True)[0, 0] == 1.0


def test_turned_boxes_agree_with_opencv() -> None:
    rng = np.random.default_rng(0)
    boxes = np.concatenate(
        [rng.uniform(0, 60, (120, 2)), rng.uniform(2, 40, (120, 2)), rng.uniform(-90, 90, (120, 1))], axis=1
    )
    first, second = boxes[:60], boxes[60:]
    found = turned_iou(first, second)
    np.testing.assert_allclose(paired_turned_iou(first, second), np.diag(found))
    for row, a in enumerate(first):
        for column, b in enumerate(second):
            kind, points = cv2.rotatedRectangleIntersection(
                *(((one[0], one[1]), (one[2], one[3]), one[4]) for one in (a, b))
            )
            common = 0.0 if points is None else cv2.contourArea(cv2.convexHull(points))
            expected = common / (a[2] * a[3] + b[2] * b[3] - common)
            assert found[row, column] == pytest.approx(expected, abs=2e-3), (kind, a, b)


@pytest.mark.parametrize("angle", [0.0, 12.5, 45.0, -90.0, 89.9])
def test_a_turned_box_overlaps_itself_wholly_and_half_of_itself_by_half(angle: float) -> None:
    box = [100.0, 50.0, 40.0, 10.0, angle]
    half = [100.0, 50.0, 20.0, 10.0, angle]
    # Far away from the origin no digit is lost.
    far = [[1e5 + box[0], 1e5 + box[1], *box[2:]], [1e5 + half[0], 1e5 + half[1], *half[2:]]]
    np.testing.assert_allclose(turned_iou([box, half], [box, half]), [[1, 0.5], [0.5, 1]], atol=1e-9)
    np.testing.assert_allclose(turned_iou(far, far), [[1, 0.5], [0.5, 1]], atol=1e-6)


def test_upright_turned_boxes_are_boxes() -> None:
    rng = np.random.default_rng(1)
    boxes = [random_box(rng) for _ in range(20)]
    upright = box_iou([[b.x1, b.y1, b.x2, b.y2] for b in boxes], [[b.x1, b.y1, b.x2, b.y2] for b in boxes])
    turned = region_iou([as_turned(box) for box in boxes], boxes, SIZE, "rotated_box")
    np.testing.assert_allclose(turned, upright, atol=1e-9)


def test_masks_and_polygons_are_compared_pixel_by_pixel() -> None:
    one, other = disc(60, 60, 20), disc(70, 60, 20)
    whole = [mask.moved([[1, 0, 0], [0, 1, 0]]).mask(*SIZE) for mask in (one, other)]
    expected = (whole[0] & whole[1]).sum() / (whole[0] | whole[1]).sum()
    assert mask_iou([one], [other])[0, 0] == pytest.approx(expected)
    square = Polygon([[10, 10], [30, 10], [30, 30], [10, 30]])
    assert as_mask(square, SIZE).pixels.sum() == 400
    assert region_iou([square], [Box(10, 10, 30, 20)], SIZE, "mask")[0, 0] == pytest.approx(0.5)


def test_a_polygon_beyond_the_border_counts_inside_only() -> None:
    mask = as_mask(Polygon([[-10, -10], [10, -10], [10, 10], [-10, 10]]), SIZE)
    assert mask.pixels.sum() == 100
    assert as_mask(Box(-20, -20, -10, -10), SIZE).pixels.size == 0


def test_a_mask_lies_in_its_turned_box() -> None:
    bar = RotatedBox(100, 80, 60, 12, 30)
    around = as_turned(as_mask(Polygon(bar.corners()), SIZE))
    assert turned_iou(
        [[around.cx, around.cy, around.width, around.height, around.angle]], [[100, 80, 60, 12, 30]]
    ) == pytest.approx(0.93, abs=0.06)


def test_nothing_overlaps_nothing() -> None:
    assert box_iou(np.zeros((0, 4)), [[0, 0, 1, 1]]).shape == (0, 1)
    assert turned_iou(np.zeros((0, 5)), np.zeros((0, 5))).shape == (0, 0)
    assert mask_iou([], [disc(20, 20, 5)]).shape == (0, 1)
