"""Thresholds keep the promise that their sentence makes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sightmill.errors import DataError, SettingsError
from sightmill.evaluation.thresholds import RULES, choose_threshold, threshold_from_good, uncertain_band


def test_eighty_good_images_support_five_percent() -> None:
    scores = np.random.default_rng(0).gamma(2.0, size=80)
    found = threshold_from_good(scores, 0.05)
    assert found.rule == "order_statistic"
    assert found.false_rejects.bound == pytest.approx(1 - 0.05 ** (1 / 80))
    assert found.false_rejects.kept
    assert found.false_rejects.sentence == (
        "At this T at most 3.7 % false rejects with 95 % confidence, from 80 good images (none of them above T)."
    )
    assert scores.max() < found.value < scores.max() + 0.1 * np.ptp(scores)


def test_many_good_images_let_some_score_above() -> None:
    scores = np.random.default_rng(1).gamma(2.0, size=2000)
    found = threshold_from_good(scores, 0.05)
    above = int((scores > found.value).sum())
    assert 70 < above < 100
    assert found.false_rejects.errors == above
    assert found.false_rejects.bound <= 0.05


def test_the_promise_holds_on_new_images() -> None:
    kept = 0
    for seed in range(200):
        scores = np.random.default_rng(seed).exponential(size=150)
        kept += np.exp(-threshold_from_good(scores, 0.05).value) <= 0.05
    assert kept >= 182


@pytest.mark.parametrize("rule", ["automatic", "least_error_rates", "least_cost"])
def test_the_promise_holds_although_the_threshold_was_chosen_on_the_same_images(rule: str) -> None:
    """Uniform scores, so that the true rates are known; with few images the choice itself misleads most."""
    broken = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        good, bad = rng.random(30), 0.3 + rng.random(25)
        found = choose_threshold(good, bad, rule=rule, confidence=0.9)
        rejected = 1 - np.clip(found.value, 0, 1)
        escaped = np.clip(found.value - 0.3, 0, 1)
        broken += rejected > found.false_rejects.bound or escaped > found.escapes.bound
    assert broken <= 60  # two promises of 90 %


@pytest.mark.parametrize("count", [1, 2, 5, 20, 58])
def test_too_few_images_get_a_margin_and_the_truth(count: int) -> None:
    scores = np.random.default_rng(count).gamma(2.0, size=count)
    found = threshold_from_good(scores, 0.05)
    assert found.rule == "tail_margin"
    assert found.value > scores.max()
    assert found.false_rejects.bound == pytest.approx(1 - 0.05 ** (1 / count))
    assert not found.false_rejects.kept
    assert "5 % cannot be promised: that takes 59." in found.false_rejects.sentence
    assert f"from {count} good image" in found.false_rejects.sentence


@pytest.mark.parametrize("scores", [[0.0], [2.5] * 100, [0.0] * 100, [-3.0] * 5])
@pytest.mark.parametrize("rule", RULES)
def test_good_images_alone_never_make_everything_defective(scores: list[float], rule: str) -> None:
    assert choose_threshold(scores, rule=rule).value > max(scores)


def test_an_outlier_does_not_pull_the_threshold_half_way_to_it() -> None:
    scores = np.concatenate([np.linspace(0, 1, 199), [50.0]])
    assert threshold_from_good(scores, 0.05).value < 1.1


def test_separable_scores_are_parted_in_the_middle() -> None:
    found = choose_threshold([1.0, 2.0, 3.0], [5.0, 6.0])
    assert found.value == 4.0
    assert found.rule == "gap"
    assert uncertain_band([1.0, 2.0, 3.0] * 30, [50.0, 60.0] * 30) is None


def test_each_rule_does_what_it_says() -> None:
    good, bad = [1.0, 2, 3, 4, 9], [3.5, 8, 10, 11, 12]
    found = {rule: choose_threshold(good, bad, rule=rule) for rule in RULES}
    assert found["automatic"].rule == "fewest_wrong"
    assert 4 < found["automatic"].value < 8
    assert "1 of 5 good and 1 of 5 defective" in found["automatic"].reason
    assert 9 < found["max_good"].value < 9.2
    assert 3.4 < found["min_bad"].value < 3.5
    assert found["min_bad"].escapes.errors == 0
    assert found["sigma"].value == pytest.approx(np.mean(good) + 3 * np.std(good, ddof=1))
    assert choose_threshold(good, bad, rule="sigma", sigma=1).value < found["sigma"].value
    assert found["good_only"].value == threshold_from_good(good).value
    assert json.loads(json.dumps(found["sigma"].to_dict()))["rule"] == "sigma"


def test_the_fewest_wrong_images_and_the_least_rates_differ_when_one_side_is_large() -> None:
    good, bad = np.linspace(0, 1, 100), np.array([0.905, 0.955, 2.0])
    assert choose_threshold(good, bad).value > 1
    assert choose_threshold(good, bad, rule="least_error_rates").value < 0.91


def test_dear_escapes_lower_the_threshold_and_dear_rejects_raise_it() -> None:
    rng = np.random.default_rng(0)
    good, bad = rng.normal(0, 1, 200), rng.normal(2, 1, 200)
    values = [
        choose_threshold(good, bad, rule="least_cost", escape_cost=cost, defect_share=0.5).value
        for cost in (0.1, 1, 10)
    ]
    assert values[0] > values[1] > values[2]
    rare = choose_threshold(good, bad, rule="least_cost", escape_cost=10, defect_share=0.01)
    assert rare.value > values[2]


def test_scores_that_say_nothing_fall_back_to_the_good_images() -> None:
    found = choose_threshold([5.0, 6.0, 7.0], [1.0, 2.0])
    assert found.value > 7.0
    assert found.reason.startswith("No threshold parts")
    assert choose_threshold([5.0, 6.0, 7.0], [5.0, 6.0, 7.0]).value > 7.0
    assert choose_threshold([5.0, 5.0], [5.0]).value > 5.0
    assert choose_threshold([5.0, 6.0]).rule == "tail_margin"
    assert "there are none" in choose_threshold([5.0, 6.0], rule="min_bad").reason


@pytest.mark.parametrize("rule", RULES)
def test_most_good_images_always_pass(rule: str) -> None:
    good = np.array([1.0, 5.0, 6.0, 7.0])
    found = choose_threshold(good, [4.0], rule=rule, escape_cost=1e9, sigma=0)
    assert (good > found.value).mean() <= 0.5


def test_the_uncertain_band_keeps_both_rates_and_shrinks_with_weaker_wishes() -> None:
    rng = np.random.default_rng(0)
    good, bad = rng.normal(0, 1, 400), rng.normal(2, 1, 300)
    band = uncertain_band(good, bad, target=0.05, escape_target=0.02)
    assert band is not None
    assert band.low < band.high
    assert (good > band.high).mean() <= 0.05
    assert (bad < band.low).mean() <= 0.02
    assert band.passing.kept
    assert band.rejecting.kept
    assert band.inside == pytest.approx(np.mean([*(band.low <= good) & (good <= band.high),
                                                 *(band.low <= bad) & (bad <= band.high)]))  # fmt: skip
    weaker = uncertain_band(good, bad, target=0.2, escape_target=0.1)
    assert weaker is None or weaker.inside < band.inside
    assert "Below T1 at most" in band.sentences[2]


def test_a_band_from_few_defects_is_wide_and_says_what_is_missing() -> None:
    rng = np.random.default_rng(0)
    band = uncertain_band(rng.normal(0, 1, 100), rng.normal(1, 1, 5))
    assert band is not None
    assert not band.passing.kept
    assert "that takes 59" in band.sentences[2]
    assert uncertain_band([1.0, 2.0], []) is None


def test_scores_and_settings_that_cannot_be_used_are_refused_in_a_sentence() -> None:
    with pytest.raises(DataError, match="needs scores of good images"):
        threshold_from_good([])
    with pytest.raises(DataError, match="finite"):
        choose_threshold([1.0], [float("nan")])
    with pytest.raises(SettingsError, match="target"):
        threshold_from_good([1.0], 0.0)
    with pytest.raises(SettingsError, match="confidence"):
        threshold_from_good([1.0], confidence=1.0)
    with pytest.raises(SettingsError, match=r"no such rule.*automatic"):
        choose_threshold([1.0], rule="guess")
