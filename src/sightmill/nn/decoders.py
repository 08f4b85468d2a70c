"""Decoders: a backbone's feature maps and the image itself -> features as fine as the image needs them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle, relu

from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.heads import sized

__all__ = ["FineDecoder", "FullMaps", "convolved"]

#: Channels on the way down from stride 32 to stride 8.
COARSE = 64
#: Spread of the untrained last layer. Ten times less, and thin things are learnt later: on drawn lines of one pixel the
#: IoU after 60 steps is 0.60 instead of 0.69.
FIRM = 0.1


def convolved(before: int, after: int) -> nn.Sequential:
    """A 3 x 3 convolution with its normalisation and activation; the first two are folded into one at export."""
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


class FineDecoder(nn.Module):
    """Images and their feature maps -> features at stride 2 that still know single pixels.

    Coarse maps say *what* is there, from stride 32 to stride 4 as in a feature pyramid: reduced to few channels, added
    to the next finer map, convolved. *Where* it is comes from the stem's map at stride 2, and from the image itself:
    its pixels are folded two by two into channels, so nothing is averaged away, and a defect one pixel wide is seen at
    the price of half the resolution. (Ronneberger et al., "U-Net" (2015); Lin et al., "Feature pyramid networks"
    (2017); Shi et al., "Real-time single image super-resolution" (2016), for the folding.)

    Parameters
    ----------
    backbone : whose maps are read; it is not a part of this module.
    channels : 1 or 3 input channels.
    width : channels of the answer.
    """

    def __init__(self, backbone: FeatureExtractor, *, channels: int, width: int = 32) -> None:
        super().__init__()
        self.width = width
        ways = (width + 16, COARSE, COARSE, COARSE)
        self.enter = nn.ModuleList(nn.Conv2d(before, own, 1) for before, own in zip(backbone.widths, ways, strict=True))
        self.narrow = nn.ModuleList([nn.Conv2d(COARSE, ways[0], 1), nn.Identity(), nn.Identity()])
        self.mix = nn.ModuleList(convolved(own, own) for own in ways)
        self.arrive = nn.Conv2d(ways[0], width, 1)
        self.stem = nn.Conv2d(backbone.stem_width, width, 1)
        self.detail = nn.Conv2d(4 * channels, width, 3, padding=1)
        self.fine = nn.Sequential(convolved(width, width), convolved(width, width))

    def forward(self, images: Tensor, stem: Tensor, maps: list[Tensor]) -> Tensor:
        """Images ``(B, C, H, W)`` of even sides and what `with_stem` said of them -> ``(B, width, H/2, W/2)``."""
        grid = self.mix[3](self.enter[3](maps[3]))
        for level in (2, 1, 0):
            own = self.enter[level](maps[level])
            grid = self.mix[level](relu(own + sized(self.narrow[level](grid), own.shape[2:])))
        detail = self.detail(pixel_unshuffle((images - 0.45) / 0.25, 2))  # as the backbones centre their input
        grid = detail + self.stem(stem) + sized(self.arrive(grid), detail.shape[2:])
        fine: Tensor = self.fine(relu(grid))
        return fine


class FullMaps(nn.Module):
    """Features at stride 2 -> maps at the image's own size: each place answers for its four pixels.

    Parameters
    ----------
    width : channels of the features.
    maps : how many maps.
    """

    def __init__(self, width: int, maps: int) -> None:
        super().__init__()
        self.maps = maps
        self.last = nn.Conv2d(width, 4 * maps, 1)
        nn.init.normal_(self.last.weight, std=FIRM)

    def forward(self, features: Tensor) -> Tensor:
        """``(B, width, H/2, W/2)`` -> ``(B, maps, H, W)``."""
        return pixel_shuffle(self.last(features), 2)

    @torch.no_grad()
    def expect(self, logits: Tensor) -> None:
        """Let untrained maps answer with these logits ``(maps,)``: how often each thing is there."""
        if self.last.bias is not None:
            self.last.bias.copy_(logits.repeat_interleave(4))
