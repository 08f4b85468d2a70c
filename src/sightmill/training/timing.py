"""How long a network takes for one image on this machine, before it is trained."""

from __future__ import annotations

import time
from typing import Any

import torch

from sightmill.imaging.view import View
from sightmill.methods.contract import Method
from sightmill.methods.training import Training
from sightmill.nn.folding import folded

__all__ = ["time_network"]

#: Runs that are measured after one that warms up. The fastest counts: what else the machine does is not the network's.
RUNS = 4


def time_network(
    method: Method[Any, Any], training: Training, labels: tuple[str, ...], view: View, size: tuple[int, int]
) -> float:
    """Milliseconds for an image of this ``(width, height)``: all of its tiles, one after the other, on the processor.

    An untrained network is as fast as a trained one. It runs in PyTorch here, with its normalisations folded as in the
    exported graph; the runtime of the finished model is about as fast, often faster. Reading and decoding come on top.
    """
    tiles = len(view.frame(size).tiles)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        learner = method.learner(training.changed(device="cpu"), labels, view)
        network = folded(learner.network)
        image = torch.rand(1, view.channels, view.height, view.width).to(memory_format=torch.channels_last)
        spent = []
        for _ in range(RUNS + 1):
            began = time.perf_counter()
            network(image)
            spent.append(time.perf_counter() - began)
    return 1000 * tiles * min(spent[1:])
