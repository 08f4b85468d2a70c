"""Several kinds of evidence in one number: on one scale, near the border too, and signals only where they stand out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from sightmill.methods.borders import border_steps
from sightmill.methods.usual import FACTS, LEVEL, REACH, Usual, counted, highest, level

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
    for name in ("profiles", "calmest", "slack", "centre", "spread", "share"):
        assert np.array_equal(getattr(again, name), getattr(learnt, name))


def test_without_good_images_evidence_counts_as_it_is() -> None:
    nothing = Usual.of(((), ()), (), percent=1.0, share=(1.0, 0.0))
    values = good(1, 6)[0]
    assert np.array_equal(nothing.added((values, values), STEPS, (False, True)), values)


def test_an_image_is_judged_beside_its_own_level_as_far_as_good_images_differ() -> None:
    raised = [places + np.float32(level) for places, level in zip(good(20, 0), np.linspace(0, 8, 20), strict=True)]
    learnt = Usual.of((raised,), [STEPS] * 20, percent=1.0, share=(1.0,))
    assert learnt.slack[0] == pytest.approx(6, abs=0.5)  # what three quarters of them have
    odd = Usual.of(([*raised[:-1], raised[-1] + 100],), [STEPS] * 20, percent=1.0, share=(1.0,))
    assert odd.slack[0] == learnt.slack[0]
    assert Usual.of((raised[::3],), [STEPS] * 7, percent=1.0, share=(1.0,)).slack[0] == 0  # too few to know
    calm, struck = good(1, 7)[0], good(1, 7)[0]
    struck[305] += 8

    def score(places: npt.NDArray[np.float32]) -> float:
        return highest(learnt.added((places,), STEPS, (False,)), 0.1)

    # A defect on a calm image stands out from a good one that is stranger all over ...
    assert score(struck) > score(calm + 5) + 1.5
    assert score(calm + 5) == pytest.approx(score(calm), abs=0.4)
    # ... and it does so wherever the image is strange; but what no good image shows, counts.
    assert score(struck + 5) == pytest.approx(score(struck), abs=0.4)
    assert score(calm + 20) > score(struck) and score(calm + 20) > score(calm) + 5


def test_the_level_is_that_of_what_lies_within() -> None:
    learnt = usual((1.0, 0.0))
    outside = np.where(STEPS == 0, np.float32(-1000), good(1, 8)[0])
    within = STEPS > 0
    expected = learnt.added((good(1, 8)[0],) * 2, STEPS, (False, True))
    assert np.allclose(learnt.added((outside,) * 2, STEPS, (False, True))[within], expected[within])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 1024])
def test_a_level_is_a_percentile(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    assert level(values, np.ones_like(values)) == pytest.approx(float(np.percentile(values, LEVEL)), abs=1e-6)
