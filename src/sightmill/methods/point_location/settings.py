"""Parameters of point location."""

from __future__ import annotations

from pydantic import field_validator

from sightmill.methods.settings import Settings, setting, usually
from sightmill.methods.training import Adapting, Augmentation, Descent

__all__ = ["PointInference", "PointTraining"]


class PointTraining(Descent, Adapting, Augmentation):
    """Fixed by training."""

    feature_size: float = setting(
        0.0,
        "Size of the objects or regions that the points stand for, slightly above their average; 0 takes it from the "
        "labels: from their sizes, or from how the pictures look at the points.",
        unit="px",
        ge=0,
        le=4096,
        group="Points",
    )
    min_distance_ratio: float = setting(
        0.0,
        "Least distance of two points, in feature sizes; 0 learns it from the labels. The model keeps it as its own.",
        ge=0,
        le=10,
        group="Points",
    )
    balance: float = setting(
        50.0,
        "How far rare classes are weighed up: 0 counts every point alike, 100 every class alike.",
        title="Class balance",
        unit="%",
        ge=0,
        le=100,
        group="Optimiser",
    )
    image_size: int = setting(
        0,
        "Longer side that images are scaled to; 0 chooses it from the feature size.",
        unit="px",
        ge=0,
        le=8192,
        group="Image",
    )
    tile_size: int = setting(
        0,
        "Side of the windows that large images are seen through, after scaling, in steps of 32; 0 chooses it.",
        unit="px",
        ge=0,
        le=2048,
        group="Image",
    )
    batch_size: int = setting(8, "Windows in one batch.", ge=1, le=4096, group="Optimiser")
    # What hardly any task is harmed by; points whose mirror image is another class need the flip off.
    flip_left_right: bool = usually(True, Augmentation, "flip_left_right")
    luminance: float = usually(10.0, Augmentation, "luminance")
    rotation: float = usually(10.0, Augmentation, "rotation")
    relative_translation: float = usually(10.0, Augmentation, "relative_translation")
    scale_min: float = usually(85.0, Augmentation, "scale_min")
    scale_max: float = usually(118.0, Augmentation, "scale_max")


class PointInference(Settings):
    """Free after training."""

    min_score: float | None = setting(
        None,
        "Points below this score are left out, for all classes; none takes the learnt ones.",
        ge=0,
        le=1,
        group="Points",
    )
    min_distance_ratio: float | None = setting(
        None,
        "Of points nearer to one another than this, in feature sizes, the best is kept; none takes what was learnt "
        "from the labels.",
        ge=0,
        le=10,
        group="Points",
    )
    overlap: bool = setting(
        True,
        "Let the windows that large images are seen through overlap: better at their borders, slower.",
        title="Overlapping windows",
        group="Speed",
    )
    learnt_min_scores: tuple[float, ...] = setting(
        (),
        "The learnt least scores, in the order of the classes; fitted by training, empty = 0.3 for all.",
        group="Points",
        advanced=True,
    )

    @field_validator("learnt_min_scores")
    @classmethod
    def _are_scores(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= score <= 1 for score in value):
            raise ValueError("learnt_min_scores lie between 0 and 1")
        return value

    def least_scores(self, classes: int) -> tuple[float, ...]:
        """The least score that holds for each class."""
        if self.min_score is not None:
            return (self.min_score,) * classes
        return self.learnt_min_scores if len(self.learnt_min_scores) == classes else (0.3,) * classes
