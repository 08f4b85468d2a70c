"""How large things look: discs of a known size, in any depth and colour, and pictures that tell nothing."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.imaging.blob_scale import SIZES, blob_strengths, standing_out

CENTRES = np.array([(x, y) for x in range(60, 600, 96) for y in range(60, 440, 96)], np.float64)


def discs(size: float, *, light: float = 70.0) -> np.ndarray:
    rows, columns = np.mgrid[:480, :640] + 0.5
    image = np.random.default_rng(0).normal(100, 6, (480, 640))
    for x, y in CENTRES:
        image[np.hypot(columns - x, rows - y) < size / 2] += light
    return image


@pytest.mark.parametrize("size", [8, 15, 31, 60])
@pytest.mark.parametrize("light", [70.0, -60.0])
def test_discs_stand_out_at_their_own_size(size, light):
    strengths = blob_strengths(discs(size, light=light).clip(0, 255).astype(np.uint8), CENTRES)
    assert strengths.shape == (len(CENTRES), len(SIZES))
    assert standing_out(strengths) == pytest.approx(size, rel=0.2)


def test_depth_and_colour_do_not_matter():
    gray = discs(24)
    sizes = [
        standing_out(blob_strengths(image, CENTRES))
        for image in (gray.astype(np.float32) / 255, (gray * 100).astype(np.uint16), np.repeat(gray[:, :, None], 3, 2))
    ]
    assert sizes == pytest.approx([sizes[0]] * 3, rel=0.02)


def test_large_images_are_shrunk_before_and_tell_the_same():
    large = np.kron(discs(20), np.ones((4, 4)))
    assert standing_out(blob_strengths(large.astype(np.float32), 4 * CENTRES)) == pytest.approx(80, rel=0.2)


def test_what_tells_nothing_has_no_size():
    assert standing_out(blob_strengths(np.full((480, 640), 90, np.uint8), CENTRES)) is None
    assert standing_out(np.zeros((0, len(SIZES)))) is None
    assert standing_out(blob_strengths(discs(20)[:12, :12], np.array([[6.0, 6.0]]))) is None
