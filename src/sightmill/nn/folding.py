"""Batch normalisations folded into the convolutions before them: the same answers in less time, or in better steps."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = ["absorb_statistics", "folded"]

N = TypeVar("N", bound=nn.Module)


def folded(network: N) -> N:
    """A copy in evaluation mode and float32, where the network is, with its batch normalisations folded."""
    network = copy.deepcopy(network).float().eval()
    for parent in network.modules():
        _fold_children(parent)
    return network


@torch.no_grad()
def absorb_statistics(network: nn.Module) -> None:
    """Move the scale of frozen batch normalisations (those in evaluation mode) into the convolutions before them that
    learn, in place, and what they subtract into their offsets: the network answers as before.

    Steps of the convolutions then count where they are taken, not times a factor that differs from channel to channel.
    """
    for parent in network.modules():
        for _, _, convolution, norm in _normalised(parent):
            if norm.training or not convolution.weight.requires_grad:
                continue
            both = fuse_conv_bn_eval(convolution, norm)
            assert both.bias is not None and norm.running_mean is not None and norm.running_var is not None
            convolution.weight.copy_(both.weight)
            if convolution.bias is not None:
                convolution.bias.zero_()
            norm.weight.fill_(1.0)
            norm.bias.copy_(both.bias)
            norm.running_mean.zero_()
            norm.running_var.fill_(1.0 - norm.eps)


def _fold_children(parent: nn.Module) -> None:
    """Fold each convolution with its normalisation."""
    for name, follower, convolution, norm in _normalised(parent):
        setattr(parent, name, fuse_conv_bn_eval(convolution, norm))
        setattr(parent, follower, nn.Identity())


def _normalised(parent: nn.Module) -> Iterator[tuple[str, str, nn.Conv2d, nn.BatchNorm2d]]:
    """Convolutions among the children and the normalisations that follow them, by name and as they are: each ``X`` with
    its ``X_norm``, and neighbours in a sequence.
    """
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
            yield name, follower, child, norm
