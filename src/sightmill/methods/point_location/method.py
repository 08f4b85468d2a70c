"""The face of point location."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.regions import Box, Point
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.drawing.points import draw_points
from sightmill.evaluation.points import (
    FEATURE_SIZE,
    METRICS,
    best_scores,
    measure_points,
    point_figures,
    points_of,
    wrongness,
)
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair, counted
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.pacing import paced_windows
from sightmill.methods.point_location.decoding import kept_apart, peaks_of
from sightmill.methods.point_location.measuring import (
    has_sizes,
    learnt_distance,
    measured_size,
    smallest_size,
)
from sightmill.methods.point_location.settings import PointInference, PointTraining
from sightmill.methods.viewing import ground_of, largest_sides, longer_side

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "PointLocation"]

#: Tiles stand on this grid, the coarsest stride of the network.
GRID = 32
#: The feature size that larger objects are shrunk to, the one that smaller objects are enlarged to, and the least that
#: the smallest class should have, in pixels of the input; images are enlarged so many times at most.
COMFORTABLE, ENLARGED_TO, SMALLEST, MOST_ENLARGED = 28.0, 22.0, 14.0, 3.0
#: The longer side of the input goes no lower and no higher.
SMALLEST_SIDE, LARGEST_SIDE = 96, 1536
#: Inputs up to this side are seen at once, larger ones through windows.
LARGEST_TILE, USUAL_TILE = 512, 320


class PointLocation(Method[PointTraining, PointInference]):
    """Points of several classes, with a score each, to fractions of a pixel."""

    id: ClassVar[str] = "point_location"
    title: ClassVar[str] = "Point location"
    summary: ClassVar[str] = (
        "Finds and counts key points, small objects and centres: position, class and score of each."
    )
    learns_from: ClassVar[str] = "point"
    answers_with: ClassVar[tuple[str, ...]] = ("point",)
    Training = PointTraining
    Inference = PointInference

    def labels(self, samples: Sequence[Sample], training: PointTraining) -> tuple[str, ...]:
        return tuple(sorted({name for sample in samples for name, *_ in points_of(sample)}))

    def check(self, samples: Sequence[Sample], training: PointTraining) -> list[Finding]:
        counts = Counter(name for sample in samples for name, *_ in points_of(sample))
        if not counts:
            return [
                Finding(
                    "error",
                    "no_points",
                    "point location needs points marked in the training images; there is none",
                    "mark the points (boxes and areas count as their centres), or use multi_label_classification",
                )
            ]
        findings = []
        rare = [f"{name} ({count})" for name, count in sorted(counts.items()) if count < 10]
        if rare:
            findings.append(
                Finding(
                    "warning",
                    "few_points",
                    f"fewer than ten points in the training images of: {', '.join(rare)}",
                    "mark more points of these classes: their results will be doubtful",
                )
            )
        if not training.feature_size and not has_sizes(samples):
            findings.append(
                Finding(
                    "info",
                    "size_guessed",
                    f"no label says how large the objects are, so feature_size is estimated from the pictures and the "
                    f"distances of points: {measured_size(samples):.0f} px",
                    "set feature_size to the size of the objects if that is far off",
                )
            )
        return findings

    def resolve(self, samples: Sequence[Sample], training: PointTraining) -> PointTraining:
        size = training.feature_size or measured_size(samples)
        side = longer_side(samples, training.downsample)
        wanted = training.image_size
        if not wanted:
            whole = longer_side(samples, 0)
            scale = max(min(COMFORTABLE / size, 1.0), ENLARGED_TO / size)
            scale = max(scale, min(SMALLEST / (smallest_size(samples) or size), 1.0))
            scale = min(max(scale, SMALLEST_SIDE / whole), MOST_ENLARGED, LARGEST_SIDE / whole)
            # Each step of downsampling halves what the network sees, whatever size the objects would have been given.
            wanted = min(max(round(scale * whole / 2**training.downsample), GRID), 8192)
        tile = training.tile_size
        if tile:
            tile = GRID * math.ceil(tile / GRID)
        else:
            factor = self._scale(wanted, side) / 2**training.downsample
            longest = max(largest_sides(samples)) * factor
            tile = GRID * math.ceil(round(min(longest, USUAL_TILE) if longest > LARGEST_TILE else longest, 3) / GRID)
        resolved = training.changed(
            feature_size=round(size, 1),
            min_distance_ratio=training.min_distance_ratio or round(learnt_distance(samples, size), 3),
            image_size=wanted,
            tile_size=tile,
        )
        view = self.view(resolved, samples)
        tiles, area = sum(len(view.frame(one.size, one.roi).tiles) for one in samples), view.width * view.height
        return paced_windows(resolved, tiles * area, area)

    def view(self, training: PointTraining, samples: Sequence[Sample]) -> View:
        scale = self._scale(training.image_size, longer_side(samples, training.downsample))
        width, height = largest_sides(samples)
        factor = scale / 2**training.downsample
        tile = training.tile_size
        # A window need not be higher than any image is.
        sides = [min(tile, GRID * math.ceil(round(side * factor, 3) / GRID)) for side in (width, height)]
        return View(
            width=max(sides[0], GRID),
            height=max(sides[1], GRID),
            fit="scale",
            scale=scale,
            downsample=training.downsample,
            grayscale=training.grayscale,
            multiple=GRID,
            overlap=min(max(0.25, training.feature_size * factor / tile), 0.5),
            **ground_of(samples, training.grayscale),
        )

    def view_under(self, view: View, inference: PointInference) -> View:
        return view if inference.overlap else view.model_copy(update={"overlap": 0.0})

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: PointInference) -> Result:
        heat = frame.merge(np.moveaxis(raw["heat"], 1, -1))  # (h, w, K)
        offset = frame.merge(np.moveaxis(raw["offset"], 1, -1))  # (h, w, 2)
        stride = frame.input_size[0] / heat.shape[1]
        size, learnt = (float(value) for value in raw["scale"][0])  # pixels of the input; feature sizes
        ratio = learnt if inference.min_distance_ratio is None else inference.min_distance_ratio
        peaks = kept_apart(peaks_of(heat, offset), ratio * size / stride)
        back = frame.matrix_back
        xy = peaks.xy * stride @ back[:, :2].T + back[:, 2]
        least = np.array(inference.least_scores(len(labels)))[peaks.classes]
        known = _looked_at(xy, frame)
        points = [
            Annotation(Point(float(x), float(y)), labels[label], float(score))
            for (x, y), label, score in zip(xy[known], peaks.classes[known], peaks.scores[known], strict=True)
        ]
        said = (peaks.scores >= least)[known]
        feature_size = size * float(np.hypot(*back[:, 0]))
        return Result(
            annotations=tuple(point for point, kept in zip(points, said, strict=True) if kept),
            rejected=tuple(point for point, kept in zip(points, said, strict=True) if not kept),
            labels=labels,
            size=frame.size,
            values={FEATURE_SIZE: feature_size, "min_distance": ratio * feature_size},
        )

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_points(pairs, labels, intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: PointInference) -> list[Figure]:
        return point_figures(pairs, labels)

    def truth(self, sample: Sample) -> str:
        return counted(name for name, *_ in points_of(sample)) if sample.annotated else ""

    def badness(self, pair: Pair) -> float:
        """One minus the F1 of the image's points."""
        return wrongness(pair)

    def calibrate(
        self,
        pairs: Sequence[Pair],
        labels: tuple[str, ...],
        training: PointTraining,
        inference: PointInference,
    ) -> Calibration[PointInference]:
        """For each class the least score that gives the best F1, and about that the best count."""
        found = best_scores(pairs, labels)
        usual = float(np.median([score for score in found if score is not None])) if any(found) else 0.3
        scores = tuple(round(usual if score is None else score, 4) for score in found)
        told = ", ".join(f"{name} {score:.2f}" for name, score in zip(labels, scores, strict=True))
        unseen = [name for name, score in zip(labels, found, strict=True) if score is None]
        doubt = (f"No least score can be fitted for {', '.join(unseen)}: add held-out images.",) if unseen else ()
        return Calibration(
            inference.changed(learnt_min_scores=scores),
            facts={"min_scores": dict(zip(labels, scores, strict=True)), "images": len(pairs)},
            notes=(f"Least scores were fitted to {len(pairs)} held-out images for best F1 and count: {told}.", *doubt),
        )

    def draw(self, image: npt.NDArray[Any], result: Result) -> npt.NDArray[np.uint8]:
        return draw_points(image, result.annotations, result.labels, size=result.values.get(FEATURE_SIZE))

    def learner(self, training: PointTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.point_location.learner import PointLearner

        return PointLearner(training, labels=labels, view=view)

    def _scale(self, wanted: int, side: float) -> float:
        return min(max(wanted / max(side, 1.0), 1 / 64), 8.0)


def _looked_at(xy: npt.NDArray[np.float64], frame: Frame) -> npt.NDArray[np.bool_]:
    """Which points ``(N, 2)`` of the image lie in its shown part and its region of interest."""
    left, top, right, bottom = frame.crop
    inside = (xy[:, 0] >= left) & (xy[:, 0] < right) & (xy[:, 1] >= top) & (xy[:, 1] < bottom)
    if frame.roi is not None and not isinstance(frame.roi, Box):
        mask = frame.roi.mask(*frame.size)
        columns, rows = np.floor(xy).astype(np.int64).T
        inside[inside] = mask[rows[inside], columns[inside]]
    return np.asarray(inside)


METHOD = PointLocation()
