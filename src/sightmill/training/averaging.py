"""The running average of a network's weights, which answers more steadily than the weights of any one step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["Average"]

#: The average remembers about a tenth of the steps so far, and never more than so many.
LONGEST_MEMORY = 500


class Average:
    """An exponential average of all that a network has learnt (Polyak & Juditsky, "Acceleration of stochastic
    approximation by averaging" (1992); Tarvainen & Valpola, "Mean teachers" (2017), for the short memory at first).

    Parameters
    ----------
    network : whose weights and statistics it starts with.
    """

    def __init__(self, network: nn.Module) -> None:
        self.tensors = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}

    @torch.no_grad()
    def follow(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step, counted from 1."""
        share = max(9 / (step + 9), 1 / LONGEST_MEMORY)
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                self.tensors[name].lerp_(tensor, share)
            else:
                self.tensors[name].copy_(tensor)

    @contextmanager
    def standing_in(self, network: nn.Module) -> Iterator[None]:
        """Inside, the network has the average; what it learns of itself there the average keeps. Then its own again."""
        own = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        network.load_state_dict(self.tensors)
        try:
            yield
            self.tensors = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        finally:
            network.load_state_dict(own)
