"""Parameters of oriented detection."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.detecting.settings import DetectingInference, DetectingTraining
from sightmill.methods.settings import setting, usually
from sightmill.methods.training import Augmentation

__all__ = ["OrientedDetectionInference", "OrientedDetectionTraining"]


class OrientedDetectionTraining(DetectingTraining):
    """Fixed by training."""

    direction: Literal["ignored", "known"] = setting(
        "ignored",
        "ignored: the angle of the longer side is learnt, and a half turn changes nothing. known: objects have a "
        "front; the direction over the full turn is learnt, from the attribute direction or the angle of the boxes.",
        title="Direction of objects",
        group="Orientation",
    )
    unoriented_classes: tuple[str, ...] = setting(
        (),
        "Classes without orientation (round parts, text read upright): they are answered with upright boxes.",
        group="Orientation",
    )
    flip_up_down: bool = usually(True, Augmentation, "flip_up_down")
    rotation: float = usually(30.0, Augmentation, "rotation")


class OrientedDetectionInference(DetectingInference):
    """Free after training."""
