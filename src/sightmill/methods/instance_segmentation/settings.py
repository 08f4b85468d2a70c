"""Parameters of instance segmentation."""

from __future__ import annotations

from sightmill.methods.detecting.settings import DetectingInference, DetectingTraining
from sightmill.methods.settings import usually

__all__ = ["InstanceSegmentationInference", "InstanceSegmentationTraining"]


class InstanceSegmentationTraining(DetectingTraining):
    """Fixed by training."""

    # Outlined objects crowd, and there is little room between them: held-out nuclei gained nothing from more.
    pasted_objects: float = usually(0.0, DetectingTraining, "pasted_objects")


class InstanceSegmentationInference(DetectingInference):
    """Free after training."""
