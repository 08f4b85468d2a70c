"""The network of precise anomaly detection: teacher, student, head, and how their evidence is weighed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from sightmill.nn.backbones import Backbone
from sightmill.nn.heads import FineMapHead, sized
from sightmill.nn.patches import nearest
from sightmill.nn.students import Student

__all__ = ["EVIDENCE", "LEVELS", "PRIOR", "PreciseNetwork"]

#: The teacher's maps that are used: strides 4, 8 and 16.
LEVELS = (0, 1, 2)
#: What a place is judged by, in the order of the network's evidence.
EVIDENCE = ("statistics", "student", "head")
#: Shares before anything is known: half for what knows the ordinary, half for what knows defects.
PRIOR = (0.25, 0.25, 0.5)
#: Squared errors of the student beyond this, in variances of the feature, tell nothing more.
LARGEST_ERROR = 25.0
#: Directions of the feature statistics.
DIRECTIONS = 128


class PreciseNetwork(nn.Module):
    """Images ``(B, C, H, W)`` in [0, 1] -> ``anomaly`` ``(B, H/2, W/2)`` and ``expected`` ``(B, C, H/2, W/2)``.

    * The *teacher* is a frozen backbone. *Statistics*: the whitened distance of its features to the nearest ones that
      good images showed. (Roth et al., "Towards total recall in industrial anomaly detection" (2022).)
    * The *student* tells the teacher's features from a narrow code, and the image too: it learns what is ordinary,
      and is trained to tell the undamaged features of damaged images. Where it fails, something is strange.
      (Deng & Li, "Anomaly detection via reverse distillation" (2022); Zhang et al., "DeSTSeg" (2023), denoising.)
    * The *head* is a small convolutional network on the teacher's features and the student's errors, trained on
      synthetic defects and on real ones where there are any. (Zavrtanik et al., "DRAEM" (2021); Rolih et al.,
      "SuperSimpleNet" (2024).)

    The answer is a weighted sum of the three, each shifted and scaled so that good images score 0, give or take 1.

    Parameters
    ----------
    depth, channels : of the backbone.
    whole : ``(width, height)`` of the input for a student that looks at the image as a whole; None for one that looks
        at fragments.
    """

    feature_mean: Tensor
    whitening: Tensor
    bank: Tensor
    error_scale: Tensor
    centre: Tensor
    weight: Tensor
    share: Tensor

    def __init__(self, *, depth: int, channels: int, whole: tuple[int, int] | None) -> None:
        super().__init__()
        self.channels = channels
        self.backbone = Backbone(depth=depth, channels=channels)
        for parameter in self.backbone.parameters():
            parameter.requires_grad_(False)
        widths = [self.backbone.widths[level] for level in LEVELS]
        for level, width in zip(LEVELS, widths, strict=True):
            self.register_buffer(f"mean{level}", torch.zeros(width, 1, 1))
            self.register_buffer(f"spread{level}", torch.ones(width, 1, 1))
        wide = widths[1] + widths[2]
        self.register_buffer("feature_mean", torch.zeros(wide))
        self.register_buffer("whitening", torch.eye(wide)[:, : min(DIRECTIONS, wide)].clone())
        self.register_buffer("bank", torch.zeros(1, min(DIRECTIONS, wide)))
        self.student = Student(widths, channels, whole)
        self.head = FineMapHead([self.backbone.widths[0], *(2 * width for width in widths)])
        # What good images show of each: (evidence,) and (levels,).
        self.register_buffer("error_scale", torch.ones(len(LEVELS)))
        self.register_buffer("centre", torch.zeros(len(EVIDENCE)))
        self.register_buffer("share", torch.tensor(PRIOR))
        self.register_buffer("weight", torch.tensor(PRIOR))

    def taught(self, images: Tensor, *, standardised: bool = True) -> tuple[Tensor, list[Tensor]]:
        """The stem's map at stride 2, and the maps at strides 4, 8 and 16."""
        backbone = self.backbone
        stem = backbone.stem((images - backbone.centre) / backbone.spread)
        maps, features = [], stem
        for level in LEVELS:
            features = backbone.stages[level](features)
            own = (features - self._buffer("mean", level)) / self._buffer("spread", level) if standardised else features
            maps.append(own)
        return stem, maps

    def vectors(self, maps: list[Tensor]) -> Tensor:
        """Feature vectors for the statistics ``(B, h, w, D)`` at stride 8: each place with its neighbourhood."""
        local = [avg_pool2d(maps[level], 3, stride=1, padding=1, count_include_pad=False) for level in (1, 2)]
        wide = sized(local[1], local[0].shape[2:])
        return torch.cat([local[0], wide], 1).permute(0, 2, 3, 1)

    def statistics(self, maps: list[Tensor]) -> Tensor:
        """How far each place's features are from those of good images ``(B, 1, h, w)``, at stride 8."""
        projected = (self.vectors(maps) - self.feature_mean) @ self.whitening
        return nearest(projected, self.bank)[:, None]

    def evidence(self, stem: Tensor, maps: list[Tensor], told: list[Tensor]) -> Tensor:
        """The three kinds of evidence ``(B, 3, H/2, W/2)``, unweighed."""
        size = stem.shape[2:]
        errors = [(mine - theirs).square().clamp(max=LARGEST_ERROR) for mine, theirs in zip(told, maps, strict=True)]
        student = torch.zeros((), device=stem.device)
        for scale, error in zip(self.error_scale, errors, strict=True):
            student = student + sized(error.mean(1, keepdim=True), size) / scale
        return torch.cat(
            [
                sized(self.statistics(maps), size),
                (student / len(errors)).clamp(min=1e-12).sqrt(),
                self.head([stem, *(torch.cat(both, 1) for both in zip(maps, errors, strict=True))]),
            ],
            1,
        )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            stem, maps = self.taught(images)
        told, picture = self.student(maps)
        # The head may read the student's errors but not change the student.
        evidence = self.evidence(stem, maps, [part.detach() for part in told])
        weighed = (evidence - self.centre[:, None, None]) * self.weight[:, None, None]
        answer = {"anomaly": weighed.sum(1), "expected": picture, "_evidence": evidence}
        for level, theirs, mine in zip(LEVELS, maps, told, strict=True):
            answer |= {f"_seen{level}": theirs, f"_told{level}": mine}
        return answer

    def standardise(self, means: list[Tensor], spreads: list[Tensor]) -> None:
        """Set what the teacher's channels usually are, for each level ``(C,)``."""
        for level, mean, spread in zip(LEVELS, means, spreads, strict=True):
            self._buffer("mean", level).copy_(mean.reshape(-1, 1, 1))
            self._buffer("spread", level).copy_(spread.reshape(-1, 1, 1))

    def remember(self, mean: Tensor, whitening: Tensor, bank: Tensor) -> None:
        """Set what good images' feature vectors are: ``(D,)``, ``(D, P)`` and whitened ones ``(M, P)``."""
        device = self.feature_mean.device
        self.feature_mean.copy_(mean)
        self.whitening, self.bank = whitening.to(device), bank.to(device)

    def combine(self, centre: Tensor, scale: Tensor, share: Tensor) -> None:
        """Set how the evidence is weighed: what good images score, how much they differ, and the shares; ``(3,)``."""
        self.centre.copy_(centre)
        self.weight.copy_(share / scale)
        self.share.copy_(share)

    def _buffer(self, name: str, level: int) -> Tensor:
        tensor: Tensor = getattr(self, f"{name}{level}")
        return tensor
