"""The contract of a method, as checks: what every method must do, those of plug-ins too.

    from sightmill.training.contract_check import check_method
    check_method(MyMethod(), tmp_path)

Each check is a function of a method and a folder, which may be the same for all: they share one trained toy model
there. It returns quietly, or raises `ContractError` with a sentence that says what is wrong. Images are drawn by code.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sightmill.bundle import Bundle
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.evaluation.report import Pair
from sightmill.methods.contract import Method
from sightmill.methods.learner import Learner
from sightmill.methods.settings import Settings, allowed_values, describe
from sightmill.methods.training import Training
from sightmill.nn.pretrained import pretrained_depths
from sightmill.runtime.model import Model
from sightmill.training.events import Event, Finished, Scored
from sightmill.training.loading import Store, plain_batches
from sightmill.training.toys import STEPS, ContractError, toy_dataset
from sightmill.training.train import train

__all__ = ["CHECKS", "ContractError", "check_method"]


class _Killed(BaseException):
    """Ends a training where it stands, as the end of the process would: no model is written."""


def check_method(method: Method[Any, Any], folder: Path) -> None:
    """Run every check; raises `ContractError` at the first that fails."""
    for check in CHECKS:
        check(method, folder)


def settings_are_documented_and_bounded(method: Method[Any, Any], folder: Path) -> None:
    """Each parameter says what it is, and numbers have a range."""
    for settings in (method.Training, method.Inference):
        for parameter in describe(settings):
            where = f"{settings.__name__}.{parameter['name']}"
            if len(parameter["help"]) < 15 or not parameter["title"]:
                raise ContractError("a parameter needs a title and a sentence of help", where=where)
            if parameter["kind"] in ("int", "float") and parameter["minimum"] is None:
                raise ContractError("a number needs a range: give ge or gt", where=where)


def invalid_settings_are_refused_in_a_sentence(method: Method[Any, Any], folder: Path) -> None:
    """Values outside the range, of the wrong type and of unknown names raise `SettingsError` and name the parameter."""
    for settings in (method.Training, method.Inference):
        for name, value in [*_invalid_values(settings), ("no_such_parameter", 1)]:
            try:
                settings.of({name: value})
            except SettingsError as error:
                if name not in str(error):
                    raise ContractError(
                        "the sentence does not name the parameter", where=name, got=str(error)
                    ) from None
            else:
                raise ContractError("an invalid value was accepted", where=f"{settings.__name__}.{name}", got=value)


def resolving_twice_changes_nothing(method: Method[Any, Any], folder: Path) -> None:
    """Resolved settings are a fixed point, and leave nothing for the program to choose."""
    samples = _trained(method)
    once = method.resolve(samples, method.Training())
    if method.resolve(samples, once) != once:
        raise ContractError("resolve changed resolved settings", where=type(method).__name__)


def decoding_the_ideal_answer_gives_the_truth(method: Method[Any, Any], folder: Path) -> None:
    """``decode(ideal(encode(truth))) == truth``, for methods that descend."""
    training, labels, learner, samples = _ready(method)
    view = method.view(training, samples)
    for sample in samples:
        frame = view.frame(sample.size, sample.roi)
        ideal = learner.ideal(learner.encode(sample, frame))
        if not ideal:
            return
        raw = {name: tensor.numpy() for name, tensor in ideal.items()}
        result = method.decode(raw, frame, labels, method.Inference())
        badness = method.badness(Pair(sample, result))
        if badness > 0.05:
            raise ContractError(
                "decoding a perfect answer does not give the truth", where=sample.name, got=f"badness {badness:.2f}"
            )


def a_gradient_reaches_every_parameter(method: Method[Any, Any], folder: Path) -> None:
    """No weight that is trained stands outside the losses."""
    training, _, learner, samples = _ready(method)
    if not learner.descends:
        return
    store = _store(method, training, samples, folder)
    batch = next(plain_batches(store, learner, 4, torch.device("cpu")))
    learner.prepare(lambda: plain_batches(store, learner, 4, torch.device("cpu")))
    learner.network.train()
    losses = learner.losses(learner.network(batch.images), batch.targets)
    torch.autograd.backward(torch.stack(list(losses.values())).sum())
    for name, weight in learner.network.named_parameters():
        if weight.requires_grad and (weight.grad is None or not bool(weight.grad.abs().sum() > 0)):
            raise ContractError("no gradient reaches this parameter", where=name)


def every_depth_starts_from_its_defaults(method: Method[Any, Any], folder: Path) -> None:
    """Other settings left alone, a network of each depth with packaged parameters is there and answers with numbers."""
    samples = _trained(method)
    for depth in pretrained_depths() if "network_depth" in method.Training.model_fields else ():
        training = method.resolve(samples, method.Training.of({"network_depth": depth}))
        view = method.view(training, samples)
        learner = method.learner(training, method.labels(samples, training), view)
        with torch.inference_mode():
            answers = learner.network.eval()(torch.rand(1, view.channels, view.height, view.width))
        for name, values in answers.items():
            if not bool(torch.isfinite(values).all()):
                raise ContractError("a network that is not trained yet does not answer with numbers", where=name)


def it_learns_four_toy_images(method: Method[Any, Any], folder: Path) -> None:
    """Trained on a handful of images, it is right on them, through the runtime."""
    _trained_model(method, folder)
    model = Model.load(folder / "model.sightmill")
    samples = [sample for sample in toy_dataset(method.learns_from) if sample.split == "test"]
    wrong = [
        sample.name for sample, result in model.predict_samples(samples) if method.badness(Pair(sample, result)) > 0.5
    ]
    if len(wrong) > len(samples) // 8:
        raise ContractError("it does not learn a toy set", got=f"{len(wrong)} of {len(samples)} wrong: {wrong[:4]}")


def a_resumed_training_ends_like_a_straight_one(method: Method[Any, Any], folder: Path) -> None:
    """Interrupted after the second iteration and resumed: the same weights, bit for bit.

    So the same seed gives the same model, too: both halves were trained twice.
    """
    straight = _trained_model(method, folder)
    events = _training(method, folder / "resumed.sightmill")
    for event in events:
        if isinstance(event, Scored) and event.iteration == 2:
            with suppress(_Killed):
                events.throw(_Killed())
    resumed = _trained_model(method, folder, name="resumed", resume=True)
    if straight != resumed:
        raise ContractError("a resumed training does not end like one that was never interrupted", where=method.id)


def the_bundle_verifies_itself(method: Method[Any, Any], folder: Path) -> None:
    """Written, opened and verified: checksums and self-test vectors hold, and parity stands inside."""
    _trained_model(method, folder)
    model = Model.load(folder / "model.sightmill")
    verification = model.verify()
    if not verification.passed:
        raise ContractError("a fresh bundle does not verify", got=str(verification))
    if model.manifest.parity.get("decisions_differ") != 0:
        raise ContractError("the bundle holds no parity report", got=model.manifest.parity)


def answers_do_not_depend_on_company(method: Method[Any, Any], folder: Path) -> None:
    """An image is answered alike alone and in a batch, gray or as three equal channels, small or large."""
    _trained_model(method, folder)
    model = Model.load(folder / "model.sightmill")
    samples = list(toy_dataset(method.learns_from))[:3]
    together = model.predict([sample.read() for sample in samples])
    for sample, result in zip(samples, together, strict=True):
        alone = model.predict(sample.read())
        same = all(abs(alone.values[key] - value) <= 1e-3 * max(abs(value), 1) for key, value in result.values.items())
        if alone.label != result.label or not same:
            raise ContractError("an image is answered differently in a batch", where=sample.name)
    for size in ((40, 150), (7, 5), (300, 200)):
        image = np.full(size, 128, np.uint8)
        if model.predict(image).size != (size[1], size[0]):
            raise ContractError("an image of another size is not answered in its own pixels", got=size)


def drawing_keeps_the_shape(method: Method[Any, Any], folder: Path) -> None:
    """`draw` gives an RGB image of the same height and width, for gray and colour."""
    _trained_model(method, folder)
    model = Model.load(folder / "model.sightmill")
    for image in (np.full((60, 90), 90, np.uint8), np.full((60, 90, 3), 90, np.uint8)):
        result: Result = model.predict(image)
        drawn: npt.NDArray[Any] = method.draw(image, result)
        if drawn.shape != (60, 90, 3) or drawn.dtype != np.uint8:
            raise ContractError("draw changed the image's shape or depth", got=(drawn.shape, str(drawn.dtype)))


def the_face_loads_without_torch(method: Method[Any, Any], folder: Path) -> None:
    """In a process where torch cannot be found, the method's module is imported all the same."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"import {type(method).__module__}\n"
        "assert not [name for name in sys.modules if name.startswith('torch.')]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ContractError("the face needs torch", where=type(method).__module__, got=done.stderr.strip()[-300:])


