"""Patch features and their distance to those of good images, as one network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from sightmill.nn.backbones import STRIDES, FeatureExtractor
from sightmill.nn.patches import nearest

__all__ = ["CAPACITY", "RECIPES", "AnomalyNetwork", "Recipe"]


@dataclass(frozen=True)
class Recipe:
    """How patch features are made.

    Parameters
    ----------
    levels : indices of the backbone's maps that are joined; the first sets the grid.
    weights : of each level in the distance.
    reduction : the input is averaged over squares of this side before it enters the backbone.
    """

    levels: tuple[int, ...]
    weights: tuple[float, ...]
    reduction: int = 1

    @property
    def stride(self) -> int:
        """Pixels of the network's input from one place to the next."""
        return self.strides[0]

    @property
    def strides(self) -> tuple[int, ...]:
        """The same for each level."""
        return tuple(STRIDES[level] * self.reduction for level in self.levels)


_COARSE = (Recipe((2, 3), (1.0, 0.5)), Recipe((2,), (1.0,)), Recipe((2, 3), (1.0, 1.0)))
_MIDDLE = (Recipe((1, 2), (0.3, 1.0)), *_COARSE[1:], Recipe((1, 2), (1.0, 1.0)))
_FINE = (Recipe((0, 1, 2), (0.3, 0.5, 1.0)), *_MIDDLE, Recipe((0, 1, 2), (1.0, 1.0, 1.0)))

#: Sampling density -> recipes to choose from; the first is taken where there is nothing to choose by.
RECIPES: dict[str, tuple[Recipe, ...]] = {"low": _COARSE, "medium": _MIDDLE, "high": _FINE}
#: Sampling density -> patches that the bank holds.
CAPACITY = {"low": 1000, "medium": 2000, "high": 4000}


class AnomalyNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> ``distance`` ``(B, h, w)``, >= 0; 0 is perfectly ordinary; and ``score_area``
    ``(B,)``, the share of highest values, in percent, that the image's score is best taken from: the same for all.

    Each place's features from one to three scales are averaged over its 3 x 3 neighbourhood. Every scale is
    projected on its principal directions and standardised on its own, weighted, and the whole is compared with a bank
    of good patches by Euclidean distance. (Roth et al., "Towards total recall in industrial anomaly detection" (2022),
    section 3; projection, weights and scale are ours.)

    Parameters
    ----------
    placed : the place in the image is part of the features: what is ordinary at one place is not at another.
    """

    mean: Tensor
    projection: Tensor
    bank: Tensor
    score_area: Tensor

    def __init__(self, *, backbone: FeatureExtractor, recipe: Recipe, placed: bool = False) -> None:
        super().__init__()
        self.recipe = recipe
        self.placed = placed
        self.backbone = backbone
        for weight in self.backbone.parameters():
            weight.requires_grad_(False)
        self.register_buffer("mean", torch.zeros(self.width))
        self.register_buffer("projection", torch.eye(self.width))  # (D, P)
        self.register_buffer("bank", torch.zeros(1, self.width))  # (M, P)
        self.register_buffer("score_area", torch.ones(1))

    @property
    def width(self) -> int:
        """Numbers in the features of one patch, D."""
        return sum(self.backbone.widths[level] for level in self.recipe.levels) + 2 * self.placed

    def maps(self, images: Tensor, reduction: int) -> list[Tensor]:
        """The backbone's maps of images that are first averaged over squares."""
        found: list[Tensor] = self.backbone(avg_pool2d(images, reduction) if reduction > 1 else images)
        return found

    def features(self, maps: list[Tensor], recipe: Recipe) -> Tensor:
        """Unprojected patch features ``(B, h, w, D)``, one level after the other.

        With `placed`, the last two are the coordinates of the place, from -1 to 1 over the input.
        """
        grid = maps[recipe.levels[0]]
        pooled = []
        for level in recipe.levels:
            local = avg_pool2d(maps[level], 3, stride=1, padding=1, count_include_pad=False)
            if level != recipe.levels[0]:
                local = interpolate(local, size=grid.shape[2:], mode="bilinear", align_corners=False)
            pooled.append(local.permute(0, 2, 3, 1))
        if self.placed:
            batch, _, height, width = grid.shape
            rows, columns = ((torch.arange(n, device=grid.device) + 0.5) / n * 2 - 1 for n in (height, width))
            places = torch.stack([rows[:, None].expand(height, width), columns.expand(height, width)], 2)
            pooled.append(places.expand(batch, height, width, 2))
        return torch.cat(pooled, 3)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.features(self.maps(images, self.recipe.reduction), self.recipe)
        projected = (features - self.mean) @ self.projection  # (B, h, w, P)
        return {
            "distance": nearest(projected, self.bank),
            "score_area": self.score_area.expand(images.shape[0]),
        }

    def remember(self, *, mean: Tensor, projection: Tensor, bank: Tensor, score_area: float) -> None:
        """Set what was learnt: ``(D,)``, ``(D, P)``, ``(M, P)`` and the share in percent."""
        self.mean = mean
        self.projection = projection
        self.bank = bank
        self.score_area = torch.full_like(self.score_area, score_area)
