"""The backbones: one family of plain residual networks in five depths, made for processors.

Dense 3 x 3 convolutions reach most of a processor's peak where depth-wise ones wait for memory, so the family has
no others. Batch normalisation is folded into the convolutions when a model is exported. Any input size works; sides
that are multiples of 32 waste nothing.

Source: He et al., "Deep residual learning for image recognition" (2016), basic blocks; He et al., "Bag of tricks
for image classification" (2019), average pooling in the shortcut of a block that halves the resolution.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["DEPTHS", "STRIDES", "Backbone", "FeatureExtractor", "calibrate_statistics"]

#: Input pixels per feature cell of the four feature maps.
STRIDES = (4, 8, 16, 32)

#: Network depth -> (channels of the four feature maps, residual blocks of each).
DEPTHS: dict[int, tuple[tuple[int, int, int, int], tuple[int, int, int, int]]] = {
    1: ((16, 48, 96, 192), (1, 1, 1, 1)),
    2: ((32, 64, 96, 192), (1, 1, 1, 1)),
    3: ((48, 96, 160, 256), (1, 2, 2, 1)),
    4: ((64, 128, 256, 384), (1, 2, 3, 2)),
    5: ((64, 128, 256, 512), (2, 3, 4, 3)),
}


class FeatureExtractor(nn.Module):
    """Image -> feature maps at strides 4, 8, 16 and 32: what methods build on, whoever made the network.

    Attributes
    ----------
    widths : channels of the four feature maps.
    stem_width : channels of the map at stride 2.
    """

    widths: tuple[int, int, int, int]
    stem_width: int

    def forward(self, images: Tensor) -> list[Tensor]:
        """Input ``(B, channels, H, W)`` in [0, 1]; four maps ``(B, C, H / stride, W / stride)``, sides rounded up."""
        return self.with_stem(images)[1]

    def with_stem(self, images: Tensor, *, levels: int = len(STRIDES)) -> tuple[Tensor, list[Tensor]]:
        """A map at stride 2 ``(B, stem_width, H / 2, W / 2)`` and the first so many feature maps."""
        raise NotImplementedError


class Backbone(FeatureExtractor):
    """Image -> feature maps at strides 4, 8, 16 and 32.

    Parameters
    ----------
    depth : the products' network depth, 1 to 5.
    channels : 1 or 3 input channels.

    Input ``(B, channels, H, W)`` in [0, 1]; output a list of four maps ``(B, C, H / stride, W / stride)``, with
    sides rounded up.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, *, depth: int, channels: int) -> None:
        super().__init__()
        widths, blocks = DEPTHS[depth]
        self.depth = depth
        self.widths = widths
        self.stem_width = widths[0]
        # Mean and spread of grey values in natural and industrial images alike, close enough to centre the input.
        self.register_buffer("centre", torch.tensor(0.45))
        self.register_buffer("spread", torch.tensor(0.25))
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        stages: list[nn.Module] = []
        before = widths[0]
        for width, count in zip(widths, blocks, strict=True):
            stages.append(
                nn.Sequential(
                    Residual(before, width, stride=2),
                    *(Residual(width, width, stride=1) for _ in range(count - 1)),
                )
            )
            before = width
        self.stages = nn.ModuleList(stages)
        self.apply(_initialise)

    def with_stem(self, images: Tensor, *, levels: int = len(STRIDES)) -> tuple[Tensor, list[Tensor]]:
        stem = self.stem((images - self.centre) / self.spread)  # (B, C, H / 2, W / 2)
        maps, features = [], stem
        for stage in self.stages[:levels]:
            features = stage(features)
            maps.append(features)
        return stem, maps


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; `stride` 2 halves the resolution."""

    def __init__(self, before: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(width)
        shortcut: list[nn.Module] = []
        if stride == 2:
            shortcut.append(nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False))
        if before != width:
            shortcut += [nn.Conv2d(before, width, 1, bias=False), nn.BatchNorm2d(width)]
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, features: Tensor) -> Tensor:
        inner = torch.relu(self.first_norm(self.first(features)))
        return torch.relu(self.second_norm(self.second(inner)) + self.shortcut(features))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


@torch.no_grad()
def calibrate_statistics(network: nn.Module, batches: Iterable[Any]) -> None:
    """Set the batch normalisations' statistics to those of these inputs: images ``(B, C, H, W)``, or what it takes.

    An untrained network answers with features of one scale only after this; a trained one needs it when its
    images look unlike those it was trained on.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    usual = [norm.momentum for norm in norms]
    was_training = network.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
    network.train()
    for images in batches:
        network(images)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
    network.train(was_training)
