"""Images in another light, as training shows them."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from sightmill.methods.learner import Pixels
from sightmill.methods.training import Lit

__all__ = ["contrasted", "gain", "relit"]


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


def relit(image: Tensor, training: Lit, rng: np.random.Generator) -> Tensor:
    """The image, in [0, 1] and of any shape; every second time it is asked for, in another light."""
    if not training.exposure or rng.random() < 0.5:
        return image
    return (image * gain(training, rng)).clamp(0, 1)
