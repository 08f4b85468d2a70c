"""Pooled features: the maps that explain a logit add up to it."""

from __future__ import annotations

import pytest
import torch

from sightmill.nn.backbones import Backbone
from sightmill.nn.pooled import PooledNetwork


def network(placed: bool) -> PooledNetwork:
    torch.manual_seed(0)
    made = PooledNetwork(backbone=Backbone(depth=1, channels=1), classes=3, groups=2).eval()
    with torch.no_grad():
        made.feature_mean.normal_()
        made.feature_scale.uniform_(0.5, 1.5)
        if not placed:
            made.feature_scale[made.common :] = 0
    return made


@pytest.mark.parametrize("placed", [False, True])
def test_the_terms_of_all_places_add_up_to_the_logit(placed: bool) -> None:
    made = network(placed)
    images = torch.rand(2, 1, 96, 160)
    with torch.no_grad():
        said = made(images)
        constant = made.head.bias - (made.head.weight * made.feature_scale) @ made.feature_mean
    assert said["activation"].shape == (2, 3, 6, 10)
    assert torch.allclose(said["activation"].sum((2, 3)) + constant, said["logits"], atol=1e-3)
    assert said["distance"].shape == (2,)


def test_the_quarters_know_where_something_is_and_the_whole_does_not() -> None:
    made = network(True)
    images = torch.zeros(2, 1, 256, 256)
    images[0, 0, 96:112, 96:112] = 1
    images[1, 0, 96:112, 160:176] = 1
    with torch.no_grad():
        one, other = (made.pooled(images) - made.pooled(torch.zeros_like(images))).abs()
    apart = (one - other).abs()
    assert apart[made.common :].mean() > 5 * apart[: made.common].mean()


def test_sides_of_any_length_have_four_quarters() -> None:
    made = network(True)
    with torch.no_grad():
        for size in ((32, 32), (224, 224), (320, 224)):
            said = made(torch.rand(1, 1, *size))
            assert said["activation"].shape[2:] == (size[0] // 16, size[1] // 16)
            assert torch.isfinite(said["logits"]).all()
