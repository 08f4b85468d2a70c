"""Curves and areas agree with scikit-learn, ties included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from sightmill.errors import DataError
from sightmill.evaluation.curves import Tally, auc, average_precision, f1_max, precision_recall, roc, thinned


@pytest.mark.parametrize("digits", [1, 2, 6])
@pytest.mark.parametrize("seed", range(5))
def test_areas_equal_scikit_learns_with_and_without_ties(digits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(200) < 0.3
    scores = (rng.random(200) + 0.4 * truth).round(digits)
    assert auc(scores, truth) == pytest.approx(metrics.roc_auc_score(truth, scores), abs=1e-12)
    assert average_precision(scores, truth) == pytest.approx(metrics.average_precision_score(truth, scores), abs=1e-12)
    best = max(metrics.f1_score(truth, scores >= level) for level in np.unique(scores))
    assert f1_max(scores, truth) == pytest.approx(best, abs=1e-12)


def test_curves_run_from_the_strictest_to_the_loosest_threshold() -> None:
    x, y = roc([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
    assert x.tolist() == [0, 0, 0.5, 0.5, 1]
    assert y.tolist() == [0, 0.5, 0.5, 1, 1]
    precision, recall = precision_recall([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
    assert recall.tolist() == [0.5, 0.5, 1, 1]
    assert precision.tolist() == pytest.approx([1, 0.5, 2 / 3, 0.5])


def test_the_f1_threshold_reaches_the_best_f1() -> None:
    tally = Tally.of([0.1, 0.2, 0.7, 0.6, 0.9], [False, False, True, False, True])
    assert tally.f1_threshold() == 0.7
    assert float(tally.f1_max()) == 1.0


def test_the_recall_at_a_rate_is_that_of_the_best_threshold_which_keeps_it() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.2
    scores = (rng.normal(size=500) + 2 * truth).round(2)
    rates, found, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    for rate in (0.0, 0.01, 0.05, 1.0):
        expected = found[rates <= rate].max()
        assert float(Tally.of(scores, truth).recall_at(rate)) == pytest.approx(expected)


def test_areas_without_one_of_the_groups_are_nan() -> None:
    assert math.isnan(auc([0.1, 0.2], [True, True]))
    assert math.isnan(auc([0.1, 0.2], [False, False]))
    assert math.isnan(average_precision([0.1, 0.2], [False, False]))


def test_equal_scores_say_nothing() -> None:
    assert auc([3.0] * 10, [True] * 4 + [False] * 6) == 0.5


def test_scores_that_cannot_be_ranked_are_refused_in_a_sentence() -> None:
    with pytest.raises(DataError, match="not a number"):
        auc([0.1, math.nan], [True, False])
    with pytest.raises(DataError, match="same length"):
        auc([0.1], [True, False])


def test_merged_levels_keep_the_counts_and_nearly_the_area() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(5000) < 0.1
    tally = Tally.of(rng.normal(size=5000) + truth, truth)
    merged = tally.merged(300)
    assert len(merged.levels) <= 300
    assert merged.positives.sum() == tally.positives.sum()
    assert float(merged.auc()) == pytest.approx(float(tally.auc()), abs=2e-3)


def test_thinning_keeps_the_ends_and_the_corner() -> None:
    x = np.concatenate([np.zeros(5000), np.linspace(0, 1, 5000)])
    y = np.concatenate([np.linspace(0, 1, 5000), np.ones(5000)])
    few_x, few_y = thinned(x, y, 50)
    assert len(few_x) <= 52
    assert (few_x[0], few_y[0], few_x[-1], few_y[-1]) == (0, 0, 1, 1)
    assert np.min(np.hypot(few_x, few_y - 1)) < 0.05
