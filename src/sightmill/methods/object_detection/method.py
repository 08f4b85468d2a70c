"""The face of object detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sightmill.data.regions import Box, Region
from sightmill.evaluation.overlap import Kind
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import RawOutputs
from sightmill.methods.detecting.decoding import Answers, answers_of, joined, suppressed, to_image
from sightmill.methods.detecting.face import DetectingFace
from sightmill.methods.object_detection.settings import ObjectDetectionInference, ObjectDetectionTraining

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "ObjectDetection"]


class ObjectDetection(DetectingFace[ObjectDetectionTraining, ObjectDetectionInference]):
    """Upright boxes around objects, each with a class and a score."""

    id: ClassVar[str] = "object_detection"
    title: ClassVar[str] = "Object detection"
    summary: ClassVar[str] = "Finds objects: for each an upright box, a class and a score."
    learns_from: ClassVar[str] = "box"
    answers_with: ClassVar[tuple[str, ...]] = ("box",)
    kind: ClassVar[Kind] = "box"
    Training = ObjectDetectionTraining
    Inference = ObjectDetectionInference

    def answers(self, raw: RawOutputs, frame: Frame, inference: ObjectDetectionInference) -> Answers:
        found = suppressed(
            answers_of(raw, frame, least=0.0),
            max_overlap=inference.max_overlap,
            class_agnostic=inference.max_overlap_class_agnostic,
        )
        return joined(found, frame)

    def regions(self, found: Answers, raw: RawOutputs, frame: Frame) -> Sequence[tuple[Region | None, dict[str, str]]]:
        corners = to_image(found, frame).corners.clip(0, [*frame.size, *frame.size])
        return [(Box(*box) if box[0] < box[2] and box[1] < box[3] else None, {}) for box in corners.tolist()]

    def learner(self, training: ObjectDetectionTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.object_detection.learner import ObjectDetectionLearner

        return ObjectDetectionLearner(training, labels=labels, view=view)


METHOD = ObjectDetection()
