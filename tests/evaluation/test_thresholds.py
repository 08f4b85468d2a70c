"""Thresholds keep the promise that their sentence makes."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.errors import DataError, SettingsError
from sightmill.evaluation.thresholds import threshold_from_both, threshold_from_good


def test_eighty_good_images_support_five_percent() -> None:
    scores = np.random.default_rng(0).gamma(2.0, size=80)
    found = threshold_from_good(scores, 0.05)
    assert found.rule == "order_statistic"
    assert found.bound == pytest.approx(1 - 0.05 ** (1 / 80))
    assert found.needed == 59
    assert found.count == 80
    assert found.sentence.startswith("At most 5 % false rejects with 95 % confidence from 80 good images")
    assert scores.max() < found.value < scores.max() + 0.1 * np.ptp(scores)


def test_many_good_images_let_some_score_above() -> None:
    scores = np.random.default_rng(1).gamma(2.0, size=2000)
    found = threshold_from_good(scores, 0.05)
    above = int((scores > found.value).sum())
    assert 70 < above < 100
    assert found.bound <= 0.05


def test_the_promise_holds_on_new_images() -> None:
    kept = 0
    for seed in range(200):
        scores = np.random.default_rng(seed).exponential(size=150)
        kept += np.exp(-threshold_from_good(scores, 0.05).value) <= 0.05
    assert kept >= 182


@pytest.mark.parametrize("count", [1, 2, 5, 20, 58])
def test_too_few_images_get_a_margin_and_the_truth(count: int) -> None:
    scores = np.random.default_rng(count).gamma(2.0, size=count)
    found = threshold_from_good(scores, 0.05)
    assert found.rule == "tail_margin"
    assert found.value > scores.max()
    assert found.bound == pytest.approx(1 - 0.05 ** (1 / count))
    assert "would take 59" in found.sentence
    assert f"{count} good image" in found.sentence


@pytest.mark.parametrize("scores", [[0.0], [2.5] * 100, [0.0] * 100, [-3.0] * 5])
def test_equal_scores_pass(scores: list[float]) -> None:
    assert threshold_from_good(scores).value > max(scores)


def test_an_outlier_does_not_pull_the_threshold_half_way_to_it() -> None:
    scores = np.concatenate([np.linspace(0, 1, 199), [50.0]])
    assert threshold_from_good(scores, 0.05).value < 1.1


def test_separable_scores_are_parted_in_the_middle() -> None:
    found = threshold_from_both([1.0, 2.0, 3.0], [5.0, 6.0])
    assert found.value == 4.0
    assert found.rule == "gap"


def test_overlapping_scores_are_parted_where_errors_are_fewest() -> None:
    found = threshold_from_both([1, 2, 3, 4, 9], [3.5, 8, 10, 11, 12])
    assert found.rule == "least_error"
    assert 4 < found.value < 8
    assert "1 rejected" in found.sentence
    assert "1 escaped" in found.sentence


def test_scores_that_say_nothing_fall_back_to_the_good_images() -> None:
    found = threshold_from_both([5.0, 6.0, 7.0], [1.0, 2.0])
    assert found.value > 7.0
    assert found.sentence.startswith("No threshold parts")
    assert threshold_from_both([5.0, 6.0, 7.0], [5.0, 6.0, 7.0]).value > 7.0
    assert threshold_from_both([5.0, 5.0], [5.0]).value > 5.0
    assert threshold_from_both([5.0, 6.0], []).rule == "tail_margin"


def test_most_good_images_always_pass() -> None:
    good = np.array([1.0, 5.0, 6.0, 7.0])
    assert (good > threshold_from_both(good, [4.0]).value).mean() <= 0.5


def test_a_threshold_is_json_ready() -> None:
    assert threshold_from_good([1.0, 2.0]).to_dict()["rule"] == "tail_margin"


def test_scores_that_cannot_be_used_are_refused_in_a_sentence() -> None:
    with pytest.raises(DataError, match="needs scores of good images"):
        threshold_from_good([])
    with pytest.raises(DataError, match="finite"):
        threshold_from_good([1.0, float("nan")])
    with pytest.raises(SettingsError, match="target"):
        threshold_from_good([1.0], 0.0)
    with pytest.raises(SettingsError, match="confidence"):
        threshold_from_good([1.0], confidence=1.0)
