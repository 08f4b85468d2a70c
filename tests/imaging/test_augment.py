"""Policies: what settings allow is what is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sightmill.imaging.augment import Policy
from sightmill.methods.training import Augmentation

SIZE = (120, 80)

STRONG = {
    "luminance": 20.0,
    "contrast": 30.0,
    "colour": 15.0,
    "noise": 10.0,
    "gaussian_blur": 7,
    "rotation": 30.0,
    "flip_up_down": True,
    "flip_left_right": True,
    "relative_translation": 10.0,
    "scale_min": 50.0,
    "scale_max": 200.0,
    "horizontal_shear": 20.0,
    "vertical_shear": 20.0,
}


def drawn(count: int = 300, **values):
    rng = np.random.default_rng(0)
    policy = Policy.of(Augmentation(**values))
    return [policy.draw(rng, SIZE) for _ in range(count)]


def test_all_off_is_the_identity():
    assert Policy.of(Augmentation()).is_identity
    assert all(act.is_identity for act in drawn(20))


@pytest.mark.parametrize("name", STRONG)
def test_each_setting_alone_changes_some_images(name):
    values = {name: STRONG[name]}
    assert not Policy.of(Augmentation(**values)).is_identity
    assert any(not act.is_identity for act in drawn(20, **values))


def test_a_blur_kernel_of_one_pixel_is_off():
    assert Policy.of(Augmentation(gaussian_blur=1)).is_identity
    assert all(act.is_identity for act in drawn(20, gaussian_blur=1))


def test_draws_stay_within_the_settings_and_use_their_range():
    acts = drawn(luminance=20.0, noise=10.0, gaussian_blur=6)
    offsets = [act.offset for act in acts]
    assert -0.2 <= min(offsets) < -0.18 and 0.18 < max(offsets) <= 0.2
    contrasts = [act.contrast for act in drawn(contrast=30.0)]
    assert 0.7 <= min(contrasts) < 0.73 and 1.27 < max(contrasts) <= 1.3
    tints = np.array([act.tint for act in drawn(colour=15.0)])
    assert tints.shape[1] == 3 and (abs(tints - 1).max(0) > 0.14).all() and abs(tints - 1).max() <= 0.15
    assert abs(np.corrcoef(tints.T) - np.eye(3)).max() < 0.3, "each colour changes by itself"
    noises = [act.noise for act in acts]
    assert 0 <= min(noises) < 0.01 and 0.09 < max(noises) <= 0.1
    assert {act.blur for act in acts} == set(range(7))
    assert len({act.seed for act in acts}) == len(acts)

    angles = [math.degrees(math.atan2(act.matrix[1, 0], act.matrix[0, 0])) for act in drawn(rotation=30)]
    assert -30 <= min(angles) < -28 and 28 < max(angles) <= 30
    shifts = np.array([act.matrix[:, 2] for act in drawn(relative_translation=10)])
    assert abs(shifts).max(axis=0) == pytest.approx([12, 8], rel=0.05) and (abs(shifts) <= [12, 8]).all()
    scales = np.array([act.matrix[0, 0] for act in drawn(scale_min=50, scale_max=200)])
    assert scales.min() >= 0.5 and scales.max() <= 2 and 0.4 < np.mean(scales < 1) < 0.6
    leans = [math.degrees(math.atan(act.matrix[0, 1])) for act in drawn(horizontal_shear=20)]
    assert max(map(abs, leans)) == pytest.approx(20, rel=0.05)
    rises = [math.degrees(math.atan(act.matrix[1, 0])) for act in drawn(vertical_shear=20)]
    assert max(map(abs, rises)) == pytest.approx(20, rel=0.05)


def test_half_of_the_images_are_flipped():
    flipped = [act.matrix[0, 0] < 0 for act in drawn(flip_left_right=True)]
    assert 0.4 < np.mean(flipped) < 0.6
    assert all(act.matrix[1, 1] == 1 for act in drawn(flip_left_right=True))


def test_the_same_seed_draws_the_same_pixels():
    policy = Policy.of(Augmentation(**STRONG))
    image = np.random.default_rng(1).integers(0, 256, (80, 120, 3), np.uint8)
    first, second = (policy.draw(np.random.default_rng(7), SIZE).image(image) for _ in range(2))
    assert np.array_equal(first, second) and not np.array_equal(first, image)


def test_switching_one_change_on_leaves_the_others_as_they_were():
    alone, both = drawn(10, rotation=30), drawn(10, rotation=30, luminance=20, noise=5, contrast=20, colour=10)
    assert all(np.array_equal(a.matrix, b.matrix) for a, b in zip(alone, both, strict=True))
