"""Parameters of classification."""

from __future__ import annotations

from sightmill.methods.settings import setting
from sightmill.methods.whole_image import WholeImageInference, WholeImageTraining

__all__ = ["ClassificationInference", "ClassificationTraining"]


class ClassificationTraining(WholeImageTraining):
    """Fixed by training."""


class ClassificationInference(WholeImageInference):
    """Free after training."""

    minimum_confidence: float = setting(
        0.0,
        "Below this confidence the answer is flagged as not confident.",
        ge=0,
        le=1,
        group="Decision",
    )
    temperature: float = setting(
        1.0,
        "Divides the network's logits so that a confidence of 0.9 is right nine times in ten; fitted by training.",
        gt=0,
        le=100,
        group="Decision",
        advanced=True,
    )
