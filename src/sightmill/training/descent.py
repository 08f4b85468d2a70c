"""The descent: steps, validation of their average after each iteration, the best kept, a checkpoint each time.

Read it from top to bottom. All that a step depends on (order, augmentation, rates, dropout) is a function of the
seed and the step's number, or stands in the checkpoint; so an interrupted descent goes on as if nothing had happened.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sightmill.errors import TrainingError
from sightmill.imaging.augment import Policy
from sightmill.methods.contract import Method
from sightmill.methods.learner import Learner
from sightmill.methods.training import Augmentation, Descent
from sightmill.nn.folding import absorb_statistics
from sightmill.training.averaging import Average
from sightmill.training.checkpoint import Checkpoint, optimiser_tensors, restore_optimiser
from sightmill.training.events import Event, Kept, Sampled, Scored, Step
from sightmill.training.judging import in_short, judge
from sightmill.training.loading import Store, augmented_batches, plain_batches, repeats_of, steps_for
from sightmill.training.machine import Machine, StopRequest
from sightmill.training.schedule import hyper_parameters
from sightmill.training.stopping import Standing, planned_iterations, stopped_by

__all__ = ["Course", "descend"]

#: A step never moves further than a gradient of this norm would carry it.
LARGEST_GRADIENT = 5.0


@dataclass
class Course:
    """How a descent went so far: everything about it that is not a tensor."""

    iteration: int = -1
    step: int = 0
    best_iteration: int = 0
    best: tuple[float, float] = (-math.inf, -math.inf)
    best_value: float = 0.0
    seconds: float = 0.0
    stopped_by: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; infinities, which JSON lacks, only stand before anything was scored."""
        return {**vars(self), "best": None if math.isinf(self.best[0]) else list(self.best)}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Course:
        """Read what `to_dict` wrote."""
        best = tuple(given["best"]) if given["best"] else (-math.inf, -math.inf)
        return cls(**{**given, "best": best})


