"""How good a network is on samples: through the method's own decode, as everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.report import Pair
from sightmill.methods.contract import Method
from sightmill.methods.learner import Learner
from sightmill.methods.settings import Settings
from sightmill.training.loading import Store, plain_batches
from sightmill.training.machine import Machine

__all__ = ["judge", "raw_answers"]


@torch.no_grad()
def raw_answers(
    learner: Learner, store: Store, machine: Machine, batch_size: int
) -> Iterator[tuple[Sample, Any, dict[str, np.ndarray], float]]:
    """``(sample, frame, raw outputs, loss)`` per sample, in order; float32, without augmentation.

    The loss is the mean over the batch that the sample's last tile was in; 0 where there is nothing to descend.
    """
    network = learner.network.eval()
    groups = store.by_sample
    rows: dict[str, list[np.ndarray]] = {}
    owner = 0
    batches = plain_batches(store, learner, batch_size, machine.torch_device)
    for batch in batches:
        raw = network(batch.images)
        losses = learner.losses(raw, batch.targets)
        loss = float(torch.stack(list(losses.values())).sum()) if losses else 0.0
        arrays = {name: tensor.float().cpu().numpy() for name, tensor in raw.items() if name[0] != "_"}
        for index in range(len(batch.owners)):
            for name, array in arrays.items():
                rows.setdefault(name, []).append(array[index])
            if len(next(iter(rows.values()))) == len(groups[owner]):
                yield (
                    store.samples[owner],
                    groups[owner][0].frame,
                    {name: np.stack(part) for name, part in rows.items()},
                    loss,
                )
                rows, owner = {}, owner + 1


def judge(
    method: Method[Any, Any],
    learner: Learner,
    store: Store,
    machine: Machine,
    labels: tuple[str, ...],
    inference: Settings,
    batch_size: int,
) -> tuple[dict[str, float], float]:
    """The method's metrics on the store's samples, and the mean loss."""
    pairs: list[Pair] = []
    losses: list[float] = []
    for sample, frame, raw, loss in raw_answers(learner, store, machine, batch_size):
        result: Result = method.decode(raw, frame, labels, inference)
        pairs.append(Pair(sample, result))
        losses.append(loss)
    estimates = method.measure(pairs, labels, intervals=False)
    metrics = {name: float(estimate.value) for name, estimate in estimates.items()}
    return metrics, float(np.mean(losses)) if losses else 0.0
