"""Iterations are as long as there is time for."""

from __future__ import annotations

import pytest

from sightmill.methods.classification.method import METHOD as CLASSIFICATION
from sightmill.methods.pacing import LEAST_PASSES, MOST_PASSES, PIXELS, paced, paced_windows


def settings(**given):
    return CLASSIFICATION.Training(batch_size=16, iterations=30, **given)


def test_few_images_are_passed_over_as_a_whole():
    assert paced(settings(), 400, 224 * 224).steps_per_iteration == 0


def test_many_images_keep_the_time():
    steps = paced(settings(), 2000, 256 * 256).steps_per_iteration
    assert 16 < steps < 125
    assert steps * 30 * 16 * 256 * 256 == pytest.approx(PIXELS, rel=0.05)


def test_every_image_is_seen_some_times_however_many_there_are():
    steps = paced(settings(), 50_000, 256 * 256).steps_per_iteration
    assert steps * 30 * 16 == pytest.approx(LEAST_PASSES * 50_000, rel=0.01)


def test_what_the_user_says_holds():
    assert paced(settings(steps_per_iteration=7), 50_000, 256 * 256).steps_per_iteration == 7
    endless = CLASSIFICATION.Training(iterations=0, minutes=1)
    assert paced(endless, 50_000, 256 * 256) == endless
    once = paced(settings(), 2000, 256 * 256)
    assert paced(once, 2000, 256 * 256) == once


def test_who_asks_for_more_iterations_trains_longer():
    usual = paced(settings(), 2000, 256 * 256).steps_per_iteration
    more = paced(settings().changed(iterations=60), 2000, 256 * 256).steps_per_iteration
    assert more == usual


def test_windows_take_the_time_there_is_however_many_images_there_are():
    window = 224 * 224
    steps = [paced_windows(settings(), count * 640 * 640, window).steps_per_iteration for count in (100, 1000)]
    assert steps[0] == steps[1]
    assert steps[0] * 30 * 16 * window == pytest.approx(PIXELS, rel=0.05)
    assert paced_windows(settings(), 100 * 640 * 640, window, 2.0).steps_per_iteration == pytest.approx(
        steps[0] / 2, abs=1
    )


def test_windows_of_few_images_are_not_shown_without_end():
    steps = paced_windows(settings(), 10 * 640 * 640, 224 * 224).steps_per_iteration
    assert steps * 30 * 16 * 224 * 224 == pytest.approx(MOST_PASSES * 10 * 640 * 640, rel=0.1)
    assert paced_windows(settings(steps_per_iteration=7), 4 * 640 * 640, 224 * 224).steps_per_iteration == 7
