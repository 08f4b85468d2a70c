"""Losses for maps of rare things, and statistics of feature vectors that stream by."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sightmill.nn.gaussian import Moments
from sightmill.nn.losses import bag_loss, dice_loss, focal_loss
from sightmill.nn.reservoir import Reservoir


def maps() -> tuple[torch.Tensor, torch.Tensor]:
    """A defect of 4 places on a map of 400, and weights of 1."""
    target = torch.zeros(1, 20, 20)
    target[0, 3:5, 3:5] = 1
    return target, torch.ones_like(target)


def test_losses_fall_from_wrong_over_unsure_to_right() -> None:
    target, weights = maps()
    for loss in (focal_loss, dice_loss):
        wrong, unsure, right = (float(loss(sign * (2 * target - 1), target, weights)) for sign in (-8, 0, 8))
        assert wrong > unsure > right >= 0
        assert right < 0.02


def test_a_few_full_places_weigh_as_much_as_many_empty_ones() -> None:
    target, weights = maps()
    silent = float(focal_loss(torch.full_like(target, -6.0), target, weights))
    crying = float(focal_loss(torch.full_like(target, 6.0), target, weights))
    assert silent == pytest.approx(crying, rel=1e-3)


def test_places_without_weight_do_not_count() -> None:
    target, weights = maps()
    logits = 8 * (2 * target - 1)
    spoiled = logits.clone()
    spoiled[0, 10:] = 20.0
    weights[0, 10:] = 0
    for loss in (focal_loss, dice_loss):
        assert float(loss(spoiled, target, weights)) == pytest.approx(float(loss(logits, target, weights)), abs=1e-4)
    bad = torch.ones(1)
    assert float(bag_loss(spoiled, bad, weights)) == pytest.approx(float(bag_loss(logits, bad, weights)), abs=1e-4)


def test_dice_is_silent_where_nothing_is_there() -> None:
    target, weights = maps()
    assert float(dice_loss(torch.zeros_like(target), torch.zeros_like(target), weights)) == 0


def test_one_high_place_is_enough_for_a_bag() -> None:
    logits = torch.full((2, 20, 20), -8.0)
    logits[0, 5, 5] = 8.0
    weights = torch.ones_like(logits)
    found, missed = (float(bag_loss(logits, torch.tensor(bad), weights)) for bad in ([1.0, 0.0], [0.0, 1.0]))
    assert found < 0.01 and missed > 5


def test_moments_are_those_of_all_vectors_at_once() -> None:
    rng = np.random.default_rng(0)
    vectors = torch.from_numpy(rng.normal(2, [1, 3, 0.5], (500, 3))).float()
    moments = Moments(3)
    for part in vectors.split(120):
        moments.add(part)
    assert torch.allclose(moments.mean, vectors.double().mean(0), atol=1e-5)
    assert torch.allclose(moments.covariance, torch.cov(vectors.double().T, correction=0), atol=1e-4)
    white = (vectors - moments.mean.float()) @ moments.whitening(3, floor=0.0)
    assert torch.allclose(torch.cov(white.double().T, correction=0), torch.eye(3, dtype=torch.float64), atol=1e-3)


def test_moments_of_nothing_are_empty() -> None:
    moments = Moments(2)
    moments.add(torch.zeros(0, 2))
    assert moments.count == 0 and not moments.mean.any()


def test_a_reservoir_keeps_a_fair_sample_in_bounded_memory() -> None:
    kept = []
    for seed in range(40):
        reservoir = Reservoir(30, torch.Generator().manual_seed(seed))
        for part in torch.arange(300.0)[:, None].split(45):
            reservoir.add(part)
        assert reservoir.seen == 300 and reservoir.vectors.shape == (30, 1)
        kept.append(reservoir.vectors[:, 0])
    everything = torch.cat(kept)
    assert everything.mean().item() == pytest.approx(149.5, abs=10)
    assert (everything < 100).float().mean().item() == pytest.approx(1 / 3, abs=0.06)
    assert Reservoir(5, torch.Generator()).vectors.shape == (0, 0)
