"""Good images in another light, for methods that remember how they look."""

from __future__ import annotations

import numpy as np

from sightmill.methods.training import Lit

__all__ = ["any_light", "gain"]


def any_light(training: Lit, rng: np.random.Generator) -> float:
    """A factor for an image to be remembered: 1, or as small or large as may be; what lies between is near to them."""
    return float(1 + training.exposure / 100 * rng.integers(-1, 2))


def gain(training: Lit, rng: np.random.Generator) -> float:
    """A factor for all values of an image, as lamps and exposure times change them: 1, more or less."""
    return float(1 + training.exposure / 100 * rng.uniform(-1, 1))
