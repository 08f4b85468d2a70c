"""Patch features and their distance to those of good images, as one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from sightmill.nn.backbones import STRIDES, Backbone

__all__ = ["LEVELS", "AnomalyNetwork"]

#: Sampling density -> (indices of the backbone's maps that are used, patches that the bank holds).
#: The first map sets the grid: one score every 16, 8 or 4 pixels of the network's input.
LEVELS: dict[str, tuple[tuple[int, ...], int]] = {
    "low": ((2, 3), 1000),
    "medium": ((1, 2), 2000),
    "high": ((0, 1, 2), 4000),
}


class AnomalyNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> ``distance`` ``(B, H / stride, W / stride)``, >= 0; 0 is perfectly ordinary.

    Each place's features from two or three scales are averaged over its 3 x 3 neighbourhood, standardised, projected
    on their principal directions and compared with a bank of good patches; the distance is Euclidean, divided by
    the square root of the number of directions. (Roth et al., "Towards total recall in industrial anomaly detection"
    (2022), section 3; the projection and scale are ours.)
    """

    mean: Tensor
    projection: Tensor
    bank: Tensor

    def __init__(self, *, depth: int, channels: int, density: str) -> None:
        super().__init__()
        self.levels, self.capacity = LEVELS[density]
        self.stride = STRIDES[self.levels[0]]
        self.backbone = Backbone(depth=depth, channels=channels)
        for weight in self.backbone.parameters():
            weight.requires_grad_(False)
        width = sum(self.backbone.widths[level] for level in self.levels)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("projection", torch.eye(width))  # (D, P)
        self.register_buffer("bank", torch.zeros(1, width))  # (M, P)

    def features(self, images: Tensor) -> Tensor:
        """Unprojected patch features ``(B, h, w, D)``."""
        maps = self.backbone(images)
        grid = maps[self.levels[0]]
        pooled = []
        for level in self.levels:
            local = avg_pool2d(maps[level], 3, stride=1, padding=1, count_include_pad=False)
            if level != self.levels[0]:
                local = interpolate(local, size=grid.shape[2:], mode="bilinear", align_corners=False)
            pooled.append(local)
        return torch.cat(pooled, 1).permute(0, 2, 3, 1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.features(images)
        projected = (features - self.mean) @ self.projection  # (B, h, w, P)
        squares = (projected * projected).sum(3, keepdim=True) + (self.bank * self.bank).sum(1)
        distances = squares - 2 * projected @ self.bank.T  # (B, h, w, M)
        nearest = distances.amin(3).clamp(min=0) / self.bank.shape[1]
        return {"distance": nearest.sqrt()}

    def remember(self, *, mean: Tensor, projection: Tensor, bank: Tensor) -> None:
        """Set what was learnt: ``(D,)``, ``(D, P)`` and ``(M, P)``."""
        self.mean = mean
        self.projection = projection
        self.bank = bank
