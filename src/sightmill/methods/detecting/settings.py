"""Parameters of the methods that find objects."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.settings import Settings, setting, usually
from sightmill.methods.training import Adapting, Augmentation, Descent

__all__ = ["DetectingInference", "DetectingTraining"]


class DetectingTraining(Descent, Adapting, Augmentation):
    """Fixed by training."""

    image_size: int = setting(
        0,
        "Longer side that images are scaled to; 0 chooses it from the sizes of the objects.",
        unit="px",
        ge=0,
        le=8192,
        group="Image",
    )
    tile_size: int = setting(
        0,
        "Longer side of the window that the network sees at a time; larger images are seen through several windows "
        "that overlap. 0 chooses it: the whole image where that is not too large.",
        unit="px",
        ge=0,
        le=4096,
        group="Image",
    )
    tile_overlap: float = setting(
        25.0,
        "Least share of a window that the next one repeats: objects smaller than that are seen whole somewhere.",
        unit="%",
        ge=0,
        le=75,
        group="Image",
        advanced=True,
    )
    small_objects: Literal["auto", "on", "off"] = setting(
        "auto",
        "Answer from finer maps, for objects of less than about 20 pixels in the network's input: slower. auto chooses "
        "from the sizes of the objects.",
        group="Image",
    )
    window_size: int = setting(
        0,
        "Side of the windows that the network learns from, pixels of the scaled image: a few times the size of the "
        "objects. Large images with small objects are learnt several times faster so. 0 chooses it from the sizes of "
        "the objects; windows as large as the tiles take the whole of these.",
        unit="px",
        ge=0,
        le=4096,
        group="Image",
        advanced=True,
    )
    most_objects: int = setting(
        0,
        "The most objects to expect in an image; 0 learns it from the training images. Half as many again are the "
        "most that a model answers, unless max_objects says otherwise.",
        title="Most objects in an image",
        ge=0,
        le=10_000,
        group="Data",
    )
    pasted_objects: float = setting(
        50.0,
        "Share of the windows of training that objects of other images are pasted into, of each class as often, so "
        "that rare classes are seen as well and no object is learnt with what it happened to lie on. 0 where an object "
        "means something only where it lies.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    iterations: int = usually(24, Descent, "iterations")
    iterations_without_improvement: int = usually(0, Descent, "iterations_without_improvement")
    batch_size: int = usually(4, Descent, "batch_size")
    kept_stages: int = usually(1, Adapting, "kept_stages")
    # What hardly any task is harmed by; objects whose mirror image is another class need the flips off.
    flip_left_right: bool = usually(True, Augmentation, "flip_left_right")
    luminance: float = usually(10.0, Augmentation, "luminance")
    relative_translation: float = usually(10.0, Augmentation, "relative_translation")
    scale_min: float = usually(65.0, Augmentation, "scale_min")
    scale_max: float = usually(150.0, Augmentation, "scale_max")


class DetectingInference(Settings):
    """Free after training."""

    min_score: float = setting(
        0.3,
        "Objects with a lower score are not answered; fitted by training: a score amid those with a good F1 on "
        "held-out images.",
        ge=0,
        le=1,
        group="Decision",
    )
    max_objects: int | None = setting(
        None,
        "The most objects that are answered, the surest ones; fitted by training to the images it saw. None has no "
        "limit.",
        title="Maximum number of objects",
        ge=1,
        le=100_000,
        group="Decision",
    )
    max_overlap: float = setting(
        0.5,
        "Of objects of one class that overlap more than this (intersection over union), only the surest is answered.",
        ge=0,
        le=1,
        group="Overlap",
    )
    max_overlap_class_agnostic: float = setting(
        0.7,
        "The same, whatever their classes; 1 lets objects of different classes lie on each other.",
        title="Maximum overlap of any classes",
        ge=0,
        le=1,
        group="Overlap",
    )
