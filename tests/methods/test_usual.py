"""Several kinds of evidence in one number: on one scale, near the border too, and signals only where they stand out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from sightmill.methods.borders import border_steps
from sightmill.methods.usual import FACTS, REACH, Usual, counted, highest

STEPS = border_steps(np.ones((20, 30), np.bool_), (20, 30)).reshape(-1)
Places = list[npt.NDArray[np.float32]]


def good(images: int, seed: int) -> Places:
    """Evidence about 10, give or take 2, and 20 on the outermost cells."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(10, 2, STEPS.shape) + 10 * (STEPS == 0), np.float32) for _ in range(images)]


def usual(share: tuple[float, float]) -> Usual:
    return Usual.of((good(20, 0), good(20, 1)), [STEPS] * 20, percent=1.0, share=share)


def test_good_images_score_about_nothing_wherever_their_border_is() -> None:
    learnt = usual((1.0, 0.0))
    scores = [highest(learnt.added((image, image), STEPS, (False, True)), 1.0) for image in good(20, 2)]
    assert abs(np.median(scores)) < 1 and np.std(scores) < 2
    plain = good(1, 3)[0]
    struck = np.where(np.arange(len(plain)) == 305, np.float32(30), plain)  # a cell within
    assert highest(learnt.added((struck, struck), STEPS, (False, True)), 0.1) > max(scores) + 3


def test_a_signal_counts_only_where_it_stands_out() -> None:
    learnt = usual((1.0, 0.5))
    distance, signal = good(1, 4)[0], good(1, 5)[0]
    low = np.full_like(signal, -100.0)
    alone = learnt.added((distance, low), STEPS, (False, True))
    assert np.allclose(
        alone, replace(learnt, share=np.array([1, 0], np.float32)).added((distance, low), STEPS, (False, True))
    )
    signal[305] = 60
    both = learnt.added((distance, signal), STEPS, (False, True))
    assert both[305] > alone[305] + 5
    assert counted(np.array([-3.0, -REACH, 1.0], np.float32), True) == pytest.approx([0, 0, 1 + REACH])
    assert counted(np.array([-3.0], np.float32), False) == pytest.approx([-3])


def test_what_is_usual_survives_its_array() -> None:
    learnt = usual((1.0, 0.5))
    packed = learnt.packed()
    assert packed.shape == (2, FACTS)
    again = Usual.unpacked(packed)
    for name in ("profiles", "centre", "spread", "share"):
        assert np.array_equal(getattr(again, name), getattr(learnt, name))


def test_without_good_images_evidence_counts_as_it_is() -> None:
    nothing = Usual.of(((), ()), (), percent=1.0, share=(1.0, 0.0))
    values = good(1, 6)[0]
    assert np.array_equal(nothing.added((values, values), STEPS, (False, True)), values)
