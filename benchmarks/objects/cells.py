"""One line of the table: a data set, a method with its defaults, and what is wanted of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.data.split import take_validation
from sightmill.evaluation.out_of_distribution import measure_unknown, score_of
from sightmill.evaluation.report import Estimate, Pair
from sightmill.methods.catalogue import named
from sightmill.project.evaluate import evaluated
from sightmill.runtime.model import Model
from sightmill.training.events import Finished, Scored
from sightmill.training.train import StopRequest, train

__all__ = ["Cell", "Figures", "Wanted", "measured"]

#: Share of the training images that judges where the source names no validation part.
HELD_OUT = 25.0

#: A figure with the ends of its 95 % interval; None where it has none.
Figures = dict[str, tuple[float, float | None, float | None]]


@dataclass(frozen=True)
class Wanted:
    """A figure of the table, its floor and aim, and what others have published."""

    figure: str
    floor: float | None = None
    aim: float | None = None
    published: str = ""


@dataclass(frozen=True, eq=False)
class Cell:
    """A data set for a method.

    Parameters
    ----------
    method : id.
    data : reads it from the folder of development sets, with the splits ``train``, ``test``, ``validation`` if any.
    wanted : the figures of the table.
    settings : training settings other than the defaults: what the task itself says, never what a search found.
    unrelated : images of altogether other things, whose figures get the prefix ``unrelated_``.
    further : measures more on the pairs of truth and answer.
    """

    method: str
    data: Callable[[Path], Dataset]
    wanted: tuple[Wanted, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    unrelated: Callable[[Path], Sequence[Sample]] | None = None
    further: Callable[[Sequence[Pair]], Mapping[str, Estimate]] | None = None


def measured(
    name: str,
    cell: Cell,
    data: Path,
    folder: Path,
    *,
    part: str,
    seed: int,
    settings: Mapping[str, Any],
    seconds: float | None = None,
) -> Figures:
    """Train, judge and time one cell.

    Parameters
    ----------
    folder : of models and checkpoints; a training that was cut goes on from there.
    part : ``test``, or ``validation``, which never reads the test part.
    settings : training settings of the run (threads, device).
    seconds : stop the training when this run has lasted so long, and judge the best model so far.
    """
    face = named(cell.method)
    dataset = parted(cell.data(data), part)
    output = folder / f"{name.replace(' ', '_')}-{part}-{seed}.sightmill"
    minutes = 0.0
    if not output.exists():
        training = face.Training.of({"seed": seed, "device": "cpu", **cell.settings, **settings})
        stop = StopRequest()
        if seconds is not None:
            clock = Timer(seconds, stop.set)
            clock.daemon = True
            clock.start()
        for event in train(face, dataset, training, output=output, resume=True, stop=stop):
            if isinstance(event, Scored):
                told = {key: round(value, 4) for key, value in event.metrics.items()}
                print(f"{time.strftime('%H:%M:%S')} {name}: iteration {event.iteration} {told}", flush=True)
            if isinstance(event, Finished):
                minutes = event.seconds / 60
                print(*event.notes, sep="\n", flush=True)
    model = Model.load(output)
    minutes = minutes or float(model.manifest.provenance["seconds"]) / 60
    evaluation = evaluated(model, dataset, split="test")
    figures: Figures = {
        key: (estimate.value, estimate.low, estimate.high) for key, estimate in evaluation.report.metrics.items()
    }
    if cell.further is not None:
        figures |= {key: (one.value, one.low, one.high) for key, one in cell.further(evaluation.pairs).items()}
    if cell.unrelated is not None:
        figures |= _unrelated(model, evaluation.pairs, cell.unrelated(data))
    times = model.time_per_image(10)
    figures |= {"minutes": (minutes, None, None), "ms": (times["total"], None, None)}
    return figures


def parted(dataset: Dataset, part: str) -> Dataset:
    """For ``validation`` the test images are dropped, and held-out training images judge in their place."""
    if part == "test":
        return dataset
    taught = [sample for sample in dataset if sample.split == "train"]
    judging = [sample for sample in dataset if sample.split == "validation"]
    if not judging:
        taught, judging = take_validation(taught, HELD_OUT, 0)
    return Dataset.of([*taught, *(sample.with_split("test") for sample in judging)])


def some(samples: Sequence[Sample], count: int) -> list[Sample]:
    """So many of them at most, drawn with a fixed seed."""
    return random.Random(0).sample(list(samples), min(count, len(samples)))


def _unrelated(model: Model, known: Sequence[Pair], unrelated: Sequence[Sample]) -> Figures:
    learnt = [pair for pair in known if {item.label for item in pair.sample.annotations} <= set(model.labels)]
    foreign = [Pair(sample, result) for sample, result in model.predict_samples(list(unrelated))]
    scores = [[score for pair in pairs if (score := score_of(pair)) is not None] for pairs in (learnt, foreign)]
    return {
        f"unrelated_{key}": (estimate.value, estimate.low, estimate.high)
        for key, estimate in measure_unknown(*scores).items()
    }
