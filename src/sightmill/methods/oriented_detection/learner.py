"""The learner of oriented detection."""

from __future__ import annotations

from sightmill.imaging.view import View
from sightmill.methods.detecting.learner import DetectingLearner
from sightmill.methods.oriented_detection.settings import OrientedDetectionTraining

__all__ = ["OrientedDetectionLearner"]


class OrientedDetectionLearner(DetectingLearner):
    """See `DetectingLearner`."""

    def __init__(self, training: OrientedDetectionTraining, *, labels: tuple[str, ...], view: View) -> None:
        super().__init__(
            training,
            labels=labels,
            view=view,
            kind="rotated_box",
            turns=1 if training.direction == "known" else 2,
            unoriented=training.unoriented_classes,
        )
