"""The way back: regions, maps and tiles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.regions import Box, Mask, Point, Polygon, RotatedBox, Whole
from sightmill.errors import ModelError
from sightmill.imaging.view import View

sides = st.integers(1, 300)
views = st.builds(
    View,
    width=st.sampled_from([32, 64, 96]),
    height=st.sampled_from([32, 64, 96]),
    fit=st.sampled_from(["pad", "stretch", "scale"]),
    scale=st.floats(0.3, 1.5),
    downsample=st.integers(0, 1),
    multiple=st.sampled_from([16, 32]),
    overlap=st.sampled_from([0.0, 0.25, 0.5, 0.75]),
)


@settings(derandomize=True, deadline=None)
@given(views, sides, sides)
def test_tiles_cover_the_input_on_their_grid_and_overlap_enough(view, width, height):
    frame = view.frame((width, height))
    covered = np.zeros(frame.input_size[::-1], int)
    for x, y in frame.tiles:
        assert x >= 0 and y >= 0 and x % view.multiple == 0 == y % view.multiple
        assert covered[y : y + view.height, x : x + view.width].shape == (view.height, view.width)
        covered[y : y + view.height, x : x + view.width] += 1
    assert covered.min() >= 1
    for offsets, tile in zip(map(sorted, map(set, zip(*frame.tiles, strict=True))), frame.tile_size, strict=True):
        assert all(b - a <= max(tile * (1 - view.overlap), view.multiple) for a, b in pairwise(offsets))
    assert len(frame.tiles) == len(set(frame.tiles))


@settings(derandomize=True, deadline=None)
@given(views, sides, sides)
def test_the_image_lies_in_the_middle_and_its_corners_are_where_the_matrix_says(view, width, height):
    frame = view.frame((width, height))
    placed = frame.to_input(Box(0, 0, width, height))
    np.testing.assert_allclose([placed.x1, placed.y1, placed.x2, placed.y2], frame.content, atol=1e-6)
    left, top, right, bottom = frame.content
    assert 0 <= frame.input_size[0] - right - left <= 1 and 0 <= frame.input_size[1] - bottom - top <= 1
    assert frame.valid().sum() == (right - left) * (bottom - top)


@settings(derandomize=True, deadline=None)
@given(views, sides, sides, st.floats(0, 1), st.floats(0, 1))
def test_regions_go_there_and_back(view, width, height, x, y):
    frame = view.frame((width, height), Box(0, 0, max(width * 0.7, 1), height))
    point = Point(x * width, y * height)
    back = frame.to_image(frame.to_input(point))
    assert (back.x, back.y) == pytest.approx((point.x, point.y), abs=1e-6)
    turned = RotatedBox(point.x, point.y, 0.3 * width, 0.2 * height, 0.0)
    assert frame.to_image(frame.to_input(turned)).area(0, 0) == pytest.approx(turned.area(0, 0), rel=1e-5)
    assert frame.to_input(Whole()) == Whole()


@settings(derandomize=True, deadline=None, max_examples=40)
@given(views, sides, sides, st.sampled_from([1, 4, 8, 16]), st.booleans())
def test_merging_what_was_cut_gives_it_back(view, width, height, stride, channels):
    frame = view.frame((width, height))
    shape = (frame.input_size[1] // stride, frame.input_size[0] // stride, *((2,) if channels else ()))
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    tiles = frame.cut(values)
    assert len(tiles) == len(frame.tiles)
    np.testing.assert_allclose(frame.merge(tiles), values, rtol=1e-5, atol=1e-5)
    ids = (values * 10).astype(np.int32)
    merged = frame.merge(frame.cut(ids))
    assert merged.dtype == np.int32 and np.array_equal(merged, ids)


def test_tiles_that_disagree_are_blended_without_a_seam():
    view = View(width=64, height=64, fit="scale", overlap=0.5)
    frame = view.frame((160, 64))
    levels = np.arange(len(frame.tiles), dtype=np.float32)
    merged = frame.merge(np.broadcast_to(levels[:, None, None], (len(levels), 64, 64)))
    assert np.abs(np.diff(merged, axis=1)).max() < 0.06
    assert np.allclose(np.diff(merged, axis=0), 0)
    assert merged[0, 0] == 0 and merged[0, -1] == pytest.approx(levels[-1])


def test_a_cut_tile_shows_the_pixels_under_it():
    view = View(width=32, height=32, channels=1, fit="scale")
    image = np.random.default_rng(1).integers(0, 256, (64, 96), np.uint8)
    frame = view.frame((96, 64))
    for (x, y), tile in zip(frame.tiles, view.pixels(image, frame), strict=True):
        assert np.array_equal(tile[:, :, 0], image[y : y + 32, x : x + 32])


@pytest.mark.parametrize("shape", [(2, 8, 8), (9, 8), (8, 7, 8), (8, 0, 8), (8, 64, 64)])
def test_maps_that_do_not_fit_are_refused_in_a_sentence(shape):
    frame = View(width=32, height=32, fit="scale", overlap=0).frame((128, 64))
    assert len(frame.tiles) == 8
    with pytest.raises(ModelError, match="map"):
        frame.merge(np.zeros(shape, np.float32))


@pytest.mark.parametrize("fit", ["pad", "stretch", "scale"])
@pytest.mark.parametrize("roi", [None, Box(20, 10, 110, 70), Polygon([[20, 10], [110, 12], [60, 78]])])
@pytest.mark.parametrize("stride", [1, 4])
def test_a_heatmap_lies_on_the_pixels_it_was_made_from(fit, roi, stride):
    image = np.zeros((80, 120), np.uint8)
    image[30:46, 48:72] = 250
    view = View(width=128, height=96, channels=1, fit=fit)
    values, frame = view(image, roi)
    whole = frame.merge(values[:, 0])  # (H_in, W_in)
    rows, columns = whole.shape[0] // stride, whole.shape[1] // stride
    coarse = whole.reshape(rows, stride, columns, stride).mean(axis=(1, 3))
    heatmap = frame.heatmap(coarse).at_image_size()
    assert heatmap.shape == image.shape
    bright = np.argwhere(heatmap > 0.5 * heatmap.max())
    np.testing.assert_allclose(bright.mean(axis=0) + 0.5, [38, 60], atol=0.8)
    if roi is not None:
        assert (heatmap[~roi.mask(120, 80)] == 0).all()


def test_valid_and_inside_leave_out_padding_and_what_is_outside_of_the_region():
    roi = Polygon([[10, 10], [50, 10], [10, 40]])
    frame = View(width=64, height=64, fit="scale").frame((60, 50), roi)
    assert frame.inside().sum() == roi.mask(60, 50).sum() == frame.valid().sum()
    frame = View(width=64, height=64).frame((60, 50))
    assert frame.inside() is None
    assert frame.valid().sum() == 64 * 53


@pytest.mark.parametrize("fit", ["pad", "stretch", "scale"])
def test_a_mask_drawn_in_the_image_covers_the_same_pixels_of_the_input(fit):
    image = np.zeros((90, 130), np.uint8)
    image[20:61, 33:90] = 255
    values, frame = View(width=128, height=96, channels=1, fit=fit, multiple=32)(image)
    shown = frame.merge(values[:, 0]) > 0.5
    moved = frame.to_input(Mask.of(image)).mask(*frame.input_size)
    ours = shown & frame.valid()
    assert (ours & moved).sum() / (ours | moved).sum() > 0.97
