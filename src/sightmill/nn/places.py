"""Judges of places: how far their features are from good ones, and how much they look like drawn defects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, binary_cross_entropy_with_logits, conv2d, interpolate, relu

from sightmill.nn.patches import block_diagonal, blocks, comparable, coreset, nearest_of

__all__ = ["PlaceJudge", "marked_cells", "patch_features", "patch_features_at"]

#: Directions that each scale's features are projected on, at most: for the distance, and for the suspicion.
DIRECTIONS, FINE_DIRECTIONS = 48, 160
#: Weight of the place's coordinates in the distance, beside its features.
PLACE = 2.5
#: Hidden units of the suspicion, and how it is trained.
UNITS, STEPS, HALF_BATCH, RATE, DECAY = 32, 300, 512, 0.003, 0.01
#: What keeps it from learning the drawn defects by heart: numbers left out, and noise on whitened features. Rows
#: of both are drawn from a pool: fresh ones for each step would take most of the time.
LEFT_OUT, NOISE, POOL = 0.3, 0.3, 2048


class PlaceJudge(nn.Module):
    """Features of places ``(..., D)`` -> ``(..., 2)``: two kinds of evidence.

    * *Distance*, >= 0, to the nearest of a bank of good places: features are projected on their principal directions,
      standardised and weighted scale by scale. (Roth et al., "Towards total recall in industrial anomaly detection"
      (2022), section 3; projection, weights and scale are ours.)
    * *Suspicion*: the logit of a small network that tells drawn defects from good places, on the same features. It
      sees what statistics drown: fine cracks on an even ground. (After the discriminators of Zavrtanik et al., "DRAEM"
      (2021), and Liu et al., "SimpleNet" (2023); here on frozen features of defects drawn in the image.)

    Parameters
    ----------
    widths : channels of each scale; the features are one scale after the other.
    placed : two coordinates from -1 to 1 follow the features; only the distance regards them.
    """

    mean: Tensor
    projection: Tensor
    bank: Tensor
    enter: Tensor
    enter_bias: Tensor
    leave: Tensor
    leave_bias: Tensor

    def __init__(self, widths: Sequence[int], *, placed: bool = False) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.placed = placed
        #: Directions of each scale in the projection.
        self.directions = self.widths
        #: Whether there is a suspicion; without it, it is 0.
        self.suspects = False
        width = sum(widths) + 2 * placed
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("projection", torch.eye(width))  # (D, P)
        self.register_buffer("bank", comparable(torch.zeros(1, width)))  # (P + 1, M)
        self.register_buffer("enter", torch.zeros(width, UNITS))
        self.register_buffer("enter_bias", torch.zeros(UNITS))
        self.register_buffer("leave", torch.zeros(UNITS, 1))
        self.register_buffer("leave_bias", torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        return torch.stack([self.distance(features), self.suspicion(features)], -1)

    def distance(self, features: Tensor) -> Tensor:
        """To the nearest good place: ``(...)``, >= 0."""
        return nearest_of((features - self.mean) @ self.projection, self.bank)

    def suspicion(self, features: Tensor) -> Tensor:
        """How much like a drawn defect: ``(...)``, a logit; 0 before anything was drawn."""
        hidden = relu((features - self.mean) @ self.enter + self.enter_bias)
        logit: Tensor = (hidden @ self.leave + self.leave_bias)[..., 0]
        return logit

    def of_maps(self, maps: Sequence[Tensor], grid: int) -> tuple[Tensor, Tensor]:
        """What maps ``(B, C, h, w)``, the finest first, say of the places of one grid: their projected features
        ``(B, h, w, P)``, without coordinates, and the suspicion ``(B, h, w)``.

        The same as of `patch_features`, but averages and grids are made of the few directions that are asked for, not
        of all features: both are linear.
        """
        size = maps[grid].shape[2:]
        projected: list[Tensor] = []
        hidden = self.enter_bias[:, None, None]
        row = column = 0
        for level, (features, own) in enumerate(zip(maps, self.directions, strict=True)):
            rows, columns = slice(row, row + features.shape[1]), slice(column, column + own)
            row, column = rows.stop, columns.stop
            asked = [self.projection[rows, columns], *([self.enter[rows]] if self.suspects else [])]
            matrix = torch.cat(asked, 1)  # (C, own + UNITS)
            if not matrix.shape[1]:
                continue
            answers = conv2d(features, matrix.T[:, :, None, None], -(self.mean[rows] @ matrix))
            answers = _brought(answers, level, grid, size)
            projected.append(answers[:, :own])
            hidden = hidden + answers[:, own:] if self.suspects else hidden
        points = torch.cat(projected, 1).permute(0, 2, 3, 1)
        if not self.suspects:
            return points, torch.zeros_like(points[..., 0])
        return points, conv2d(relu(hidden), self.leave.T[:, :, None, None], self.leave_bias)[:, 0]

    def remember(self, good: Tensor, weights: Sequence[float], size: int, generator: torch.Generator) -> None:
        """Fit the distance to features of good places ``(N, D)``.

        Parameters
        ----------
        weights : of each scale in the distance; 0 leaves it out.
        size : most places that the bank holds.
        """
        width = sum(self.widths)
        mean = good.mean(0)
        mean[width:] = 0.0
        projection = blocks((good - mean)[:, :width], self.widths, weights, directions=DIRECTIONS)
        projection = projection[:, projection.abs().sum(0) > 0]
        starts = [sum(self.widths[:level]) for level in range(len(self.widths))]
        used = [projection[start : start + own] != 0 for start, own in zip(starts, self.widths, strict=True)]
        self.directions = tuple(int(part.any(0).sum()) for part in used)
        projection = block_diagonal([projection, PLACE * torch.eye(2 * self.placed)])
        points = (good - mean) @ projection
        device = self.mean.device
        self.mean, self.projection = mean.to(device), projection.to(device)
        self.bank = comparable(points[coreset(points, size, generator)]).to(device)

    def suspect(self, good: Tensor, strange: Tensor, generator: torch.Generator) -> None:
        """Fit the suspicion to features of good places ``(N, D)`` and of defects ``(M, D)``; after `remember`."""
        width = sum(self.widths)
        mean = self.mean[:width].cpu()
        scales = len(self.widths)
        whitening = blocks(good[:, :width] - mean, self.widths, [1.0] * scales, directions=FINE_DIRECTIONS)
        whitening = whitening * (whitening.shape[1] / scales) ** 0.5  # towards unit variance in every direction
        first, first_bias, last, last_bias = _told_apart(
            (good[:, :width] - mean) @ whitening, (strange[:, :width] - mean) @ whitening, generator
        )
        device = self.mean.device
        enter = torch.zeros(len(self.mean), UNITS)
        enter[:width] = whitening @ first
        self.enter, self.enter_bias = enter.to(device), first_bias.to(device)
        self.leave, self.leave_bias = last.to(device), last_bias.to(device)
        self.suspects = True


def patch_features(maps: Sequence[Tensor], grid: int) -> Tensor:
    """A backbone's maps, the finest first -> features of places ``(B, h, w, D)``, one scale after the other.

    Each is averaged over its 3 x 3 neighbourhood and brought to the grid of the map of index `grid`.
    """
    size = maps[grid].shape[2:]
    brought = [_brought(features, level, grid, size) for level, features in enumerate(maps)]
    return torch.cat(brought, 1).permute(0, 2, 3, 1)


def patch_features_at(maps: Sequence[Tensor], grid: int, rows: Tensor, columns: Tensor) -> Tensor:
    """The same of some places of one image: ``(N, D)`` for rows ``(N,)`` and columns ``(N,)`` of the grid."""
    size = maps[grid].shape[2:]
    found = []
    for level, features in enumerate(maps):
        local = _brought(features, level, grid, None)[0].permute(1, 2, 0)  # (h, w, C)
        if local.shape[:2] == size:
            found.append(local[rows, columns])
            continue
        up, down, below = _between(rows, local.shape[0], size[0])
        left, right, beside = _between(columns, local.shape[1], size[1])
        above = torch.lerp(local[up, left], local[up, right], beside)
        under = torch.lerp(local[down, left], local[down, right], beside)
        found.append(torch.lerp(above, under, below))
    return torch.cat(found, 1)


def _between(index: Tensor, own: int, whole: int) -> tuple[Tensor, Tensor, Tensor]:
    """Which two of a map's own lines ``(N,)`` a line of the grid lies between, and how near the second: ``(N, 1)``."""
    place = ((index + 0.5) * (own / whole) - 0.5).clamp(min=0)
    first = place.floor().long()
    return first, (first + 1).clamp(max=own - 1), (place - first)[:, None]


