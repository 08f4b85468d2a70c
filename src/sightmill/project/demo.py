"""The demonstration: draws an inspection task, trains two models on it, measures them, writes reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightmill.data.formats import load
from sightmill.evaluation.report import Report
from sightmill.methods.catalogue import named
from sightmill.project.evaluate import evaluated
from sightmill.project.page import write_page
from sightmill.project.parts import draw_inspection_set
from sightmill.runtime.model import Model

__all__ = ["TASKS", "Trained", "draw", "train_and_report"]

#: What is trained, and the settings that differ from the defaults: small, so that two processor cores need
#: less than a minute for each. A defect looks like one whichever way it is turned, so training turns it.
TASKS: Mapping[str, Mapping[str, Any]] = {
    "anomaly_detection": {},
    "classification": {
        "network_depth": 2,
        "image_size": 128,
        "iterations": 14,
        "learning_rate": 0.002,
        "rotation": 180,
        "flip_left_right": True,
    },
}


@dataclass(frozen=True)
class Trained:
    """What one task of the demonstration has left.

    Parameters
    ----------
    model, page : the model file and the HTML report.
    report : its figures on the test images.
    """

    model: Path
    page: Path
    report: Report


def draw(folder: Path, *, seed: int, progress: Callable[[int, int], None] | None = None) -> Path:
    """Draw the inspection set below the folder; returns where it is."""
    return draw_inspection_set(folder / "data", seed=seed, per_defect=30, progress=progress)


def train_and_report(
    folder: Path,
    *,
    train: Callable[..., Iterator[Any]],
    seed: int,
    watch: Callable[[Any], None],
    evaluating: Callable[[int, int], None] | None = None,
) -> Iterator[Trained]:
    """Train and measure each task on the set that `draw` has drawn.

    Parameters
    ----------
    train : `sightmill.train`. It is handed in because only the caller may load PyTorch.
    watch : called with every event of the trainings.
    evaluating : called with (done, total) after each evaluated image.

    Yields
    ------
    `Trained` after each task. Closing the generator stops the training that is going on.
    """
    for name, changes in TASKS.items():
        method = named(name)
        dataset = load(folder / "data", learns_from=method.learns_from)
        model, page = folder / f"{name}.sightmill", folder / f"{name}.html"
        for event in train(method, dataset, method.Training.of({**changes, "seed": seed}), output=model):
            watch(event)
        loaded = Model.load(model)
        evaluation = evaluated(loaded, dataset, split="test", progress=evaluating)
        write_page(page, loaded, evaluation)
        yield Trained(model, page, evaluation.report)
