"""Parameters that anomaly methods share: how the good/bad decision is fitted, and how it is made.

`DecisionTraining` says what the threshold shall promise; `DecisionInference` holds the threshold, the uncertain
band, what counts as a defect region, and the scale that scores are shown on.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from sightmill.evaluation.scale import MIDDLE
from sightmill.methods.settings import Settings, setting
from sightmill.methods.training import Training

__all__ = ["FITTED_BY", "DecisionInference", "DecisionTraining"]


class DecisionTraining(Training):
    """What the threshold is fitted to; used after training and by every later calibration."""

    good_label: str = setting(
        "",
        "Class name of the good images; empty finds it (good, ok, normal ...).",
        title="Label of good images",
        group="Data",
    )
    threshold_rule: Literal[
        "automatic", "good_only", "sigma", "least_error_rates", "max_good", "min_bad", "least_cost"
    ] = setting(
        "automatic",
        "How the threshold T is chosen. automatic: fewest wrong images where defective ones are known, else "
        "good_only. good_only: by false_reject_target, from good images alone. sigma: mean + sigma_factor standard "
        "deviations of the good scores. least_error_rates: least sum of false-reject and escape rate. max_good: "
        "just above the highest good score. min_bad: just below the lowest defective one. least_cost: by the prices "
        "of an escape and of a false reject.",
        group="Threshold",
    )
    false_reject_target: float = setting(
        5.0,
        "Share of good parts that may be rejected, at most: sets T from good images alone, and T2.",
        unit="%",
        gt=0,
        le=50,
        group="Threshold",
    )
    escape_target: float = setting(
        5.0,
        "Share of defective parts that may pass with confidence, at most: sets T1 where defective images are known.",
        unit="%",
        gt=0,
        le=50,
        group="Threshold",
    )
    confidence_level: float = setting(
        95.0,
        "How sure statements about false rejects and escapes must be.",
        unit="%",
        ge=50,
        lt=100,
        group="Threshold",
    )
    sigma_factor: float = setting(
        3.0,
        "Standard deviations above the mean of the good scores, for the rule sigma.",
        ge=0,
        le=100,
        group="Threshold",
        advanced=True,
    )
    escape_cost: float = setting(
        10.0,
        "Price of a defective part that passes, for the rule least_cost.",
        gt=0,
        le=1e9,
        group="Threshold",
        advanced=True,
    )
    false_reject_cost: float = setting(
        1.0,
        "Price of a good part that is rejected, for the rule least_cost.",
        gt=0,
        le=1e9,
        group="Threshold",
        advanced=True,
    )
    defect_share: float = setting(
        0.0,
        "Share of defective parts in production, for the rule least_cost; 0 takes the share among the held-out images.",
        unit="%",
        ge=0,
        le=100,
        group="Threshold",
        advanced=True,
    )


#: The training settings that a calibration reads: a later one may change them.
FITTED_BY = tuple(name for name in DecisionTraining.__annotations__ if name != "good_label")


class DecisionInference(Settings):
    """How the decision is made; free after training. Thresholds are in shown units, 0 to 100."""

    threshold: float | None = setting(
        MIDDLE,
        "T: images with an anomaly score above it are bad. 50 is the fitted threshold; 45 is more sensitive, 55 "
        "less; none gives scores without decisions.",
        title="Threshold T",
        ge=0,
        le=100,
        group="Decision",
    )
    uncertain_low: float | None = setting(
        None,
        "T1, the lower end of the uncertain band: from here to T2 an answer is flagged as not confident; none has "
        "no band.",
        title="Threshold T1",
        ge=0,
        le=100,
        group="Decision",
    )
    uncertain_high: float | None = setting(
        None,
        "T2, the upper end of the uncertain band; none has no band.",
        title="Threshold T2",
        ge=0,
        le=100,
        group="Decision",
    )
    pixel_threshold: float | None = setting(
        None,
        "Pixels of the heatmap above it belong to a defect region; none takes T.",
        ge=0,
        le=100,
        group="Decision",
    )
    minimum_defect_area: float = setting(
        0.0,
        "Defect regions smaller than this are not listed; an image that has only such regions is good.",
        unit="px²",
        ge=0,
        group="Decision",
    )
    score_area: float | None = setting(
        None,
        "Share of the image whose highest values are averaged into its score; 0 takes the single highest; none takes "
        "what training found best, else 1. Another share needs another calibration.",
        unit="%",
        ge=0,
        le=100,
        group="Decision",
        advanced=True,
    )
    score_centre: float | None = setting(
        None,
        "The network's own score that is shown as 50; fitted by training and by sightmill calibrate. None shows the "
        "network's own scores, without decisions.",
        ge=-1e9,
        le=1e9,
        group="Scale",
        advanced=True,
    )
    score_spread: float = setting(
        1.0,
        "Distance from score_centre, in the network's own scores, that is shown as 25: fitted likewise.",
        gt=0,
        le=1e9,
        group="Scale",
        advanced=True,
    )

    @model_validator(mode="after")
    def _band_is_whole(self) -> Self:
        low, high = self.uncertain_low, self.uncertain_high
        if (low is None) != (high is None):
            raise ValueError("the uncertain band needs both ends, uncertain_low and uncertain_high, or neither")
        if low is not None and high is not None and low > high:
            raise ValueError("uncertain_low must not be above uncertain_high")
        return self
