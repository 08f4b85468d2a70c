"""How long an iteration is where there are many images: a training with defaults shall end in reasonable time."""

from __future__ import annotations

import math
from typing import TypeVar

from sightmill.methods.training import Descent

__all__ = ["paced"]

#: Pixels of network input, all steps together, that two processor cores learn from in a quarter of an hour at the
#: standard depth: one core was measured to learn from 0.75 million in a second.
PIXELS = 1_200_000_000

#: A training sees every image so many times at least, however many there are.
LEAST_PASSES = 5

T = TypeVar("T", bound=Descent)


def paced(training: T, rows: int, pixels: int) -> T:
    """The settings with shorter iterations than a pass over the images, where whole passes would take too long.

    Iterations stay as many, so validation, early stopping and checkpoints keep their rhythm. How long one is follows
    from their usual number: who asks for more of them trains longer.

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
    usual = type(training).model_fields["iterations"].default
    steps = max(math.ceil(total / (usual or training.iterations)), 16)
    return training.changed(steps_per_iteration=steps) if steps < whole else training
