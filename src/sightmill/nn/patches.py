"""Patch features as points: standardising projections, nearest neighbours, and banks that cover a cloud."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["block_diagonal", "blocks", "comparable", "coreset", "nearest", "nearest_of", "standardising"]

#: Points that a bank is chosen from, at least, and directions in which their distances are compared.
CANDIDATES, SKETCH = 20_000, 32
#: Farthest points that are looked up at a time.
POOL = 256


def comparable(bank: Tensor) -> Tensor:
    """A bank ``(M, P)`` in the form that `nearest_of` asks for: ``(P + 1, M)``.

    All that depends on the bank is in one matrix, ready to be multiplied with.
    """
    return torch.cat([-2 * bank, (bank * bank).sum(1, keepdim=True)], 1).T.contiguous()


def nearest_of(points: Tensor, bank: Tensor) -> Tensor:
    """Euclidean distance of points ``(..., P)`` to the nearest of a `comparable` bank ``(P + 1, M)``: ``(...)``."""
    asked = torch.cat([points, torch.ones_like(points[..., :1])], -1)
    return ((asked @ bank).amin(-1) + (points * points).sum(-1)).clamp(min=0).sqrt()


def nearest(points: Tensor, bank: Tensor) -> Tensor:
    """Euclidean distance of points ``(..., P)`` to the nearest of a bank ``(M, P)``: ``(...)``."""
    return nearest_of(points, comparable(bank))


def standardising(points: Tensor, *, directions: int, floor: float = 0.1) -> Tensor:
    """Principal directions ``(D, P)`` of centred points ``(N, D)``, scaled towards unit variance.

    `floor`, in units of the mean variance of the kept directions, keeps what barely varies from being blown up.
    Divided by the square root of P, so that the projected points have about unit length whatever P is.
    """
    covariance = (points.T @ points).double() / max(len(points) - 1, 1)
    values, vectors = torch.linalg.eigh(covariance)
    order = values.argsort(descending=True)[:directions]
    values, vectors = values[order].clamp(min=0), vectors[:, order]
    # eigh leaves the sign of each direction open; fix it so that every build gives the same model.
    signs = vectors.gather(0, vectors.abs().argmax(0, keepdim=True)).sign()
    scaled: Tensor = vectors * signs / (values + floor * values.mean() + 1e-12).sqrt() / len(order) ** 0.5
    return scaled.float()


def blocks(points: Tensor, widths: Sequence[int], weights: Sequence[float], *, directions: int) -> Tensor:
    """One projection ``(D, P)`` for centred points whose columns come in blocks, each standardised on its own.

    Parameters
    ----------
    points : ``(N, sum(widths))``, centred.
    weights : of each block in the distance.
    """
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return block_diagonal(
        [
            weight * standardising(points[:, start : start + width], directions=directions)
            for start, width, weight in zip(starts, widths, weights, strict=True)
        ]
    )


def block_diagonal(parts: Sequence[Tensor]) -> Tensor:
    """One matrix with these ``(D_i, P_i)`` on its diagonal and zeros elsewhere: ``(sum D, sum P)``."""
    whole = torch.zeros(sum(part.shape[0] for part in parts), sum(part.shape[1] for part in parts))
    row = column = 0
    for part in parts:
        whole[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return whole


def coreset(points: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Indices of `size` points that cover the others: greedy farthest points (k-centre; Gonzalez 1985).

    Distances are measured in a random projection, which keeps them well enough (Johnson & Lindenstrauss 1984). The
    farthest points are looked up by the hundred: what is chosen among them is the farthest of all as long as it is no
    nearer than the last of them was, since distances only shrink. So the cloud is read far less often, and the choice
    is the same.
    """
    if size >= len(points):
        return torch.arange(len(points))
    candidates = torch.randperm(len(points), generator=generator)[: max(5 * size, CANDIDATES)].sort().values
    directions = torch.randn(points.shape[1], min(SKETCH, points.shape[1]), generator=generator)
    cloud = points[candidates] @ (directions / directions.shape[1] ** 0.5)
    norms = (cloud * cloud).sum(1)
    distances = torch.full((len(cloud),), torch.inf)
    fresh = [int(torch.randint(len(cloud), (1,), generator=generator))]
    chosen = list(fresh)
    while len(chosen) < size:
        distances = torch.minimum(distances, _squares(cloud, norms, torch.tensor(fresh)).amin(1))
        distances[torch.tensor(fresh)] = -torch.inf
        far, pool = distances.topk(min(POOL, len(cloud)))
        own, between = far.numpy(), _squares(cloud[pool], norms[pool], torch.arange(len(pool))).numpy()
        last, fresh = own[-1] if len(pool) < len(cloud) else -np.inf, []
        while len(chosen) < size:
            best = int(own.argmax())
            if fresh and own[best] < last:
                break
            fresh.append(int(pool[best]))
            chosen.append(fresh[-1])
            own = np.minimum(own, between[best])
            own[best] = -np.inf
    return candidates[torch.tensor(chosen)]


def _squares(cloud: Tensor, norms: Tensor, chosen: Tensor) -> Tensor:
    """Squared distances of points ``(N, P)``, with these squared norms, to some of them: ``(N, n)``."""
    return torch.addmm(norms[:, None] + norms[chosen], cloud, cloud[chosen].T, alpha=-2)
