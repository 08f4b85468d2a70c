"""What the faces of all methods share that answer for every pixel: their parameters, and how images are cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from sightmill.data.sample import Sample
from sightmill.imaging.view import View
from sightmill.methods.pacing import paced_windows
from sightmill.methods.settings import Settings, setting, usually
from sightmill.methods.training import Adapting, Augmentation, Descent
from sightmill.methods.viewing import ground_of, shown_size

__all__ = [
    "GRID",
    "LARGEST_WINDOW",
    "MapInference",
    "MapTraining",
    "factor_of",
    "multiple",
    "paced_maps",
    "tile_side",
    "tiled_view",
    "view_with",
]

#: What sides of tiles and windows are multiples of: the largest stride of the networks.
GRID = 32
#: Sides of the part of an image that the network sees at a time; share of the images, in percent, that fit into one.
SMALLEST_TILE, LARGEST_TILE, WHOLE = 96, 512, 95
#: The largest windows of training that are chosen.
LARGEST_WINDOW = 224
#: How much more a pixel costs than in the network that `PIXELS` of the pacing is for: maps are as fine as the image.
FINE_COST = 1.3
#: Share of a tile that the next one repeats, when they overlap.
OVERLAP = 0.25


class MapTraining(Descent, Adapting, Augmentation):
    """Fixed by training."""

    image_size: int = setting(
        0,
        "Longer side of the part of an image that the network sees at a time; larger images are seen in several parts. "
        "0 chooses it from the images, at most 512.",
        unit="px",
        ge=0,
        le=4096,
        group="Image",
    )
    scale: float = setting(
        0.0,
        "Size that images are brought to after downsampling, relative to their own. What is large is learnt better and "
        "faster from smaller images. 0 chooses it from the sizes of what is marked.",
        title="Image scale",
        unit="%",
        ge=0,
        le=400,
        group="Image",
    )
    balance: float = setting(
        25.0,
        "How far what covers few pixels is weighed up: 0 counts every pixel alike, 100 every class alike.",
        title="Class balance",
        unit="%",
        ge=0,
        le=100,
        group="Windows",
        advanced=True,
    )
    largest_weight: float = setting(
        10.0,
        "Nothing weighs more than this, relative to what covers the most pixels.",
        ge=1,
        le=10_000,
        group="Windows",
        advanced=True,
    )
    marked_windows: float = setting(
        67.0,
        "Share of the windows of a marked image that are laid over a mark; the others lie anywhere.",
        title="Windows over marks",
        unit="%",
        ge=0,
        le=100,
        group="Windows",
        advanced=True,
    )
    iterations: int = usually(16, Descent, "iterations")
    minutes: float = usually(15.0, Descent, "minutes")
    batch_size: int = setting(8, "Windows in one batch.", ge=1, le=4096, group="Optimiser")
    # What a surface may do without becoming another one; the user switches off what would.
    luminance: float = usually(15.0, Augmentation, "luminance")
    contrast: float = usually(30.0, Augmentation, "contrast")
    colour: float = usually(15.0, Augmentation, "colour")
    rotation: float = usually(10.0, Augmentation, "rotation")
    flip_up_down: bool = usually(True, Augmentation, "flip_up_down")
    flip_left_right: bool = usually(True, Augmentation, "flip_left_right")
    scale_min: float = usually(85.0, Augmentation, "scale_min")
    scale_max: float = usually(118.0, Augmentation, "scale_max")


class MapInference(Settings):
    """Free after training."""

    overlap: bool = setting(
        True,
        "Let the parts of a large image overlap, so that no seam is seen where they meet; off is faster.",
        title="Overlapping parts",
        group="Speed",
    )


M = TypeVar("M", bound=MapTraining)


def multiple(length: float) -> int:
    """The side of a tile or window that holds this length."""
    return max(math.ceil(length / GRID - 1e-6), 1) * GRID


def factor_of(training: MapTraining) -> float:
    """Pixels of the network's input for a pixel of the image, along a side, for resolved settings."""
    return training.scale / 100 * float(0.5**training.downsample)


def tile_side(samples: Sequence[Sample], factor: float) -> int:
    """The longer side of the tiles: nearly all images fit into one, unless they are large."""
    longest = [max(shown_size(sample)) * factor for sample in samples]
    return max(min(multiple(float(np.percentile(longest, WHOLE))), LARGEST_TILE), SMALLEST_TILE)


def paced_maps(training: M, samples: Sequence[Sample], window: int) -> M:
    """The settings with as many steps as can be learnt from windows of this side in reasonable time."""
    shown = sum(width * height for width, height in map(shown_size, samples)) * factor_of(training) ** 2
    return paced_windows(training, round(shown), window * window, FINE_COST)


def tiled_view(training: MapTraining, samples: Sequence[Sample]) -> View:
    """Images in overlapping tiles where they are larger than one, for resolved settings."""
    width, height = (
        _tile(float(np.percentile(sides, WHOLE)) * factor_of(training), multiple(training.image_size))
        for sides in zip(*(shown_size(sample) for sample in samples), strict=True)
    )
    return View(
        width=width,
        height=height,
        fit="scale",
        scale=training.scale / 100,
        downsample=training.downsample,
        grayscale=training.grayscale,
        multiple=GRID,
        overlap=OVERLAP,
        **ground_of(samples, training.grayscale),
    )


def _tile(length: float, most: int) -> int:
    """The side of tiles for images of this length: as few as do, and of one size, so that none repeats another."""
    return max(multiple(length / math.ceil(length / most)), SMALLEST_TILE)


def view_with(view: View, inference: MapInference) -> View:
    """The view with tiles that overlap, or not."""
    return view if inference.overlap else view.model_copy(update={"overlap": 0.0})
