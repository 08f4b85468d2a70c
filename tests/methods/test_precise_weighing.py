"""Evidence is weighed as held-out images say, and by the prior where they do not say."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.methods.anomaly_detection_precise.weighing import TRUST, Weighing, weigh_evidence


def weighed(values: object, bad: np.ndarray, real: np.ndarray) -> Weighing:
    """With an even prior."""
    kinds = np.asarray(values).shape[1]
    return weigh_evidence(np.asarray(values), bad, real, prior=np.full(kinds, 1 / kinds))


def scores(good: int, bad: int, gains: tuple[float, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores ``(N, K)`` in the network's own numbers, whose bad images stand `gains` deviations above the good."""
    rng = np.random.default_rng(seed)
    is_bad = np.arange(good + bad) >= good
    return 5 + 2 * (rng.normal(0, 1, (good + bad, len(gains))) + is_bad[:, None] * np.array(gains)), is_bad


def test_evidence_that_says_nothing_gets_little_and_the_less_the_more_real_defects_say_so() -> None:
    values, bad = scores(40, 40, (0.0, 3.0, 0.0))
    synthetic, real = (weighed(values, bad, is_real).share for is_real in (~bad, bad))
    assert 0.39 <= synthetic[1] <= 1 / 3 + TRUST * 2 / 3 + 1e-9
    assert real[1] > synthetic[1] + 0.05
    assert synthetic.sum() == pytest.approx(1) and real.sum() == pytest.approx(1)
    assert synthetic.min() > 0


def test_equal_evidence_is_weighed_evenly() -> None:
    values, bad = scores(60, 60, (2.0, 2.0, 2.0))
    assert weighed(values, bad, ~bad).share.max() <= 0.41


def test_each_kind_of_evidence_is_put_on_the_scale_of_good_images() -> None:
    values, bad = scores(400, 40, (1.0, 1.0))
    found = weighed(values * [1, 1000], bad, ~bad)
    assert found.centre == pytest.approx([5, 5000], rel=0.05)
    assert found.scale == pytest.approx([2, 2000], rel=0.15)


def test_real_defects_count_as_much_as_all_synthetic_ones() -> None:
    values, bad = scores(60, 60, (0.0, 0.0))
    real = np.zeros(120, np.bool_)
    real[-6:] = True
    values[60:114, 0] += 8  # synthetic defects are seen by the first
    values[114:, 1] += 8  # real ones by the second
    found = weighed(values, bad, real)
    assert found.share.min() >= 0.3
    assert weighed(values[:114], bad[:114], real[:114]).share[0] >= 0.6


def test_without_news_the_prior_stays() -> None:
    values, bad = scores(60, 60, (2.0, 2.0))
    found = weigh_evidence(values, bad, ~bad, prior=[0.3, 0.7])
    assert found.share == pytest.approx([0.3, 0.7], abs=0.06)


def test_without_bad_or_without_good_images_all_evidence_counts_alike() -> None:
    values, bad = scores(5, 5, (1.0, 4.0))
    for which in (bad, ~bad):
        found = weighed(values[which], bad[which], bad[which])
        assert found.share == pytest.approx([0.5, 0.5])
        assert (found.scale > 0).all()


def test_one_good_image_gives_a_scale_all_the_same() -> None:
    found = weighed([[1.0, -3.0], [2.0, -1.0]], np.array([False, True]), np.array([False, False]))
    assert (found.scale > 0).all() and np.isfinite(found.centre).all()
