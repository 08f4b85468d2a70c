"""Intervals cover what they promise and stay sensible with a handful of images."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.errors import SettingsError
from sightmill.evaluation.classification import one_vs_rest
from sightmill.evaluation.curves import Tally
from sightmill.evaluation.intervals import (
    bootstrap_columns,
    bootstrap_tally,
    lower_bound,
    proportion,
    upper_bound,
    wilson,
)


def test_wilson_equals_published_values() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_wilson_at_the_ends_neither_vanishes_nor_leaves_the_range() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(3, 3)[0] == pytest.approx(0.438, abs=1e-3)
    assert wilson(3, 3)[1] == 1.0
    estimate = proportion(5, 5)
    assert (estimate.value, estimate.count) == (1.0, 5)
    assert proportion(1, 2, interval=False).low is None


def test_clopper_pearson_bounds_equal_the_beta_quantiles() -> None:
    stats = pytest.importorskip("scipy.stats")
    for hits, count, confidence in [
        (0, 80, 0.95),
        (3, 80, 0.95),
        (7, 10, 0.9),
        (0, 1, 0.95),
        (50, 5000, 0.99),
    ]:
        expected = stats.beta.ppf(confidence, hits + 1, count - hits)
        assert upper_bound(hits, count, confidence=confidence) == pytest.approx(expected, abs=1e-9)
    assert lower_bound(7, 10, confidence=0.9) == pytest.approx(stats.beta.ppf(0.1, 7, 4), abs=1e-9)
    assert upper_bound(4, 4) == 1.0
    assert upper_bound(0, 0) == 1.0
    assert lower_bound(0, 5) == 0.0


def test_a_bound_of_a_million_images_does_not_underflow() -> None:
    assert 0.0099 < upper_bound(10_000, 1_000_000) < 0.0103


def test_impossible_proportions_are_refused() -> None:
    with pytest.raises(SettingsError, match="hits <= count"):
        upper_bound(5, 4)
    with pytest.raises(SettingsError, match="between 0 and 1"):
        upper_bound(1, 4, confidence=1.0)


@pytest.mark.parametrize("statistic", [Tally.auc, Tally.average_precision, Tally.f1_max])
def test_perfect_separation_of_few_images_keeps_a_doubt_that_shrinks_with_images(statistic) -> None:
    widths = []
    for count in (3, 10, 100):
        tally = Tally.of(np.arange(2 * count), np.arange(2 * count) >= count)
        low, high = bootstrap_tally(tally, statistic)
        assert high == 1.0
        widths.append(1 - low)
    assert widths[0] > widths[1] > widths[2] > 0
    assert widths[2] < 0.05


def test_the_bootstrap_repeats_itself() -> None:
    tally = Tally.of([1, 2, 3, 4, 5], [False, True, False, True, True])
    assert bootstrap_tally(tally, Tally.auc, seed=3) == bootstrap_tally(tally, Tally.auc, seed=3)


def test_auc_intervals_cover_the_true_area() -> None:
    true_area = 0.7602  # two unit normals one apart: Phi(1 / sqrt(2))
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scores = np.concatenate([rng.normal(size=25), rng.normal(1.0, size=15)])
        low, high = bootstrap_tally(Tally.of(scores, np.arange(40) >= 25), Tally.auc, seed=seed)
        covered += low <= true_area <= high
    assert covered >= 53


def test_intervals_of_many_scores_take_little_time_and_are_narrow() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(50_000) < 0.5
    low, high = bootstrap_tally(Tally.of(rng.normal(size=50_000) + truth, truth), Tally.auc)
    assert low < 0.7602 < high
    assert 0.006 < high - low < 0.010


def test_confusion_columns_are_resampled() -> None:
    def macro_f1(matrices):
        return one_vs_rest(matrices).macro_f1

    low, high = bootstrap_columns(np.array([[40, 5], [10, 45]]), macro_f1)
    assert 0.75 < low < 0.85 < high < 0.95
    low, high = bootstrap_columns(np.diag([5, 5]), macro_f1)
    assert high == 1.0
    assert 0.5 < low < 0.95
