"""The procedural images: every family answers in range, painters are seeded and varied."""

import numpy as np
import pytest
from pretraining.images import Painter
from pretraining.shapes import SHAPES
from pretraining.textures import TEXTURES


@pytest.mark.parametrize("family", [*TEXTURES, *dict.fromkeys(SHAPES)], ids=lambda family: family.__name__)
def test_every_family_gives_a_field_in_range(family):
    rng = np.random.default_rng(1)
    for _ in range(3):
        field = np.asarray(family(rng, 96))
        assert field.shape == (96, 96)
        assert np.isfinite(field).all() and field.min() >= -1e-4 and field.max() <= 1.01


def test_equal_seeds_paint_equal_images():
    one, two, other = (Painter(seed, pool=6).batch(4, 64) for seed in (3, 3, 4))
    assert one.shape == (4, 64, 64, 3) and one.dtype == np.uint8
    assert np.array_equal(one, two) and not np.array_equal(one, other)


def test_images_differ_and_some_are_grey():
    images = Painter(0, pool=8).batch(40, 48).astype(int)
    grey = (np.ptp(images, axis=3) == 0).all((1, 2))
    assert 5 < grey.sum() < 35
    assert len({image.tobytes() for image in images}) == 40
    assert np.median(images.std((1, 2)).mean(1)) > 10  # not empty
