"""Training from samples to a model file, as a generator of events.

    for event in train(method, dataset, settings, output="model.sightmill"):
        print(event)

Read it from top to bottom: decide, read the images, prepare, descend, settle, finish. There are no hooks: whoever
wants to know something reads the events; whoever wants to stop it closes the generator or sets a `StopRequest`.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from sightmill.bundle import Bundle
from sightmill.data.dataset import Dataset
from sightmill.data.findings import refuse_errors
from sightmill.data.sample import Sample
from sightmill.data.split import take_validation
from sightmill.errors import BundleError, TrainingError
from sightmill.imaging.augment import Policy
from sightmill.imaging.view import View
from sightmill.methods.contract import Method
from sightmill.methods.learner import Batch, Learner
from sightmill.methods.training import Augmentation, Descent, Training
from sightmill.methods.unlikely_changes import unlikely_changes
from sightmill.training.checkpoint import Checkpoint, beside
from sightmill.training.descent import Course, descend
from sightmill.training.events import Event, Finished, Progress, Started
from sightmill.training.finish import Lineage, finish
from sightmill.training.loading import MIB, Store, passes, steps_for, store_bytes
from sightmill.training.machine import Machine, StopRequest, as_channels_last
from sightmill.training.stopping import planned_iterations

__all__ = ["StopRequest", "train"]

#: Randomly changed copies of each image that a method without a descent sees, when augmentation is on.
AUGMENTED_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is decided before the first image is read."""

    method: Method[Any, Any]
    training: Training
    labels: tuple[str, ...]
    view: View
    machine: Machine
    trained: list[Sample]
    validated: list[Sample]
    notes: list[str]
    data_hash: str

    @property
    def identity(self) -> dict[str, Any]:
        """What a resumed training must have in common with the interrupted one."""
        settings = self.training.model_dump(mode="json")
        return {
            "method": self.method.id,
            "settings": settings,
            "labels": list(self.labels),
            "data_hash": self.data_hash,
            "machine": self.machine.to_dict(),
        }


