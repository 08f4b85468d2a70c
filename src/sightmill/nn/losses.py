"""Losses for maps of rare things: where nearly every place is empty, plain averages learn to say "nothing"."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

__all__ = ["asymmetric_loss", "bag_loss", "dice_loss", "focal_loss", "peak_loss"]


def asymmetric_loss(
    logits: Tensor, targets: Tensor, weights: Tensor, *, focus: float = 2.0, clip: float = 0.05
) -> Tensor:
    """Cross entropy of independent classes that forgets absent classes the surer they are seen as absent.

    Parameters
    ----------
    logits, targets : ``(B, K)``; targets are 1 for a class that is there, 0 for one that is not, and below 0 for one of
        which nothing is known.
    weights : ``(K, 2)`` of a class that is absent, and of one that is there.
    focus : 0 is plain cross entropy; the higher, the less do easy absent classes count.
    clip : an absent class below this chance does not count at all, once there is a focus.

    Returns
    -------
    A scalar: the mean over what is known. (Ridnik et al., "Asymmetric loss for multi-label classification" (2021),
    equations 5 to 7, with no focus on classes that are there.)
    """
    chance = torch.sigmoid(logits)
    there = (targets > 0).to(logits.dtype)
    known = (targets >= 0).to(logits.dtype)
    doubt = (chance - clip).clamp(min=0)
    absent = -torch.log((1 - doubt).clamp(min=1e-6)) * doubt**focus if focus else -logsigmoid(-logits)
    entropy = (1 - there) * absent - there * logsigmoid(logits)
    weighted = known * (there * weights[:, 1] + (1 - there) * weights[:, 0])
    return (entropy * weighted).sum() / known.sum().clamp(min=1)


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


def peak_loss(logits: Tensor, targets: Tensor, weights: Tensor, *, gamma: float = 2.0, mercy: float = 4.0) -> Tensor:
    """Focal cross entropy for maps with a peak at each object: places near a peak are wrong, but hardly so.

    Parameters
    ----------
    logits, targets : ``(B, K, h, w)``; targets are bells in [0, 1], and 1 at the peaks only.
    weights : broadcast to these; 0 does not count.
    gamma : how little places count that are right.
    mercy : how little places count that are near a peak.

    Returns
    -------
    A scalar: the sum over all places for each peak. (Zhou et al., "Objects as points" (2019), equation 1.)
    """
    chance = torch.sigmoid(logits)
    peak = (targets >= 1).to(logits.dtype)
    there = -((1 - chance) ** gamma) * logsigmoid(logits) * peak
    absent = -((1 - targets) ** mercy) * chance**gamma * logsigmoid(-logits) * (1 - peak)
    return ((there + absent) * weights).sum() / (peak * (weights > 0)).sum().clamp(min=1)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1)
