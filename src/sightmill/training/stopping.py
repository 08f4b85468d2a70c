"""When a descent ends: any of the conditions that are set, whichever is met first."""

from __future__ import annotations

from dataclasses import dataclass

from sightmill.evaluation.report import Metric
from sightmill.methods.training import Descent

__all__ = ["Standing", "planned_iterations", "stopped_by"]


@dataclass(frozen=True)
class Standing:
    """Where a descent stands after an iteration.

    Parameters
    ----------
    iteration, epoch : how far it is.
    since_best : iterations since the best validation score.
    seconds : since the start, interruptions not counted.
    score : the deciding metric of the best iteration so far.
    """

    iteration: int
    epoch: float
    since_best: int
    seconds: float
    score: float


def stopped_by(training: Descent, metric: Metric, standing: Standing) -> str | None:
    """The first condition that is met, in words, or None to go on."""
    if training.iterations and standing.iteration >= training.iterations:
        return "iterations"
    if training.epochs and standing.epoch >= training.epochs - 1e-9:
        return "epochs"
    patience = training.iterations_without_improvement
    if patience and standing.since_best >= patience:
        return "iterations_without_improvement"
    if training.minutes and standing.seconds >= 60 * training.minutes:
        return "minutes"
    if metric.better == "higher":
        percent = 100 * standing.score / metric.limit
        if training.validation_accuracy and percent >= training.validation_accuracy:
            return "validation_accuracy"
        if training.validation_error and 100 - percent <= training.validation_error:
            return "validation_error"
    elif training.validation_error and 100 * standing.score <= training.validation_error:
        return "validation_error"
    return None


def planned_iterations(training: Descent, steps: int, steps_per_epoch: float) -> int:
    """The most iterations that the settings allow for; what the schedule and the clock count on. 0 = open end."""
    limits = []
    if training.iterations:
        limits.append(training.iterations)
    if training.epochs:
        limits.append(max(round(training.epochs * steps_per_epoch / steps), 1))
    return min(limits, default=0)
