"""Patch features and how strange they are, as one network."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from sightmill.methods.usual import Usual
from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.patches import nearest_of
from sightmill.nn.places import PLACE, PlaceJudge, patch_features, patch_features_at

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
        return self.located(patch_features(self.maps(images), self.grid))

    def features_at(self, maps: Sequence[Tensor], cells: Tensor) -> Tensor:
        """The features ``(N, D)`` of some cells of one image's grid, by row and column ``(N, 2)``."""
        rows, columns = cells.unbind(1)
        features = patch_features_at(maps, self.grid, rows, columns)
        if not self.placed:
            return features
        height, width = maps[self.grid].shape[2:]
        return torch.cat([features, torch.stack([_place(rows, height), _place(columns, width)], 1)], 1)

    def coarse_at(self, maps: Sequence[Tensor], cells: Tensor) -> Tensor:
        """The same of cells of the grid that the distance judges; see `coarse`."""
        size = maps[self.grid].shape[2:]
        if self.coarse_size(size) == tuple(size):
            return self.features_at(maps, cells)
        quarters = torch.tensor([(0, 0), (0, 1), (1, 0), (1, 1)])
        fine = 2 * cells[:, None] + quarters  # (N, 4, 2)
        there = (fine < torch.tensor(size)).all(2)[..., None].float()
        fine = torch.minimum(fine, torch.tensor(size) - 1)
        features = self.features_at(maps, fine.flatten(0, 1)).reshape(len(cells), 4, -1)
        means: Tensor = (features * there).sum(1) / there.sum(1)
        return means

    def coarse_size(self, size: Sequence[int]) -> tuple[int, int]:
        """Rows and columns of the grid that the distance judges, for those of the whole grid."""
        height, width = size
        return (height, width) if self.grid >= COARSE else (math.ceil(height / 2), math.ceil(width / 2))

    def maps(self, images: Tensor) -> list[Tensor]:
        """What the backbone says of images, the finest map first."""
        maps: list[Tensor] = self.backbone(self.reduced(images))
        return maps

    def reduced(self, images: Tensor) -> Tensor:
        """What the backbone gets of images."""
        return avg_pool2d(images, self.reduction) if self.reduction > 1 else images

    def located(self, features: Tensor, weight: float = 1.0) -> Tensor:
        """With `placed`, features ``(B, h, w, ...)`` and their coordinates, times a weight; else as they are."""
        if not self.placed:
            return features
        batch, height, width, _ = features.shape
        rows, columns = (_place(torch.arange(n, device=features.device), n) for n in (height, width))
        places = torch.stack([rows[:, None].expand(height, width), columns.expand(height, width)], 2)
        return torch.cat([features, weight * places.expand(batch, height, width, 2)], 3)

    def coarse(self, features: Tensor) -> Tensor:
        """Features of the places that the distance judges: means of 2 x 2 places, unless the grid is coarse already.

        A quarter of the places lets the bank be four times as large for the same time, which is worth more.
        """
        if self.grid >= COARSE:
            return features
        return avg_pool2d(features.permute(0, 3, 1, 2), 2, ceil_mode=True, count_include_pad=False).permute(0, 2, 3, 1)

    def judged(self, maps: Sequence[Tensor], judge: PlaceJudge) -> tuple[Tensor, Tensor]:
        """Distance and suspicion ``(B, h, w)`` of places with these maps, as a judge of these features says."""
        projected, suspicion = judge.of_maps(maps, self.grid)
        points = self.coarse(self.located(projected, PLACE))
        return finer(nearest_of(points, judge.bank), suspicion.shape[1:3]), suspicion

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        batch = images.shape[0]
        return {
            "evidence": torch.stack(self.judged(self.maps(images), self.judge), -1),
            "usual": self.usual.expand(batch, -1, -1),
            "score_area": self.score_area.expand(batch),
        }

    def settle(self, usual: Usual, score_area: float) -> None:
        """Set what is usual of both kinds of evidence, and the share of the score in percent."""
        self.usual.copy_(torch.from_numpy(usual.packed()))
        self.score_area.fill_(score_area)


def _place(index: Tensor, count: int) -> Tensor:
    """Coordinates from -1 to 1 of lines of a grid with so many."""
    return (index + 0.5) / count * 2 - 1


def finer(values: Tensor, size: Sequence[int]) -> Tensor:
    """Values of places ``(B, h, w)`` on a finer grid ``(B, *size)``."""
    if values.shape[1:3] == torch.Size(size):
        return values
    return interpolate(values[:, None], size=tuple(size), mode="bilinear", align_corners=False)[:, 0]
