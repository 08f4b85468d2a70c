"""Networks that answer for every pixel: a backbone, a fine decoder, and probabilities at the image's own size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.decoders import FineDecoder, FullMaps

__all__ = ["MapNetwork"]


class MapNetwork(nn.Module):
    """Images ``(B, C, H, W)``, sides multiples of 32 -> probabilities ``(B, K, H, W)``.

    ``_logits`` are for the losses: ``(B, K + 1, H, W)`` with the background first where maps exclude one another, else
    ``(B, K, H, W)``.

    Parameters
    ----------
    backbone : features; any input size.
    channels : 1 or 3.
    maps : K.
    exclusive : whether a pixel belongs to one map at most: what is missing to 1 is background. Else the maps do not
        know of one another.
    answer : what the output is called.
    """

    def __init__(self, *, backbone: FeatureExtractor, channels: int, maps: int, exclusive: bool, answer: str) -> None:
        super().__init__()
        self.exclusive = exclusive
        self.answer = answer
        self.backbone = backbone
        self.decoder = FineDecoder(backbone, channels=channels)
        self.maps = FullMaps(self.decoder.width, maps + exclusive)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        stem, features = self.backbone.with_stem(images)
        logits = self.maps(self.decoder(images, stem, features))
        chances = _shares(logits)[:, 1:] if self.exclusive else torch.sigmoid(logits)
        return {self.answer: chances, "_logits": logits}


def _shares(logits: Tensor) -> Tensor:
    """The softmax ``(B, K, H, W)`` over the maps, written out.

    ONNX Runtime turns the whole array round and back for an axis that is not the last one: a quarter of its time.
    """
    raised = torch.exp(logits - logits.amax(1, keepdim=True).detach())
    return raised / raised.sum(1, keepdim=True)
