"""What methods share that judge an image as a whole: parameters, the view, and the maps that explain a class.

A method of this kind answers with `Whole` annotations only. Its network gives a logit and an activation map for each
class, so every class can be explained, that of the answer or any other, without a second pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from sightmill.data.result import Heatmap
from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.imaging.view import Frame, View
from sightmill.methods.familiarity import FamiliarityInference, FamiliarityTraining
from sightmill.methods.pacing import paced
from sightmill.methods.settings import setting, usually
from sightmill.methods.training import Adapting, Augmentation, Descent
from sightmill.methods.viewing import ground_of, longer_side

__all__ = ["WholeImageInference", "WholeImageTraining", "explained", "whole_image_resolved", "whole_image_view"]

#: Images smaller than this are enlarged to it, but so many times at most.
ENLARGED_TO, MOST_ENLARGED = 192, 2.0


class WholeImageTraining(Descent, Adapting, Augmentation, FamiliarityTraining):
    """What such a method has beside what every training by steps has."""

    resize: Literal["pad", "stretch"] = setting(
        "pad",
        "How an image of another shape meets the network's input: pad keeps proportions, stretch does not.",
        title="Resizing",
        group="Image",
    )
    balance: float = setting(
        50.0,
        "How far rare classes are weighed up: 0 counts every image alike, 100 every class alike.",
        title="Class balance",
        unit="%",
        ge=0,
        le=100,
        group="Optimiser",
    )
    fine_tuning: bool = setting(
        True,
        "Adapt the whole network after the first head; off keeps the features frozen, for very few images.",
        title="Fine-tuning",
        group="Network",
    )
    # Small differences of images that are alike else take all stages to be told apart.
    kept_stages: int = usually(0, Adapting, "kept_stages")
    choose_flips: bool = setting(
        True,
        "Also reflect images along an axis where that is seen to change no class, unless all are seen the same way "
        "round: few images become four times as many. Off reflects them only where a flip is switched on.",
        title="Choose flips",
        group="Augmentation",
    )
    # Small changes that no inspection task is harmed by; rotations are for the user to switch on.
    luminance: float = usually(10.0, Augmentation, "luminance")
    relative_translation: float = setting(
        5.0,
        "Largest random shift in each direction, relative to the image.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    scale_min: float = usually(95.0, Augmentation, "scale_min")
    scale_max: float = usually(105.0, Augmentation, "scale_max")


class WholeImageInference(FamiliarityInference):
    """Which classes are explained by a heatmap, and from when on an image is foreign."""

    heatmap_classes: tuple[str, ...] = setting(
        (),
        "Classes to explain by a heatmap each, beside the one that is answered; the word all stands for every class.",
        group="Explanation",
    )


T = TypeVar("T", bound=WholeImageTraining)


def whole_image_resolved(training: T, samples: Sequence[Sample], smallest: int, largest: int) -> T:
    """The settings with an input size that the images need, between the limits (pixels), and a pace.

    Small images are enlarged: features see details that are a few pixels wide better when they are twice as wide.
    """
    wanted = training.image_size
    if not wanted:
        side = longer_side(samples, 0)
        enlarged = min(max(ENLARGED_TO / side, 1.0), MOST_ENLARGED) if side else 1.0
        wanted = int(min(max(32 * round(side * enlarged / 2**training.downsample / 32), smallest), largest))
    return paced(training.changed(image_size=wanted), len(samples), wanted * wanted)


def whole_image_view(training: WholeImageTraining, samples: Sequence[Sample]) -> View:
    """A square input that the whole image is fitted into, for resolved settings."""
    return View(
        width=training.image_size,
        height=training.image_size,
        fit=training.resize,
        downsample=training.downsample,
        grayscale=training.grayscale,
        **ground_of(samples, training.grayscale),
    )


def explained(
    activation: npt.NDArray[np.float32],
    frame: Frame,
    labels: tuple[str, ...],
    shown: Sequence[str],
    wanted: Sequence[str],
) -> dict[str, Heatmap]:
    """Heatmaps of classes: where in the image a class is spoken for.

    Parameters
    ----------
    activation : ``(1, K, h, w)``, the network's output: terms of each class's logit by place.
    shown : the classes of the answer, the best first: its first one's map is called ``heatmap``.
    wanted : `WholeImageInference.heatmap_classes`. Each further class's map is called ``heatmap:NAME``.

    Raises
    ------
    SettingsError : a class is wanted that the model does not know.
    """
    asked = tuple(labels) if "all" in wanted and "all" not in labels else tuple(wanted)
    for name in asked:
        if name not in labels:
            raise SettingsError(
                "the model knows no such class", where="heatmap_classes", got=name, allowed=[*labels, "all"]
            )
    first, *others = dict.fromkeys((*shown, *asked))
    maps = frame.merge(np.moveaxis(activation, 1, -1))  # (h, w, K)
    # One class's map says nothing about another's: each is drawn on its own scale, from no evidence upwards.
    found = {
        name: frame.heatmap(np.maximum(maps[..., labels.index(name)], 0).astype(np.float32))
        for name in (first, *others)
    }
    return {"heatmap": found[first], **{f"heatmap:{name}": found[name] for name in others}}
