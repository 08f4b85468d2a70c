"""The face of edge extraction."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.good import is_good
from sightmill.data.ignored import is_ignored
from sightmill.data.regions import Polyline
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.evaluation.edges import (
    CENTRES,
    METRICS,
    RIDGE,
    best_threshold,
    edge_figures,
    edge_score,
    measure_edges,
)
from sightmill.evaluation.label_maps import AREAS
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.edge_extraction.painted import lines_were_painted
from sightmill.methods.edge_extraction.ridges import find_ridges, lines_of
from sightmill.methods.edge_extraction.settings import EdgeInference, EdgeTraining
from sightmill.methods.full_maps import factor_of, multiple, paced_maps, tile_side, tiled_view, view_with

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "EdgeExtraction"]

#: What edges are called when the data has several names for them, or none.
EDGE = "edge"
#: The network's outputs, by whether areas stand for their centre lines.
OUTPUTS = {"outline": False, "centre": True}


class EdgeExtraction(Method[EdgeTraining, EdgeInference]):
    """Lines along the edges it was shown, with sub-pixel positions."""

    id: ClassVar[str] = "edge_extraction"
    title: ClassVar[str] = "Edge extraction"
    summary: ClassVar[str] = "Draws thin lines along the edges it was shown, with sub-pixel positions, and no others."
    learns_from: ClassVar[str] = "edge"
    answers_with: ClassVar[tuple[str, ...]] = ("polyline",)
    Training = EdgeTraining
    Inference = EdgeInference

    def labels(self, samples: Sequence[Sample], training: EdgeTraining) -> tuple[str, ...]:
        """One class: its name in the data if there is only one, else ``edge``."""
        named = sorted({item.label for sample in samples for item in sample.annotations if _is_edge(item)} - {""})
        return (named[0] if len(named) == 1 else EDGE,)

    def prepared(self, samples: Iterable[Sample], split: str, training: EdgeTraining) -> list[Sample]:
        """Annotated images; without those that carry a class as a whole and no edge."""
        return [
            sample
            for sample in samples
            if sample.split == split
            and sample.annotated
            and (any(map(_is_edge, sample.annotations)) or all(map(is_good, sample.labels)))
        ]

    def check(self, samples: Sequence[Sample], training: EdgeTraining) -> list[Finding]:
        showing = sum(any(map(_is_edge, sample.annotations)) for sample in samples)
        if not showing:
            return [
                Finding(
                    "error",
                    "nothing_to_learn",
                    "no training image has an edge drawn",
                    "draw lines along the edges, or mark areas whose outlines they are",
                )
            ]
        if showing < 5:
            return [
                Finding(
                    "warning",
                    "few_images",
                    f"only {showing} training images show edges",
                    "draw them in ten or more images: what is an edge and what is not will be doubtful",
                )
            ]
        if training.areas == "auto" and _at_scale(samples, training).areas == "centre_lines":
            return [
                Finding(
                    "info",
                    "areas_are_lines",
                    "the marked areas are thin lines and stand for their centre lines",
                    "choose areas: outlines where their two sides are what you are looking for",
                )
            ]
        return []

    def resolve(self, samples: Sequence[Sample], training: EdgeTraining) -> EdgeTraining:
        training = _at_scale(samples, training)
        if not training.image_size:
            training = training.changed(image_size=tile_side(samples, factor_of(training)))
        return paced_maps(training, samples, multiple(training.window_size))

    def view(self, training: EdgeTraining, samples: Sequence[Sample]) -> View:
        return tiled_view(training, samples)

    def view_under(self, view: View, inference: EdgeInference) -> View:
        return view_with(view, inference)

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: EdgeInference) -> Result:
        name = next(name for name in OUTPUTS if name in raw)
        heat = frame.heatmap(frame.merge(raw[name][:, 0]), (0.0, 1.0))
        chance = heat.at_image_size()
        scale = math.sqrt(abs(float(np.linalg.det(frame.matrix[:, :2]))))
        ridges = find_ridges(chance, width=max(1 / scale, 1.0))
        lines = lines_of(ridges, labels[0], threshold=inference.threshold, minimum_length=inference.minimum_length)
        thin = Heatmap(ridges.strength, np.eye(2, 3), frame.size, limits=(0.0, 1.0))
        return Result(
            annotations=tuple(lines),
            labels=labels,
            size=frame.size,
            confidences={labels[0]: float(chance.max())},
            heatmaps={labels[0]: heat.compact(), RIDGE: thin.compact()},
            values={f"mean:{labels[0]}": float(chance.mean()), CENTRES: float(OUTPUTS[name])},
        )

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_edges(pairs, intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: EdgeInference) -> list[Figure]:
        return edge_figures(pairs, inference.threshold)

    def truth(self, sample: Sample) -> str:
        return _names(filter(_is_edge, sample.annotations)) if sample.annotated else ""

    def answer(self, result: Result) -> str:
        return _names(result.annotations)

    def badness(self, pair: Pair) -> float:
        """1 - F1 of the lines within the tolerance: > 0.5 is a wrong answer."""
        return 1.0 - edge_score(pair)

    def calibrate(
        self, pairs: Sequence[Pair], labels: tuple[str, ...], training: EdgeTraining, inference: EdgeInference
    ) -> Calibration[EdgeInference]:
        """The threshold with the best F1 on held-out images."""
        found = best_threshold(pairs)
        if found is None:
            return Calibration(inference, notes=("The threshold stays as it is: no validation image shows an edge.",))
        threshold, score = found
        return Calibration(
            inference.changed(threshold=threshold),
            facts={"threshold": threshold, "f1": score, "images": len(pairs)},
            notes=(
                f"On {len(pairs)} validation images a threshold of {threshold:.2f} gives the best F1: {score:.3f}.",
            ),
        )

    def learner(self, training: EdgeTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.edge_extraction.learner import EdgeLearner

        side = multiple(training.window_size)
        window = min(side, view.height), min(side, view.width)
        return EdgeLearner(training, labels=labels, channels=view.channels, window=window)


def _is_edge(item: Annotation) -> bool:
    """Whether an annotation is an edge, or has one."""
    return isinstance(item.region, (Polyline, *AREAS)) and not is_ignored(item.label)


def _at_scale(samples: Sequence[Sample], training: EdgeTraining) -> EdgeTraining:
    """The settings with the scale, and with what areas stand for at it."""
    training = training.changed(scale=training.scale or 100.0)  # lines are thin
    if training.areas != "auto":
        return training
    areas = [
        (item.region, sample.size)
        for sample in samples
        for item in sample.annotations
        if _is_edge(item) and isinstance(item.region, AREAS)
    ]
    return training.changed(areas="centre_lines" if lines_were_painted(areas, factor_of(training)) else "outlines")


def _names(items: Iterable[Annotation]) -> str:
    return ", ".join(sorted({item.label or EDGE for item in items})) or "background"


METHOD = EdgeExtraction()
