"""Temperature and calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.errors import DataError
from sightmill.evaluation.calibration import TEMPERATURES, ece, fit_temperature, reliability


def _softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("overheated", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_scale_and_calibrates(overheated: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6000, 4)) * 2
    truth = np.array([rng.choice(4, p=row) for row in _softmax(logits)])
    shown = logits * overheated
    temperature = fit_temperature(shown, truth)
    assert temperature == pytest.approx(overheated, rel=0.06)
    calibrated = _softmax(shown / temperature)
    assert ece(calibrated.max(axis=1), calibrated.argmax(axis=1) == truth) < 0.02


def test_a_few_images_that_are_all_right_do_not_ask_for_certainty() -> None:
    logits = np.array([[2.0, 0.0], [0.0, 1.5], [1.8, 0.1]])
    temperature = fit_temperature(logits, [0, 1, 0])
    assert TEMPERATURES[0] < temperature < TEMPERATURES[1]
    assert _softmax(logits / temperature).max() < 0.97


def test_answers_that_are_all_wrong_are_cooled_to_the_bound() -> None:
    assert fit_temperature([[5.0, 0.0]] * 20, [1] * 20) == pytest.approx(TEMPERATURES[1], rel=1e-3)


def test_calibration_error_by_hand() -> None:
    # two answers at 0.9 of which one is right, two at 0.6 that are both right
    assert ece([0.9, 0.9, 0.6, 0.6], [True, False, True, True]) == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)
    bins = reliability([0.9, 0.9, 0.6, 0.6], [True, False, True, True], bins=10)
    assert bins.count.tolist() == [2, 2]
    assert bins.accuracy.tolist() == [1.0, 0.5]
    assert np.isnan(ece([], []))


def test_scores_at_the_ends_fall_into_the_outer_bins() -> None:
    assert reliability([0.0, 1.0], [False, True]).count.tolist() == [1, 1]


def test_logits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="logits"):
        fit_temperature([[1.0, 2.0]], [0, 1])
    with pytest.raises(DataError, match="finite"):
        fit_temperature([[1.0, np.inf]], [0])
    with pytest.raises(DataError, match="class ids"):
        fit_temperature([[1.0, 2.0]], [2])
