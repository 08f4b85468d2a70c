"""The network of methods that judge whole images: pooled features, one linear layer, and maps that explain it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.familiarity import Familiarity

__all__ = ["PooledNetwork"]


class PooledNetwork(nn.Module):
    """Images ``(B, C, H, W)`` -> ``logits`` ``(B, K)``, ``activation`` ``(B, K, H / 16, W / 16)``, ``distance`` (B,).

    Mean and maximum of every channel at strides 8, 16 and 32 go through one linear layer. Because that layer is
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
        self.scales = self.backbone.widths[1:]
        width = 2 * sum(self.scales)
        # Pooled features are standardised with the training images' statistics (set by the learner), so that the
        # linear layer meets the same scale whatever the backbone.
        self.register_buffer("feature_mean", torch.zeros(width))
        self.register_buffer("feature_scale", torch.ones(width))
        self.head = nn.Linear(width, classes)
        self.familiarity = Familiarity(width, groups) if groups else None

    def pooled(self, images: Tensor) -> Tensor:
        """The standardised features that the linear layer sees: ``(B, D)``."""
        return self._standardised(self._pool(self.backbone(images)[1:]))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        maps = self.backbone(images)[1:]
        features = self._standardised(self._pool(maps))  # (B, D)
        answers = {"logits": self.head(features), "activation": self._activation(maps)}
        if self.familiarity is not None:
            answers["distance"] = self.familiarity(features.detach())
        return answers

    def _pool(self, maps: list[Tensor]) -> Tensor:
        means = [features.mean((2, 3)) for features in maps]
        peaks = [features.amax((2, 3)) for features in maps]
        return torch.cat(means + peaks, 1)  # (B, D)

    def _standardised(self, pooled: Tensor) -> Tensor:
        return (pooled - self.feature_mean) * self.feature_scale

    def _activation(self, maps: list[Tensor]) -> Tensor:
        weights = (self.head.weight * self.feature_scale).detach()  # (K, D)
        half = sum(self.scales)
        grid = maps[1].shape[2:]
        total = weights.new_zeros(())
        start = 0
        for level, (features, width) in enumerate(zip(maps, self.scales, strict=True)):
            features = features.detach()
            for_mean = weights[:, start : start + width, None, None]
            for_peak = weights[:, half + start : half + start + width, None, None]
            peaks = features * (features >= features.amax((2, 3), keepdim=True)).to(features.dtype)
            places = features.shape[2] * features.shape[3]
            terms = conv2d(features, for_mean) / places + conv2d(peaks, for_peak)  # (B, K, h, w)
            if level == 0:  # stride 8: four places become one
                terms = 4 * avg_pool2d(terms, 2, ceil_mode=True, count_include_pad=False)
            elif level == 2:  # stride 32: one place becomes four
                terms = interpolate(terms, grid, mode="bilinear") / 4
            total = total + terms
            start += width
        return total
