"""Parameters of instance segmentation."""

from __future__ import annotations

from sightmill.methods.detecting.settings import DetectingInference, DetectingTraining

__all__ = ["InstanceSegmentationInference", "InstanceSegmentationTraining"]


class InstanceSegmentationTraining(DetectingTraining):
    """Fixed by training."""


class InstanceSegmentationInference(DetectingInference):
    """Free after training."""
