"""Parameters of anomaly detection, precise variant."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.decision import DecisionInference, DecisionTraining
from sightmill.methods.settings import setting, usually
from sightmill.methods.training import Augmentation, Descent, Lit, Sized

__all__ = ["PreciseInference", "PreciseTraining"]


class PreciseTraining(DecisionTraining, Descent, Sized, Lit, Augmentation):
    """Fixed by training."""

    approach: Literal["local", "global"] = setting(
        "local",
        "local looks at fragments of the feature size, wherever they are. global looks at the image as a whole: for "
        "well-positioned objects with large defects.",
        group="Anomaly detection",
    )
    feature_size: int = setting(
        0,
        "Expected defect size with some margin, in pixels after downsampling: it becomes 64 pixels of the network. "
        "Small: finer, but slower. 0 takes a tenth of the longer side, at least 64. Used by the local approach.",
        unit="px",
        ge=0,
        le=4096,
        group="Anomaly detection",
    )
    synthetic_defects: float = setting(
        60.0,
        "Share of the good training images that are shown with synthetic defects.",
        unit="%",
        gt=0,
        le=100,
        group="Anomaly detection",
        advanced=True,
    )
    labelled_defects: bool = setting(
        True,
        "Learn from the defective images of the training split too, if there are any; off keeps them for the "
        "threshold.",
        group="Anomaly detection",
    )
    batch_size: int = usually(8, Descent, "batch_size")
    iterations: int = usually(16, Descent, "iterations")
    steps_per_iteration: int = usually(25, Descent, "steps_per_iteration")
    learning_rate: float = usually(0.002, Descent, "learning_rate")
    minutes: float = usually(12.0, Descent, "minutes")


class PreciseInference(DecisionInference):
    """Free after training."""

    score_area: float = setting(
        1.0,
        "Share of the image whose highest values are averaged into its score; 0 takes the single highest. "
        "Another share needs another calibration.",
        unit="%",
        ge=0,
        le=100,
        group="Decision",
        advanced=True,
    )
