"""Parameters of classification."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.settings import Settings, setting
from sightmill.methods.training import Augmentation, Descent

__all__ = ["ClassificationInference", "ClassificationTraining"]


class ClassificationTraining(Descent, Augmentation):
    """Fixed by training."""

    resize: Literal["pad", "stretch"] = setting(
        "pad",
        "How an image of another shape meets the network's input: pad keeps proportions, stretch does not.",
        group="Image",
    )
    balance: float = setting(
        50.0,
        "How far rare classes are weighed up: 0 counts every image alike, 100 every class alike.",
        unit="%",
        ge=0,
        le=100,
        group="Optimiser",
    )
    fine_tuning: bool = setting(
        True,
        "Adapt the whole network after the first head; off keeps the features frozen, for very few images.",
        group="Network",
    )
    # Small changes that no inspection task is harmed by; flips and rotations are for the user to switch on.
    luminance: float = setting(
        10.0,
        "Largest random change of brightness, darker or brighter, relative to the full range.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    relative_translation: float = setting(
        5.0,
        "Largest random shift in each direction, relative to the image.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    scale_min: float = setting(95.0, "Smallest random scale.", unit="%", ge=10, le=1000, group="Augmentation")
    scale_max: float = setting(105.0, "Largest random scale.", unit="%", ge=10, le=1000, group="Augmentation")


class ClassificationInference(Settings):
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
