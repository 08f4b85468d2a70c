"""The face of semantic segmentation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import cv2
import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.good import is_good
from sightmill.data.ignored import is_ignored
from sightmill.data.regions import Region
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.label_maps import AREAS
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.evaluation.segmentation import (
    METRICS,
    measure_segmentation,
    overlap_of_classes,
)
from sightmill.evaluation.segmentation_figures import segmentation_figures
from sightmill.imaging.coverage import own_pixels
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.full_maps import (
    LARGEST_WINDOW,
    factor_of,
    multiple,
    paced_maps,
    tile_side,
    tiled_view,
    view_with,
)
from sightmill.methods.semantic_segmentation.regions import Cut, decide, regions_of
from sightmill.methods.semantic_segmentation.settings import SegmentationInference, SegmentationTraining
from sightmill.methods.viewing import longer_side

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "SemanticSegmentation"]

#: The map that is shown first when there are several classes: how likely a pixel is not background.
MAP = "heatmap"
#: The feature sizes that work best: smaller ones lack surroundings, larger ones should be shrunk first.
SMALLEST_FEATURE, LARGEST_FEATURE = 48, 164
#: A feature size is this many times the root of a region's area (a disc with a third of margin), for this percentile.
MARGIN, TYPICAL = 1.5, 75
#: The feature size that images are shrunk to where it is larger, but so that the median width of each class's regions
#: keeps so many pixels, and images a longer side of so many; images are left alone where it would hardly change them.
COMFORTABLE, THINNEST, SMALLEST_SIDE, WORTH_IT = 70, 2.5, 160, 0.75
#: Windows of training, relative to the feature size: a feature with its surroundings.
SURROUNDINGS = 2


class SemanticSegmentation(Method[SegmentationTraining, SegmentationInference]):
    """For each pixel a probability of every class, and the regions where a class is there."""

    id: ClassVar[str] = "semantic_segmentation"
    title: ClassVar[str] = "Semantic segmentation"
    summary: ClassVar[str] = (
        "Marks the pixels of each class it was shown: cracks, stains, seams; a probability map for each."
    )
    learns_from: ClassVar[str] = "mask"
    answers_with: ClassVar[tuple[str, ...]] = ("mask",)
    Training = SegmentationTraining
    Inference = SegmentationInference

    def labels(self, samples: Sequence[Sample], training: SegmentationTraining) -> tuple[str, ...]:
        return tuple(sorted({item.label for sample in samples for item in sample.annotations if _is_feature(item)}))

    def prepared(self, samples: Iterable[Sample], split: str, training: SegmentationTraining) -> list[Sample]:
        """Annotated images; without those that a class was given as a whole and nobody said where."""
        return [
            sample for sample in samples if sample.split == split and sample.annotated and not _lacks_its_place(sample)
        ]

    def check(self, samples: Sequence[Sample], training: SegmentationTraining) -> list[Finding]:
        findings: list[Finding] = []
        labels = self.labels(samples, training)
        if not labels:
            findings.append(
                Finding(
                    "error",
                    "nothing_to_learn",
                    "no training image has a marked region",
                    "mark the features with masks or polygons, or use anomaly_detection, which needs none",
                )
            )
        counts = {label: sum(any(item.label == label for item in s.annotations) for s in samples) for label in labels}
        rare = ", ".join(f"{label} ({count})" for label, count in counts.items() if count < 5)
        if rare:
            findings.append(
                Finding(
                    "warning",
                    "few_images",
                    f"fewer than five training images show: {rare}",
                    "mark more of them: these classes will be doubtful",
                )
            )
        if len(labels) > 250:
            findings.append(
                Finding("error", "too_many_classes", f"there are {len(labels)} classes", "join some: 250 are the most")
            )
        size = training.feature_size
        if size and not SMALLEST_FEATURE <= size <= LARGEST_FEATURE:
            advice = (
                "raise downsample" if size > LARGEST_FEATURE else "take a larger one: the surroundings help to decide"
            )
            findings.append(
                Finding(
                    "warning",
                    "feature_size",
                    f"{size} px is no feature size from {SMALLEST_FEATURE} to {LARGEST_FEATURE} px, which work best",
                    advice,
                )
            )
        if not training.overlapping and any(_overlap(sample) for sample in samples):
            findings.append(
                Finding(
                    "warning",
                    "overlapping_classes",
                    "regions of different classes lie over one another, and the later one takes the pixels",
                    "switch overlapping on if a pixel may belong to several classes",
                    tuple(sample.name for sample in samples if _overlap(sample)),
                )
            )
        return findings

    def resolve(self, samples: Sequence[Sample], training: SegmentationTraining) -> SegmentationTraining:
        if not (training.scale and training.feature_size and training.image_size):
            shapes = [shape for sample in samples for shape in _shapes(sample)]
            sizes = [MARGIN * math.sqrt(shape.area) for shape in shapes]
            typical = float(np.percentile(sizes, TYPICAL)) if sizes else COMFORTABLE
            if not training.scale:
                training = training.changed(scale=_scale(typical, shapes, samples, 0.5**training.downsample))
            factor = factor_of(training)
            training = training.changed(
                feature_size=training.feature_size
                or round(min(max(factor * typical, SMALLEST_FEATURE), LARGEST_FEATURE)),
                image_size=training.image_size or tile_side(samples, factor),
            )
        return paced_maps(training, samples, _window(training))

    def view(self, training: SegmentationTraining, samples: Sequence[Sample]) -> View:
        return tiled_view(training, samples)

    def view_under(self, view: View, inference: SegmentationInference) -> View:
        return view_with(view, inference)

    def decode(
        self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: SegmentationInference
    ) -> Result:
        independent = "independent" in raw
        tiles = raw["independent" if independent else "probability"]  # (T, K, h, w)
        heats = [frame.heatmap(frame.merge(tiles[:, number]), (0.0, 1.0)) for number in range(len(labels))]
        maps = np.stack([heat.at_image_size() for heat in heats])  # (K, H, W)
        cut = Cut(inference.threshold, inference.minimum_area, inference.minimum_score, inference.united_regions)
        regions = regions_of(maps, labels, cut, independent=independent)
        heatmaps = {}
        if len(labels) > 1:
            merged = [heat.coarse for heat in heats]
            first = np.maximum.reduce(merged) if independent else np.add.reduce(merged)
            heatmaps[MAP] = frame.heatmap(first, (0.0, 1.0)).compact()
        heatmaps |= {label: heat.compact() for label, heat in zip(labels, heats, strict=True)}
        return Result(
            annotations=tuple(regions),
            labels=labels,
            size=frame.size,
            confidences={label: float(maps[number].max()) for number, label in enumerate(labels)},
            heatmaps=heatmaps,
            values={f"mean:{label}": float(maps[number].mean()) for number, label in enumerate(labels)},
        )

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_segmentation(pairs, labels, intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: SegmentationInference) -> list[Figure]:
        return segmentation_figures(pairs, labels)

    def truth(self, sample: Sample) -> str:
        return _names(item.label for item in sample.annotations if _is_feature(item)) if sample.annotated else ""

    def answer(self, result: Result) -> str:
        return _names(item.label for item in result.annotations)

    def badness(self, pair: Pair) -> float:
        """How little truth and answer overlap (1 - Dice, mean over their classes): > 0.5 is a wrong answer."""
        return 1.0 - overlap_of_classes(pair, pair.result.labels)

    def calibrate(
        self,
        pairs: Sequence[Pair],
        labels: tuple[str, ...],
        training: SegmentationTraining,
        inference: SegmentationInference,
    ) -> Calibration[SegmentationInference]:
        """The threshold with the best IoU, and the smallest region worth reporting, on held-out images."""
        found = decide(pairs, labels, independent=training.overlapping)
        if found is None:
            return Calibration(inference, notes=("The threshold stays at 0.5: no validation image shows a feature.",))
        cut = found.cut
        facts = {
            "threshold": cut.threshold,
            "united_regions": cut.united,
            "minimum_area": cut.minimum_area,
            "minimum_score": cut.minimum_score,
        }
        united = " and one class for each connected region" if cut.united else ""
        return Calibration(
            inference.changed(**facts),
            facts={
                **facts,
                "iou": found.iou,
                "iou_before": found.iou_before,
                "f1": found.f1,
                "f1_before": found.f1_before,
                "images": len(pairs),
            },
            notes=(
                f"On {len(pairs)} validation images a threshold of {cut.threshold:.2f}{united} gives the best mean IoU "
                f"of the classes: {found.iou:.3f}, with 0.50 for single pixels it is {found.iou_before:.3f}.",
                f"Regions below {cut.minimum_area} px or a score of {cut.minimum_score:.4g} are not reported: F1 of "
                f"regions {found.f1:.3f}, with all of them {found.f1_before:.3f}.",
            ),
        )

    def learner(self, training: SegmentationTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.semantic_segmentation.learner import SegmentationLearner

        side = _window(training)
        window = min(side, view.height), min(side, view.width)
        return SegmentationLearner(training, labels=labels, channels=view.channels, window=window)


def _window(training: SegmentationTraining) -> int:
    """The side of the windows of training, for resolved settings."""
    return min(multiple(SURROUNDINGS * training.feature_size), LARGEST_WINDOW)


def _is_feature(item: Annotation) -> bool:
    """Whether an annotation marks pixels to be found."""
    return (
        isinstance(item.region, AREAS) and bool(item.label) and not is_ignored(item.label) and not is_good(item.label)
    )


def _lacks_its_place(sample: Sample) -> bool:
    """Whether a class was given to the image as a whole, and no region says where it is."""
    return any(not is_good(label) for label in sample.labels) and not any(map(_is_feature, sample.annotations))


class _Shape(NamedTuple):
    """One connected marked region: its class, its area in square pixels, and its width where it is widest, pixels."""

    label: str
    area: float
    width: float


def _shapes(sample: Sample) -> list[_Shape]:
    """The connected marked regions of an image."""
    width, height = sample.size
    found: list[_Shape] = []
    for item in filter(_is_feature, sample.annotations):
        marked = np.pad(own_pixels(item.region, width, height).astype(np.uint8), 1)
        count, places, statistics, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
        there = marked > 0
        deepest = np.zeros(count)
        np.maximum.at(deepest, places[there].astype(np.intp), cv2.distanceTransform(marked, cv2.DIST_L2, 5)[there])
        found += [
            _Shape(item.label, float(statistics[index, cv2.CC_STAT_AREA]), 2 * float(deepest[index]) - 1)
            for index in range(1, count)
        ]
    return found


def _scale(typical: float, shapes: Sequence[_Shape], samples: Sequence[Sample], factor: float) -> float:
    """The size that images are brought to, percent: what is typical is comfortable, and what is thin stays visible.

    Parameters
    ----------
    typical : feature size in the image, pixels.
    factor : by which images are made smaller anyway.
    """
    wanted = max(COMFORTABLE / (factor * typical), SMALLEST_SIDE / (factor * longer_side(samples, 0)))
    widths: dict[str, list[float]] = {}
    for shape in shapes:
        widths.setdefault(shape.label, []).append(factor * shape.width)
    thinnest = min((float(np.median(own)) for own in widths.values()), default=0.0)
    if thinnest:
        wanted = max(wanted, THINNEST / thinnest)
    return 100.0 if wanted > WORTH_IT else float(max(round(100 * wanted), 2))


def _overlap(sample: Sample) -> bool:
    """Whether regions of different classes share pixels."""
    width, height = sample.size
    marked = list(filter(_is_feature, sample.annotations))
    for place, item in enumerate(marked):
        for other in marked[:place]:
            if item.label != other.label and _touch(item.region, other.region, width, height):
                return True
    return False


def _touch(one: Region, other: Region, width: int, height: int) -> bool:
    first, second = one.bounds(width, height), other.bounds(width, height)
    if max(first.x1, second.x1) >= min(first.x2, second.x2) or max(first.y1, second.y1) >= min(first.y2, second.y2):
        return False
    return bool((one.mask(width, height) & other.mask(width, height)).any())


def _names(labels: Iterable[str]) -> str:
    return ", ".join(sorted(set(labels))) or "background"


METHOD = SemanticSegmentation()