class Losses(nn.Module):
    """The network and its losses as one module, which is what several processes can share."""

    def __init__(self, learner: Learner) -> None:
        super().__init__()
        self.network = learner.network
        self.learner = learner

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        if mode:
            self.learner.freeze()
        return self

    def forward(self, images: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.learner.losses(self.network(images), targets)


def descend(
    method: Method[Any, Any],
    learner: Learner,
    training: Descent,
    labels: tuple[str, ...],
    store: Store,
    validation: Store,
    machine: Machine,
    *,
    course: Course,
    checkpoint: Checkpoint,
    identity: dict[str, Any],
    state: dict[str, Tensor] | None,
    stop: StopRequest,
) -> Iterator[Event]:
    """Train until a stopping condition is met; at the end the network holds the best weights.

    Parameters
    ----------
    validation : held-out samples, and the method's trials among them.
    course : filled in as it goes.
    identity : what a resumed training must have in common; stored with each checkpoint.
    state : tensors of a checkpoint to go on from; None starts.
    """
    network = learner.network
    metric = method.metrics()[0]
    inference = method.Inference()
    changes = training if isinstance(training, Augmentation) else Augmentation()
    policy = Policy.of(changes.changed(**learner.harmless_changes))
    batch_size, accumulate = training.batch_size, training.batch_size_multiplier
    shown = sum(repeats_of(store, learner))
    steps = training.steps_per_iteration or steps_for(shown, batch_size * accumulate)
    steps_per_epoch = shown / (batch_size * accumulate)
    planned = planned_iterations(training, steps, steps_per_epoch)
    shared: nn.Module = Losses(learner).train()
    absorb_statistics(network)
    optimiser = _optimiser(learner, training)
    average = Average(network)
    best_weights = average.tensors
    if state is not None:
        network.load_state_dict(_under("network.", state))
        average.tensors = {name: tensor.to(machine.torch_device) for name, tensor in _under("average.", state).items()}
        best_weights = _under("best.", state)
        restore_optimiser(optimiser, state)
        torch.set_rng_state(state["random"])
    if machine.world > 1:
        shared = DistributedDataParallel(shared)

    def keep_state() -> None:
        if machine.leads:
            checkpoint.write(
                {
                    **{f"network.{name}": tensor for name, tensor in network.state_dict().items()},
                    **{f"average.{name}": tensor for name, tensor in average.tensors.items()},
                    **{f"best.{name}": tensor for name, tensor in best_weights.items()},
                    **optimiser_tensors(optimiser),
                    "random": torch.get_rng_state(),
                },
                {**identity, "course": course.to_dict()},
            )

    def score(training_loss: float | None) -> Iterator[Event]:
        """Validate, keep the weights if they are the best, and say so."""
        nonlocal best_weights
        with average.standing_in(network):
            with torch.no_grad():
                network.eval()
                learner.weigh(lambda: plain_batches(validation, learner, batch_size, machine.torch_device))
            metrics, validation_loss, answers = judge(
                method, learner, validation, machine, labels, inference, batch_size
            )
        value = metrics.get(metric.name, 0.0)
        # Few validation images give few different accuracies: the loss decides between equals.
        rank = (value if metric.better == "higher" else -value, -validation_loss)
        better = bool(machine.agreed([float(rank > course.best)])[0])
        epoch = course.step / steps_per_epoch
        course.history.append(
            {
                "iteration": course.iteration,
                "epoch": epoch,
                "training_loss": training_loss,
                "validation_loss": validation_loss,
                **metrics,
            }
        )
        if better:
            course.best, course.best_iteration, course.best_value = rank, course.iteration, value
            best_weights = {name: tensor.clone() for name, tensor in average.tensors.items()}
        yield Scored(course.iteration, epoch, metrics, training_loss, validation_loss, better)
        yield Sampled(course.iteration, in_short(method, answers))
        if better:
            yield Kept(course.iteration, metric.name, value)

    def ending() -> str:
        """Why the descent ends here, or nothing."""
        standing = Standing(
            course.iteration,
            course.step / steps_per_epoch,
            course.iteration - course.best_iteration,
            course.seconds,
            course.best_value,
        )
        return stopped_by(training, metric, standing) or ""

    def whole() -> int:
        """Steps of the whole training as the last iterations went: time may end it sooner than their number."""
        counted = planned * steps
        if not training.minutes or not course.step:
            return counted
        in_time = math.ceil(course.step * 60 * training.minutes / course.seconds)
        return min(counted, in_time) if counted else in_time

    started = time.monotonic() - course.seconds
    if course.iteration < 0:
        course.iteration = 0
        yield from score(None)
        course.stopped_by = ending()
        course.seconds = time.monotonic() - started
        keep_state()

    batches = augmented_batches(
        store,
        learner,
        policy,
        batch_size,
        machine.torch_device,
        seed=training.seed,
        first=course.step * batch_size * accumulate,
        share=(machine.rank, machine.world),
    )
    try:
        while not course.stopped_by:
            total, since, expected = 0.0, time.monotonic(), whole()
            for position in range(1, steps + 1):
                rates = hyper_parameters(training, course.step, expected, course.step / steps_per_epoch)
                _set_rates(optimiser, training, rates)
                shared.train()
                optimiser.zero_grad(set_to_none=True)
                named: dict[str, float] = {}
                for _ in range(accumulate):
                    batch = next(batches)
                    with machine.autocast():
                        losses = shared(batch.images, batch.targets)
                    loss = torch.stack(list(losses.values())).sum() / accumulate
                    torch.autograd.backward(loss)
                    for name, part in losses.items():
                        named[name] = named.get(name, 0.0) + float(part.detach()) / accumulate
                length = nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
                if not math.isfinite(float(length)):
                    if not course.iteration:
                        raise _diverged(rates["learning_rate"])
                    course.stopped_by = "divergence"
                    break
                optimiser.step()
                course.step += 1
                average.follow(network, course.step)
                total += sum(named.values())
                elapsed = time.monotonic() - started
                pace = (time.monotonic() - since) / position
                left = pace * (planned * steps - course.step) if planned else None
                if training.minutes:
                    clock = max(60 * training.minutes - elapsed, 0.0)
                    left = clock if left is None else min(left, clock)
                yield Step(course.iteration + 1, position, steps, named, rates["learning_rate"], left)
                if machine.agreed([float(bool(stop))])[0]:
                    course.stopped_by = "manual stop"
                    break
            if course.stopped_by == "divergence":
                break
            course.iteration += 1
            yield from score(total / position)
            course.seconds = time.monotonic() - started
            because = course.stopped_by or ending()
            if machine.agreed([float(bool(because))])[0]:
                course.stopped_by = because or "stopped by the leading process"
            keep_state()
    finally:
        batches.close()
        network.load_state_dict(best_weights)


def _optimiser(learner: Learner, training: Descent) -> torch.optim.Optimizer:
    groups = learner.parameter_groups()
    if training.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=training.learning_rate, momentum=training.momentum)
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(training.momentum, 0.999))


def _set_rates(optimiser: torch.optim.Optimizer, training: Descent, rates: dict[str, float]) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rates["learning_rate"] * group.get("lr_scale", 1.0)
        group["weight_decay"] = rates["weight_prior"] * (0.0 if group.get("undecayed") else 1.0)
        if training.optimiser == "sgd":
            group["momentum"] = rates["momentum"]
        else:
            group["betas"] = (rates["momentum"], group["betas"][1])


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _diverged(rate: float) -> TrainingError:
    return TrainingError(
        "the training diverged in its first iteration: a gradient is not finite any more",
        got=f"learning rate {rate:g}",
        remedy="lower learning_rate (a tenth is a good try), then train again",
    )
