"""Losses for maps at full size whose classes cover very different shares of the pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

__all__ = ["NOWHERE", "class_weights", "exclusive_entropy", "independent_entropy", "likeness_loss", "overlap_loss"]

#: Class index of pixels that do not count.
NOWHERE = 255


def class_weights(pixels: Tensor, *, balance: float, most: float) -> Tensor:
    """Weights ``(K,)`` of classes by how many pixels ``(K,)`` each covers; the commonest has 1.

    Parameters
    ----------
    balance : exponent of the inverse frequency: 0 counts every pixel alike, 1 every class alike.
    most : no weight is larger, or a class of three pixels would drown all others.
    """
    commonest = pixels.max().clamp(min=1)
    return (commonest / pixels.clamp(min=1)).pow(balance).clamp(max=most).float()


def exclusive_entropy(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Mean cross entropy of pixels that belong to one class each.

    Parameters
    ----------
    logits : ``(B, K, H, W)``.
    classes : ``(B, H, W)`` int64, `NOWHERE` for pixels that do not count.
    weights : of the classes ``(K,)``.
    """
    entropy = cross_entropy(logits, classes, weight=weights, ignore_index=NOWHERE, reduction="sum")
    counted = torch.cat([weights, weights.new_zeros(NOWHERE + 1 - len(weights))])[classes].sum()
    return entropy / counted.clamp(min=1)


def independent_entropy(logits: Tensor, there: Tensor, valid: Tensor, weights: Tensor) -> Tensor:
    """Mean cross entropy of maps that do not exclude one another.

    Parameters
    ----------
    logits, there : ``(B, K, H, W)``; `there` in [0, 1].
    valid : ``(B, 1, H, W)``, 0 for pixels that do not count.
    weights : of a class where it is there ``(K,)``; elsewhere it counts 1.
    """
    entropy = binary_cross_entropy_with_logits(logits, there, reduction="none")
    counted = (1 + (weights[:, None, None] - 1) * there) * valid
    return (entropy * counted).sum() / counted.sum().clamp(min=1)


def overlap_loss(said: Tensor, there: Tensor, valid: Tensor) -> Tensor:
    """One minus the overlap (Dice) of what is said and what is there, for each class over the batch, averaged.

    Classes of which nothing is there do not count. (Milletari et al., "V-Net" (2016), with sums instead of squares.)

    Parameters
    ----------
    said, there : ``(B, K, H, W)`` in [0, 1].
    valid : ``(B, 1, H, W)``.
    """
    said, there = said * valid, there * valid
    sums = (0, 2, 3)
    asked = there.sum(sums)
    overlap = (2 * (said * there).sum(sums) + 1) / (said.sum(sums) + asked + 1)
    present = (asked > 0).to(said.dtype)
    return ((1 - overlap) * present).sum() / present.sum().clamp(min=1)


def likeness_loss(said: Tensor, there: Tensor, valid: Tensor) -> Tensor:
    """One minus the likeness of what is said and what is there, over the batch; 0 only where the two are the same.

    Unlike `overlap_loss` it does not drive soft truths (the bell of an edge) to 0 and 1. (Milletari et al., "V-Net"
    (2016), with its squares; Deng et al., "Learning to predict crisp boundaries" (2018).) Shapes as in `overlap_loss`.
    """
    both = (said * there * valid).sum()
    squares = ((said.square() + there.square()) * valid).sum()
    return 1 - (2 * both + 1) / (squares + 1)
