"""Patch features and how strange they are, as one network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from sightmill.methods.usual import Usual
from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.places import PlaceJudge, patch_features

__all__ = ["AnomalyNetwork", "finer"]

#: Grids of this index, or coarser, are not coarsened for the distance.
COARSE = 2


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

    def coarse(self, features: Tensor) -> Tensor:
        """Features of the places that the distance judges: means of 2 x 2 places, unless the grid is coarse already.

        A quarter of the places lets the bank be four times as large for the same time, which is worth more.
        """
        if self.grid >= COARSE:
            return features
        return avg_pool2d(features.permute(0, 3, 1, 2), 2, ceil_mode=True, count_include_pad=False).permute(0, 2, 3, 1)

    def evidence(self, features: Tensor) -> Tensor:
        """Distance and suspicion ``(B, h, w, 2)`` of places with these features ``(B, h, w, D)``."""
        distance = finer(self.judge.distance(self.coarse(features)), features.shape[1:3])
        return torch.stack([distance, self.judge.suspicion(features)], -1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        batch = images.shape[0]
        return {
            "evidence": self.evidence(self.features(images)),
            "usual": self.usual.expand(batch, -1, -1),
            "score_area": self.score_area.expand(batch),
        }

    def settle(self, usual: Usual, score_area: float) -> None:
        """Set what is usual of both kinds of evidence, and the share of the score in percent."""
        self.usual.copy_(torch.from_numpy(usual.packed()))
        self.score_area.fill_(score_area)


def finer(values: Tensor, size: Sequence[int]) -> Tensor:
    """Values of places ``(B, h, w)`` on a finer grid ``(B, *size)``."""
    if values.shape[1:3] == torch.Size(size):
        return values
    return interpolate(values[:, None], size=tuple(size), mode="bilinear", align_corners=False)[:, 0]