def train(
    method: Method[Any, Any],
    dataset: Dataset,
    settings: Training | None = None,
    *,
    output: str | Path,
    resume: bool = False,
    start_from: str | Path | None = None,
    stop: StopRequest | None = None,
) -> Generator[Event, None, None]:
    """Train a model and write it to `output`.

    Parameters
    ----------
    method : from `sightmill.method`.
    dataset : its ``train`` split is learnt (all samples when none has a split); ``validation`` decides which
        iteration is kept and sets thresholds, and is taken from training when there is none; ``test`` is not touched.
    settings : ``method.Training(...)``; its defaults when None.
    output : the model file, ``*.sightmill``. The checkpoint is kept beside it until the training is finished.
    resume : go on from that checkpoint; start when there is none. The weights are bit for bit those of a training
        that was never interrupted.
    start_from : an earlier model of the same method whose weights are the start.
    stop : set it from elsewhere to stop after the current step; the best model is kept.

    Yields
    ------
    `Started`, `Progress`, `Step`, `Scored`, `Kept`, and at last `Finished`.

    Raises
    ------
    DataError, SettingsError, DeviceError, TrainingError, ParityError : one sentence each; a checkpoint stays.
    """
    output = Path(output)
    if not output.parent.is_dir():
        raise TrainingError(
            "the folder for the model does not exist", where=output.parent, remedy="create it, then train again"
        )
    checkpoint = Checkpoint(beside(output))
    state, facts = checkpoint.read() if resume and checkpoint.exists() else (None, None)
    plan = _plan(method, dataset, settings or method.Training(), facts)
    if facts is not None:
        _refuse_other(plan, facts, checkpoint.path)
    course = Course.from_dict(facts["course"]) if facts else Course()
    began = time.monotonic() - course.seconds

    request = StopRequest() if stop is None else stop
    with plan.machine.at_work():
        torch.manual_seed(plan.training.seed)
        learner = method.learner(plan.training, plan.labels, plan.view)
        ancestor = _inherit(learner, plan, start_from)
        learner.network.to(plan.machine.torch_device)
        as_channels_last(learner.network)
        budget = plan.training.memory_budget * MIB // 2
        store, validation = (
            Store(samples, plan.view, budget=budget, scratch=output.parent)
            for samples in (plan.trained, plan.validated)
        )
        judged = validation
        if isinstance(plan.training, Descent) and learner.descends:
            trials = method.trials(plan.validated, plan.training, plan.view)
            if trials:
                judged = Store([*plan.validated, *trials], plan.view, budget=budget, scratch=output.parent)

        def finished() -> Finished:
            """Settle, export, calibrate, prove, write."""
            with torch.no_grad():
                learner.settle(lambda: _passes(plan, learner, store, request, augmented=True))
            lineage = Lineage(
                data_hash=plan.data_hash,
                trained=tuple(sample.name for sample in plan.trained),
                validated=tuple(sample.name for sample in plan.validated),
                ancestor=ancestor,
                history=tuple(course.history),
                best_iteration=course.best_iteration,
                stopped_by=course.stopped_by or "completion",
                seconds=time.monotonic() - began,
            )
            metrics, notes = finish(
                method, learner, plan.training, plan.labels, plan.view, plan.machine, validation, output, lineage
            )
            checkpoint.remove()
            seconds = time.monotonic() - began
            return Finished(str(output), metrics, lineage.stopped_by, seconds, (*learner.notes, *notes))

        try:
            yield Started(
                method=method.id,
                images={"train": len(plan.trained), "validation": len(plan.validated)},
                labels=plan.labels,
                settings=plan.training.model_dump(mode="json"),
                device=plan.machine.device,
                precision=plan.machine.precision,
                threads=plan.machine.threads,
                memory_bytes=learner.gathered_bytes
                + sum(store_bytes(part.samples, plan.view) for part in (store, validation) if part.in_memory),
                seconds_estimate=_estimate(plan, learner, store),
                resumed_from=course.iteration if facts else None,
                notes=tuple(plan.notes),
            )
            parts = [store, validation] if judged is validation else [store, validation, judged]
            total = sum(len(part.samples) for part in parts)
            reading = chain.from_iterable(part.fill(plan.machine.threads) for part in parts)
            for done, _ in enumerate(reading, start=1):
                _refuse_stopped(request)
                yield Progress("reading", done, total)
            yield Progress("preparing", 0, 1)
            learner.prepare(lambda: _passes(plan, learner, store, request, augmented=False))
            if isinstance(plan.training, Descent) and learner.descends:
                try:
                    yield from descend(
                        method,
                        learner,
                        plan.training,
                        plan.labels,
                        store,
                        judged,
                        plan.machine,
                        course=course,
                        checkpoint=checkpoint,
                        identity=plan.identity,
                        state=state,
                        stop=request,
                    )
                except GeneratorExit:
                    if plan.machine.leads and course.history:
                        course.stopped_by = "closing"
                        finished()
                    raise
            if plan.machine.leads:
                yield Progress("exporting", 0, 1)
                yield finished()
        finally:
            store.close()
            validation.close()
            judged.close()


def _plan(method: Method[Any, Any], dataset: Dataset, settings: Training, facts: dict[str, Any] | None) -> Plan:
    """Decide on samples, classes, sizes and machine; raises what keeps the training from starting."""
    samples = list(dataset)
    notes = list(dataset.notes)
    if samples and all(sample.split is None for sample in samples):
        samples = [sample.with_split("train") for sample in samples]
        notes.append("The data has no splits: all images are used for training.")
    trained = method.prepared(samples, "train", settings)
    validated = method.prepared(samples, "validation", settings)
    findings = method.check(trained, settings)
    refuse_errors(findings)
    findings = [*findings, *unlikely_changes(trained, settings)]
    notes += [f"{finding.what}: {finding.remedy}." for finding in findings]
    if not {sample.label for sample in validated} & {sample.label for sample in trained}:
        trained, taken = take_validation(
            trained, settings.validation_percent, settings.seed, group=settings.group or None
        )
        validated = [*validated, *taken]
        notes.append(f"{len(taken)} of the training images were set aside for validation.")
    if not trained or not validated:
        raise TrainingError(
            "there are too few images for a training and a validation part",
            got=f"{len(trained)} and {len(validated)}",
            remedy="add images, or raise validation_percent",
        )
    labels = method.labels([*trained, *validated], settings)
    training = method.resolve(trained, settings)
    machine = Machine.choose(training) if facts is None else Machine.resumed(facts["machine"])
    used = Dataset.of([*trained, *validated])
    return Plan(
        method=method,
        training=training,
        labels=labels,
        view=method.view(training, trained),
        machine=machine,
        trained=trained,
        validated=validated,
        notes=notes,
        data_hash=used.fingerprint(),
    )


