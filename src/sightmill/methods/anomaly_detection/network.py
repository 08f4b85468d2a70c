"""Patch features and how strange they are, as one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from sightmill.methods.usual import Usual
from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.places import PlaceJudge, patch_features

__all__ = ["AnomalyNetwork"]


class AnomalyNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> ``evidence`` ``(B, h, w, 2)``: distance and suspicion of each place.

    Each place's features at four scales are averaged over its 3 x 3 neighbourhood, brought to one grid, and judged
    (`PlaceJudge`). What is made of it depends on where the image's border lies in the input, which the network does not
    know; so what that takes is answered too, the same for all images: ``usual`` ``(B, 2, FACTS)``, `Usual.packed`;
    and ``score_area`` ``(B,)``, the share of highest values, in percent, that the image's score is best taken from.

    Parameters
    ----------
    grid : index of the map whose places are judged; see `recipes.GRIDS`.
    placed : the place in the image is part of the features: what is ordinary at one place is not at another.
    """

    usual: Tensor
    score_area: Tensor

    def __init__(self, *, backbone: FeatureExtractor, grid: int, reduction: int = 1, placed: bool = False) -> None:
        super().__init__()
        self.grid = grid
        self.reduction = reduction
        self.placed = placed
        self.backbone = backbone
        for weight in self.backbone.parameters():
            weight.requires_grad_(False)
        self.judge = PlaceJudge(backbone.widths, placed=placed)
        self.register_buffer("usual", torch.from_numpy(Usual.unknown((1.0, 0.0)).packed()))
        self.register_buffer("score_area", torch.ones(1))

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
        batch = images.shape[0]
        return {
            "evidence": self.judge(self.features(images)),
            "usual": self.usual.expand(batch, -1, -1),
            "score_area": self.score_area.expand(batch),
        }

    def settle(self, usual: Usual, score_area: float) -> None:
        """Set what is usual of both kinds of evidence, and the share of the score in percent."""
        self.usual.copy_(torch.from_numpy(usual.packed()))
        self.score_area.fill_(score_area)
