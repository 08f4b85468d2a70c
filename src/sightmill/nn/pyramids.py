"""Feature pyramids: maps of several strides brought to one width, the coarse ones told to the fine ones."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import interpolate

__all__ = ["FeaturePyramid", "normed"]

#: Channels that are normalised together.
GROUP = 8


class FeaturePyramid(nn.Module):
    """Maps of several strides -> as many maps of one width, each knowing what the coarser ones see.

    Lin et al., "Feature pyramid networks for object detection" (2017): a 1 x 1 convolution at each level, the coarser
    level enlarged and added, then a 3 x 3 convolution.

    Parameters
    ----------
    widths : channels of the maps, the finest first; each has half the resolution of the one before.
    channels : of all maps that come out.
    """

    def __init__(self, widths: Sequence[int], *, channels: int, levels: int | None = None) -> None:
        super().__init__()
        self.levels = len(widths) if levels is None else levels
        self.enter = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths)
        self.leave = nn.ModuleList(normed(channels, channels) for _ in range(self.levels))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps, the finest first -> the first `levels` of them ``(B, channels, h, w)``."""
        found: list[Tensor] = []
        above: Tensor | None = None
        for level in reversed(range(len(maps))):
            own: Tensor = self.enter[level](maps[level])
            if above is not None:
                own = own + interpolate(above, size=own.shape[2:], mode="nearest")
            above = own
            if level < self.levels:
                found.insert(0, self.leave[level](own))
        return found


def normed(before: int, width: int, *, kernel: int = 3) -> nn.Sequential:
    """A convolution, group normalisation and ReLU.

    Groups instead of batches: detectors are trained with few images at a time, and the parts that several levels share
    must not mix the statistics of the levels. (Wu & He, "Group normalization" (2018).)
    """
    return nn.Sequential(
        nn.Conv2d(before, width, kernel, padding=kernel // 2, bias=False),
        nn.GroupNorm(max(width // GROUP, 1), width),
        nn.ReLU(),
    )
