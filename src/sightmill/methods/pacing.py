"""How long an iteration is where there are many images: a training with defaults shall end in reasonable time."""

from __future__ import annotations

import math
from typing import TypeVar

from sightmill.methods.training import Descent

__all__ = ["paced"]

#: Pixels of network input, all steps together, that two processor cores learn from in a quarter of an hour at the
#: standard depth: measured with tiles of 224 x 224 pixels, of which they learn from 16 in a second.
PIXELS = 750_000_000

#: A training sees every image so many times at least, however many there are.
LEAST_PASSES = 5

T = TypeVar("T", bound=Descent)


def paced(training: T, rows: int, pixels: int) -> T:
    """The settings with shorter iterations than a pass over the images, where whole passes would take too long.

    Iterations stay as many, so validation, early stopping and checkpoints keep their rhythm.

    Parameters
    ----------
    rows : training images, or tiles of them.
    pixels : of the network's input for each.
    """
    if training.steps_per_iteration or not training.iterations:
        return training
    group = training.batch_size * training.batch_size_multiplier
    whole = math.ceil(rows / group)
    total = max(PIXELS / (pixels * group), LEAST_PASSES * whole)
    steps = max(math.ceil(total / training.iterations), 16)
    return training.changed(steps_per_iteration=steps) if steps < whole else training
