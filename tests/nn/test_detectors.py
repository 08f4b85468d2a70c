"""Detectors: which places answer for which object, and losses that lead to it."""

from __future__ import annotations

import pytest
import torch

from sightmill.nn.assignment import assign, grid_of
from sightmill.nn.backbones import Backbone
from sightmill.nn.box_losses import box_overlap, generalised_overlap, quality_loss, turned_overlap
from sightmill.nn.detectors import Detector
from sightmill.nn.instances import GRID, InstanceDetector, mask_loss

STRIDES = (8, 16, 32)


def grid(side: int = 128):  # type: ignore[no-untyped-def]  # a grid
    return grid_of([(side // stride, side // stride) for stride in STRIDES], STRIDES)


def test_each_object_gets_places_of_its_own_inside_of_it() -> None:
    places = grid()
    truth = torch.tensor([[[40.0, 40, 30, 30], [90, 90, 60, 50], [10, 100, 4, 4], [0, 0, 1, 1]]])
    classes = torch.tensor([[0, 1, 0, -1]])
    usual = torch.tensor([24.0, 48.0, 96.0])[places.level_of]
    boxes = torch.cat([places.centres, usual[:, None].expand(-1, 2)], 1)[None]
    logits = torch.zeros(1, len(usual), 2)
    found = assign(places, logits, boxes, truth, classes, box_overlap)
    for number in range(3):
        taken = found.owner[0] == number
        assert int(taken.sum()) >= 1
        away = (places.centres[taken] - truth[0, number, :2]).abs()
        # Inside of the object, or the nearest place of a level none of whose places lies inside.
        reach = torch.maximum(truth[0, number, 2:].expand_as(away), places.strides[taken, None]) / 2
        assert bool((away <= reach).all())
    assert not (found.owner == 3).any()
    assert bool((found.quality[found.owner < 0] == 0).all())


def test_without_objects_no_place_answers() -> None:
    places = grid()
    count = len(places.strides)
    found = assign(
        places,
        torch.zeros(2, count, 1),
        torch.ones(2, count, 4),
        torch.ones(2, 3, 4),
        torch.full((2, 3), -1),
        box_overlap,
    )
    assert bool((found.owner == -1).all())


def test_twice_the_same_object_is_no_trouble() -> None:
    places = grid()
    truth = torch.tensor([[[64.0, 64, 40, 40], [64, 64, 40, 40]]])
    boxes = torch.cat([places.centres, torch.full_like(places.centres, 40)], 1)[None]
    found = assign(
        places, torch.zeros(1, len(places.strides), 1), boxes, truth, torch.zeros(1, 2, dtype=torch.int64), box_overlap
    )
    assert bool((found.owner >= 0).any())


def test_generalised_overlap_falls_with_distance() -> None:
    first = torch.tensor([[0.0, 0, 10, 10]]).expand(3, -1)
    second = torch.tensor([[0.0, 0, 10, 10], [20, 0, 10, 10], [60, 0, 10, 10]])
    near, apart, far = generalised_overlap(first, second).tolist()
    assert near == pytest.approx(1, abs=1e-5)
    assert near > apart > far > -1


@pytest.mark.parametrize("turns", [1, 2])
def test_turned_boxes_are_alike_up_to_what_does_not_matter(turns: int) -> None:
    def turned(angle: float, wide: float = 40, tall: float = 10) -> torch.Tensor:
        radians = torch.deg2rad(torch.tensor(angle)) * turns
        return torch.tensor([[5.0, 5, wide, tall, float(radians.cos()), float(radians.sin())]])

    def alike(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(turned_overlap(a, b, turns=turns))

    assert alike(turned(20), turned(20)) > 0.99
    assert alike(turned(20), turned(200)) > 0.99
    assert alike(turned(20), turned(110, 10, 40)) > 0.99
    assert alike(turned(0, 20, 20), turned(33, 20, 20)) > 0.99
    assert alike(turned(0), turned(20)) > alike(turned(0), turned(60)) > alike(turned(0), turned(90)) > 0


def test_a_gradient_is_finite_where_boxes_are_the_same() -> None:
    box = torch.tensor([[5.0, 5, 20, 10, 1, 0]], requires_grad=True)
    (1 - turned_overlap(box, box.detach(), turns=2)).sum().backward()
    assert box.grad is not None and bool(torch.isfinite(box.grad).all())


def test_the_quality_loss_is_least_where_the_score_is_the_overlap() -> None:
    targets, weights = torch.tensor([[[0.7]]]), torch.ones(1, 1)
    losses = [float(quality_loss(torch.logit(torch.tensor([[[p]]])), targets, weights)) for p in (0.3, 0.7, 0.95)]
    assert losses[1] == pytest.approx(0, abs=1e-6)
    assert min(losses[0], losses[2]) > 0


@pytest.mark.parametrize("finest", [4, 8])
def test_every_place_of_three_maps_answers(finest: int) -> None:
    network = Detector(backbone=Backbone(depth=1, channels=1), finest=finest, channels=16, classes=3, turns=2).eval()
    with torch.no_grad():
        raw = network(torch.rand(2, 1, 64, 96))
    count = sum(64 * 96 // (finest * 2**level) ** 2 for level in range(3))
    assert raw["scores"].shape == (2, count, 3)
    assert raw["boxes"].shape == (2, count, 4)
    assert raw["turns"].shape == (2, count, 2)
    # Untrained, it says nothing with certainty, and boxes of the usual size near each place.
    assert float(raw["scores"].max()) < 0.1
    assert float((raw["boxes"][..., :2] - network.grid(64, 96).centres).abs().max()) < finest * 8


def test_numbers_of_boxes_are_told_back() -> None:
    network = Detector(backbone=Backbone(depth=1, channels=1), finest=8, channels=16, classes=1)
    places = network.grid(64, 64)
    boxes = torch.tensor([[20.0, 30, 12, 40], [50, 10, 33, 5]])
    chosen = torch.tensor([3, 70])
    numbers = torch.zeros(1, len(places.strides), 4)
    numbers[0, chosen] = network.numbers_of(boxes, chosen, places)
    told = network.told(torch.zeros(1, len(places.strides), 1), numbers, places)["boxes"][0, chosen]
    torch.testing.assert_close(told, boxes)


def test_masks_are_learnt_from_votes_and_mixes() -> None:
    torch.manual_seed(0)
    network = InstanceDetector(backbone=Backbone(depth=1, channels=1), finest=8, channels=16, classes=1)
    raw = network(torch.rand(1, 1, 64, 64))
    box = torch.tensor([[32.0, 32, 24, 24]])
    steps = (torch.arange(GRID) + 0.5) / GRID - 0.5
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    ellipse, left = (x**2 + y**2) * 1.24**2 < 0.25, x < 0
    index = torch.zeros(1, dtype=torch.int64)

    def wrong(mask: torch.Tensor) -> torch.Tensor:
        return mask_loss(raw["fields"], box, raw["mixes"][:, 0] * 0, box, index, index, mask[None, None])

    # Before any training, the mask is about the ellipse in the box.
    assert bool(wrong(ellipse) < 0.5 * wrong(left))
    wrong(left).sum().backward()
    assert network.field.weight.grad is not None and float(network.field.weight.grad.abs().sum()) > 0
