"""Parameters of anomaly detection, fast variant."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.decision import DecisionInference, DecisionTraining
from sightmill.methods.settings import setting
from sightmill.methods.training import Augmentation, Lit, Sized

__all__ = ["AnomalyInference", "AnomalyTraining"]


class AnomalyTraining(DecisionTraining, Sized, Lit, Augmentation):
    """Fixed by training."""

    feature_size: int = setting(
        0,
        "Expected defect size with some margin, in pixels after downsampling. Small: precise but slow; near the "
        "image size: holistic. 48-164 works best; 0 finds it: a quarter of the longer side, or smaller where drawn "
        "defects are found better with more pixels.",
        unit="px",
        ge=0,
        le=4096,
        group="Anomaly detection",
    )
    sampling_density: Literal["low", "medium", "high"] = setting(
        "medium",
        "Spatial resolution of training and inspection: low for well-positioned simple objects, high for complex "
        "textures.",
        group="Anomaly detection",
    )
    adapt: bool = setting(
        True,
        "Choose resolution, feature scales and score area by defects that are drawn on held-out good images. Off: the "
        "resolution follows the feature size alone.",
        title="Adapt to drawn defects",
        group="Anomaly detection",
    )
    placed: bool = setting(
        False,
        "The parts always lie at the same place: each place is compared with what good images show near it.",
        title="Parts at a fixed place",
        group="Anomaly detection",
    )
    bank_size: int = setting(
        0,
        "Most patches of good images that the model remembers; 0 follows the sampling density.",
        title="Memory bank size",
        ge=0,
        le=100_000,
        group="Anomaly detection",
        advanced=True,
    )


class AnomalyInference(DecisionInference):
    """Free after training."""
