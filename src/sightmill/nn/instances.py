"""Masks of objects: each place that finds an object also tells which pixels are its own.

Two things say whether a pixel belongs to an object. One is a vote: every pixel points to the centre of the object it
lies on, and belongs the more to an object the nearer to its centre the vote falls, measured by the sides of its box. So
pixels of objects that touch vote apart, and an untrained network answers with the ellipse in each box. The other is a
sum of patterns, which each object mixes in its own way, for shapes that are no ellipses.

Sources: Neven et al., "Instance segmentation by jointly optimizing spatial embeddings and clustering bandwidth" (2019),
for votes; Bolya et al., "YOLACT" (2019), for patterns; the masks are learnt at points on a grid over each object, as
in Kirillov et al., "PointRend" (2020), so small objects are learnt as exactly as large ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, grid_sample, interpolate

from sightmill.nn.detectors import Detector
from sightmill.nn.pyramids import normed

__all__ = ["GRID", "MARGIN", "MASK_STRIDE", "InstanceDetector", "mask_loss"]

#: Stride of the maps of votes and patterns.
MASK_STRIDE = 4
#: Patterns that an object mixes.
PATTERNS = 12
#: How far a vote of 1 reaches, pixels of the input.
REACH = 8.0
#: Logit at an object's centre before the patterns count.
STEEPNESS = 3.0
#: Largest distance of a vote that still counts, as the square of distance over half a side.
FURTHEST = 9.0
#: Points along each side of the grid on which an object's mask is learnt.
GRID = 24
#: The grid and the answered mask reach beyond the box, by this share of its sides on each side.
MARGIN = 0.12
#: Objects' answers whose masks are learnt in one step, at most.
MOST = 384


class InstanceDetector(Detector):
    """As `Detector`, with ``mixes`` ``(B, A, 1 + P)`` and ``fields`` ``(B, 2 + P, H / 4, W / 4)``.

    At a place x of the input with vote v (pixels) and patterns p, an object with centre c, sides s and mix (b, m) has
    the logit ``b + m . p + 3 (1 - min(|2 (x + v - c) / s|^2, 9))``.
    """

    def __init__(self, *, channels: int, **others: Any) -> None:
        super().__init__(channels=channels, extra=1 + PATTERNS, **others)
        width = max(channels // 2, 24)
        self.enter = nn.Conv2d(self.backbone.widths[0], width, 1)
        self.above = nn.Conv2d(channels, width, 1)
        self.mix = nn.Sequential(normed(width, width), normed(width, width))
        self.field = nn.Conv2d(width, 2 + PATTERNS, 1)
        nn.init.normal_(self.field.weight, std=0.01)
        if self.field.bias is not None:
            nn.init.zeros_(self.field.bias)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.backbone(images)
        maps = self.pyramid(features[self.first :])
        found = self.answers(maps)
        found["fields"] = self.fields(features[0], maps)
        return found

    def fields(self, finest: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Votes in pixels, and patterns."""
        own = self.enter(finest)
        own = own + interpolate(self.above(maps[0]), size=own.shape[2:], mode="nearest")
        told = self.field(self.mix(own))
        return torch.cat([REACH * told[:, :2], told[:, 2:]], 1)

    def told(self, logits: Tensor, numbers: Tensor, grid: Any) -> dict[str, Tensor]:
        found = super().told(logits, numbers, grid)
        found["mixes"] = numbers[..., self.numbers :]
        return found


def mask_loss(
    fields: Tensor, boxes: Tensor, mixes: Tensor, truth: Tensor, image: Tensor, objects: Tensor, masks: Tensor
) -> Tensor:
    """How wrong the masks of M answers are ``(M,)``: cross entropy and one minus Dice, over a grid on each object.

    Parameters
    ----------
    fields : ``(B, 2 + P, h, w)``.
    boxes, mixes : ``(M, 4)``, ``(M, 1 + P)`` what the answers are.
    truth : ``(M, 4)`` the boxes of their objects, which the grids lie on.
    image, objects : ``(M,)`` which image and which object of it.
    masks : ``(B, N, GRID, GRID)`` whether the points of each object's grid are its own.
    """
    steps = (torch.arange(GRID, device=fields.device) + 0.5) / GRID - 0.5
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    around = torch.stack([x, y], -1).reshape(1, -1, 2) * (1 + 2 * MARGIN)  # (1, G * G, 2)
    points = truth[:, None, :2] + around * truth[:, None, 2:4]  # (M, G * G, 2)
    size = fields.new_tensor([fields.shape[3] * MASK_STRIDE, fields.shape[2] * MASK_STRIDE])
    seen = fields.new_zeros((len(boxes), GRID * GRID, fields.shape[1]))
    for index in range(len(fields)):
        own = (image == index).nonzero()[:, 0]
        if len(own):
            places = (2 * points[own] / size - 1)[None]  # (1, m, G * G, 2)
            sampled = grid_sample(
                fields[index][None], places, mode="bilinear", padding_mode="border", align_corners=False
            )
            seen = seen.index_copy(0, own, sampled[0].permute(1, 2, 0))
    votes = points + seen[..., :2]
    away = (2 * (votes - boxes[:, None, :2]) / boxes[:, None, 2:4]) ** 2
    logits = STEEPNESS * (1 - away.sum(2).clamp(max=FURTHEST)) + mixes[:, :1]
    logits = logits + (seen[..., 2:] * mixes[:, None, 1:]).sum(2)  # (M, G * G)
    wanted = masks[image, objects].flatten(1).to(logits.dtype)
    entropy = binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(1)
    said = torch.sigmoid(logits)
    common = 2 * (said * wanted).sum(1) + 1
    return entropy + 1 - common / (said.sum(1) + wanted.sum(1) + 1)
