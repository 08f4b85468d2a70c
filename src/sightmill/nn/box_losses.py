"""Overlaps of boxes that a gradient can follow, and the losses of detectors.

A box is ``cx, cy, width, height``; a turned box has two more numbers, the cosine and sine of its angle, or of twice
its angle where a half turn changes nothing. All functions take pairs ``(M, D)``.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

__all__ = ["box_overlap", "generalised_overlap", "quality_loss", "turned_overlap"]

EPSILON = 1e-7


def box_overlap(first: Tensor, second: Tensor) -> Tensor:
    """IoU ``(M,)`` of pairs of upright boxes."""
    common, joint, _ = _parts(first, second)
    return common / (joint + EPSILON)


def generalised_overlap(first: Tensor, second: Tensor) -> Tensor:
    """Generalised IoU ``(M,)`` in (-1, 1]: it falls with the distance of boxes that do not meet.

    Rezatofighi et al., "Generalized intersection over union" (2019), algorithm 1.
    """
    common, joint, around = _parts(first, second)
    return common / (joint + EPSILON) - (around - joint) / (around + EPSILON)


def turned_overlap(first: Tensor, second: Tensor, *, turns: int) -> Tensor:
    """How alike pairs of turned boxes ``(M, 6)`` are, in [0, 1]: ProbIoU, one minus the Hellinger distance.

    A box counts as the normal distribution with its centre and its second moments, so all is smooth, and the angle of
    a square does not matter. Llerena et al., "Gaussian bounding boxes and probabilistic intersection-over-union for
    object detection" (2021), equations 4 to 9.

    Parameters
    ----------
    turns : 2 where the last two numbers are of twice the angle, 1 where they are of the angle.
    """
    a1, b1, c1 = _moments(first, turns)
    a2, b2, c2 = _moments(second, turns)
    a, b, c = a1 + a2, b1 + b2, c1 + c2
    dx, dy = first[:, 0] - second[:, 0], first[:, 1] - second[:, 1]
    spread = a * b - c * c + EPSILON
    near = (a * dy * dy + b * dx * dx - 2 * c * dx * dy) / spread / 4
    own = ((a1 * b1 - c1 * c1).clamp(min=0) * (a2 * b2 - c2 * c2).clamp(min=0)).sqrt()
    shape = 0.5 * torch.log(spread / (4 * own + EPSILON) + EPSILON)
    distance = (near + shape).clamp(EPSILON, 100.0)
    return 1 - torch.sqrt(1 - torch.exp(-distance) + EPSILON)


def quality_loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Quality focal loss, summed: logits ``(B, A, C)`` shall say how far the answer overlaps the object.

    Li et al., "Generalized focal loss" (2020), equation 3 with beta 2. `weights` ``(B, A)``; 0 does not count.
    """
    entropy = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (entropy * (targets - torch.sigmoid(logits)).abs() ** 2 * weights[..., None]).sum()


def _parts(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Area in common, of the union, and of the smallest box around both."""
    low1, high1 = first[:, :2] - first[:, 2:4] / 2, first[:, :2] + first[:, 2:4] / 2
    low2, high2 = second[:, :2] - second[:, 2:4] / 2, second[:, :2] + second[:, 2:4] / 2
    common = (torch.minimum(high1, high2) - torch.maximum(low1, low2)).clamp(min=0).prod(1)
    around = (torch.maximum(high1, high2) - torch.minimum(low1, low2)).prod(1)
    joint = first[:, 2:4].prod(1) + second[:, 2:4].prod(1) - common
    return common, joint, around


def _moments(boxes: Tensor, turns: int) -> tuple[Tensor, Tensor, Tensor]:
    """Second moments xx, yy and xy of turned boxes."""
    wide, tall = boxes[:, 2] ** 2 / 12, boxes[:, 3] ** 2 / 12
    cosine, sine = boxes[:, 4], boxes[:, 5]
    if turns == 1:
        cosine, sine = cosine**2 - sine**2, 2 * cosine * sine
    # The network's pair need not lie on the circle yet.
    length = (cosine**2 + sine**2 + EPSILON).sqrt()
    mean, half = (wide + tall) / 2, (wide - tall) / 2
    return mean + half * cosine / length, mean - half * cosine / length, half * sine / length
