"""Parameters of anomaly detection, fast variant."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.settings import Settings, setting
from sightmill.methods.training import Augmentation, Training

__all__ = ["AnomalyInference", "AnomalyTraining"]


class AnomalyTraining(Training, Augmentation):
    """Fixed by training."""

    feature_size: int = setting(
        0,
        "Expected defect size with some margin, in pixels after downsampling. Small: precise but slow; near the "
        "image size: holistic. 48-164 works best; 0 takes a quarter of the longer side.",
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
    good_label: str = setting(
        "",
        "Class name of the good images; empty finds it (good, ok, normal ...).",
        group="Data",
    )
    false_reject_target: float = setting(
        5.0,
        "Share of good parts that the threshold may reject, at most.",
        unit="%",
        gt=0,
        le=50,
        group="Threshold",
    )
    confidence_level: float = setting(
        95.0,
        "How sure the statement about false rejects must be.",
        unit="%",
        ge=50,
        lt=100,
        group="Threshold",
    )
    bank_size: int = setting(
        0,
        "Most patches of good images that the model remembers; 0 follows the sampling density.",
        ge=0,
        le=100_000,
        group="Anomaly detection",
        advanced=True,
    )


class AnomalyInference(Settings):
    """Free after training."""

    threshold: float | None = setting(
        None,
        "Images with an anomaly score above it are bad; none gives scores without decisions.",
        ge=0,
        group="Decision",
    )
    score_area: float = setting(
        1.0,
        "Share of the image whose highest values are averaged into its score; 0 takes the single highest. "
        "Another share needs another threshold.",
        unit="%",
        ge=0,
        le=100,
        group="Decision",
        advanced=True,
    )
    minimum_defect_area: float = setting(
        0.0,
        "Defect regions smaller than this are not listed and do not make an image bad.",
        unit="px²",
        ge=0,
        group="Decision",
    )
