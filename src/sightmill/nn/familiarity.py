"""How far an image is from what a network was trained on, measured inside of the network itself."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from sightmill.nn.gaussian import Moments

__all__ = ["Familiarity"]

#: Principal directions that are told apart; what lies beside them is measured as one.
DIRECTIONS = 64

#: Added to each direction's variance, relative to the mean variance: few images say little about how much varies.
FLOOR = 1.0


class Familiarity(nn.Module):
    """Features ``(B, D)`` -> distance ``(B,)`` to the nearest group of training images, about 1 within a group.

    All groups share one shrunk covariance: the largest principal directions each with their variance, the rest of the
    space with its mean variance. (Lee et al., "A simple unified framework for detecting out-of-distribution samples"
    (2018), equation 2, with the covariance of Tipping & Bishop, "Probabilistic principal component analysis" (1999).)

    Parameters
    ----------
    width : D.
    groups : how many groups there may be (the classes); 1 where an image may belong to several.
    """

    means: Tensor
    filled: Tensor
    directions: Tensor
    floor: Tensor

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.register_buffer("means", torch.zeros(groups, width))
        self.register_buffer("filled", torch.ones(groups))
        self.register_buffer("directions", torch.zeros(width, min(DIRECTIONS, width)))
        self.register_buffer("floor", torch.ones(()))

    def forward(self, features: Tensor) -> Tensor:
        apart = features[:, None, :] - self.means[None]  # (B, G, D)
        along = apart @ self.directions  # (B, G, P)
        squared = (apart * apart).sum(2) / self.floor - (along * along).sum(2)  # (B, G)
        nearest = (squared + 1e6 * (1 - self.filled)).amin(1)
        return (nearest.clamp(min=0) / features.shape[1]).sqrt()

    @torch.no_grad()
    def fit(self, batches: Iterable[tuple[Tensor, Tensor]]) -> int:
        """Fit to features ``(N, D)`` and their groups ``(N,)``, batch by batch; returns how many there were.

        A group below 0 is of an image that belongs to none; it is left out.
        """
        groups, width = self.means.shape
        moments = Moments(width)
        totals = torch.zeros(groups, width, dtype=torch.float64)
        counts = torch.zeros(groups, dtype=torch.float64)
        for features, group in batches:
            known = group.cpu() >= 0
            features, group = features.detach().float().cpu()[known], group.cpu()[known]
            moments.add(features)
            totals.index_add_(0, group, features.double())
            counts += torch.bincount(group, minlength=groups).double()
        if not moments.count:
            return 0
        means = totals / counts.clamp(min=1)[:, None]
        # The covariance within groups: that of all, less that of the groups' means.
        within = moments.products / moments.count - (means * (counts / moments.count)[:, None]).T @ means
        values, vectors = torch.linalg.eigh(within)
        values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
        kept = self.directions.shape[1]
        floor = FLOOR * values.mean() + 1e-9
        rest = floor + (values[kept:].mean() if kept < width else 0.0)
        # What an image of the training is expected to be off by, so that the distance is 1 within a group.
        usual = (values[:kept] / (values[:kept] + floor)).sum() + values[kept:].sum() / rest
        unit = (usual / width).clamp(min=1e-3)
        signs = vectors.gather(0, vectors.abs().argmax(0, keepdim=True)).sign()
        gains = (1 / rest - 1 / (values[:kept] + floor)).clamp(min=0).div(unit).sqrt()
        self.means.copy_(means.float())
        self.filled.copy_((counts > 0).float())
        self.directions.copy_((vectors * signs)[:, :kept].mul(gains).float())
        self.floor.copy_((rest * unit).float())
        return moments.count
