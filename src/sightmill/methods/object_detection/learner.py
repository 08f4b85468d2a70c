"""The learner of object detection."""

from __future__ import annotations

from sightmill.imaging.view import View
from sightmill.methods.detecting.learner import DetectingLearner
from sightmill.methods.object_detection.settings import ObjectDetectionTraining

__all__ = ["ObjectDetectionLearner"]


class ObjectDetectionLearner(DetectingLearner):
    """See `DetectingLearner`."""

    def __init__(self, training: ObjectDetectionTraining, *, labels: tuple[str, ...], view: View) -> None:
        super().__init__(training, labels=labels, view=view, kind="box")
