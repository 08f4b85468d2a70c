"""Which places of a detector answer for which object: decided anew at each step, by what the network says there.

Ge et al., "OTA" (2021) and its short form SimOTA (Ge et al., "YOLOX" (2021)), with the soft costs of Lyu et al.,
"RTMDet" (2022), section 3.2: an object takes the places whose answer costs least, as many as its answers overlap it
in sum. Only places near the object's centre can be taken, so the work grows with the objects and not with the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Assignment", "Grid", "assign", "grid_of"]

#: Places looked at around an object's centre at each level: this many to each side.
REACH = 2
#: Best overlaps that are summed to the number of places an object takes, and the fewest it takes where so many are
#: open to it: the first answers for small objects hardly overlap them, and one place alone learns slowly.
SUMMED, FEWEST = 13, 3


@dataclass(frozen=True, eq=False)
class Grid:
    """The places of a detector: all levels, one after the other, row by row.

    Parameters
    ----------
    centres : ``(A, 2)`` x and y in pixels of the input.
    strides : ``(A,)`` pixels from one place to the next.
    levels : of each level its stride, rows and columns.
    """

    centres: Tensor
    strides: Tensor
    levels: tuple[tuple[int, int, int], ...]

    @property
    def level_of(self) -> Tensor:
        """The level of each place ``(A,)``."""
        return torch.cat(
            [torch.full((rows * columns,), index) for index, (_, rows, columns) in enumerate(self.levels)]
        ).to(self.centres.device)


def grid_of(sizes: Sequence[tuple[int, int]], strides: Sequence[int], device: torch.device | None = None) -> Grid:
    """The grid of maps of these ``(rows, columns)`` at these strides."""
    centres, steps, levels = [], [], []
    for (rows, columns), stride in zip(sizes, strides, strict=True):
        y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * stride
        x = (torch.arange(columns, device=device, dtype=torch.float32) + 0.5) * stride
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        centres.append(torch.stack([grid_x, grid_y], dim=-1).reshape(-1, 2))
        steps.append(torch.full((rows * columns,), float(stride), device=device))
        levels.append((int(stride), int(rows), int(columns)))
    return Grid(torch.cat(centres), torch.cat(steps), tuple(levels))


@dataclass(frozen=True, eq=False)
class Assignment:
    """Which object each place answers for.

    Parameters
    ----------
    owner : ``(B, A)`` index of the object; -1 is none.
    quality : ``(B, A)`` how far the place's answer overlaps its object, 0 where it has none.
    """

    owner: Tensor
    quality: Tensor


#: ``(answers (M, D), truth (M, D)) -> overlap (M,)`` in [0, 1].
Similarity = Callable[[Tensor, Tensor], Tensor]


@torch.no_grad()
def assign(
    grid: Grid, logits: Tensor, boxes: Tensor, truth: Tensor, classes: Tensor, similarity: Similarity
) -> Assignment:
    """Give each object the places that shall answer for it.

    Parameters
    ----------
    logits : ``(B, A, C)`` what the network says of each class.
    boxes : ``(B, A, D)`` where it says the object is; the first four are centre and sides, pixels.
    truth : ``(B, N, D)`` the objects.
    classes : ``(B, N)`` class ids; -1 is no object.
    similarity : how far an answer overlaps an object.
    """
    batch, places = logits.shape[:2]
    owner = torch.full((batch, places), -1, dtype=torch.int64, device=logits.device)
    quality = torch.zeros((batch, places), device=logits.device)
    there = (classes >= 0).nonzero()  # (M, 2): image and object
    if not len(there):
        return Assignment(owner, quality)
    image, number = there[:, 0], there[:, 1]
    objects = truth[image, number]  # (M, D)
    candidates, allowed = _candidates(grid, objects)  # (M, K) twice
    rows, count = candidates.shape
    flat = image[:, None].expand(rows, count), candidates
    answers = boxes[flat]  # (M, K, D)
    overlap = similarity(answers.flatten(0, 1), objects[:, None].expand_as(answers).flatten(0, 1))
    overlap = overlap.reshape(rows, count) * allowed
    own = classes[image, number]
    said = logits[flat].gather(2, own[:, None, None].expand(rows, count, 1))[..., 0]  # (M, K)
    chance = torch.sigmoid(said)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(said, overlap, reduction="none")
    distance = (grid.centres[candidates] - objects[:, None, :2]).norm(dim=2) / grid.strides[candidates]
    cost = (overlap - chance) ** 2 * entropy - 3 * torch.log(overlap + 1e-7) + 10.0 ** (distance - 3)
    # Equal costs (twice the same object) are told apart by the order of the objects.
    cost = cost + 1e-4 * number[:, None] / truth.shape[1]
    cost = torch.where(allowed, cost, torch.full_like(cost, torch.inf))
    taken = overlap.topk(min(SUMMED, count), dim=1).values.sum(1).int().clamp(min=FEWEST)  # (M,)
    rank = cost.argsort(dim=1).argsort(dim=1)
    chosen = (rank < taken[:, None]) & allowed
    # A place that several objects want goes to the one it costs least.
    index = (image[:, None] * places + candidates)[chosen]
    price = cost[chosen]
    least = torch.full((batch * places,), torch.inf, device=logits.device).scatter_reduce(0, index, price, "amin")
    wins = price <= least[index]
    index = index[wins]
    owner.view(-1)[index] = number[:, None].expand(rows, count)[chosen][wins]
    quality.view(-1)[index] = overlap[chosen][wins]
    return Assignment(owner, quality)


def _candidates(grid: Grid, objects: Tensor) -> tuple[Tensor, Tensor]:
    """Places near each object's centre ``(M, K)`` and which of them may be taken: those inside of the object.

    Of an object that covers no place at a level, the nearest one may be taken.
    """
    device = objects.device
    steps = torch.arange(-REACH, REACH + 1, device=device)
    around_y, around_x = (axis.reshape(-1) for axis in torch.meshgrid(steps, steps, indexing="ij"))
    found, allowed, start = [], [], 0
    half = objects[:, 2:4].amax(1) / 2
    least = objects[:, 2:4].amin(1) / 2
    for stride, rows, columns in grid.levels:
        column = (objects[:, 0] / stride).floor().long()[:, None] + around_x  # (M, 25)
        row = (objects[:, 1] / stride).floor().long()[:, None] + around_y
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        places = start + row.clamp(0, rows - 1) * columns + column.clamp(0, columns - 1)
        away = grid.centres[places] - objects[:, None, :2]
        # Between the largest circle inside and the smallest around: good for upright and turned boxes alike.
        covered = away.norm(dim=2) <= (half * least).sqrt()[:, None]
        nearest = (around_x == 0) & (around_y == 0)
        found.append(places)
        allowed.append(inside & (covered | nearest[None]))
        start += rows * columns
    return torch.cat(found, 1), torch.cat(allowed, 1)
