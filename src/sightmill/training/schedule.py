"""What a hyper-parameter is at a step: warm-up and cosine, or the user's change strategies."""

from __future__ import annotations

import math

from sightmill.methods.training import Descent

__all__ = ["hyper_parameters"]

#: The cosine ends at this share of the learning rate.
FLOOR = 0.01


def hyper_parameters(training: Descent, step: int, planned: int, epoch: float) -> dict[str, float]:
    """``learning_rate``, ``momentum`` and ``weight_prior`` at a step.

    Parameters
    ----------
    step : steps done so far.
    planned : steps of the whole training; 0 when its end is open, then the rate stays after the warm-up.
    epoch : passes over the training images so far.

    Source: linear warm-up and cosine decay, Loshchilov & Hutter, "SGDR" (2017), equation 5 without restarts.
    """
    values = {
        "learning_rate": training.learning_rate,
        "momentum": training.momentum,
        "weight_prior": training.weight_prior,
    }
    changed = {change.parameter for change in training.changes}
    if "learning_rate" not in changed:
        values["learning_rate"] *= _course(training, step, planned)
    for change in training.changes:
        for start, value in zip(change.epochs, change.values, strict=True):
            if epoch >= start - 1e-9:
                values[change.parameter] = value
    return values


def _course(training: Descent, step: int, planned: int) -> float:
    warm = round(planned * training.warm_up / 100)
    if step < warm:
        return (step + 1) / warm
    if training.schedule == "constant" or not planned:
        return 1.0
    share = min((step - warm) / max(planned - warm, 1), 1.0)
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * share)) / 2
