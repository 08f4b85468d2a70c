"""Students: backbones with the projections they wear while they learn."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pretraining.teachers import Tap
from sightmill.nn.backbones import STRIDES, Backbone

__all__ = ["Student"]


class Student(nn.Module):
    """A backbone, one 1 x 1 projection per stride, and a moving average of the backbone.

    The projections translate the student's channels to the teachers' and are thrown away; the average is what is
    published: it is ahead of the backbone itself as long as the learning rate is high.
    """

    def __init__(self, depth: int, taps: list[Tap]) -> None:
        super().__init__()
        self.backbone = Backbone(depth=depth, channels=3)
        self.average = copy.deepcopy(self.backbone).requires_grad_(False).eval()
        self.places = {stride: [k for k, tap in enumerate(taps) if tap.stride == stride] for stride in STRIDES}
        self.splits = {stride: [taps[k].channels for k in places] for stride, places in self.places.items()}
        self.projections = nn.ModuleDict(
            {
                str(stride): nn.Conv2d(width, sum(self.splits[stride]), 1)
                for stride, width in zip(STRIDES, self.backbone.widths, strict=True)
                if self.splits[stride]
            }
        )
        for projection in self.projections.values():  # a first guess near 0, the targets' mean
            nn.init.normal_(projection.weight, std=0.01)
            nn.init.zeros_(projection.bias)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images ``(B, 3, H, W)`` in [0, 1] -> a guess of every tap's standardised map."""
        guesses: dict[int, Tensor] = {}
        for stride, features in zip(STRIDES, self.backbone(images), strict=True):
            if self.splits[stride]:
                answer = self.projections[str(stride)](features).split(self.splits[stride], 1)
                guesses.update(zip(self.places[stride], answer, strict=True))
        return [guesses[k] for k in sorted(guesses)]

    def losses(self, images: Tensor, targets: list[tuple[Tensor, Tensor]]) -> Tensor:
        """The mean squared error of every tap ``(taps,)``: 1 - explained variance, as targets are standardised."""
        errors = []
        for guess, (target, alive) in zip(self(images), targets, strict=True):
            errors.append(F.mse_loss(guess[:, alive], target[:, alive]))
        return torch.stack(errors)

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Move the average towards the backbone; `steps` so far, as a young average must forget faster."""
        share = max(0.002, 1.0 / (steps + 1) ** 0.8)
        ours = dict(self.backbone.state_dict())
        for name, value in self.average.state_dict().items():
            if value.dtype.is_floating_point:
                value += share * (ours[name] - value)
            else:
                value.copy_(ours[name])
