"""Clusters of points: k-means, with a number of clusters that the points themselves suggest."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sightmill.nn.patches import nearest

__all__ = ["chosen_clusters", "clusters"]

#: Rounds of k-means.
ROUNDS = 12


def clusters(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Centres ``(count, P)`` of points ``(N, P)``; fewer where there are fewer different points.

    Source: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding" (2007); Lloyd (1982).
    """
    centres = points[torch.randint(len(points), (1,), generator=generator)]
    for _ in range(count - 1):
        away = nearest(points, centres).square()
        if not bool(away.sum() > 1e-9):
            break
        centres = torch.cat([centres, points[torch.multinomial(away, 1, generator=generator)]])
    for _ in range(ROUNDS):
        owner = owners(points, centres)
        sums = torch.zeros_like(centres).index_add_(0, owner, points)
        held = torch.bincount(owner, minlength=len(centres)).clamp(min=1).to(points)[:, None]
        centres = torch.where(torch.bincount(owner, minlength=len(centres))[:, None] > 0, sums / held, centres)
    return centres


def chosen_clusters(points: Tensor, counts: Sequence[int], generator: torch.Generator) -> Tensor:
    """The centres of the number of clusters, among `counts`, that parts the points best.

    Judged by the ratio of the spread between to the spread within clusters, each by its degrees of freedom.
    (Calinski & Harabasz, "A dendrite method for cluster analysis" (1974).)
    """
    best, most = None, -1.0
    total = float((points - points.mean(0)).square().sum())
    for count in counts:
        centres = clusters(points, count, generator)
        within = float(nearest(points, centres).square().sum())
        held = len(centres)
        free = max(len(points) - held, 1)
        index = (total - within) / max(held - 1, 1) / max(within / free, 1e-12)
        if best is None or index > most:
            best, most = centres, index
    if best is None:
        raise ValueError("no number of clusters to choose from")
    return best


def owners(points: Tensor, centres: Tensor) -> Tensor:
    """Index of the nearest centre for each point ``(N,)``."""
    return (centres.square().sum(1) - 2 * points @ centres.T).argmin(1)
