"""Batch normalisations folded into the convolutions before them: the same answers in less time."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = ["folded"]

N = TypeVar("N", bound=nn.Module)


def folded(network: N) -> N:
    """A copy in evaluation mode and float32, where the network is, with its batch normalisations folded."""
    network = copy.deepcopy(network).float().eval()
    for parent in network.modules():
        _fold_children(parent)
    return network


def _fold_children(parent: nn.Module) -> None:
    """Fold each ``X`` with its ``X_norm``, and each convolution followed by a normalisation in a sequence."""
    children = dict(parent.named_children())
    names = list(children)
    for name, child in children.items():
        follower = f"{name}_norm"
        if follower not in children and isinstance(parent, nn.Sequential):
            position = names.index(name)
            follower = names[position + 1] if position + 1 < len(names) else ""
        norm = children.get(follower)
        # A subclass may do more than its name says: normalise its weights, or answer through an activation.
        if type(child) is nn.Conv2d and type(norm) is nn.BatchNorm2d:
            setattr(parent, name, fuse_conv_bn_eval(child, norm))
            setattr(parent, follower, nn.Identity())
