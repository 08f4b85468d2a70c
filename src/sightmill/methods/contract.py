"""The contract between a method and everything else. This is THE page.

A method is a folder with two halves:

* a torch-free *face*, the `Method`: what it learns from, its parameters, how an image becomes the network's
  input, how the network's outputs become a `Result`, and how good that is. Production machines have only this.
* a torch *learner*, the `Learner`: the network, and the three acts of training it.

Trainer, evaluator, exporter, runtime, command line, studio and documentation are generic over these two
classes; none of them knows a method by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from sightmill.data.findings import Finding
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.drawing.regions import draw_result
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair, counted
from sightmill.imaging.view import Frame, View
from sightmill.methods.settings import Settings
from sightmill.methods.training import Training

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["Calibration", "Method", "RawOutputs"]

T = TypeVar("T", bound=Training)
I = TypeVar("I", bound=Settings)  # noqa: E741  the architecture's own letter for inference

#: What a network says about one image: arrays by output name, the leading axis counting the image's tiles.
RawOutputs = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Calibration(Generic[I]):
    """Inference settings fitted to held-out samples, and the facts behind them.

    Parameters
    ----------
    inference : settings with thresholds, temperatures and the like filled in.
    facts : what an auditor wants to know about the fit, JSON-ready.
    notes : the same in sentences for the user.
    """

    inference: I
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Method(ABC, Generic[T, I]):
    """The face of a method. Stateless: everything it needs comes as arguments.

    Class attributes
    ----------------
    id : the folder's name (``anomaly_detection``).
    title : its name for people (``Anomaly detection``).
    summary : one sentence: what goes in and what comes out.
    learns_from : what a data format must carry: ``class``, ``anomaly``, ``box``, ``mask`` ...
    answers_with : the region kinds of its results.
    calibrated_by : names of the training settings that `calibrate` reads, which a later calibration may change.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    learns_from: ClassVar[str]
    answers_with: ClassVar[tuple[str, ...]]
    calibrated_by: ClassVar[tuple[str, ...]] = ()
    Training: type[T]
    Inference: type[I]

    def labels(self, samples: Sequence[Sample], training: T) -> tuple[str, ...]:
        """The class names that a model of these samples answers with, in the order of their class ids."""
        return tuple(sorted({item.label for sample in samples for item in sample.annotations if item.label}))

    @abstractmethod
    def check(self, samples: Sequence[Sample], training: T) -> list[Finding]:
        """What keeps these samples from being learnt (``error``), or makes it doubtful (``warning``)."""

    @abstractmethod
    def resolve(self, samples: Sequence[Sample], training: T) -> T:
        """Fill in the parameters left to the program (0 = choose), from the training samples.

        Reads headers, not pixels, where it can. Resolving twice changes nothing.
        """

    @abstractmethod
    def view(self, training: T, samples: Sequence[Sample]) -> View:
        """How an image becomes the network's input, for resolved settings."""

    def view_under(self, view: View, inference: I) -> View:
        """The stored view as these inference settings change it: whether tiles overlap, never what a tile is."""
        return view

    @abstractmethod
    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: I) -> Result:
        """One image's raw outputs -> `Result` in image pixels. The only reader of network outputs; numpy."""

    @abstractmethod
    def metrics(self) -> Sequence[Metric]:
        """What it is judged by; the first decides which iteration's weights are kept."""

    @abstractmethod
    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        """The metrics that these pairs allow, by name, in the order of `metrics`.

        A metric that the truth does not allow (pixels without masks) is left out. ``intervals=False`` saves
        the time for confidence intervals during training.
        """

    @abstractmethod
    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: I) -> list[Figure]:
        """Plots and tables of the report, the most telling first."""

    @abstractmethod
    def truth(self, sample: Sample) -> str:
        """The sample's truth in a word, for lists (``crack``, ``good``); empty when it has none."""

    def answer(self, result: Result) -> str:
        """The answer in a few words, for lists beside `truth`: the image's label, or how many of what were found."""
        return counted(item.label for item in result.annotations) if result.label is None else result.label

    @abstractmethod
    def badness(self, pair: Pair) -> float:
        """How wrong the answer is: sorts the report's samples, worst first; > 0.5 is a wrong decision."""

    def calibrate(self, pairs: Sequence[Pair], labels: tuple[str, ...], training: T, inference: I) -> Calibration[I]:
        """Fit thresholds to held-out answers of the runtime that will serve. Default: nothing to fit.

        Called after training, and again by every later calibration (another engine or precision, more images): the
        answers may then have been decided by fitted settings, so read what does not depend on them.
        """
        return Calibration(inference)

    @property
    def calibrates(self) -> bool:
        """Whether there is anything to fit."""
        return type(self).calibrate is not Method.calibrate

    def draw(self, image: npt.NDArray[Any], result: Result) -> npt.NDArray[np.uint8]:
        """The image with the result on it, uint8 ``(H, W, 3)``; by region kind unless a method overrides."""
        return draw_result(image, result)

    @abstractmethod
    def learner(self, training: T, labels: tuple[str, ...], view: View) -> Learner:
        """The one door to torch: imports the learner half and builds it, seeded by the caller."""

    def prepared(self, samples: Iterable[Sample], split: str, training: T) -> list[Sample]:
        """The samples of a split that this method can use (annotated ones; for some methods good ones)."""
        return [sample for sample in samples if sample.split == split and sample.annotated]

    def trials(self, samples: Sequence[Sample], training: T, view: View) -> list[Sample]:
        """Samples made of held-out ones that a descent is judged by besides them; default: none.

        For methods that are trained without the very thing they shall find: synthetic defects. They help to choose
        the iteration that is kept (and `Learner.weigh` sees them), never to fit thresholds or to report figures.
        """
        return []