def _refuse_other(plan: Plan, facts: dict[str, Any], path: Path) -> None:
    """A checkpoint of another training is no state to go on from."""
    mine, other = plan.identity, facts
    differing = [
        name for name, value in mine["settings"].items() if json.dumps(value) != json.dumps(other["settings"].get(name))
    ]
    if mine["method"] != other["method"]:
        differing = ["method"]
    elif mine["labels"] != other["labels"]:
        differing = ["class names"]
    elif not differing and mine["data_hash"] != other["data_hash"]:
        differing = ["images or annotations"]
    if differing:
        raise TrainingError(
            "the checkpoint belongs to another training",
            where=path,
            got=f"different {', '.join(differing)}",
            remedy="train without --resume to start anew, or with the settings and data it was started with",
        )


def _refuse_stopped(request: StopRequest) -> None:
    """A training that is stopped before it has a model ends in a sentence."""
    if request:
        raise TrainingError("the training was stopped before there was a model to keep")


def _passes(plan: Plan, learner: Learner, store: Store, request: StopRequest, *, augmented: bool) -> Iterator[Batch]:
    """One pass over the training images for `prepare` or `settle`.

    A stop is heeded where a method does not descend: there is nothing to keep yet, and nothing else asks.
    """
    settings = plan.training if augmented and isinstance(plan.training, Augmentation) else Augmentation()
    for batch in passes(
        store,
        learner,
        Policy.of(settings),
        getattr(plan.training, "batch_size", 8),
        plan.machine.torch_device,
        seed=plan.training.seed,
        rounds=AUGMENTED_ROUNDS,
    ):
        if not learner.descends:
            _refuse_stopped(request)
        yield batch


def _inherit(learner: Learner, plan: Plan, start_from: str | Path | None) -> dict[str, Any] | None:
    """Take over an earlier model's weights; returns what the new model says about its ancestor."""
    if start_from is None:
        return None
    bundle = Bundle.open(start_from)
    if bundle.manifest.method != plan.method.id:
        raise TrainingError(
            "a training can only start from a model of the same method",
            where=start_from,
            got=bundle.manifest.method,
            allowed=plan.method.id,
        )
    try:
        weights: dict[str, Tensor] = load_tensors(bundle.weights())
    except SafetensorError as error:
        raise BundleError("the weights in this model cannot be read", where=start_from, got=str(error)) from error
    left = learner.inherit(weights, bundle.manifest.labels)
    if left:
        raise TrainingError(
            "the earlier model's network is of another build",
            where=start_from,
            got=f"{len(left)} layers do not fit, {left[0]} among them",
            remedy="train with the network_depth and the image channels of that model",
        )
    return {
        "file": Path(start_from).name,
        "labels": list(bundle.manifest.labels),
        "network_sha256": bundle.manifest.files["network.onnx"].sha256,
    }


def _estimate(plan: Plan, learner: Learner, store: Store) -> float | None:
    """Seconds that the training will take at most, from one step on a copy of the network; None with an open end."""
    training, view = plan.training, plan.view
    tiles = max(sum(len(view.frame(sample.size, sample.roi).tiles) for sample in plan.trained), 1)
    frame = view.frame(plan.trained[0].size, plan.trained[0].roi)
    width, height = frame.tile_size
    descends = isinstance(training, Descent) and learner.descends
    rows = training.batch_size if isinstance(training, Descent) else 1
    copied = copy.deepcopy(learner)
    if descends and copied.window is not None:
        height, width = copied.window
    images = torch.rand(rows, view.channels, height, width, generator=torch.Generator().manual_seed(0))
    images = images.to(plan.machine.torch_device, memory_format=torch.channels_last)
    with torch.random.fork_rng(devices=[]):
        step = forward = 0.0
        for _ in range(2):  # the first warms up
            start = time.monotonic()
            with torch.set_grad_enabled(descends), plan.machine.autocast():
                raw = copied.network.train(descends)(images)
            forward = time.monotonic() - start
            if descends:
                squares = [value.float().square().mean() for value in raw.values() if value.requires_grad]
                torch.autograd.backward(torch.stack(squares).sum())
            step = time.monotonic() - start
    if not isinstance(training, Descent):
        return 3 * forward * tiles
    group = training.batch_size * training.batch_size_multiplier
    steps = training.steps_per_iteration or steps_for(tiles, group)
    planned = planned_iterations(training, steps, tiles / group)
    limits = [60 * training.minutes] if training.minutes else []
    if planned:
        validating = forward * len(plan.validated) / rows
        limits.append(planned * (steps * training.batch_size_multiplier * step + validating))
    return min(limits, default=None)
