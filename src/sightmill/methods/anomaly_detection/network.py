"""Patch features and how strange they are, as one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from sightmill.methods.borders import no_profile
from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.places import PlaceJudge, patch_features

__all__ = ["AnomalyNetwork"]


class AnomalyNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> ``anomaly`` ``(B, h, w)``, and two outputs that are the same for all images:
    ``score_area`` ``(B,)``, the share of highest values, in percent, that the image's score is best taken from; and
    ``border`` ``(B, 2, K)``, what is usual near the image's border (`methods.borders`), which lies elsewhere in each.

    Each place's features at four scales are averaged over its 3 x 3 neighbourhood, brought to one grid, and judged
    (`PlaceJudge`). The answer is a weighted sum of both kinds of evidence, each less what is usual.

    Parameters
    ----------
    grid : index of the map whose places are judged; see `recipes.GRIDS`.
    placed : the place in the image is part of the features: what is ordinary at one place is not at another.
    """

    centre: Tensor
    weight: Tensor
    score_area: Tensor
    border: Tensor

    def __init__(self, *, backbone: FeatureExtractor, grid: int, reduction: int = 1, placed: bool = False) -> None:
        super().__init__()
        self.grid = grid
        self.reduction = reduction
        self.placed = placed
        self.backbone = backbone
        for weight in self.backbone.parameters():
            weight.requires_grad_(False)
        self.judge = PlaceJudge(backbone.widths, placed=placed)
        self.register_buffer("centre", torch.zeros(2))
        self.register_buffer("weight", torch.tensor([1.0, 0.0]))
        self.register_buffer("score_area", torch.ones(1))
        self.register_buffer("border", torch.from_numpy(no_profile()))

    def features(self, images: Tensor) -> Tensor:
        """Patch features ``(B, h, w, D)``, one scale after the other.

        With `placed`, the last two are the coordinates of the place, from -1 to 1 over the input.
        """
        maps = self.backbone(avg_pool2d(images, self.reduction) if self.reduction > 1 else images)
        features = patch_features(maps, self.grid)
        if not self.placed:
            return features
        batch, height, width, _ = features.shape
        rows, columns = ((torch.arange(n, device=images.device) + 0.5) / n * 2 - 1 for n in (height, width))
        places = torch.stack([rows[:, None].expand(height, width), columns.expand(height, width)], 2)
        return torch.cat([features, places.expand(batch, height, width, 2)], 3)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        evidence = self.judge(self.features(images))  # (B, h, w, 2)
        return {
            "anomaly": ((evidence - self.centre) * self.weight).sum(-1),
            "score_area": self.score_area.expand(images.shape[0]),
            "border": self.border.expand(images.shape[0], -1, -1),
        }

    def weigh(self, centre: Tensor, weight: Tensor, score_area: float, border: Tensor) -> None:
        """Set what is usual of both kinds of evidence, and what they weigh: ``(2,)`` each; the share in percent; and
        what is usual near the border ``(2, K)``.
        """
        self.centre.copy_(centre)
        self.weight.copy_(weight)
        self.score_area.fill_(score_area)
        self.border.copy_(border)
