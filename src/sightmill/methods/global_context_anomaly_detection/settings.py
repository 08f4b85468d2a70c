"""Parameters of global context anomaly detection."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from sightmill.methods.decision import DecisionInference, DecisionTraining
from sightmill.methods.settings import setting
from sightmill.methods.training import Augmentation

__all__ = ["ContextInference", "ContextTraining"]


class ContextTraining(DecisionTraining, Augmentation):
    """Fixed by training."""

    networks: Literal["both", "local", "global"] = setting(
        "both",
        "local finds structural defects (scratches, stains, dents); global finds logical ones (missing, extra, "
        "misplaced or mismatched parts). One alone is faster and smaller.",
        group="Anomaly detection",
    )
    components: int = setting(
        0,
        "Into how many kinds of places the global network divides the images, at least 2; 0 chooses from the images.",
        title="Kinds of places",
        ge=0,
        le=32,
        group="Anomaly detection",
    )
    shift: float = setting(
        3.0,
        "How far good parts may lie from where they were in training: each training image is also shown moved by up "
        "to this share of its side.",
        title="Shift of good parts",
        unit="%",
        ge=0,
        le=20,
        group="Anomaly detection",
    )

    @field_validator("components")
    @classmethod
    def _components_differ(cls, value: int) -> int:
        if value == 1:
            raise ValueError("components must be 0, which chooses, or at least 2: one alone tells nothing apart")
        return value


class ContextInference(DecisionInference):
    """Free after training."""

    networks: Literal["all", "local", "global"] = setting(
        "all",
        "Which of the trained networks decide: all, or one alone. Another choice needs another calibration.",
        group="Decision",
    )
    anomaly_score_tolerance: float = setting(
        0.0,
        "Share of the most extreme pixels of the local map that are ignored in the image's score: raise it where a few "
        "bad pixels reject good images. Another share needs another calibration.",
        unit="%",
        ge=0,
        lt=100,
        group="Decision",
    )
    score_area: float = setting(
        0.5,
        "Share of the image whose highest local values, after the ignored ones, are averaged into its score; 0 takes "
        "the single highest. Another share needs another calibration.",
        unit="%",
        ge=0,
        le=100,
        group="Decision",
        advanced=True,
    )
