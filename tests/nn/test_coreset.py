"""The bank's points: the farthest ones, one after the other, however many are looked up at a time."""

import pytest
import torch

from sightmill.nn import patches
from sightmill.nn.patches import coreset


def greedy(points: torch.Tensor, size: int, seed: int) -> list[int]:
    """Gonzalez (1985), a point at a time, in the same projection."""
    generator = torch.Generator().manual_seed(seed)
    torch.randperm(len(points), generator=generator)
    width = min(patches.SKETCH, points.shape[1])
    cloud = points @ (torch.randn(points.shape[1], width, generator=generator) / width**0.5)
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    while len(chosen) < size:
        chosen.append(
            int(torch.cdist(cloud, cloud[chosen], compute_mode="donot_use_mm_for_euclid_dist").amin(1).argmax())
        )
    return chosen


@pytest.mark.parametrize(("count", "size"), [(40, 39), (700, 30), (700, 500)])
def test_the_choice_is_that_of_a_point_at_a_time(count: int, size: int) -> None:
    torch.manual_seed(count + size)
    centres = 4 * torch.randn(9, 12)
    points = centres[torch.randint(9, (count,))] + torch.rand(count, 1) * torch.randn(count, 12)
    chosen = coreset(points, size, torch.Generator().manual_seed(5))
    assert chosen.tolist() == greedy(points, size, 5)


def test_points_that_are_all_alike_are_chosen_once_each() -> None:
    chosen = coreset(torch.ones(600, 4), 550, torch.Generator().manual_seed(0))
    assert len(set(chosen.tolist())) == 550
    assert coreset(torch.ones(5, 4), 9, torch.Generator()).tolist() == [0, 1, 2, 3, 4]
