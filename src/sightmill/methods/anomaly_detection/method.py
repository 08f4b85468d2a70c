"""The face of anomaly detection, fast variant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.good import is_good
from sightmill.data.regions import Mask, Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.anomaly import METRICS, anomaly_figures, measure_anomaly
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.evaluation.thresholds import threshold_from_both
from sightmill.imaging.view import Frame, View
from sightmill.methods.anomaly_detection.settings import AnomalyInference, AnomalyTraining
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.viewing import ground_of, largest_sides, longer_side

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "AnomalyDetection"]

#: Feature size in the network's own pixels: the image is scaled so that a feature is this large.
CANONICAL_FEATURE = 64
#: Largest side of a tile, in the network's pixels; larger inputs are cut up.
LARGEST_TILE = 512


class AnomalyDetection(Method[AnomalyTraining, AnomalyInference]):
    """Learns from good images what is ordinary, and marks what is not."""

    id: ClassVar[str] = "anomaly_detection"
    title: ClassVar[str] = "Anomaly detection"
    summary: ClassVar[str] = (
        "Learns from good images only; gives a score, a heatmap, defect regions and a good/bad decision."
    )
    learns_from: ClassVar[str] = "anomaly"
    answers_with: ClassVar[tuple[str, ...]] = ("whole", "mask")
    Training = AnomalyTraining
    Inference = AnomalyInference

    def labels(self, samples: Sequence[Sample], training: AnomalyTraining) -> tuple[str, ...]:
        return (training.good_label or _good_name(samples), "defect")

    def prepared(self, samples: Iterable[Sample], split: str, training: AnomalyTraining) -> list[Sample]:
        """Training learns from good images only; bad ones found there help to set the threshold."""
        labelled = [sample for sample in samples if sample.split in ("train", split) and sample.label]
        good = training.good_label or _good_name(labelled)
        if split == "train":
            return [sample for sample in labelled if sample.label == good]
        chosen = [sample for sample in labelled if sample.split == split]
        if split == "validation":
            chosen += [sample for sample in labelled if sample.split == "train" and sample.label != good]
        return chosen

    def check(self, samples: Sequence[Sample], training: AnomalyTraining) -> list[Finding]:
        good = [sample for sample in samples if sample.label == (training.good_label or _good_name(samples))]
        if not good:
            found = ", ".join(sorted({str(sample.label) for sample in samples})) or "none"
            return [
                Finding(
                    "error",
                    "no_good_images",
                    f"there is no good image to learn from; class names found: {found}",
                    "put good images into train/good, or name their class with good_label",
                )
            ]
        if len(good) < 10:
            return [
                Finding(
                    "warning",
                    "few_images",
                    f"only {len(good)} good images to learn from",
                    "20 to 100 good images are usual: without them ordinary variation looks like a defect",
                )
            ]
        return []

    def resolve(self, samples: Sequence[Sample], training: AnomalyTraining) -> AnomalyTraining:
        side = longer_side(samples, training.downsample)
        if training.feature_size and training.image_size:
            return training
        if training.image_size:
            feature = CANONICAL_FEATURE * side / training.image_size
        else:
            feature = training.feature_size or side / 4
        feature_size = max(round(feature), 8)
        return training.changed(
            feature_size=feature_size,
            image_size=min(max(round(side * CANONICAL_FEATURE / feature_size), 32), 4096),
        )

    def view(self, training: AnomalyTraining, samples: Sequence[Sample]) -> View:
        scale = CANONICAL_FEATURE / training.feature_size
        width, height = (
            min(max(math.ceil(scale * side / 2**training.downsample / 32), 1) * 32, LARGEST_TILE)
            for side in largest_sides(samples)
        )
        return View(
            width=width,
            height=height,
            fit="scale",
            scale=scale,
            downsample=training.downsample,
            grayscale=training.grayscale,
            **ground_of(samples, training.grayscale),
        )

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: AnomalyInference) -> Result:
        distance = frame.merge(raw["distance"]).astype(np.float32)
        heatmap = frame.heatmap(distance)
        score = _score(distance, frame, inference.score_area / 100)
        threshold = inference.threshold
        regions: list[Annotation] = []
        if threshold is not None and score > threshold:
            regions = _regions(heatmap.at_image_size(), threshold, inference.minimum_defect_area, labels[1])
            if not regions:  # all of them smaller than what counts as a defect
                score = threshold
        bad = threshold is not None and score > threshold
        whole = Annotation(Whole(), labels[1] if bad else labels[0], score)
        return Result(
            annotations=(whole, *regions) if threshold is not None else (Annotation(Whole(), "", score),),
            labels=labels,
            size=frame.size,
            heatmaps={"heatmap": heatmap},
            values={"anomaly_score": score} | ({} if threshold is None else {"threshold": threshold}),
            flags={} if threshold is None else {"is_valid": not bad},
        )

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_anomaly(pairs, lambda sample: sample.label == labels[0], intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: AnomalyInference) -> list[Figure]:
        thresholds = {} if inference.threshold is None else {"T": inference.threshold}
        return anomaly_figures(pairs, lambda sample: sample.label == labels[0], thresholds)

    def truth(self, sample: Sample) -> str:
        return sample.label or ""

    def badness(self, pair: Pair) -> float:
        """How far on the wrong side of the threshold, from 0 to 1; 0.5 is on it."""
        score = pair.result.values["anomaly_score"]
        threshold = pair.result.values.get("threshold") or max(score, 1e-9)
        share = score / (score + threshold) if score + threshold else 0.0
        good = pair.sample.label == pair.result.labels[0]
        return share if good else 1.0 - share

    def calibrate(
        self,
        pairs: Sequence[Pair],
        labels: tuple[str, ...],
        training: AnomalyTraining,
        inference: AnomalyInference,
    ) -> Calibration[AnomalyInference]:
        """The threshold, from good images by a stated share of false rejects, refined when bad ones exist."""
        scores: dict[bool, list[float]] = {True: [], False: []}
        for pair in pairs:
            scores[pair.sample.label == labels[0]].append(pair.result.values["anomaly_score"])
        good, bad = np.array(scores[True]), np.array(scores[False])
        fitted = threshold_from_both(
            good,
            bad,
            target=training.false_reject_target / 100,
            confidence=training.confidence_level / 100,
        )
        return Calibration(
            inference.changed(threshold=fitted.value),
            facts={**fitted.to_dict(), "bad_images": len(bad)},
            notes=(fitted.sentence,),
        )

    def learner(self, training: AnomalyTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.anomaly_detection.learner import AnomalyLearner

        return AnomalyLearner(training, channels=view.channels)


def _good_name(samples: Sequence[Sample]) -> str:
    """The class name that means good: a known word, else the only class of the training images."""
    found = {sample.label for sample in samples if sample.label}
    known = sorted(label for label in found if is_good(label))
    if known:
        return known[0]
    trained = {sample.label for sample in samples if sample.label and sample.split == "train"}
    return next(iter(trained)) if len(trained) == 1 else "good"


def _score(distance: npt.NDArray[np.float32], frame: Frame, share: float) -> float:
    """The mean of the highest values, among the cells that show the image and its region of interest."""
    rows, columns = distance.shape
    shown = cv2.resize(frame.valid().astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) >= 0.5
    cells = distance[shown] if shown.any() else distance.reshape(-1)
    count = max(round(share * len(cells)), 1)
    return float(np.partition(cells, len(cells) - count)[-count:].mean())


def _regions(full: npt.NDArray[np.float32], threshold: float, minimum_area: float, label: str) -> list[Annotation]:
    """Connected regions above the threshold that are large enough, strongest first."""
    above = (full > threshold).astype(np.uint8)
    count, components, statistics, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    found: list[Annotation] = []
    for index in range(1, count):
        x, y, width, height, area = (int(value) for value in statistics[index])
        if area < minimum_area:
            continue
        window = (slice(y, y + height), slice(x, x + width))
        pixels = components[window] == index
        found.append(Annotation(Mask(pixels, x, y), label, float(full[window][pixels].max())))
    return sorted(found, key=lambda item: -(item.score or 0.0))


METHOD = AnomalyDetection()
