"""Parameters of multi-label classification."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from sightmill.methods.settings import setting
from sightmill.methods.whole_image import WholeImageInference, WholeImageTraining

__all__ = ["MultiLabelInference", "MultiLabelTraining"]


class MultiLabelTraining(WholeImageTraining):
    """Fixed by training."""

    absent_focus: float = setting(
        2.0,
        "How much less an absent class counts the surer it is seen as absent: 0 counts all alike, higher is for many "
        "classes of which an image shows few.",
        title="Focus of absent classes",
        ge=0,
        le=8,
        group="Optimiser",
        advanced=True,
    )
    threshold_rule: Literal["f1", "misses", "false_alarms"] = setting(
        "f1",
        "How the threshold of each class is chosen on held-out images. f1: best F1. misses: as high as miss_target "
        "allows. false_alarms: as low as false_alarm_target allows.",
        group="Thresholds",
    )
    miss_target: float = setting(
        5.0,
        "Share of the images with a class that may be missed, at most, for the rule misses.",
        unit="%",
        gt=0,
        le=50,
        group="Thresholds",
    )
    false_alarm_target: float = setting(
        5.0,
        "Share of the images without a class that may be given it, at most, for the rule false_alarms.",
        unit="%",
        gt=0,
        le=50,
        group="Thresholds",
    )
    confidence_level: float = setting(
        95.0,
        "How sure statements about misses and false alarms must be.",
        unit="%",
        ge=50,
        lt=100,
        group="Thresholds",
    )


class MultiLabelInference(WholeImageInference):
    """Free after training."""

    threshold: float | None = setting(
        None,
        "From this confidence on a class is said to be there, for all classes; none takes the learnt thresholds.",
        ge=0,
        le=1,
        group="Decision",
    )
    minimum_margin: float = setting(
        0.0,
        "Nearer than this to its threshold, a class makes the answer not confident.",
        ge=0,
        le=1,
        group="Decision",
    )
    class_thresholds: tuple[float, ...] = setting(
        (),
        "The learnt thresholds, in the order of the classes; fitted by training, empty = 0.5 for all.",
        group="Decision",
        advanced=True,
    )
    temperature: float = setting(
        1.0,
        "Divides the network's logits so that a confidence of 0.9 is right nine times in ten; fitted by training.",
        gt=0,
        le=100,
        group="Decision",
        advanced=True,
    )

    @field_validator("class_thresholds")
    @classmethod
    def _are_confidences(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= threshold <= 1 for threshold in value):
            raise ValueError("class_thresholds lie between 0 and 1")
        return value

    def thresholds(self, classes: int) -> tuple[float, ...]:
        """The threshold that holds for each class."""
        if self.threshold is not None:
            return (self.threshold,) * classes
        return self.class_thresholds if len(self.class_thresholds) == classes else (0.5,) * classes
