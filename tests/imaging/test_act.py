"""Acts: the same change each time, pixels and regions together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.regions import Box, Mask, Point, Polygon, RotatedBox, Whole
from sightmill.errors import ImageError
from sightmill.imaging.act import Act

SIZE = (96, 80)

moves = st.builds(
    lambda **moved: Act.of(SIZE, **moved),
    rotation=st.floats(-180, 180),
    scale=st.floats(0.6, 1.6),
    horizontal_shear=st.floats(-35, 35),
    vertical_shear=st.floats(-35, 35),
    flip_left_right=st.booleans(),
    flip_up_down=st.booleans(),
    shift=st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
)


def noise_image(*shape: int, dtype=np.uint8, white: float = 256) -> np.ndarray:
    return (np.random.default_rng(0).random(shape) * white).astype(dtype)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


@settings(derandomize=True, deadline=None)
@given(moves, st.floats(0, 96), st.floats(0, 80))
def test_an_act_and_its_inverse_move_nothing(act, x, y):
    there = Point(x, y).moved(act.matrix)
    back = there.moved(act.inverse().matrix)
    assert (back.x, back.y) == pytest.approx((x, y), abs=1e-6)
    np.testing.assert_allclose(act.then(act.inverse()).matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-6)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(moves, st.sampled_from(["mask", "polygon", "rotated_box"]))
def test_regions_stay_on_their_pixels(act, kind):
    outline = RotatedBox(46, 41, 40, 24, 20)
    region = {
        "rotated_box": outline,
        "polygon": Polygon(outline.corners()),
        "mask": Mask.of(outline.mask(*SIZE)),
    }[kind]
    painted = np.zeros(SIZE[::-1], np.uint8)
    painted[outline.mask(*SIZE)] = 255
    shown = act.image(painted) > 127
    mirrored_in = act.labels(np.ones(SIZE[::-1], bool), outside=0)  # only pixels that come from inside
    moved = act.region(region)
    assert moved is not None
    covered = moved.mask(*SIZE) & mirrored_in
    if kind == "rotated_box":  # a sheared rectangle is none any more: its box covers it
        assert (shown & mirrored_in & ~covered).sum() <= 0.06 * shown.sum()
    else:
        assert overlap(covered, shown & mirrored_in) > 0.9
        np.testing.assert_allclose(
            np.argwhere(covered).mean(axis=0), np.argwhere(shown & mirrored_in).mean(axis=0), atol=0.45
        )


@pytest.mark.parametrize("flips", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("rotation", [0.0, 17.0, 90.0])
def test_a_mirror_keeps_a_rotated_box_on_its_pixels(flips, rotation):
    box = RotatedBox(40, 45, 36, 14, 30)
    act = Act.of(SIZE, flip_left_right=flips[0], flip_up_down=flips[1], rotation=rotation)
    moved = act.region(box)
    assert (moved.width, moved.height) == pytest.approx((36, 14))
    shown = act.labels(box.mask(*SIZE), outside=0)
    assert overlap(shown, moved.mask(*SIZE)) > 0.9


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(80, 96), (80, 96, 1), (80, 96, 3)])
def test_flips_are_exact(dtype, shape):
    image = noise_image(*shape, dtype=dtype)
    assert np.array_equal(Act.of(SIZE, flip_left_right=True).image(image), image[:, ::-1])
    assert np.array_equal(Act.of(SIZE, flip_up_down=True).image(image), image[::-1])
    assert np.array_equal(Act.of(SIZE, flip_up_down=True, flip_left_right=True).image(image), image[::-1, ::-1])
    mask = Mask(np.array([[True, False], [True, True]]), 5, 7)
    moved = Act.of(SIZE, flip_left_right=True).region(mask)
    assert np.array_equal(moved.mask(*SIZE), mask.mask(*SIZE)[:, ::-1])


@pytest.mark.parametrize("quarters", [-1, 1, 2, 3, 4])
def test_quarter_turns_of_squares_are_exact_and_clockwise(quarters):
    image = noise_image(33, 33, 3)
    act = Act.of((33, 33), rotation=90.0 * quarters)
    assert np.array_equal(act.image(image), np.rot90(image, -quarters))
    covered = image[..., 0] > 128
    assert np.array_equal(act.region(Mask.of(covered)).mask(33, 33), np.rot90(covered, -quarters))


def test_whole_pixel_shifts_are_exact_and_mirror_the_border():
    image = noise_image(80, 96)
    moved = Act.of(SIZE, shift=(3, -2)).image(image)
    assert np.array_equal(moved[:-2, 3:], image[2:, :-3])
    assert np.array_equal(moved[:-2, 2], image[2:, 1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_the_identity_gives_the_same_pixels(dtype):
    image = noise_image(80, 96, 3, dtype=dtype)
    assert Act(SIZE).is_identity and not Act(SIZE).moves
    assert np.array_equal(Act.of(SIZE).image(image), image)
    assert Act.of(SIZE).region(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4)


def test_horizontal_shear_keeps_heights_and_leans_vertical_lines():
    act = Act.of((100, 100), horizontal_shear=45)
    top, bottom = Point(50, 0).moved(act.matrix), Point(50, 100).moved(act.matrix)
    assert (top.y, bottom.y) == pytest.approx((0, 100))
    assert bottom.x - top.x == pytest.approx(100)
    act = Act.of((100, 100), vertical_shear=45)
    left, right = Point(0, 50).moved(act.matrix), Point(100, 50).moved(act.matrix)
    assert (left.x, right.x) == pytest.approx((0, 100)) and right.y - left.y == pytest.approx(100)


def test_strong_shears_in_both_directions_stay_invertible():
    act = Act.of(SIZE, horizontal_shear=45, vertical_shear=45)
    assert np.linalg.det(act.matrix[:, :2]) == pytest.approx(1)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 4095), (np.float32, 1.0)])
def test_brightness_is_relative_to_the_full_range_and_clipped_to_it(dtype, white):
    image = np.array([[0.0, 0.5, 0.95]]) * white
    image = image.astype(dtype)
    lit = Act.of((3, 1), offset=0.1).image(image, white=white)
    assert lit.dtype == dtype
    np.testing.assert_allclose(lit / white, [[0.1, 0.6, 1.0]], atol=0.005)
    dark = Act.of((3, 1), offset=-0.1).image(image, white=white)
    np.testing.assert_allclose(dark / white, [[0.0, 0.4, 0.85]], atol=0.005)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_gain_counts_from_black(dtype):
    image = np.array([[50, 100, 140]], dtype)
    lit = Act.of((3, 1), gain=1.5).image(image, black=50, white=200)
    np.testing.assert_allclose(lit, [[50, 125, 185]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_contrast_counts_from_the_mean_of_each_channel(dtype):
    image = np.array([[[60, 10], [100, 30], [140, 20]]], dtype)
    lit = Act.of((3, 1), contrast=1.5).image(image, white=255)
    assert lit.dtype == dtype
    np.testing.assert_allclose(lit, [[[40, 5], [100, 35], [160, 20]]])
    both = Act.of((3, 1), contrast=1.5, gain=0.5, offset=0.1).image(image.astype(np.float32), white=255)
    np.testing.assert_allclose(both, lit * 0.5 + 25.5, rtol=1e-6)


@pytest.mark.parametrize("noise", [0.0, 1e-9])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_tint_changes_each_channel_by_itself(dtype, noise):
    image = np.full((2, 3, 3), 100, dtype)
    act = Act.of((3, 2), tint=(1.0, 0.5, 1.2), noise=noise)
    assert not act.is_identity
    np.testing.assert_allclose(act.image(image, white=255)[1, 2], [100, 50, 120], rtol=1e-6)
    gray = image[..., 0]
    np.testing.assert_allclose(act.image(gray, white=255), gray, rtol=1e-6)
    assert Act.of((3, 2), tint=(1.0, 1.0, 1.0)).is_identity


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 4095), (np.float32, 1.0)])
def test_noise_is_uniform_within_its_amplitude_and_repeats_with_its_seed(dtype, white):
    image = np.full((64, 64, 3), 0.5 * white).astype(dtype)
    act = Act.of((64, 64), noise=0.1, seed=5)
    first = act.image(image, white=white)
    assert np.array_equal(first, act.image(image, white=white))
    assert not np.array_equal(first, Act.of((64, 64), noise=0.1, seed=6).image(image, white=white))
    change = (first.astype(float) - image) / white
    assert abs(change).max() <= 0.1 + 0.5 / 255 and abs(change.mean()) < 0.005
    assert change.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.05)
    assert not np.array_equal(change[..., 0], change[..., 1])
    assert (image == np.array(0.5 * white).astype(dtype)).all()


def test_blur_widens_with_its_kernel_and_keeps_the_sum():
    image = np.zeros((41, 41), np.float32)
    image[20, 20] = 1
    widths = []
    for kernel in (0, 1, 2, 3, 5, 6, 9):
        blurred = Act.of((41, 41), blur=kernel).image(image, white=1.0)
        assert blurred.sum() == pytest.approx(1, abs=1e-4)
        widths.append(float(blurred[20, 20]))
    assert widths[0] == widths[1] == 1
    assert widths[1:] == sorted(widths[1:], reverse=True) and len(set(widths[1:])) == 6


def test_two_acts_become_one():
    image = cv2.GaussianBlur(noise_image(80, 96), (0, 0), 4)
    first = Act.of(SIZE, rotation=20, offset=0.05)
    second = Act.of(SIZE, flip_left_right=True, scale=1.3, gain=0.8)
    together = first.then(second)
    after = second.image(first.image(image)).astype(int)
    difference = abs(together.image(image).astype(int) - after)[20:-20, 25:-25]
    assert difference.max() <= 4
    point = Point(30, 40)
    assert together.region(point) == second.region(first.region(point))
    tinted = (
        Act.of(SIZE, tint=(0.9, 1.0, 1.1), contrast=0.8),
        Act.of(SIZE, gain=1.1, tint=(1.0, 0.9, 1.0), contrast=0.9),
    )
    colours = cv2.GaussianBlur(noise_image(80, 96, 3), (0, 0), 4)
    after = tinted[1].image(tinted[0].image(colours)).astype(int)
    assert abs(tinted[0].then(tinted[1]).image(colours).astype(int) - after).max() <= 2
    with pytest.raises(ValueError, match="2 and 3 channels"):
        Act.of(SIZE, tint=(1.0, 0.9)).then(tinted[0])
    with pytest.raises(ValueError, match="noise"):
        Act.of(SIZE, noise=0.1).then(Act.of(SIZE, noise=0.1))
    with pytest.raises(ValueError, match="follow"):
        Act.of(SIZE).then(Act.of((3, 3)))


def test_regions_that_leave_the_image_are_dropped_and_others_clipped():
    act = Act.of(SIZE, shift=(50, 0))
    assert act.region(Box(60, 10, 90, 20)) is None
    assert act.region(Box(40, 10, 60, 20)) == Box(90, 10, 96, 20)
    assert act.region(Point(80, 5)) is None
    assert act.region(Whole()) == Whole()


def test_label_maps_are_never_mixed_and_mirror_like_the_image():
    labels = np.zeros((80, 96), np.uint8)
    labels[:, :48] = 7
    act = Act.of(SIZE, rotation=33, scale=0.7)
    assert set(np.unique(act.labels(labels))) == {0, 7}
    assert (act.labels(labels, outside=255) == 255).any()
    assert act.labels(labels > 0).dtype == np.bool_
    shown = act.image(labels * 30).astype(float) / 30
    assert np.mean(abs(shown - act.labels(labels)) > 3.6) < 0.01


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ImageError, match="80 x 96"):
        Act.of(SIZE).image(np.zeros((96, 80), np.uint8))


def test_pixels_and_regions_agree_on_where_a_pixel_is():
    rng = np.random.default_rng(2)
    blob = RotatedBox(48, 40, 22, 16, 15).mask(*SIZE)
    differences = []
    for _ in range(60):
        act = Act.of(
            SIZE,
            rotation=rng.uniform(-180, 180),
            scale=rng.uniform(0.8, 1.3),
            shift=tuple(rng.uniform(-5, 5, 2)),
        )
        shown = act.image((blob * 255).astype(np.uint8)).astype(float)
        shown *= act.labels(np.ones(SIZE[::-1], bool), outside=0)  # without what is mirrored in
        centroid = (np.indices(shown.shape) + 0.5).reshape(2, -1) @ shown.reshape(-1) / shown.sum()
        moved = Point(*((np.argwhere(blob) + 0.5).mean(axis=0)[::-1])).moved(act.matrix)
        differences.append(centroid[::-1] - (moved.x, moved.y))
    assert abs(np.array(differences)).max() < 0.05  # half a pixel would be OpenCV's convention


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (5, 3)])
def test_images_smaller_than_the_kernel_or_the_shift_do_not_break(size):
    act = Act.of(size, rotation=40, shift=(9.5, -7), blur=31, offset=0.1, noise=0.1)
    assert act.image(np.full(size[::-1], 100, np.uint8)).shape == size[::-1]
