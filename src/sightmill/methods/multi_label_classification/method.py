"""The face of multi-label classification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.regions import Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.calibration import fit_temperature
from sightmill.evaluation.multi_label import (
    METRICS,
    class_threshold,
    labels_of,
    measure_multi_label,
    multi_label_figures,
    wrongness,
)
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods import familiarity
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.familiarity import fit_familiarity, told_apart
from sightmill.methods.multi_label_classification.settings import MultiLabelInference, MultiLabelTraining
from sightmill.methods.whole_image import explained, whole_image_resolved, whole_image_view

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "MultiLabelClassification"]

#: Sides that the automatic choice may take. The upper one is above that of classification: several things in one image
#: are each smaller than it.
SMALLEST_SIDE, LARGEST_SIDE = 96, 320

_RULES = {"f1": "best F1", "misses": "few misses", "false_alarms": "few false alarms"}


class MultiLabelClassification(Method[MultiLabelTraining, MultiLabelInference]):
    """All the classes that an image shows, none to many, each with a confidence of its own."""

    id: ClassVar[str] = "multi_label_classification"
    title: ClassVar[str] = "Multi-label classification"
    summary: ClassVar[str] = "Tells which of several classes an image shows: none, one or many, each for itself."
    learns_from: ClassVar[str] = "multi_label"
    answers_with: ClassVar[tuple[str, ...]] = ("whole",)
    calibrated_by: ClassVar[tuple[str, ...]] = (
        "threshold_rule",
        "miss_target",
        "false_alarm_target",
        "confidence_level",
        *familiarity.FITTED_BY,
    )
    Training = MultiLabelTraining
    Inference = MultiLabelInference

    def check(self, samples: Sequence[Sample], training: MultiLabelTraining) -> list[Finding]:
        counts = Counter(name for sample in samples for name in labels_of(sample))
        if not counts:
            return [
                Finding(
                    "error",
                    "too_few_classes",
                    "no training image shows any class",
                    "say which classes the images show: labels joined by ';' in a table, or regions with labels",
                )
            ]
        findings = []
        everywhere = sorted(name for name, count in counts.items() if count == len(samples))
        if everywhere:
            findings.append(
                Finding(
                    "error" if len(everywhere) == len(counts) else "warning",
                    "class_everywhere",
                    f"every training image shows {', '.join(everywhere)}, so its absence cannot be learnt",
                    "add images without it (an empty cell under labels says that an image shows nothing)",
                )
            )
        rare = [f"{name} ({count})" for name, count in sorted(counts.items()) if count < 5]
        if rare:
            findings.append(
                Finding(
                    "warning",
                    "few_images",
                    f"fewer than five training images of: {', '.join(rare)}",
                    "add images of these classes: their results will be doubtful",
                )
            )
        return findings

    def resolve(self, samples: Sequence[Sample], training: MultiLabelTraining) -> MultiLabelTraining:
        return whole_image_resolved(training, samples, SMALLEST_SIDE, LARGEST_SIDE)

    def view(self, training: MultiLabelTraining, samples: Sequence[Sample]) -> View:
        return whole_image_view(training, samples)

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: MultiLabelInference) -> Result:
        logits = raw["logits"][0].astype(np.float64)  # (K,)
        confidences = _sigmoid(logits / inference.temperature)
        thresholds = np.array(inference.thresholds(len(labels)))
        order = [int(index) for index in np.argsort(-confidences, kind="stable")]
        there = [index for index in order if confidences[index] >= thresholds[index]]
        shown = [labels[index] for index in there or order[:1]]
        result = Result(
            annotations=tuple(Annotation(Whole(), labels[index], float(confidences[index])) for index in there),
            labels=labels,
            size=frame.size,
            confidences={labels[index]: float(confidences[index]) for index in order},
            heatmaps=explained(raw["activation"], frame, labels, shown, inference.heatmap_classes),
            values={
                **{f"threshold:{labels[index]}": float(thresholds[index]) for index in order},
                **{f"logit:{labels[index]}": float(logits[index]) for index in order},
            },
            flags={"is_confident": bool((np.abs(confidences - thresholds) >= inference.minimum_margin).all())},
        )
        return told_apart(result, raw, inference)

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_multi_label(pairs, labels, intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: MultiLabelInference) -> list[Figure]:
        return multi_label_figures(pairs, labels)

    def truth(self, sample: Sample) -> str:
        return ("; ".join(labels_of(sample)) or "(none)") if sample.annotated else ""

    def answer(self, result: Result) -> str:
        return "; ".join(sorted(item.label for item in result.annotations)) or "(none)"

    def badness(self, pair: Pair) -> float:
        """How wrong the most wrong class is: > 0.5 when any of them is decided wrongly."""
        result, shown = pair.result, set(labels_of(pair.sample))
        if shown - set(result.labels):
            return 1.0
        confidences = np.array([result.confidences.get(name, 0.0) for name in result.labels])
        thresholds = np.array([result.values.get(f"threshold:{name}", 0.5) for name in result.labels])
        present = np.array([name in shown for name in result.labels])
        return float(wrongness(confidences, thresholds, present).max(initial=0.0))

    def calibrate(
        self,
        pairs: Sequence[Pair],
        labels: tuple[str, ...],
        training: MultiLabelTraining,
        inference: MultiLabelInference,
    ) -> Calibration[MultiLabelInference]:
        """One temperature for all classes (Guo et al., 2017), then a threshold for each."""
        known = [pair for pair in pairs if pair.sample.annotated]
        if len(known) < 2:
            return Calibration(inference, notes=("Thresholds are not fitted: there is no validation image.",))
        logits = np.array([[pair.result.values[f"logit:{name}"] for name in labels] for pair in known])  # (N, K)
        there = np.array([[name in labels_of(pair.sample) for name in labels] for pair in known])
        both = np.stack([np.zeros(logits.size), logits.reshape(-1)], 1)
        temperature = fit_temperature(both, there.reshape(-1).astype(np.int64))
        confidences = _sigmoid(logits / temperature)
        target = training.miss_target if training.threshold_rule == "misses" else training.false_alarm_target
        thresholds = tuple(
            class_threshold(
                confidences[:, index],
                there[:, index],
                rule=training.threshold_rule,
                target=target / 100,
                confidence=training.confidence_level / 100,
            )
            for index in range(len(labels))
        )
        inference, facts, notes = fit_familiarity(known, training, inference)
        rule = _RULES[training.threshold_rule]
        told = ", ".join(f"{name} {value:.2f}" for name, value in zip(labels, thresholds, strict=True))
        unseen = [name for index, name in enumerate(labels) if not 0 < there[:, index].mean() < 1]
        doubtful = [f"No threshold can be fitted for {', '.join(unseen)}: add held-out images."] if unseen else []
        return Calibration(
            inference.changed(temperature=temperature, class_thresholds=thresholds),
            facts={
                "temperature": temperature,
                "thresholds": dict(zip(labels, thresholds, strict=True)),
                "threshold_rule": training.threshold_rule,
                "images": len(known),
                **facts,
            },
            notes=(
                f"Thresholds were fitted to {len(known)} held-out images for {rule}: {told}.",
                *doubtful,
                *notes,
            ),
        )

    def learner(self, training: MultiLabelTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.multi_label_classification.learner import MultiLabelLearner

        return MultiLabelLearner(training, labels=labels, channels=view.channels)


def _sigmoid(logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float64)


METHOD = MultiLabelClassification()
