"""The network of methods that judge whole images: pooled features, one linear layer, and maps that explain it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.familiarity import Familiarity

__all__ = ["PooledNetwork"]

#: Parts of an image beside the whole.
QUARTERS = 4


class PooledNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> ``logits`` ``(B, K)``, ``activation`` ``(B, K, H / 16, W / 16)``, ``distance`` (B,).

    Mean and maximum of every channel go through one linear layer: over the whole image at strides 8, 16 and 32, and
    over each of its quarters at strides 16 and 32, for classes that tell where something is. Because that layer is
    linear, each class's logit is a sum over places: `activation` is that sum's terms, put on one grid. It
    needs no backward pass, so the runtime has it. (Zhou et al., "Learning deep features for discriminative
    localization" (2016), equation 2, extended to maxima: a maximum belongs to the place it was found at.)

    Parameters
    ----------
    backbone : what gives the features.
    classes : K.
    groups : of training images that `distance` is measured to (`sightmill.nn.familiarity`); 0 leaves it out.
    """

    feature_mean: Tensor
    feature_scale: Tensor

    def __init__(self, *, backbone: FeatureExtractor, classes: int, groups: int = 0) -> None:
        super().__init__()
        self.backbone = backbone
        widths = backbone.widths[1:]
        self.common = 2 * sum(widths)
        #: Of the maps at strides 8, 16 and 32: their channels, and of how many parts of the image features are told.
        self.levels = tuple((width, 1 if level == 0 else 1 + QUARTERS) for level, width in enumerate(widths))
        width = 2 * sum(own * parts for own, parts in self.levels)
        # Pooled features are standardised with the training images' statistics (set by the learner), so that the
        # linear layer meets the same scale whatever the backbone. A scale of 0 leaves a feature out.
        self.register_buffer("feature_mean", torch.zeros(width))
        self.register_buffer("feature_scale", torch.ones(width))
        self.head = nn.Linear(width, classes)
        self.familiarity = Familiarity(self.common, groups) if groups else None

    def pooled(self, images: Tensor) -> Tensor:
        """The standardised features that the linear layer sees: ``(B, D)``."""
        return self._standardised(self._joined([self._pool(level, maps) for level, maps in self._maps(images)]))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        maps = self._maps(images)
        pooled = [self._pool(level, features) for level, features in maps]
        features = self._standardised(self._joined(pooled))  # (B, D)
        activation = self._activation([features for _, features in maps], [highest for _, highest in pooled])
        answers = {"logits": self.head(features), "activation": activation}
        if self.familiarity is not None:
            answers["distance"] = self.familiarity(features[:, : self.common].detach())
        return answers

    def _maps(self, images: Tensor) -> list[tuple[int, Tensor]]:
        return list(enumerate(self.backbone(images)[1:]))

    def _pool(self, level: int, features: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and maximum ``(B, P, C)`` of maps ``(B, C, h, w)`` over each part."""
        parts = _parts(features, self.levels[level][1])[:, None]  # (P, 1, h, w)
        seen = features[:, None]
        means = (seen * parts).sum((3, 4)) / parts.sum((2, 3))
        return means, torch.where(parts > 0, seen, seen.new_full((), -torch.inf)).amax((3, 4))

    def _joined(self, pooled: list[tuple[Tensor, Tensor]]) -> Tensor:
        """One row of features ``(B, D)``: those of the whole image at all levels come first, then those of quarters."""
        whole = [half[:, 0] for pair in pooled for half in pair]
        quarters = [half[:, 1:].flatten(1) for pair in pooled[1:] for half in pair]
        return torch.cat([*whole, *quarters], 1)

    def _standardised(self, pooled: Tensor) -> Tensor:
        return (pooled - self.feature_mean) * self.feature_scale

    def _activation(self, maps: list[Tensor], peaks: list[Tensor]) -> Tensor:
        weights = (self.head.weight * self.feature_scale).detach()  # (K, D)
        whole, quarter = 0, self.common
        totals = []
        for (width, parts), features, highest in zip(self.levels, maps, peaks, strict=True):
            own = [weights[:, whole : whole + width], weights[:, whole + width : whole + 2 * width]]
            rest = (parts - 1) * width
            if rest:
                further = weights[:, quarter : quarter + rest], weights[:, quarter + rest : quarter + 2 * rest]
                own = [torch.cat(pair, 1) for pair in zip(own, further, strict=True)]
            whole, quarter = whole + 2 * width, quarter + 2 * rest
            inside = _parts(features, parts)[:, None]  # (P, 1, h, w)
            seen = features.detach()[:, None] * inside
            found = seen * (seen >= highest.detach()[..., None, None]).to(seen.dtype)
            terms = torch.cat([(seen / inside.sum((2, 3), keepdim=True)).flatten(1, 2), found.flatten(1, 2)], 1)
            totals.append(conv2d(terms, torch.cat(own, 1)[:, :, None, None]))  # (B, K, h, w)
        fine, middle, coarse = totals
        # Four places at stride 8 become one, one place at stride 32 becomes four.
        fine = 4 * avg_pool2d(fine, 2, ceil_mode=True, count_include_pad=False)
        return fine + middle + interpolate(coarse, maps[1].shape[2:], mode="bilinear") / 4


def _parts(features: Tensor, count: int) -> Tensor:
    """Which places of maps ``(B, C, h, w)`` belong to the whole, and to each quarter if there are five parts.

    ``(P, h, w)``, 0 or 1. Quarters share the middle line of odd sides.
    """
    height, width = features.shape[2:]
    whole = torch.ones((1, height, width), dtype=features.dtype, device=features.device)
    if count == 1:
        return whole
    halves = []
    for side in (height, width):
        lines = torch.arange(side, device=features.device)
        halves.append(torch.stack([lines < (side + 1) // 2, lines >= side // 2]).to(features.dtype))
    quarters = halves[0][:, None, :, None] * halves[1][None, :, None, :]  # (2, 2, h, w)
    return torch.cat([whole, quarters.flatten(0, 1)])
