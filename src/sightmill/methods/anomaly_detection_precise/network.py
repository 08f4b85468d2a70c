"""The network of precise anomaly detection: teacher, student, head, and how their evidence is weighed."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from sightmill.methods.anomaly_detection_precise.kinds import kinds_of, prior_of
from sightmill.methods.usual import Usual
from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.heads import FineMapHead, sized
from sightmill.nn.places import PlaceJudge, patch_features
from sightmill.nn.students import Student

__all__ = ["LEVELS", "WEIGHTS", "PreciseNetwork"]

#: The teacher's maps that the student tells and the head looks at: strides 4, 8 and 16.
LEVELS = (0, 1, 2)
#: The map whose places are judged, and the weights of all four in the distance.
GRID, WEIGHTS = 1, (0.0, 0.3, 1.0, 0.0)
#: Squared errors of the student beyond this, in variances of the feature, tell nothing more.
LARGEST_ERROR = 25.0


class PreciseNetwork(nn.Module):
    """Images ``(B, C, H, W)`` in [0, 1] -> ``evidence`` ``(B, K, H/2, W/2)`` of `kinds_of`, ``expected``
    ``(B, C, H/2, W/2)``, and ``usual`` ``(B, K, FACTS)``, the same for all images: `Usual.packed`, by which the
    evidence is added up where it is known how far each place lies from the image's border.

    * The *teacher* is a frozen backbone. *Judges* of its features, at the input's resolution and at a low one, say how
      far each place is from good ones, and how suspicious (`PlaceJudge`).
    * The *student* tells the teacher's features from a narrow code, and the image too: it learns what is ordinary,
      and is trained to tell the undamaged features of damaged images. Where it fails, something is strange.
      (Deng & Li, "Anomaly detection via reverse distillation" (2022); Zhang et al., "DeSTSeg" (2023), denoising.)
    * The *head* is a small convolutional network on the teacher's features and the student's errors, trained on
      synthetic defects and on real ones where there are any. (Zavrtanik et al., "DRAEM" (2021); Rolih et al.,
      "SuperSimpleNet" (2024).)

    Parameters
    ----------
    backbone : the teacher; it is frozen.
    channels : of the images, 1 or 3.
    whole : ``(width, height)`` of the input for a student that looks at the image as a whole; None for one that looks
        at fragments.
    low : resolution of the second judge, as a factor below 1; None for a single judge.
    """

    error_scale: Tensor
    usual: Tensor

    def __init__(
        self, *, backbone: FeatureExtractor, channels: int, whole: tuple[int, int] | None, low: float | None
    ) -> None:
        super().__init__()
        self.low = low
        self.channels = channels
        self.backbone = backbone
        for parameter in self.backbone.parameters():
            parameter.requires_grad_(False)
        widths = [self.backbone.widths[level] for level in LEVELS]
        for level, width in zip(LEVELS, widths, strict=True):
            self.register_buffer(f"mean{level}", torch.zeros(width, 1, 1))
            self.register_buffer(f"spread{level}", torch.ones(width, 1, 1))
        scales = 1 if low is None else 2
        self.kinds = kinds_of(scales)
        self.judges = nn.ModuleList(PlaceJudge(self.backbone.widths) for _ in range(scales))
        self.student = Student(widths, channels, whole)
        self.head = FineMapHead([backbone.stem_width, *(2 * width for width in widths)])
        self.register_buffer("error_scale", torch.ones(len(LEVELS)))  # of good images
        self.register_buffer("usual", torch.from_numpy(Usual.unknown(prior_of(scales)).packed()))

    @property
    def place_judges(self) -> list[PlaceJudge]:
        """One for each scale."""
        return [cast(PlaceJudge, judge) for judge in self.judges]

    def taught(self, images: Tensor) -> list[Tensor]:
        """The teacher's standardised maps at strides 4, 8 and 16."""
        _, maps = self.backbone.with_stem(images, levels=len(LEVELS))
        return self._standardised(maps)

    def features(self, images: Tensor) -> list[Tensor]:
        """Features of places ``(B, h, w, D)`` for each judge, at stride 8 of what it sees."""
        return [patch_features(self.backbone(seen), GRID) for seen in self._seen(images)]

    def _seen(self, images: Tensor) -> list[Tensor]:
        """What each judge sees: the images, and small ones."""
        if self.low is None:
            return [images]
        squares = int(1 / self.low + 0.01)
        small = avg_pool2d(images, squares) if squares > 1 else images
        height, width = (max(round(side * self.low / 32), 1) * 32 for side in images.shape[2:])
        return [images, sized(small, torch.Size((height, width)))]

    def _standardised(self, maps: list[Tensor]) -> list[Tensor]:
        return [
            (features - self._buffer("mean", level)) / self._buffer("spread", level)
            for level, features in zip(LEVELS, maps, strict=False)
        ]

    def evidence(self, images: Tensor, full: tuple[Tensor, list[Tensor]], told: list[Tensor]) -> Tensor:
        """All kinds of evidence ``(B, K, H/2, W/2)``, unweighed.

        Parameters
        ----------
        full : the teacher's stem and all four maps of the images.
        told : the student's maps.
        """
        stem, raw = full
        size, maps = stem.shape[2:], self._standardised(raw)
        found = []
        for index, (judge, seen) in enumerate(zip(self.judges, self._seen(images), strict=True)):
            features = patch_features(raw if index == 0 else self.backbone(seen), GRID)
            found.append(sized(judge(features).permute(0, 3, 1, 2), size))
        errors = [(mine - theirs).square().clamp(max=LARGEST_ERROR) for mine, theirs in zip(told, maps, strict=True)]
        student = torch.zeros((), device=stem.device)
        for scale, error in zip(self.error_scale, errors, strict=True):
            student = student + sized(error.mean(1, keepdim=True), size) / scale
        found.append((student / len(errors)).clamp(min=1e-12).sqrt())
        found.append(self.head([stem, *(torch.cat(both, 1) for both in zip(maps, errors, strict=True))]))
        return torch.cat(found, 1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            stem, raw = self.backbone.with_stem(images)
            maps = self._standardised(raw)
        told, picture = self.student(maps)
        # The head may read the student's errors but not change the student.
        evidence = self.evidence(images, (stem, raw), [part.detach() for part in told])
        answer = {"evidence": evidence, "expected": picture, "usual": self.usual.expand(images.shape[0], -1, -1)}
        for level, theirs, mine in zip(LEVELS, maps, told, strict=True):
            answer |= {f"_seen{level}": theirs, f"_told{level}": mine}
        return answer

    def standardise(self, means: list[Tensor], spreads: list[Tensor]) -> None:
        """Set what the teacher's channels usually are, for each level ``(C,)``."""
        for level, mean, spread in zip(LEVELS, means, spreads, strict=True):
            self._buffer("mean", level).copy_(mean.reshape(-1, 1, 1))
            self._buffer("spread", level).copy_(spread.reshape(-1, 1, 1))

    def _buffer(self, name: str, level: int) -> Tensor:
        tensor: Tensor = getattr(self, f"{name}{level}")
        return tensor
