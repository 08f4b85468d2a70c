"""Parameters of object detection."""

from __future__ import annotations

from sightmill.methods.detecting.settings import DetectingInference, DetectingTraining

__all__ = ["ObjectDetectionInference", "ObjectDetectionTraining"]


class ObjectDetectionTraining(DetectingTraining):
    """Fixed by training."""


class ObjectDetectionInference(DetectingInference):
    """Free after training."""
