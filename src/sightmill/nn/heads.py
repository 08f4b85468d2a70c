"""Heads: small convolutional networks on a backbone's feature maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

__all__ = ["FineMapHead", "sized"]


class FineMapHead(nn.Module):
    """Feature maps of several strides -> one map at the stride of the finest: one logit per place.

    From coarse to fine, as in a feature pyramid: reduced to few channels, added to the next finer map, convolved.
    Channels are fewest where places are most, so sharp borders cost little. (Lin et al., "Feature pyramid networks"
    (2017), with a convolution at each level.)

    Parameters
    ----------
    widths : channels of the maps, the finest first; each map has half the resolution of the one before.
    channels : on the way; the finest level has half of them.
    """

    def __init__(self, widths: list[int], *, channels: int = 48) -> None:
        super().__init__()
        on_the_way = [channels // 2, *[channels] * (len(widths) - 1)]
        self.enter = nn.ModuleList(nn.Conv2d(width, own, 1) for width, own in zip(widths, on_the_way, strict=True))
        self.mix = nn.ModuleList(nn.Conv2d(own, own, 3, padding=1) for own in on_the_way)
        self.narrow = nn.Conv2d(channels, on_the_way[0], 1)
        self.last = nn.Conv2d(on_the_way[0], 1, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps, the finest first -> logits ``(B, 1, h, w)`` at the finest."""
        grid: Tensor | None = None
        for level in reversed(range(len(maps))):
            own = self.enter[level](maps[level])
            if grid is not None:
                grid = self.narrow(grid) if level == 0 else grid
                own = own + sized(grid, own.shape[2:])
            own = relu(own)
            grid = own + relu(self.mix[level](own))
        logits: Tensor = self.last(grid)
        return logits


def sized(maps: Tensor, size: torch.Size) -> Tensor:
    """Maps brought to ``(h, w)``, bilinear; untouched where they fit."""
    return maps if maps.shape[2:] == size else interpolate(maps, size=size, mode="bilinear", align_corners=False)
