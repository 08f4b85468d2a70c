"""How large, in how many channels and in which grey range images enter a network: chosen from the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from sightmill.data.sample import Sample
from sightmill.imaging.levels import common_depth, gray_range
from sightmill.methods.training import Sized

__all__ = ["ground_of", "largest_sides", "longer_side", "median_sides", "settled_sizes", "shown_size", "usual_sides"]

S = TypeVar("S", bound=Sized)

#: How many images are opened to learn the grey range of 16-bit and float images.
LOOKED_AT = 200
#: Share of the images, in percent, that fit into one tile.
USUAL = 95
#: Images differ in size where the larger ones are so many times as wide or high as the smaller ones (as one in ten is).
DIFFERENT = 1.15


def longer_side(samples: Sequence[Sample], downsample: int) -> float:
    """Median over the images (or their regions of interest) of the longer side, after downsampling, in pixels."""
    sides = [max(shown_size(sample)) for sample in samples]
    return float(np.median(sides)) / 2**downsample if sides else 0.0


def largest_sides(samples: Sequence[Sample]) -> tuple[float, float]:
    """The largest width and the largest height among the images (or their regions of interest), in pixels."""
    widths, heights = zip(*(shown_size(sample) for sample in samples), strict=True)
    return max(widths), max(heights)


def usual_sides(samples: Sequence[Sample]) -> tuple[float, float]:
    """A width and a height that nearly all images (or their regions of interest) keep to, in pixels.

    A tile of this size holds nearly every image. Only what is much larger than the others is cut up, so that it does
    not make them all costly.
    """
    widths, heights = zip(*(shown_size(sample) for sample in samples), strict=True)
    return float(np.percentile(widths, USUAL)), float(np.percentile(heights, USUAL))


def median_sides(samples: Sequence[Sample]) -> tuple[float, float]:
    """The median width and the median height of the images (or their regions of interest), in pixels."""
    widths, heights = zip(*(shown_size(sample) for sample in samples), strict=True)
    return float(np.median(widths)), float(np.median(heights))


def settled_sizes(training: S, samples: Sequence[Sample], largest: int) -> S:
    """With ``auto`` of `Sized.sizes` replaced: one where the images differ in size and one tile holds them.

    Parameters
    ----------
    largest : the longer side of a tile, at most, in the network's pixels.
    """
    if training.sizes != "auto":
        return training
    one = training.image_size <= largest and _differ_in_size(samples)
    return training.changed(sizes="one" if one else "own")


def _differ_in_size(samples: Sequence[Sample]) -> bool:
    """Whether the images' sides differ by more than 15 %; a few odd ones among many do not count."""
    if not samples:
        return False
    sides = np.array([shown_size(sample) for sample in samples])
    small, large = (np.percentile(sides, share, axis=0) for share in (10, 90))
    return bool((large > DIFFERENT * small).any())


def shown_size(sample: Sample) -> tuple[float, float]:
    """Width and height of the part of the image that counts."""
    width, height = sample.size
    if sample.roi is None:
        return width, height
    box = sample.roi.bounds(width, height)
    return box.width, box.height


def ground_of(samples: Sequence[Sample], grayscale: bool) -> dict[str, Any]:
    """`View` fields that follow from the images: ``channels``, ``dtype``, ``black`` and ``white``.

    Raises
    ------
    ImageError : the images mix depths (8-bit with 16-bit), so that no one grey range is right for all.
    """
    dtype = common_depth(sample.info.dtype for sample in samples)
    colour = not grayscale and any(sample.info.channels == 3 for sample in samples)
    if dtype == "uint8":
        black, white = 0.0, 255.0
    else:
        step = max(len(samples) // LOOKED_AT, 1)
        black, white = gray_range(sample.read() for sample in samples[::step])
    return {"channels": 3 if colour else 1, "dtype": dtype, "black": black, "white": white}
