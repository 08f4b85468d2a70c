"""From images of any size, depth and colour to the network's input."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from sightmill.data.regions import Box, Mask, Point, Polygon, Whole
from sightmill.errors import ImageError, SettingsError
from sightmill.imaging.view import View


def ramp(width: int, height: int, *, dtype=np.uint8, colour: bool = False) -> np.ndarray:
    """A toy image in which each pixel differs from its neighbours."""
    values = np.add.outer(np.arange(height) * 3, np.arange(width) * 2) % 200
    values = np.stack([values, values + 20, values + 40], axis=2) if colour else values
    return values.astype(dtype)


@pytest.mark.parametrize("fit", ["pad", "stretch", "scale"])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_fit_gives_contiguous_float32_tiles_of_one_size(fit, colour, channels):
    view = View(width=64, height=32, channels=channels, fit=fit)
    values, frame = view(ramp(100, 50, colour=colour))
    assert values.shape == (len(frame.tiles), channels, 32, 64)
    assert values.dtype == np.float32 and values.flags.c_contiguous
    assert values.min() >= 0 and values.max() <= 1
    assert frame.tile_size == (64, 32)


def test_pad_keeps_the_aspect_and_mirrors_the_border_about_the_outermost_pixels():
    image = ramp(8, 4)
    tiles = View(width=8, height=8, channels=1).pixels(image, View(width=8, height=8).frame((8, 4)))
    assert np.array_equal(tiles[0, 2:6, :, 0], image)
    assert np.array_equal(tiles[0, 1, :, 0], image[1]) and np.array_equal(tiles[0, 0, :, 0], image[2])
    assert np.array_equal(tiles[0, 6, :, 0], image[2])


def test_padding_wider_than_the_image_mirrors_again_and_again():
    image = ramp(3, 40)
    view = View(width=40, height=40, channels=1)
    tiles = view.pixels(image, view.frame((3, 40)))
    assert set(np.unique(tiles[0, 0])) == set(image[0])
    one_pixel = View(width=5, height=5, channels=1, fit="scale", multiple=1)
    assert (one_pixel.pixels(np.full((1, 1), 9, np.uint8), one_pixel.frame((1, 1))) == 9).all()


def test_stretch_fills_the_input():
    view = View(width=16, height=16, channels=1, fit="stretch")
    frame = view.frame((50, 20))
    assert frame.valid().all() and frame.content == (0, 0, 16, 16)


def test_shrinking_averages_areas_and_enlarging_is_linear():
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 200).astype(np.uint8)
    small = View(width=32, height=32, channels=1, fit="stretch")
    assert (small.pixels(checks, small.frame((64, 64))) == 100).all()
    mixed = View(width=32, height=128, channels=1, fit="stretch")  # one axis shrinks, the other grows
    assert (mixed.pixels(checks[:, :], mixed.frame((64, 64))).mean(axis=2) == 100).all()
    large = View(width=4, height=1, channels=1, fit="stretch")
    assert large.pixels(np.array([[0, 100]], np.uint8), large.frame((2, 1)))[0, 0, :, 0].tolist() == [
        0,
        25,
        75,
        100,
    ]


def test_downsample_bounds_the_detail_of_pad_and_the_size_of_scale():
    stripes = np.tile(np.array([0, 200], np.uint8), (32, 16))
    padded = View(width=32, height=32, channels=1, downsample=1)
    assert (padded.pixels(stripes, padded.frame((32, 32))) == 100).all()
    scaled = View(width=32, height=32, channels=1, fit="scale", downsample=2)
    left, top, right, bottom = scaled.frame((100, 64)).content
    assert (right - left, bottom - top) == (25, 16)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 4095), (np.float32, 1)])
def test_gray_is_bt601_in_the_depth_of_the_image(dtype, white):
    view = View(width=4, height=4, channels=1, fit="stretch", dtype=np.dtype(dtype).name, white=white)
    red = np.zeros((4, 4, 3), dtype)
    red[..., 0] = white
    pixels = view.pixels(red, view.frame((4, 4)))
    assert pixels.dtype == dtype
    np.testing.assert_allclose(pixels.astype(float), 0.299 * white, atol=0.0 if white == 1 else 0.5, rtol=1e-6)


def test_grayscale_with_three_channels_drops_the_colour_only():
    view = View(width=8, height=8, grayscale=True)
    values, _ = view(ramp(8, 8, colour=True))
    assert np.array_equal(values[:, 0], values[:, 1]) and np.array_equal(values[:, 0], values[:, 2])


def test_all_4096_levels_of_a_12_bit_image_stay_apart():
    image = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    view = View(width=64, height=64, channels=1, dtype="uint16", white=4095)
    values, _ = view(image)
    assert len(np.unique(values)) == 4096
    assert values[0, 0, 0, 0] == 0 and values.max() == pytest.approx(1)


def test_black_and_white_are_mapped_linearly_and_clipped():
    view = View(width=4, height=1, channels=1, fit="stretch", black=50, white=150)
    values, _ = view(np.array([[0, 50, 100, 200]], np.uint8))
    np.testing.assert_allclose(values[0, 0, 0], [0, 0, 0.5, 1], atol=1e-6)


@pytest.mark.parametrize(("made_for", "given"), [("uint8", "uint16"), ("uint16", "uint8"), ("uint8", "float32")])
def test_an_image_of_another_depth_is_refused_instead_of_being_black(made_for, given):
    view = View(width=8, height=8, dtype=made_for, white=255)
    with pytest.raises(ImageError, match=f"{made_for}.*got {given}"):
        view(ramp(8, 8, dtype=given))


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (0, 4), (2, 4, 4, 3)])
def test_an_array_that_is_no_image_is_refused(shape):
    with pytest.raises(ImageError, match=r"\(height, width\)"):
        View(width=8, height=8)(np.zeros(shape, np.uint8))


def test_an_image_of_another_size_than_the_frame_is_refused():
    view = View(width=8, height=8)
    with pytest.raises(ImageError, match="9 x 8"):
        view.pixels(ramp(9, 8), view.frame((8, 8)))


def test_the_image_is_not_written_to_and_may_be_any_view_of_memory():
    image = ramp(20, 20, colour=True)
    image.setflags(write=False)
    view = View(width=16, height=16)
    mirrored, _ = view(image[:, ::-1], Polygon([[2, 2], [18, 4], [6, 16]]))
    copied, _ = view(image[:, ::-1].copy(), Polygon([[2, 2], [18, 4], [6, 16]]))
    assert np.array_equal(mirrored, copied)


def test_a_box_as_region_of_interest_is_cropped_to():
    image = ramp(30, 20)
    view = View(width=10, height=10, channels=1)
    frame = view.frame((30, 20), Box(4.6, 3, 14.5, 13.2))
    assert frame.crop == (5, 3, 14, 13)
    full = view.frame((30, 20), Box(5, 3, 15, 13))
    assert np.array_equal(view.pixels(image, full)[0, :, :, 0], image[3:13, 5:15])


def test_nothing_outside_of_a_polygon_reaches_the_network():
    roi = Polygon([[5, 5], [25, 5], [5, 25]])
    inside = roi.mask(30, 30)
    view = View(width=30, height=30)
    image = np.full((30, 30, 3), 100, np.uint8)
    image[..., 1] = 40
    changed = image.copy()
    changed[~inside] = np.random.default_rng(0).integers(0, 256, (int((~inside).sum()), 3))
    values, frame = view(image, roi)
    assert np.array_equal(values, view(changed, roi)[0])
    assert len(np.unique(values)) == 2  # the mean colour of the inside
    assert frame.crop == (5, 5, 24, 24)


def test_a_mask_over_everything_changes_nothing():
    image = ramp(16, 16)
    view = View(width=16, height=16)
    assert np.array_equal(view(image)[0], view(image, Mask(np.ones((16, 16), bool)))[0])
    assert view.frame((16, 16), Whole()).roi is None


@pytest.mark.parametrize("roi", [Box(40, 40, 50, 50), Box(3.6, 3.6, 4.4, 4.4), Point(50, 3), Box(5, 5, 5, 9)])
def test_a_region_of_interest_without_a_pixel_is_refused(roi):
    with pytest.raises(ImageError, match="region of interest"):
        View(width=8, height=8).frame((20, 20), roi)


def test_a_view_survives_its_manifest():
    view = View(width=96, height=64, channels=1, fit="scale", scale=0.3, dtype="uint16", white=4095)
    assert View.of(view.model_dump(mode="json")) == view
    with pytest.raises(ValidationError):
        view.width = 3


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"width": 0}, "view.width"),
        ({"width": 1 << 40}, "8192"),
        ({"channels": 4}, "view.channels"),
        ({"fit": "warp"}, "'pad', 'stretch' or 'scale'"),
        ({"overlap": 0.99}, "0.75"),
        ({"scale": float("nan")}, "view.scale"),
        ({"white": 0}, "white must be clearly larger"),
        ({"white": 4095}, "between 0 and 255"),
        ({"fit": "scale", "width": 100}, "multiples of 32"),
        ({"command": "rm"}, "unknown field"),
        ({"height": None}, "view.height"),
        ({"dtype": "float64"}, "view.dtype"),
    ],
)
def test_a_hostile_manifest_is_refused_in_a_sentence(values, sentence):
    with pytest.raises(SettingsError, match=sentence) as caught:
        View.of({"width": 64, "height": 64, **values})
    assert str(caught.value).endswith(".")


def test_a_missing_field_is_named():
    with pytest.raises(SettingsError, match=r"view\.width: this field is missing"):
        View.of({"height": 3})


def test_an_input_beyond_all_memory_is_refused_before_it_is_made():
    with pytest.raises(ImageError, match="too large"):
        View(width=32, height=32, fit="scale", scale=8).frame((30000, 30000))
    with pytest.raises(ImageError, match="too large"):
        View(width=1, height=1, fit="scale", multiple=1).frame((3000, 3000))


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (37, 5), (129, 131)])
@pytest.mark.parametrize("fit", ["pad", "stretch", "scale"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_images_of_any_size_and_depth_are_taken(size, fit, dtype):
    view = View(width=64, height=32, fit=fit, scale=0.7, downsample=1, dtype=np.dtype(dtype).name, white=200)
    values, frame = view(np.full(size[::-1], 100, dtype))
    np.testing.assert_allclose(values, 0.5, atol=1e-6)
    assert frame.valid().any()
