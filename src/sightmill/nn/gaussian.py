"""One Gaussian over feature vectors: gathered while they stream by, and turned into a whitening projection."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Moments", "few_whitening"]


class Moments:
    """Count, mean and covariance of feature vectors, in double precision; memory does not grow with their number."""

    def __init__(self, width: int) -> None:
        self.count = 0
        self.total = torch.zeros(width, dtype=torch.float64)
        self.products = torch.zeros(width, width, dtype=torch.float64)

    def add(self, vectors: Tensor) -> None:
        """Take in ``(N, D)``."""
        if len(vectors):
            # Products in single precision, sums in double: fast, and no worse than the features themselves.
            vectors = vectors.detach().float().cpu()
            self.count += len(vectors)
            self.total += vectors.sum(0, dtype=torch.float64)
            self.products += (vectors.T @ vectors).double()

    @property
    def mean(self) -> Tensor:
        """``(D,)`` float64."""
        return self.total / max(self.count, 1)

    @property
    def covariance(self) -> Tensor:
        """``(D, D)`` float64."""
        return self.products / max(self.count, 1) - torch.outer(self.mean, self.mean)

    @property
    def spread(self) -> Tensor:
        """Standard deviations ``(D,)``, float32; a direction that hardly varies gets a tenth of the usual one."""
        spread = self.covariance.diagonal().clamp(min=0).sqrt()
        return (spread + 0.1 * spread.mean() + 1e-6).float()

    def whitening(self, directions: int, *, floor: float = 0.1) -> Tensor:
        """Principal directions ``(D, P)``, each scaled towards unit variance.

        `floor` times the mean variance is added to each, so that what barely varies is never blown up. The signs are
        fixed, so that every build gives the same matrix.
        """
        values, vectors = torch.linalg.eigh(self.covariance)
        order = values.argsort(descending=True)[:directions]
        values, vectors = values[order].clamp(min=0), vectors[:, order]
        signs = vectors.gather(0, vectors.abs().argmax(0, keepdim=True)).sign()
        whitening: Tensor = vectors * signs / (values + floor * values.mean() + 1e-12).sqrt()
        return whitening.float()


def few_whitening(vectors: Tensor, directions: int, *, floor: float) -> tuple[Tensor, Tensor]:
    """Mean ``(D,)`` and whitening ``(D, P)`` of few vectors ``(N, D)`` of many numbers.

    As `Moments.whitening`, with less work where N is below D; at most N - 1 directions. Whitened vectors have about
    unit length.
    """
    mean = vectors.double().mean(0)
    centred = vectors.double() - mean
    kept = max(min(directions, len(vectors) - 1, vectors.shape[1]), 1)
    if len(vectors) < vectors.shape[1]:  # the products of N vectors have the same directions as those of D numbers
        squares, left = torch.linalg.eigh(centred @ centred.T)
        squares, left = squares.flip(0)[:kept].clamp(min=0), left.flip(1)[:, :kept]
        axes = centred.T @ left / squares.clamp(min=1e-12).sqrt()
    else:
        squares, axes = torch.linalg.eigh(centred.T @ centred)
        squares, axes = squares.flip(0)[:kept].clamp(min=0), axes.flip(1)[:, :kept]
    variances = squares / max(len(vectors) - 1, 1)
    signs = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    scales = (variances + floor * variances.mean() + 1e-12).sqrt() * kept**0.5
    return mean.float(), (axes * signs / scales).float().contiguous()