CHECKS: tuple[Callable[[Method[Any, Any], Path], None], ...] = (
    settings_are_documented_and_bounded,
    invalid_settings_are_refused_in_a_sentence,
    resolving_twice_changes_nothing,
    decoding_the_ideal_answer_gives_the_truth,
    a_gradient_reaches_every_parameter,
    every_depth_starts_from_its_defaults,
    it_learns_four_toy_images,
    a_resumed_training_ends_like_a_straight_one,
    the_bundle_verifies_itself,
    answers_do_not_depend_on_company,
    drawing_keeps_the_shape,
    the_face_loads_without_torch,
)


def _training_settings(method: Method[Any, Any], seed: int = 0) -> Training:
    """Small and short, from the settings that the method has."""
    wanted = {"network_depth": 1, "seed": seed, "threads": 1, "device": "cpu", "precision": "float32"}
    steps = STEPS.get(method.learns_from, 4)
    wanted |= {"iterations": 4, "steps_per_iteration": steps, "batch_size": 4, "iterations_without_improvement": 0}
    fields = method.Training.model_fields
    training: Training = method.Training.of({name: value for name, value in wanted.items() if name in fields})
    return training


def _training(
    method: Method[Any, Any], output: Path, seed: int = 0, resume: bool = False
) -> Generator[Event, None, None]:
    dataset = toy_dataset(method.learns_from)
    return train(method, dataset, _training_settings(method, seed), output=output, resume=resume)


