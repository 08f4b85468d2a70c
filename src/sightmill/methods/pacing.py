"""How long an iteration is where there are many images: a training with defaults shall end in reasonable time."""

from __future__ import annotations

import math
from typing import TypeVar

from sightmill.methods.training import Descent

__all__ = ["paced", "paced_windows"]

#: Pixels of network input, all steps together, that two processor cores learn from in a quarter of an hour at the
#: standard depth: one core was measured to learn from 0.75 million in a second.
PIXELS = 1_200_000_000

#: A training sees every image so many times at least, however many there are.
LEAST_PASSES = 5

#: Trainings that take all the time there is show every pixel so many times at most, however few images there are.
MOST_PASSES = 200

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


def paced_windows(training: T, pixels: int, window: int, cost: float = 1.0) -> T:
    """The settings with iterations of so many windows, or tiles, as can be learnt from in reasonable time.

    For what has much to tell in every image: every pixel, or many objects. A training takes all the time there is, but
    shows no pixel more than `MOST_PASSES` times.

    Parameters
    ----------
    pixels : of the network's input for all images together.
    window : pixels of one window.
    cost : how much more a pixel costs than at the standard network.
    """
    if training.steps_per_iteration or not training.iterations:
        return training
    group = training.batch_size * training.batch_size_multiplier
    total = min(PIXELS / cost, MOST_PASSES * pixels) / (window * group)
    usual = type(training).model_fields["iterations"].default
    return training.changed(steps_per_iteration=max(math.ceil(total / (usual or training.iterations)), 16))
