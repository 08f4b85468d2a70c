"""Images in another light, as training shows them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sightmill.methods.training import Lit

__all__ = ["any_light", "contrasted", "gain"]

Pixels: TypeAlias = npt.NDArray[np.float32]


def any_light(training: Lit, rng: np.random.Generator) -> float:
    """A factor for an image to be remembered: 1, or as small or large as may be; what lies between is near to them."""
    return float(1 + training.exposure / 100 * rng.integers(-1, 2))


def contrasted(image: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """The image ``(C, H, W)`` in another contrast and, where it has colours, each of them weaker or stronger.

    Parameters
    ----------
    strength : largest change of a colour either way; that of the contrast is twice as large.
    """
    change = strength * rng.uniform(-1, 1, 1 + len(image))
    stretch, tint = np.float32(1 + 2 * change[0]), change[1:, None, None].astype(np.float32)
    middle = np.float32(image.mean())
    shown = (image - middle) * stretch + middle
    return np.asarray(np.clip(shown * (1 + tint) if len(image) > 1 else shown, 0, 1), np.float32)


def gain(training: Lit, rng: np.random.Generator) -> float:
    """A factor for all values of an image, as lamps and exposure times change them: 1, more or less."""
    return float(1 + training.exposure / 100 * rng.uniform(-1, 1))
