"""What a training says while it runs. Every event is plain data; `to_dict` is one line of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Event", "Finished", "Kept", "Progress", "Sampled", "Scored", "Started", "Step"]


@dataclass(frozen=True)
class Event:
    """Base of the events."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the key ``event`` holding the kind in lower case."""
        return {"event": type(self).__name__.lower(), **asdict(self)}


@dataclass(frozen=True)
class Started(Event):
    """Everything is decided; nothing is learnt yet.

    Parameters
    ----------
    method : method id.
    images : how many images each part has (``train``, ``validation``).
    labels : class names in the order of their ids.
    settings : the resolved training settings.
    device, precision, threads : the decisions that a resumed training will repeat.
    memory_bytes : stated ceiling of what the decoded images take in memory, and of what is gathered from them.
    seconds_estimate : expected length; None where only running can tell.
    resumed_from : the iteration that a resumed training goes on from.
    notes : sentences for the user.
    """

    method: str
    images: Mapping[str, int]
    labels: tuple[str, ...]
    settings: Mapping[str, Any]
    device: str
    precision: str
    threads: int
    memory_bytes: int
    seconds_estimate: float | None = None
    resumed_from: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress(Event):
    """A stage other than the descent: ``reading``, ``preparing``, ``settling``, ``exporting``, ``validating``."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Step(Event):
    """One step down the gradient."""

    iteration: int
    step: int
    steps: int
    losses: Mapping[str, float]
    learning_rate: float
    seconds_left: float | None = None


@dataclass(frozen=True)
class Scored(Event):
    """An iteration has ended and was validated; iteration 0 is the model before the descent.

    ``best`` tells whether it is the best so far.
    """

    iteration: int
    epoch: float
    metrics: Mapping[str, float]
    training_loss: float | None
    validation_loss: float | None
    best: bool


@dataclass(frozen=True)
class Sampled(Event):
    """What the network says of a few validation images after this iteration; they are the same ones each time.

    ``answers`` holds ``name``, ``truth``, ``answer``, ``score``, ``wrong`` and ``annotations`` for each of them.
    """

    iteration: int
    answers: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Kept(Event):
    """The weights of this iteration are the ones kept so far."""

    iteration: int
    metric: str
    value: float


@dataclass(frozen=True)
class Finished(Event):
    """The model is on disk.

    Parameters
    ----------
    path : the bundle.
    metrics : on the validation images, through the runtime that will serve.
    stopped_by : which stopping condition ended the descent (``iterations``, ``manual stop`` ...).
    """

    path: str
    metrics: Mapping[str, float]
    stopped_by: str
    seconds: float
    notes: tuple[str, ...] = field(default=())
