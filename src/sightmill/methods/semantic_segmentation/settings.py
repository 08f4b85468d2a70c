"""Parameters of semantic segmentation."""

from __future__ import annotations

from sightmill.methods.full_maps import MapInference, MapTraining
from sightmill.methods.settings import setting

__all__ = ["SegmentationInference", "SegmentationTraining"]


class SegmentationTraining(MapTraining):
    """Fixed by training."""

    feature_size: int = setting(
        0,
        "Size of the features to be found, with some margin, in pixels after downsampling; the network learns from "
        "windows twice as wide, at most 224. 48 to 164 works best. 0 chooses it from the labels.",
        unit="px",
        ge=0,
        le=1024,
        group="Windows",
    )
    overlapping: bool = setting(
        False,
        "Let classes lie over one another: each gets a map of its own, and a pixel may belong to several. Off gives "
        "each pixel one class or the background.",
        title="Overlapping classes",
        group="Network",
    )
    pasted_regions: float = setting(
        50.0,
        "Share of the windows of training that a marked region of another image is pasted into, so that the network "
        "learns it and not where it was found. 0 where a region means something only where it lies.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )


class SegmentationInference(MapInference):
    """Free after training."""

    threshold: float = setting(
        0.5,
        "A pixel is marked when the probability that it is not background reaches this, with the likeliest class; "
        "with overlapping classes, with each class that reaches it. Fitted by training.",
        gt=0,
        lt=1,
        group="Decision",
    )
    minimum_area: int = setting(
        0,
        "Regions of fewer pixels are not reported. Fitted by training.",
        unit="px",
        ge=0,
        le=1_000_000_000,
        group="Decision",
    )
    minimum_score: float = setting(
        0.0,
        "Regions that are nowhere as probable as this are not reported. Fitted by training.",
        ge=0,
        le=1,
        group="Decision",
    )
    united_regions: bool = setting(
        False,
        "Give all that is connected the one class that is likeliest in it, for defects that lie alone; off lets every "
        "pixel speak for itself. No matter where classes overlap. Fitted by training.",
        title="One class for each region",
        group="Decision",
    )
