"""The face of oriented detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sightmill.data.findings import Finding
from sightmill.data.regions import Box, Region, RotatedBox
from sightmill.data.sample import Sample
from sightmill.evaluation.angles import (
    DIRECTION,
    ORIENTED_METRICS,
    angle_histogram,
    has_direction,
    measure_oriented,
)
from sightmill.evaluation.overlap import Kind
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import RawOutputs
from sightmill.methods.detecting.decoding import Answers, answers_of, by_score, suppressed, to_image
from sightmill.methods.detecting.face import DetectingFace, learnt_objects
from sightmill.methods.oriented_detection.settings import OrientedDetectionInference, OrientedDetectionTraining

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "OrientedDetection"]


class OrientedDetection(DetectingFace[OrientedDetectionTraining, OrientedDetectionInference]):
    """Turned boxes around objects, each with a class and a score, and with a direction where there is one."""

    id: ClassVar[str] = "oriented_detection"
    title: ClassVar[str] = "Oriented detection"
    summary: ClassVar[str] = "Finds objects and how they are turned: for each a turned box, a class and a score."
    learns_from: ClassVar[str] = "rotated_box"
    answers_with: ClassVar[tuple[str, ...]] = ("rotated_box", "box")
    kind: ClassVar[Kind] = "rotated_box"
    Training = OrientedDetectionTraining
    Inference = OrientedDetectionInference

    def check(self, samples: Sequence[Sample], training: OrientedDetectionTraining) -> list[Finding]:
        findings = super().check(samples, training)
        objects = [item for sample in samples for item in learnt_objects(sample)]
        known = {item.label for item in objects}
        strange = [name for name in training.unoriented_classes if name not in known]
        if strange and objects:
            findings.append(
                Finding(
                    "error",
                    "unknown_class",
                    f"unoriented_classes names classes that no object has: {', '.join(strange)}",
                    f"name some of {', '.join(sorted(known))}",
                )
            )
        turned = [item for item in objects if item.label not in training.unoriented_classes]
        if turned and all(isinstance(item.region, Box) for item in turned):
            findings.append(
                Finding(
                    "warning",
                    "no_angles",
                    "all boxes of the training images are upright, so no angle can be learnt",
                    "mark the objects with turned boxes, or use object_detection",
                )
            )
        if training.direction == "known" and turned and not any(has_direction(item) for item in turned):
            findings.append(
                Finding(
                    "warning",
                    "no_directions",
                    f"no object has the attribute {DIRECTION}, so the angle of its box is taken for the direction, and "
                    "none points to the left",
                    f"give objects the attribute {DIRECTION} in degrees, or set direction to ignored",
                )
            )
        return findings

    def answers(self, raw: RawOutputs, frame: Frame, inference: OrientedDetectionInference) -> Answers:
        found = suppressed(
            answers_of(raw, frame, least=0.0),
            max_overlap=inference.max_overlap,
            class_agnostic=inference.max_overlap_class_agnostic,
            exact=True,
        )
        return by_score(found)

    def regions(self, found: Answers, raw: RawOutputs, frame: Frame) -> Sequence[tuple[Region | None, dict[str, str]]]:
        placed = to_image(found, frame)
        told = "headings" in raw
        regions: list[tuple[Region | None, dict[str, str]]] = []
        for (cx, cy, width, height), angle, turned, corners in zip(
            placed.boxes.tolist(), placed.angle.tolist(), placed.turned.tolist(), placed.corners.tolist(), strict=True
        ):
            if turned:
                attributes = {DIRECTION: f"{angle % 360:.1f}"} if told else {}
                regions.append((RotatedBox(cx, cy, width, height, angle), attributes))
            else:
                regions.append((Box(*corners).clipped(*frame.size), {}))
        return regions

    def metrics(self) -> Sequence[Metric]:
        return ORIENTED_METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_oriented(pairs, labels, intervals=intervals)

    def figures(
        self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: OrientedDetectionInference
    ) -> list[Figure]:
        angles = angle_histogram(pairs)
        return [*super().figures(pairs, labels, inference), *([angles] if angles else [])]

    def learner(self, training: OrientedDetectionTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.oriented_detection.learner import OrientedDetectionLearner

        return OrientedDetectionLearner(training, labels=labels, view=view)


METHOD = OrientedDetection()