def _brought(features: Tensor, level: int, grid: int, size: Sequence[int] | None) -> Tensor:
    """A map ``(B, C, h, w)``, averaged over 3 x 3 places, on the grid of the map of index `grid`, whose size this is.

    Without a size, maps that are coarser than the grid stay so.
    """
    local = avg_pool2d(features, 3, stride=1, padding=1, count_include_pad=False)
    if level < grid:
        local = avg_pool2d(local, 2 ** (grid - level), ceil_mode=True, count_include_pad=False)
    if size is not None and local.shape[2:] != torch.Size(size):
        local = interpolate(local, size=tuple(size), mode="bilinear", align_corners=False)
    return local


def marked_cells(mask: Tensor, height: int, width: int, *, share: float = 0.5) -> Tensor:
    """Which cells of a grid a mask ``(H, W)`` marks: bool ``(height, width)``.

    Those of which it covers `share` or more; where it reaches that nowhere, the cells that it covers most.
    """
    shares = interpolate(mask[None, None].float(), (height, width), mode="area")[0, 0]
    return (shares >= torch.clamp(shares.max(), max=share)) & (shares > 0)


@torch.enable_grad()
def _told_apart(good: Tensor, strange: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Train the small network on whitened features ``(N, P)`` and ``(M, P)``; its matrices and biases.

    By AdamW (Loshchilov & Hutter, "Decoupled weight decay regularization" (2019)), written out: PyTorch's optimisers
    take seconds to import, longer than this takes.
    """
    width = good.shape[1]
    weights = [
        torch.randn(width, UNITS, generator=generator) * (2 / width) ** 0.5,
        torch.zeros(UNITS),
        torch.randn(UNITS, 1, generator=generator) * UNITS**-0.5,
        torch.zeros(1),
    ]
    means, squares = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    truth = torch.arange(2 * HALF_BATCH) >= HALF_BATCH
    noise, kept = NOISE * torch.randn(POOL, width, generator=generator), _kept((POOL, width), generator)
    for step in range(1, STEPS + 1):
        weights = [weight.requires_grad_(True) for weight in weights]
        rows = [part[torch.randint(len(part), (HALF_BATCH,), generator=generator)] for part in (good, strange)]
        noisy, holed = torch.randint(POOL, (2, 2 * HALF_BATCH), generator=generator)
        points = (torch.cat(rows) + noise[noisy]) * kept[holed]
        hidden = relu(points @ weights[0] + weights[1])
        hidden = hidden * _kept(tuple(hidden.shape), generator)
        logits = (hidden @ weights[2] + weights[3])[:, 0]
        slopes = torch.autograd.grad(binary_cross_entropy_with_logits(logits, truth.float()), weights)
        with torch.no_grad():
            rate = RATE * min(10 * step / STEPS, 0.5 + 0.5 * math.cos(math.pi * step / STEPS))
            for place, slope in enumerate(slopes):
                means[place] = 0.9 * means[place] + 0.1 * slope
                squares[place] = 0.999 * squares[place] + 0.001 * slope * slope
                way = (means[place] / (1 - 0.9**step)) / ((squares[place] / (1 - 0.999**step)).sqrt() + 1e-8)
                weights[place] = weights[place].detach() * (1 - rate * DECAY) - rate * way
    first, first_bias, last, last_bias = weights
    return first, first_bias, last, last_bias


def _kept(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """A factor for each number: 0 for those left out, and more than 1 for the others."""
    return (torch.rand(shape, generator=generator) >= LEFT_OUT) / (1 - LEFT_OUT)
