"""The network of methods that judge whole images: pooled features, one linear layer, and maps that explain it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.familiarity import Familiarity

__all__ = ["PooledNetwork"]

#: Row and column of each quarter of an image.
QUARTERS = ((0, 0), (0, 1), (1, 0), (1, 1))


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
        #: Of each group of features: the level of its map, and which part of the image, in the order of `_pool`.
        self.parts = [(level, None) for level in range(len(widths))] + [
            (level, quarter) for level in range(1, len(widths)) for quarter in QUARTERS
        ]
        width = 2 * sum(widths[level] for level, _ in self.parts)
        # Pooled features are standardised with the training images' statistics (set by the learner), so that the
        # linear layer meets the same scale whatever the backbone. A scale of 0 leaves a feature out.
        self.register_buffer("feature_mean", torch.zeros(width))
        self.register_buffer("feature_scale", torch.ones(width))
        self.head = nn.Linear(width, classes)
        self.familiarity = Familiarity(self.common, groups) if groups else None

    def pooled(self, images: Tensor) -> Tensor:
        """The standardised features that the linear layer sees: ``(B, D)``."""
        return self._standardised(self._pool(self.backbone(images)[1:]))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        maps = self.backbone(images)[1:]
        features = self._standardised(self._pool(maps))  # (B, D)
        answers = {"logits": self.head(features), "activation": self._activation(maps)}
        if self.familiarity is not None:
            answers["distance"] = self.familiarity(features[:, : self.common].detach())
        return answers

    def _pool(self, maps: list[Tensor]) -> Tensor:
        shown = [_part(maps[level], quarter) for level, quarter in self.parts]
        pooled = [(features.mean((2, 3)), features.amax((2, 3))) for features in shown]
        return torch.cat([half for pair in pooled for half in pair], 1)  # (B, D)

    def _standardised(self, pooled: Tensor) -> Tensor:
        return (pooled - self.feature_mean) * self.feature_scale

    def _activation(self, maps: list[Tensor]) -> Tensor:
        weights = (self.head.weight * self.feature_scale).detach()  # (K, D)
        totals = [maps[0].new_zeros(())] * len(maps)
        start = 0
        for level, quarter in self.parts:
            whole = maps[level].detach()
            features = _part(whole, quarter)
            width, places = features.shape[1], features.shape[2] * features.shape[3]
            own = weights[:, start : start + 2 * width, None, None]
            for_mean, for_peak = own[:, :width], own[:, width:]
            peaks = features * (features >= features.amax((2, 3), keepdim=True)).to(features.dtype)
            terms = conv2d(features, for_mean) / places + conv2d(peaks, for_peak)  # (B, K, h, w)
            totals[level] = totals[level] + _put_back(terms, whole, quarter)
            start += 2 * width
        fine, middle, coarse = totals
        # Four places at stride 8 become one, one place at stride 32 becomes four.
        fine = 4 * avg_pool2d(fine, 2, ceil_mode=True, count_include_pad=False)
        return fine + middle + interpolate(coarse, maps[1].shape[2:], mode="bilinear") / 4


def _part(features: Tensor, quarter: tuple[int, int] | None) -> Tensor:
    """One of the quarters of maps ``(B, C, h, w)``, by its row and column; they share a middle line of odd sides."""
    if quarter is None:
        return features
    rows, columns = (
        slice(None, (side + 1) // 2) if first else slice(side // 2, None)
        for side, first in zip(features.shape[2:], (not index for index in quarter), strict=True)
    )
    return features[:, :, rows, columns]


def _put_back(terms: Tensor, whole: Tensor, quarter: tuple[int, int] | None) -> Tensor:
    """Terms of a quarter where they belong in the whole; 0 elsewhere."""
    if quarter is None:
        return terms
    down, right = (side - own for side, own in zip(whole.shape[2:], terms.shape[2:], strict=True))
    row, column = quarter
    return pad(terms, (right * column, right * (1 - column), down * row, down * (1 - row)))
