"""The face that the methods which find objects have in common."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, TypeVar

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.regions import Box, Region
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.object_figures import object_figures
from sightmill.evaluation.objects import METRICS, is_ignored, measure_objects, objects_of, wrongness
from sightmill.evaluation.overlap import Kind
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair, counted
from sightmill.evaluation.thresholds_of_objects import steady_threshold
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.detecting.decoding import Answers, best_score
from sightmill.methods.detecting.settings import DetectingInference, DetectingTraining
from sightmill.methods.detecting.windows import usual_window, window_of
from sightmill.methods.pacing import paced_windows
from sightmill.methods.viewing import ground_of, largest_sides, longer_side, shown_size

__all__ = ["DetectingFace"]

T = TypeVar("T", bound=DetectingTraining)
I = TypeVar("I", bound=DetectingInference)  # noqa: E741  the contract's own letter for inference

#: Tiles stand on this grid, the coarsest stride of the networks.
GRID = 32
#: Objects this large in the network's input are easy: three places of the finest map lie in a row across them. Images
#: are made smaller down to that, with a longer side between these.
COMFORTABLE = 24.0
SMALLEST_SIDE, LARGEST_SIDE = 320, 640
#: Scales this near to 1 are not worth the blur of resampling.
NEARLY_ONE = 1.2
#: Objects smaller than this in the input, pixels, make the image be enlarged, at most so many times.
TINY, MOST_ENLARGED = 12.0, 2.0
#: Objects smaller than this are answered from finer maps.
SMALL = 20.0
#: The longest side of a tile that is chosen by the program.
LARGEST_TILE = 1024
TILE_WHEN_LARGER = 640
#: Of the most objects in a training image so many times as many may be answered.
MORE_OBJECTS = 1.5
#: How much more a pixel costs where finer maps answer.
FINER_COST = 1.4


class DetectingFace(Method[T, I]):
    """Objects with a class, a place and a score. What kind of place, the method says.

    Class attributes
    ----------------
    kind : by what truth and answers are compared.
    tiny : objects smaller than this, pixels of the input, make the image be enlarged.
    """

    kind: ClassVar[Kind]
    tiny: ClassVar[float] = TINY
    small: ClassVar[float] = SMALL
    comfortable: ClassVar[float] = COMFORTABLE

    def labels(self, samples: Sequence[Sample], training: T) -> tuple[str, ...]:
        return tuple(sorted({item.label for sample in samples for item in learnt_objects(sample)}))

    def check(self, samples: Sequence[Sample], training: T) -> list[Finding]:
        counts = Counter(item.label for sample in samples for item in learnt_objects(sample))
        if not counts:
            return [
                Finding(
                    "error",
                    "no_objects",
                    f"{self.title.lower()} needs objects marked in the training images; there is none",
                    "mark the objects, or use classification for one class for each whole image",
                )
            ]
        findings = []
        rare = {label: count for label, count in counts.items() if count < 10}
        if rare:
            listed = ", ".join(f"{label} ({count})" for label, count in sorted(rare.items()))
            findings.append(
                Finding(
                    "warning",
                    "few_objects",
                    f"fewer than ten objects in the training images of: {listed}",
                    "mark more objects of these classes: their results will be doubtful",
                )
            )
        flat = tuple(
            sample.name
            for sample in samples
            if any(not item.region.area(*sample.size) > 0 for item in objects_of(sample.annotations))
        )
        if flat:
            findings.append(
                Finding(
                    "warning",
                    "objects_without_area",
                    f"{len(flat)} images have objects without an area, which cannot be learnt",
                    "mark these objects again, or remove the marks",
                    flat,
                )
            )
        return findings

    def resolve(self, samples: Sequence[Sample], training: T) -> T:
        side = longer_side(samples, training.downsample)
        sizes = self._sizes(samples, training)
        wanted = training.image_size or self._image_size(side, sizes)
        scale = self._scale(wanted, side)
        changed: dict[str, object] = {"image_size": wanted}
        if training.small_objects == "auto":
            changed["small_objects"] = "on" if sizes and sizes[0] * scale < self.small else "off"
        if not training.tile_size:
            width, height = (value * scale / 2**training.downsample for value in largest_sides(samples))
            if max(width, height) <= LARGEST_TILE and _all_alike(samples):
                changed["tile_size"] = GRID * math.ceil(round(max(width, height), 3) / GRID)
            else:
                usual = GRID * math.ceil(round(side * scale, 3) / GRID)
                changed["tile_size"] = min(max(usual, SMALLEST_SIDE), TILE_WHEN_LARGER)
        if not training.most_objects:
            most = max((len(learnt_objects(sample)) for sample in samples), default=1)
            changed["most_objects"] = min(max(most, 1), 10_000)
        resolved = training.changed(**changed)
        view = self.view(resolved, samples)
        tiles = sum(len(view.frame(sample.size, sample.roi).tiles) for sample in samples)
        cost = FINER_COST if resolved.small_objects == "on" else 1.0
        if not resolved.window_size:
            longer = [max(bounds.width, bounds.height) for bounds in _bounds(samples)]
            factor = view.scale / 2**view.downsample
            side = usual_window([factor * value for value in longer], (view.width, view.height))
            resolved = resolved.changed(window_size=side)
        window = window_of(resolved, view) or (view.height, view.width)
        return paced_windows(resolved, tiles * view.width * view.height, math.prod(window), cost)

    def view(self, training: T, samples: Sequence[Sample]) -> View:
        scale = self._scale(training.image_size, longer_side(samples, training.downsample))
        width, height = (
            min(
                GRID * math.ceil(round(length * scale / 2**training.downsample, 3) / GRID),
                GRID * math.ceil(training.tile_size / GRID),
            )
            for length in largest_sides(samples)
        )
        return View(
            width=max(width, GRID),
            height=max(height, GRID),
            fit="scale",
            scale=scale,
            downsample=training.downsample,
            grayscale=training.grayscale,
            multiple=GRID,
            overlap=training.tile_overlap / 100,
            **ground_of(samples, training.grayscale),
        )

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: I) -> Result:
        found = self.answers(raw, frame, inference)
        annotations = [
            Annotation(region, labels[label], float(score), attributes=attributes)
            for (region, attributes), label, score in zip(
                self.regions(found, raw, frame), found.label, found.score, strict=True
            )
            if region is not None
        ]
        annotations.sort(key=lambda item: -(item.score or 0.0))
        sure = sum(1 for item in annotations if (item.score or 0.0) >= inference.min_score)
        said = sure if inference.max_objects is None else min(sure, inference.max_objects)
        return Result(
            annotations=tuple(annotations[:said]),
            rejected=tuple(annotations[said:]),
            labels=labels,
            size=frame.size,
            values={"best_score": best_score(raw)},
        )

    @abstractmethod
    def answers(self, raw: RawOutputs, frame: Frame, inference: I) -> Answers:
        """The answers, each object once, in pixels of the whole input."""

    @abstractmethod
    def regions(self, found: Answers, raw: RawOutputs, frame: Frame) -> Sequence[tuple[Region | None, dict[str, str]]]:
        """The regions of the answers in the image, with their attributes; None where nothing of one is left."""

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_objects(pairs, labels, self.kind, intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: I) -> list[Figure]:
        return object_figures(pairs, labels, self.kind)

    def truth(self, sample: Sample) -> str:
        return counted(item.label for item in learnt_objects(sample)) if sample.annotated else ""

    def badness(self, pair: Pair) -> float:
        """One minus the F1 of the image's objects at IoU 0.5."""
        return wrongness(pair, pair.result.labels, self.kind)

    def calibrate(self, pairs: Sequence[Pair], labels: tuple[str, ...], training: T, inference: I) -> Calibration[I]:
        """A threshold amid those with a good F1 at IoU 0.5, and room for half as many objects again as in training."""
        most = math.ceil(MORE_OBJECTS * training.most_objects)
        fitted = steady_threshold(pairs, labels, self.kind)
        if fitted is None:
            return Calibration(
                inference.changed(max_objects=most),
                facts={"max_objects": most},
                notes=("min_score is not fitted: there is no object among the validation images.",),
            )
        threshold, f1, count = fitted
        return Calibration(
            inference.changed(min_score=round(threshold, 3), max_objects=most),
            facts={"min_score": round(threshold, 3), "f1": f1, "objects": count, "max_objects": most},
            notes=(
                f"min_score is {threshold:.2f}, amid the scores with a good F1 on {count} objects of {len(pairs)} "
                f"validation images: {f1:.3f}.",
            ),
        )

    def _sizes(self, samples: Sequence[Sample], training: T) -> list[float]:
        """Of each class the size (root of the area) that nine in ten objects exceed; the smallest first."""
        by_class: dict[str, list[float]] = {}
        for sample in samples:
            for item in learnt_objects(sample):
                area = item.region.area(*sample.size)
                by_class.setdefault(item.label, []).append(math.sqrt(area) / 2**training.downsample)
        return sorted(float(np.quantile(sizes, 0.1)) for sizes in by_class.values())

    def _image_size(self, side: float, sizes: list[float]) -> int:
        """The longer side of the input at which the smallest objects are comfortable, or at least not tiny."""
        smallest = sizes[0] if sizes else self.comfortable
        scale = max(min(self.comfortable / smallest, 1.0, LARGEST_SIDE / side), min(1.0, SMALLEST_SIDE / side))
        if smallest * scale < self.tiny:
            scale = min(self.tiny / smallest, MOST_ENLARGED)
        if 1 / NEARLY_ONE < scale < NEARLY_ONE:
            scale = 1.0
        return int(min(max(round(scale * side), GRID), 8192))

    def _scale(self, wanted: int, side: float) -> float:
        return min(max(wanted / max(side, 1.0), 1 / 64), 8.0)


def learnt_objects(sample: Sample) -> list[Annotation]:
    """The objects of a sample that can be learnt: with a class, an area, and not marked to be ignored."""
    return [
        item
        for item in objects_of(sample.annotations)
        if item.label and not is_ignored(item) and item.region.area(*sample.size) > 0
    ]


def _bounds(samples: Sequence[Sample]) -> list[Box]:
    """The upright boxes around the objects that can be learnt, in pixels of the images."""
    return [item.region.bounds(*sample.size) for sample in samples for item in learnt_objects(sample)]


def _all_alike(samples: Sequence[Sample]) -> bool:
    """Whether the images are about of one size, so that one window fits all without much padding."""
    sides = np.array([shown_size(sample) for sample in samples])
    return bool((sides.max(axis=0) <= 1.3 * np.median(sides, axis=0)).all())
