"""Losses for maps of rare things: where nearly every place is empty, plain averages learn to say "nothing"."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

__all__ = ["bag_loss", "dice_loss", "focal_loss"]


def focal_loss(logits: Tensor, targets: Tensor, weights: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Cross entropy that counts places the less the surer they are right, empty and full places alike in sum.

    Parameters
    ----------
    logits, targets, weights : ``(B, h, w)``; targets in [0, 1]; places of weight 0 do not count.
    gamma : 0 is plain cross entropy. (Lin et al., "Focal loss for dense object detection" (2017), equation 4.)

    Returns
    -------
    A scalar. The full places of a batch together weigh as much as the empty ones, once there are any.
    """
    entropy = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    chance = torch.sigmoid(logits)
    wrongness = (targets - chance).abs()
    hard = wrongness**gamma * entropy
    full, empty = targets * weights, (1 - targets) * weights
    return _mean(hard, empty) + _mean(hard, full)


def dice_loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """One minus the overlap of what is said and what is there, over the batch; 0 where nothing is there.

    (Milletari et al., "V-Net" (2016), with sums instead of squares.) Shapes as in `focal_loss`.
    """
    said = torch.sigmoid(logits) * weights
    there = targets * weights
    overlap = (2 * (said * there).sum() + 1) / (said.sum() + there.sum() + 1)
    return (1 - overlap) * (there.sum() > 0)


def bag_loss(logits: Tensor, bad: Tensor, weights: Tensor, *, share: float = 0.002) -> Tensor:
    """Cross entropy of whole images known as bad, of which nobody said where: the highest places answer for it.

    Parameters
    ----------
    logits, weights : ``(B, h, w)``.
    bad : ``(B,)`` 1 for an image that is bad somewhere; others do not count.
    share : of the places, the highest of which are averaged. (Multiple-instance learning; Ilse et al. (2018).)
    """
    flat = (logits - 1e4 * (weights <= 0)).flatten(1)
    count = max(int(share * flat.shape[1]), 1)
    highest = flat.topk(count, dim=1).values.mean(1)
    entropy = binary_cross_entropy_with_logits(highest, torch.ones_like(highest), reduction="none")
    return (entropy * bad).sum() / bad.sum().clamp(min=1)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1)
