"""Synthetic defects: seeded, visible, marked where they are, and of kinds that stay apart."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.imaging.defect_shapes import SHAPES, draw_shape, noise_field
from sightmill.imaging.defects import FILLS, KEPT_APART, PRACTISED, damage


def cloth(height: int = 96, width: int = 128, channels: int = 1) -> np.ndarray:
    """Striped cloth with grain, float32 in [0, 1]."""
    rng = np.random.default_rng(3)
    columns = np.arange(width)[None, :, None]
    image = 0.5 + 0.1 * np.sin(columns / 3) + rng.normal(0, 0.02, (height, width, channels))
    return np.clip(image, 0, 1).astype(np.float32)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_shape_is_an_opacity_of_about_its_extent(shape: str) -> None:
    areas = {}
    for extent in (6.0, 40.0):
        drawn = [draw_shape(shape, np.random.default_rng(seed), (160, 120), extent) for seed in range(20)]
        assert all(opacity.shape == (120, 160) and opacity.dtype == np.float32 for opacity in drawn)
        assert all(opacity.min() >= 0 and 0.5 <= opacity.max() <= 1 for opacity in drawn)
        areas[extent] = np.mean([(opacity > 0.5).sum() for opacity in drawn])
    assert areas[40.0] > 2 * areas[6.0]
    assert areas[40.0] < 0.4 * 120 * 160


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("fill", sorted(FILLS))
def test_every_fill_changes_the_shape_and_nothing_else(fill: str, channels: int) -> None:
    image = cloth(channels=channels)
    other = np.flip(image, 0).copy()
    made = damage(image, np.random.default_rng(1), extent=(20, 30), kinds=[("patch", fill)], others=[other])
    assert made.image.shape == image.shape and made.image.dtype == np.float32
    assert made.image.min() >= 0 and made.image.max() <= 1
    changed = np.abs(made.image - image).max(2)
    assert made.mask.any() and changed[made.mask].mean() > 0.01
    rows, columns = np.nonzero(made.mask)
    near = np.zeros_like(made.mask)
    near[max(rows.min() - 12, 0) : rows.max() + 13, max(columns.min() - 12, 0) : columns.max() + 13] = True
    assert not (changed[~near] > 0.03).any()
    assert made.kind == ("patch", fill)


def test_the_same_seed_draws_the_same_defect_and_leaves_the_image_alone() -> None:
    image = cloth()
    before = image.copy()
    first, again, other = (damage(image, np.random.default_rng(seed), extent=(5, 40)) for seed in (7, 7, 8))
    assert np.array_equal(image, before)
    assert np.array_equal(first.image, again.image) and np.array_equal(first.mask, again.mask)
    assert not np.array_equal(first.mask, other.mask)


def test_a_defect_stands_out_from_the_texture() -> None:
    image = cloth()
    clear = 0
    for seed in range(60):
        made = damage(image, np.random.default_rng(seed), extent=(5, 40))
        change = np.abs(made.image - image).max(2)[made.mask]
        clear += bool(len(change) and change.mean() > 0.5 * image.std())
    assert clear >= 55


def test_defects_stay_inside_the_region_of_interest() -> None:
    image = cloth()
    inside = np.zeros(image.shape[:2], np.bool_)
    inside[30:60, 40:90] = True
    for seed in range(20):
        made = damage(image, np.random.default_rng(seed), extent=(10, 60), inside=inside)
        assert not made.mask[~inside].any()
        assert np.array_equal(made.image[~inside], image[~inside])


def test_where_nothing_may_be_drawn_the_image_stays_as_it_is() -> None:
    image = cloth()
    made = damage(image, np.random.default_rng(0), extent=(4, 64), inside=np.zeros(image.shape[:2], np.bool_))
    assert np.array_equal(made.image, image) and not made.mask.any() and made.kind is None


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_the_smallest_images_do_no_harm(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 0.5, np.float32)
    for seed in range(30):
        made = damage(image, np.random.default_rng(seed), extent=(4, 64), others=[image])
        assert made.image.shape == image.shape and made.mask.shape == size


def test_kinds_for_trials_are_never_practised() -> None:
    assert not set(KEPT_APART) & set(PRACTISED)
    shapes, fills = ({kind[axis] for kind in PRACTISED} for axis in (0, 1))
    assert all(shape not in shapes or fill not in fills for shape, fill in KEPT_APART)
    assert len(shapes) >= 6 and len(fills) >= 7


def test_noise_is_smooth_and_standardised() -> None:
    field = noise_field(np.random.default_rng(0), (100, 80), 20)
    assert field.shape == (80, 100)
    assert abs(field.mean()) < 1e-3 and field.std() == pytest.approx(1, abs=1e-3)
    assert np.abs(np.diff(field, axis=1)).mean() < 0.3