def _trained_model(
    method: Method[Any, Any], folder: Path, *, name: str = "model", seed: int = 0, resume: bool = False
) -> bytes:
    """Train into the folder, unless the shared model is there already; returns the weights' bytes."""
    output = folder / f"{name}.sightmill"
    if name == "model" and output.is_file():
        return Bundle.open(output).weights()
    *_, last = _training(method, output, seed, resume)
    if not isinstance(last, Finished):
        raise ContractError("a training must end with Finished", got=type(last).__name__)
    return Bundle.open(output).weights()


def _trained(method: Method[Any, Any]) -> list[Sample]:
    return method.prepared(toy_dataset(method.learns_from), "train", method.Training())


def _ready(method: Method[Any, Any]) -> tuple[Training, tuple[str, ...], Learner, list[Sample]]:
    samples = _trained(method)
    training = method.resolve(samples, _training_settings(method))
    labels = method.labels(samples, training)
    torch.manual_seed(0)
    return training, labels, method.learner(training, labels, method.view(training, samples)), samples


def _store(method: Method[Any, Any], training: Training, samples: list[Sample], folder: Path) -> Store:
    store = Store(samples, method.view(training, samples), budget=1 << 30, scratch=folder)
    for _ in store.fill(1):
        pass
    return store


def _invalid_values(settings: type[Settings]) -> Iterator[tuple[str, Any]]:
    for parameter in describe(settings):
        name, kind = parameter["name"], parameter["kind"]
        if not allowed_values(parameter):
            raise ContractError("a parameter's range cannot be said in words", where=name)
        if kind in ("int", "float"):
            low, high = parameter["minimum"], parameter["maximum"]
            if low is not None:
                yield name, low if parameter["exclusive_minimum"] else low - 1
            if high is not None:
                yield name, high if parameter["exclusive_maximum"] else high + 1
            yield name, float("nan")
            yield name, "many"
        elif kind == "choice":
            yield name, "no such choice"
        elif kind == "bool":
            yield name, "perhaps"
