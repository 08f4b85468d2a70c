"""A network for points: a map of bells for each class, and how far from its cell's centre each point is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.decoders import convolved
from sightmill.nn.heads import sized

__all__ = ["STRIDE", "PeakNetwork"]

#: Input pixels per cell of the maps.
STRIDE = 4

#: What an untrained network believes: points are rare. (Lin et al., "Focal loss for dense object detection" (2017).)
RARE = 0.02


#: Channels of the decoder.
WIDTH = 48


class PeakHead(nn.Module):
    """Feature maps at strides 4 to 32 -> maps at stride 4, from coarse to fine as in a feature pyramid.

    Every step is normalised: features of different strides differ in size, and few steps have to be enough.
    (Lin et al., "Feature pyramid networks", 2017.)
    """

    def __init__(self, widths: tuple[int, ...], *, outputs: int) -> None:
        super().__init__()
        self.enter = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, WIDTH, 1, bias=False), nn.BatchNorm2d(WIDTH)) for width in widths
        )
        self.mix = nn.ModuleList(convolved(WIDTH, WIDTH) for _ in widths)
        self.fine = convolved(WIDTH, WIDTH)
        self.last = nn.Conv2d(WIDTH, outputs, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """``(B, outputs, h, w)`` at the finest stride."""
        grid: Tensor | None = None
        for level in reversed(range(len(maps))):
            own = self.enter[level](maps[level])
            grid = own if grid is None else own + sized(grid, own.shape[2:])
            grid = self.mix[level](torch.relu(grid))
        answered: Tensor = self.last(self.fine(grid))
        return answered


class PeakNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> maps at stride 4.

    ``heat`` ``(B, K, h, w)`` is the chance of a point of each class, ``offset`` ``(B, 2, h, w)`` where it lies from the
    cell's centre, in cells. ``scale`` ``(B, 2)`` tells whoever reads them the feature size in input pixels, and the
    least distance of two points in feature sizes. (Zhou et al., "Objects as points", 2019.)

    Parameters
    ----------
    classes : K.
    feature_size : pixels of the input.
    distance : least distance of two points, in feature sizes.
    """

    scale: Tensor

    def __init__(self, *, backbone: FeatureExtractor, classes: int, feature_size: float, distance: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.classes = classes
        self.head = PeakHead(backbone.widths, outputs=classes + 2)
        self.register_buffer("scale", torch.tensor([feature_size, distance], dtype=torch.float32))
        nn.init.normal_(self.head.last.weight, std=0.01)
        believed = torch.zeros(classes + 2)
        believed[:classes] = -math.log((1 - RARE) / RARE)
        self.head.last.bias = nn.Parameter(believed)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        maps = self.head(self.backbone(images))  # (B, K + 2, h, w)
        logits, offset = maps[:, : self.classes], maps[:, self.classes :]
        return {
            "_logits": logits,
            "heat": torch.sigmoid(logits),
            "offset": offset,
            "scale": self.scale[None].expand(images.shape[0], 2) + 0 * offset.mean((2, 3)),
        }
