"""Heatmaps: clear where low, coloured where high."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.drawing.colours import heat_colours
from sightmill.drawing.maps import overlay_heatmap

GRAY = np.full((40, 60), 100, np.uint8)


def test_low_values_leave_the_image_and_high_values_glow() -> None:
    heat = np.zeros((40, 60), np.float32)
    heat[10:20, 30:40] = 2.0
    picture = overlay_heatmap(GRAY, heat, 0.0, 2.0)
    assert (picture[:5] == 100).all()
    hot = picture[15, 35].astype(int)
    assert hot[0] > hot[2]
    assert hot[0] > 180


def test_one_scale_for_all_images_keeps_a_harmless_one_harmless() -> None:
    faint = np.linspace(0, 0.1, 2400, dtype=np.float32).reshape(40, 60)
    assert np.abs(overlay_heatmap(GRAY, faint, 0.5, 2.0).astype(int) - 100).max() == 0
    assert np.abs(overlay_heatmap(GRAY, faint).astype(int) - 100).max() > 50


def test_a_coarse_map_covers_the_whole_image() -> None:
    assert overlay_heatmap(GRAY, np.array([[0, 1], [1, 0]], np.float32)).shape == (40, 60, 3)


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan, np.inf])
def test_constant_and_invalid_maps_do_no_harm(value: float) -> None:
    picture = overlay_heatmap(GRAY, np.full((40, 60), value, np.float32))
    assert picture.dtype == np.uint8
    assert overlay_heatmap(GRAY, np.zeros((0, 0), np.float32)).shape == (40, 60, 3)


def test_the_ramp_rises_in_lightness() -> None:
    lightness = heat_colours().astype(float) @ [0.299, 0.587, 0.114]
    assert lightness.shape == (256,)
    assert np.diff(lightness[::16]).min() > 0
