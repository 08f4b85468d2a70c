"""Detectors: one network family for boxes, turned boxes and instances. Every place of three maps may answer.

Without anchors: each place says for every class how sure it is, and where the object's centre and sides are. Sides are
told relative to the usual size of the objects at this level, which is measured before training, so that the first
answers are roughly right. (Tian et al., "FCOS" (2019); Lyu et al., "RTMDet" (2022): two towers that all levels share.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from sightmill.nn.assignment import Grid, grid_of
from sightmill.nn.backbones import STRIDES, FeatureExtractor
from sightmill.nn.pyramids import FeaturePyramid, normed

__all__ = ["CHANNELS", "LEVELS", "Detector", "DetectorHead"]

#: Maps that answer.
LEVELS = 3
#: Network depth -> channels of pyramid and head.
CHANNELS = {1: 32, 2: 48, 3: 64, 4: 96, 5: 128}
#: A side is at most this many times (as a natural logarithm) the usual one, or as many times smaller.
FURTHEST = 4.0
#: What an untrained place says for every class.
FIRST_CHANCE = 0.03


class DetectorHead(nn.Module):
    """Two towers over the maps of a pyramid: what is there, and where.

    Parameters
    ----------
    channels : of the maps.
    classes : how many.
    numbers : how many numbers tell where: 4, or 6 with an angle, and more where masks are told.
    convolutions : how high each tower is.
    """

    def __init__(self, channels: int, *, classes: int, numbers: int, convolutions: int) -> None:
        super().__init__()
        self.what = nn.Sequential(*(normed(channels, channels) for _ in range(convolutions)))
        self.where = nn.Sequential(*(normed(channels, channels) for _ in range(convolutions)))
        self.class_logits = nn.Conv2d(channels, classes, 1)
        self.place = nn.Conv2d(channels, numbers, 1)
        nn.init.normal_(self.class_logits.weight, std=0.01)
        nn.init.constant_(cast(Tensor, self.class_logits.bias), -math.log((1 - FIRST_CHANCE) / FIRST_CHANCE))
        nn.init.normal_(self.place.weight, std=0.01)
        nn.init.zeros_(cast(Tensor, self.place.bias))

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Maps -> logits ``(B, A, classes)`` and numbers ``(B, A, numbers)``, level after level."""
        logits = [self.class_logits(self.what(features)).flatten(2) for features in maps]
        numbers = [self.place(self.where(features)).flatten(2) for features in maps]
        return torch.cat(logits, 2).transpose(1, 2), torch.cat(numbers, 2).transpose(1, 2)


class Detector(nn.Module):
    """Images ``(B, C, H, W)`` -> ``scores`` ``(B, A, K)`` and ``boxes`` ``(B, A, 4)``; A places in three maps.

    A box is centre and sides in pixels of the input. With an angle there is ``turns`` or ``headings`` ``(B, A, 2)``.

    Parameters
    ----------
    backbone : of any kind.
    finest : stride of the finest map that answers, 4 or 8.
    channels : of pyramid and head.
    classes : how many.
    turns : 0 upright boxes; 1 ``headings``, cosine and sine of the angle over the full turn; 2 ``turns``, cosine and
        sine of twice the angle, where a half turn changes nothing.
    unoriented : of each class whether it has no orientation: its angle is answered as (0, 0). None: no class.
    extra : further numbers that each place tells, for masks.
    """

    prior: Tensor
    oriented: Tensor

    def __init__(
        self,
        *,
        backbone: FeatureExtractor,
        finest: int,
        channels: int,
        classes: int,
        turns: int = 0,
        unoriented: Sequence[bool] | None = None,
        extra: int = 0,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.first = STRIDES.index(finest)
        self.strides = tuple(finest * 2**level for level in range(LEVELS))
        self.turns = turns
        self.extra = extra
        self.numbers = 4 + (2 if turns else 0)
        self.pyramid = FeaturePyramid(backbone.widths[self.first :], channels=channels, levels=LEVELS)
        # Four times as many places: towers of half the height take about as long.
        height = 1 if finest == STRIDES[0] else 2
        self.head = DetectorHead(channels, classes=classes, numbers=self.numbers + extra, convolutions=height)
        # Usual width and height at each level, pixels; measured by the learner.
        self.register_buffer("prior", torch.tensor([[6.0 * stride] * 2 for stride in self.strides]))
        marks = [float(not mark) for mark in unoriented or [False] * classes]
        self.register_buffer("oriented", torch.tensor(marks))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return self.answers(self.pyramid(self.backbone(images)[self.first :]))

    def answers(self, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """The answers from the pyramid's maps."""
        logits, numbers = self.head(maps)
        grid = grid_of([(m.shape[2], m.shape[3]) for m in maps], self.strides, logits.device)
        return self.told(logits, numbers, grid)

    def told(self, logits: Tensor, numbers: Tensor, grid: Grid) -> dict[str, Tensor]:
        """What the head's logits ``(B, A, K)`` and numbers ``(B, A, numbers)`` mean."""
        scores = torch.sigmoid(logits)
        centres = grid.centres + numbers[..., :2] * grid.strides[:, None]
        sides = torch.exp(numbers[..., 2:4].clamp(-FURTHEST, FURTHEST)) * self.prior[grid.level_of]
        found = {"scores": scores, "boxes": torch.cat([centres, sides], 2), "_logits": logits}
        if self.turns:
            angle = numbers[..., 4:6]
            found["_turns"] = angle
            name = "headings" if self.turns == 1 else "turns"
            found[name] = angle * self.oriented[scores.argmax(2)][..., None]
        return found

    def numbers_of(self, boxes: Tensor, places: Tensor, grid: Grid) -> Tensor:
        """The numbers ``(M, 4)`` with which these places ``(M,)`` would tell boxes ``(M, 4)``: `told` backwards."""
        centres = (boxes[:, :2] - grid.centres[places]) / grid.strides[places, None]
        return torch.cat([centres, torch.log(boxes[:, 2:4] / self.prior[grid.level_of[places]])], 1)

    def grid(self, height: int, width: int) -> Grid:
        """The places of an input of this size, whose sides are multiples of 32."""
        return grid_of([(height // s, width // s) for s in self.strides], self.strides, self.prior.device)
