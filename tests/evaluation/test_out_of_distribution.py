"""Foreign images: the limit's false-alarm rate, and the figures."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.errors import DataError
from sightmill.evaluation.out_of_distribution import familiar_limit, measure_unknown, unknown_figure


def test_the_limit_keeps_its_rate_on_average():
    rng = np.random.default_rng(0)
    rates = [(rng.gamma(2, 1, 2000) > familiar_limit(rng.gamma(2, 1, 60), 0.1)).mean() for _ in range(300)]
    assert 0.06 < np.mean(rates) < 0.12


def test_few_images_are_all_passed_with_a_margin():
    scores = [1.0, 1.2, 1.1, 1.4]
    assert familiar_limit(scores, 0.01) > familiar_limit(scores, 0.05) > 1.4
    assert familiar_limit([1.0], 0.05) > 1.0


@pytest.mark.parametrize("scores", [[], [np.nan, 1.0]])
def test_a_limit_needs_scores(scores):
    with pytest.raises(DataError, match="finite scores"):
        familiar_limit(scores, 0.05)


def test_figures_by_hand():
    known, unknown = [0.0] * 19 + [2.0], [1.0, 3.0, 4.0, 5.0]
    found = measure_unknown(known, unknown)
    assert found["ood_auroc"].value == pytest.approx((20 * 4 - 1) / 80)
    # 95 % of the known ones pass at 0: no unknown one does
    assert found["ood_fpr95"].value == 0
    assert measure_unknown([0.0, 1.0], [0.5, 3.0])["ood_fpr95"].value == 0.5
    assert found["ood_fpr95"].high > 0
    assert measure_unknown(known, []) == measure_unknown([], unknown) == {}


def test_the_histogram_holds_every_image_however_far_out():
    figure = unknown_figure([0.1, 0.5], [2.0, 500.0], 1.0)
    assert figure.groups["known"].sum() == figure.groups["unknown"].sum() == 2
    assert figure.thresholds == {"threshold": 1.0}
