"""Networks that answer for every pixel, and losses whose classes cover very different shares of them."""

from __future__ import annotations

import pytest
import torch

from sightmill.nn.backbones import Backbone
from sightmill.nn.map_losses import (
    NOWHERE,
    class_weights,
    exclusive_entropy,
    independent_entropy,
    likeness_loss,
    overlap_loss,
)
from sightmill.nn.map_network import MapNetwork


def network(*, exclusive: bool = True, maps: int = 2) -> MapNetwork:
    torch.manual_seed(0)
    backbone = Backbone(depth=1, channels=1)
    return MapNetwork(backbone=backbone, channels=1, maps=maps, exclusive=exclusive, answer="said").eval()


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("size", [(64, 96), (96, 32)])
def test_there_is_an_answer_for_each_pixel(size: tuple[int, int], exclusive: bool) -> None:
    with torch.no_grad():
        raw = network(exclusive=exclusive)(torch.rand(2, 1, *size))
    assert raw["said"].shape == (2, 2, *size)
    assert raw["_logits"].shape == (2, 2 + exclusive, *size)
    assert ((raw["said"] >= 0) & (raw["said"] <= 1)).all()
    if exclusive:
        assert float(raw["said"].sum(1).max()) <= 1 + 1e-5, "what is missing is background"


def test_an_untrained_network_answers_with_what_is_usual() -> None:
    net = network()
    shares = torch.tensor([0.9, 0.08, 0.02])
    net.maps.expect(torch.log(shares))
    with torch.no_grad():
        net.maps.last.weight.zero_()
        said = net(torch.rand(1, 1, 64, 64))["said"]
    assert said.mean((0, 2, 3)).tolist() == pytest.approx([0.08, 0.02], rel=1e-4)


def test_one_pixel_alone_can_be_told_from_its_neighbours() -> None:
    """A few steps are enough to mark single bright pixels, which any network that only knows stride 2 would blur."""
    net = network(maps=1).train()
    generator = torch.Generator().manual_seed(0)
    there = (torch.rand(2, 32, 32, generator=generator) > 0.97).float()
    images = 0.4 + 0.3 * there[:, None]
    optimiser = torch.optim.AdamW(net.parameters(), 0.01)
    for _ in range(60):
        optimiser.zero_grad()
        raw = net(images)
        overlap = overlap_loss(raw["said"], there[:, None], torch.ones(2, 1, 32, 32))
        torch.autograd.backward(exclusive_entropy(raw["_logits"], there.long(), torch.ones(2)) + overlap)
        optimiser.step()
    with torch.no_grad():
        said = (net(images)["said"][:, 0] > 0.5).float()
    assert 2 * float((said * there).sum()) / float(said.sum() + there.sum()) > 0.8


def test_weights_are_the_clipped_inverse_frequency() -> None:
    pixels = torch.tensor([10_000.0, 100.0, 0.0])
    assert class_weights(pixels, balance=1, most=50).tolist() == [1, 50, 50]
    assert class_weights(pixels, balance=0.5, most=1000).tolist() == pytest.approx([1, 10, 100])
    assert class_weights(pixels, balance=0, most=10).tolist() == [1, 1, 1]


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """A small square among two classes on 20 x 20 pixels: there ``(1, 2, H, W)``, valid ``(1, 1, H, W)``."""
    there = torch.zeros(1, 2, 20, 20)
    there[0, 0, 3:6, 3:6] = 1
    return there, torch.ones(1, 1, 20, 20)


@pytest.mark.parametrize("loss", [overlap_loss, likeness_loss])
def test_overlap_falls_from_wrong_over_unsure_to_right(loss) -> None:  # type: ignore[no-untyped-def]  # two functions
    there, valid = scene()
    wrong, unsure, right = (float(loss(said, there, valid)) for said in (1 - there, 0 * there + 0.5, there))
    assert wrong > unsure > right >= 0
    assert right < 1e-6


def test_only_likeness_is_least_at_a_soft_truth() -> None:
    there = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(1))
    valid = torch.ones(1, 1, 20, 20)
    assert float(likeness_loss(there, there, valid)) == pytest.approx(0, abs=1e-6)
    assert float(likeness_loss((there > 0.5).float(), there, valid)) > 0.01


def test_classes_that_are_not_there_do_not_count_in_the_overlap() -> None:
    there, valid = scene()
    said = there.clone()
    said[0, 1] = 0.9
    assert float(overlap_loss(said, there, valid)) < 1e-6


def test_pixels_that_do_not_count_change_nothing() -> None:
    there, valid = scene()
    valid[..., 10:, :] = 0
    logits = torch.randn(1, 2, 20, 20, generator=torch.Generator().manual_seed(0))
    other = torch.where(valid > 0, logits, torch.tensor(9.0))
    weights = torch.tensor([3.0, 1.0])
    for loss in (
        lambda given: independent_entropy(given, there, valid, weights),
        lambda given: overlap_loss(given.sigmoid(), there, valid),
        lambda given: likeness_loss(given.sigmoid(), there, valid),
    ):
        assert float(loss(logits)) == pytest.approx(float(loss(other)), rel=1e-5)
    classes = there.argmax(1).masked_fill(valid[:, 0] == 0, NOWHERE)
    assert float(exclusive_entropy(logits, classes, weights)) == pytest.approx(
        float(exclusive_entropy(other, classes, weights)), rel=1e-5
    )
    assert float(exclusive_entropy(logits, torch.full_like(classes, NOWHERE), weights)) == 0
