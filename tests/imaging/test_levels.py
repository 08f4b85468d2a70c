"""Depths and gray ranges of a training set."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.errors import ImageError
from sightmill.imaging.levels import common_depth, gray_range


def test_the_range_of_8_bit_images_is_full_whatever_they_hold():
    assert gray_range([np.full((3, 3), 7, np.uint8)]) == (0.0, 255.0)


@pytest.mark.parametrize(
    ("brightest", "white"),
    [
        (3, 255),
        (255, 255),
        (256, 1023),
        (1023, 1023),
        (4000, 4095),
        (4096, 16383),
        (16384, 65535),
        (65535, 65535),
    ],
)
def test_white_of_16_bit_images_is_the_smallest_sensor_that_covers_them(brightest, white):
    dark, bright = np.zeros((2, 2), np.uint16), np.full((2, 2), brightest, np.uint16)
    assert gray_range([dark, bright, dark]) == (0.0, float(white))


def test_float_images_within_0_and_1_keep_that_range():
    assert gray_range([np.array([[0.2, 0.7]], np.float32)]) == (0.0, 1.0)


@pytest.mark.parametrize(("low", "high"), [(-3.21, 4017.3), (0.0, 1.02), (1e-3, 812.4), (-1e9, -5e8), (7.5, 7.5)])
def test_other_float_images_get_a_range_rounded_outwards(low, high):
    black, white = gray_range([np.array([[low, high]], np.float32)])
    assert black <= np.float32(low) and np.float32(high) <= white and black < white
    if high > low:
        assert white - black <= 1.25 * (high - low) + 1e-6


def test_mixed_depths_are_refused_with_a_remedy():
    with pytest.raises(ImageError, match=r"uint16 and uint8.*[Cc]onvert"):
        gray_range([np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint16)])


def test_depths_can_be_checked_from_headers_alone():
    assert common_depth(["uint16", np.uint16, np.dtype("uint16")]) == "uint16"
    with pytest.raises(ImageError, match="float64"):
        common_depth(["float64"])
    with pytest.raises(ImageError, match="no image"):
        common_depth([])


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ImageError, match="finite"):
        gray_range([np.array([[0.0, np.inf]], np.float32)])
