"""The face of classification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.regions import Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.calibration import ece, fit_temperature
from sightmill.evaluation.classification import METRICS, classification_figures, measure_classification
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods.classification.settings import ClassificationInference, ClassificationTraining
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.familiarity import FITTED_BY, fit_familiarity, told_apart
from sightmill.methods.whole_image import explained, whole_image_resolved, whole_image_view

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "Classification"]

#: Sides that the automatic choice may take: below, features have no room; above, a wait without a gain.
SMALLEST_SIDE, LARGEST_SIDE = 96, 224


class Classification(Method[ClassificationTraining, ClassificationInference]):
    """One class of a closed set for each image or region of interest, with a confidence for every class."""

    id: ClassVar[str] = "classification"
    title: ClassVar[str] = "Classification"
    summary: ClassVar[str] = "Gives each image one of the classes it was shown, with a confidence for every class."
    learns_from: ClassVar[str] = "class"
    answers_with: ClassVar[tuple[str, ...]] = ("whole",)
    calibrated_by: ClassVar[tuple[str, ...]] = FITTED_BY
    Training = ClassificationTraining
    Inference = ClassificationInference

    def labels(self, samples: Sequence[Sample], training: ClassificationTraining) -> tuple[str, ...]:
        return tuple(sorted({label for sample in samples for label in sample.labels if label}))

    def prepared(self, samples: Iterable[Sample], split: str, training: ClassificationTraining) -> list[Sample]:
        return [sample for sample in samples if sample.split == split and sample.label]

    def check(self, samples: Sequence[Sample], training: ClassificationTraining) -> list[Finding]:
        findings: list[Finding] = []
        several = tuple(sample.name for sample in samples if len(set(sample.labels)) > 1)
        if several:
            findings.append(
                Finding(
                    "error",
                    "several_labels",
                    f"{len(several)} images carry more than one class, and classification gives each image one",
                    "leave one class on each image, or use multi_label_classification",
                    several,
                )
            )
        counts = Counter(label for sample in samples for label in sample.labels)
        if len(counts) < 2:
            known = ", ".join(sorted(counts)) or "none"
            findings.append(
                Finding(
                    "error",
                    "too_few_classes",
                    f"classification needs training images of at least two classes; there is {known}",
                    "add images of another class to the training split, or use anomaly_detection for good images only",
                )
            )
        rare = {label: count for label, count in counts.items() if count < 5}
        if rare:
            listed = ", ".join(f"{label} ({count})" for label, count in sorted(rare.items()))
            findings.append(
                Finding(
                    "warning",
                    "few_images",
                    f"fewer than five training images of: {listed}",
                    "add images of these classes: their results will be doubtful",
                )
            )
        return findings

    def resolve(self, samples: Sequence[Sample], training: ClassificationTraining) -> ClassificationTraining:
        return whole_image_resolved(training, samples, SMALLEST_SIDE, LARGEST_SIDE)

    def view(self, training: ClassificationTraining, samples: Sequence[Sample]) -> View:
        return whole_image_view(training, samples)

    def decode(
        self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: ClassificationInference
    ) -> Result:
        confidences = _confidences(raw["logits"][0].astype(np.float64) / inference.temperature)  # (K,)
        order = np.argsort(-confidences, kind="stable")
        best = int(order[0])
        score = float(confidences[best])
        result = Result(
            annotations=(Annotation(Whole(), labels[best], score),),
            labels=labels,
            size=frame.size,
            confidences={labels[index]: float(confidences[index]) for index in order},
            heatmaps=explained(raw["activation"], frame, labels, (labels[best],), inference.heatmap_classes),
            values={f"logit:{label}": float(value) for label, value in zip(labels, raw["logits"][0], strict=True)},
            flags={"is_confident": score >= inference.minimum_confidence},
        )
        return told_apart(result, raw, inference, doubt=1 - score)

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_classification(pairs, labels, intervals=intervals)

    def figures(
        self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: ClassificationInference
    ) -> list[Figure]:
        return classification_figures(pairs, labels)

    def truth(self, sample: Sample) -> str:
        return sample.label or ""

    def badness(self, pair: Pair) -> float:
        """Of the confidence in the truth and in the best other class, the other's share: > 0.5 is a wrong answer."""
        given = dict(pair.result.confidences)
        right = given.pop(pair.sample.label or "", 0.0)
        other = max(given.values(), default=0.0)
        return other / (right + other) if right + other > 0 else 1.0

    def calibrate(
        self,
        pairs: Sequence[Pair],
        labels: tuple[str, ...],
        training: ClassificationTraining,
        inference: ClassificationInference,
    ) -> Calibration[ClassificationInference]:
        """Temperature scaling: Guo et al., "On calibration of modern neural networks" (2017), section 4.2."""
        known = [pair for pair in pairs if pair.sample.label in labels]
        if len(known) < 2:
            return Calibration(inference, notes=("Confidences are not calibrated: there is no validation image.",))
        logits = np.array([[pair.result.values[f"logit:{label}"] for label in labels] for pair in known])
        truth = np.array([labels.index(str(pair.sample.label)) for pair in known])
        temperature = fit_temperature(logits, truth)
        doubts = (1 - _confidences(logits / temperature).max(axis=1)).tolist()
        inference, facts, notes = fit_familiarity(known, training, inference, doubts=doubts)
        before, after = (_calibration_error(logits / t, truth) for t in (1.0, temperature))
        return Calibration(
            inference.changed(temperature=temperature),
            facts={
                "temperature": temperature,
                "calibration_error_before": before,
                "calibration_error_after": after,
                "images": len(known),
                **facts,
            },
            notes=(
                f"Confidences are calibrated on {len(known)} validation images: temperature {temperature:.2f}, "
                f"calibration error {before:.3f} -> {after:.3f}.",
                *notes,
            ),
        )

    def learner(self, training: ClassificationTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.classification.learner import ClassificationLearner

        return ClassificationLearner(training, labels=labels, channels=view.channels)


def _confidences(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), np.float64)


def _calibration_error(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    return ece(_confidences(logits).max(axis=1), logits.argmax(axis=1) == truth)


METHOD = Classification()
