"""The short ways to what places look like say the same as the long one."""

from __future__ import annotations

import pytest
import torch

from sightmill.methods.anomaly_detection.network import AnomalyNetwork, finer
from sightmill.nn.backbones import Backbone


@pytest.fixture(params=[(0, False), (1, False), (1, True), (2, True)], ids=str)
def network(request: pytest.FixtureRequest) -> AnomalyNetwork:
    grid, placed = request.param
    torch.manual_seed(0)
    return AnomalyNetwork(backbone=Backbone(depth=1, channels=1), grid=grid, placed=placed).eval()


@torch.no_grad()
def test_judging_maps_is_judging_features(network: AnomalyNetwork) -> None:
    images = torch.rand(2, 1, 104, 136)
    features = network.features(images)
    points = features.flatten(0, 2)
    judge = network.judge
    judge.remember(points[::2], (0.0, 0.5, 1.0, 0.0), 60, torch.Generator().manual_seed(1))
    judge.suspect(points[::2], points[1::2] + 0.1, torch.Generator().manual_seed(1))
    distance, suspicion = network.judged(network.maps(images), judge)
    assert torch.allclose(suspicion, judge.suspicion(features), atol=1e-4)
    told = finer(judge.distance(network.coarse(features)), features.shape[1:3])
    assert torch.allclose(distance, told, atol=5e-3) and told.max() > 0.1


@torch.no_grad()
def test_features_of_some_places_are_those_of_all(network: AnomalyNetwork) -> None:
    images = torch.rand(1, 1, 104, 136)
    maps, features = network.maps(images), network.features(images)
    coarse = network.coarse(features)
    for told, at, size in (
        (features, network.features_at, features.shape[1:3]),
        (coarse, network.coarse_at, network.coarse_size(features.shape[1:3])),
    ):
        cells = torch.ones(tuple(size)).nonzero()[::3]
        assert torch.allclose(at(maps, cells), told[0][cells[:, 0], cells[:, 1]], atol=1e-5)
