"""How good a network is on samples: through the method's own decode, as everywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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

__all__ = ["in_short", "judge", "raw_answers"]

#: So many images are shown while a training goes on; a region with longer JSON than this is left out there.
_SHOWN, _LONGEST = 8, 20_000


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
) -> tuple[dict[str, float], float, list[Pair]]:
    """The method's metrics on the store's samples, the mean loss, and the answers themselves."""
    pairs: list[Pair] = []
    losses: list[float] = []
    for sample, frame, raw, loss in raw_answers(learner, store, machine, batch_size):
        result: Result = method.decode(raw, frame, labels, inference)
        pairs.append(Pair(sample, result))
        losses.append(loss)
    estimates = method.measure(pairs, labels, intervals=False)
    metrics = {name: float(estimate.value) for name, estimate in estimates.items()}
    return metrics, float(np.mean(losses)) if losses else 0.0, pairs


def in_short(method: Method[Any, Any], pairs: Sequence[Pair]) -> tuple[dict[str, Any], ...]:
    """The answers for a few of the samples, spread over all of them, as plain data (`events.Sampled`)."""
    some = [pairs[round(place)] for place in np.linspace(0, len(pairs) - 1, min(_SHOWN, len(pairs)))]
    return tuple(
        {
            "name": pair.sample.name,
            "truth": method.truth(pair.sample),
            "answer": method.answer(pair.result),
            "score": pair.result.score,
            "wrong": method.badness(pair) > 0.5,
            "annotations": [
                said
                for said in (item.to_dict() for item in pair.result.annotations)
                if len(json.dumps(said)) < _LONGEST
            ],
        }
        for pair in some
    )
