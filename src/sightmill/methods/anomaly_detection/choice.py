"""The choice among recipes: by what they say of good images and of drawn defects that none was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sightmill.evaluation.curves import auc
from sightmill.methods.anomaly_detection.recipes import Recipe
from sightmill.methods.usual import Usual

__all__ = ["SIGNALS", "Choice", "Trial", "chosen_of"]

#: Shares of highest values that are tried for the score, in percent; the evidence is put on one scale at the usual one.
AREAS, USUAL_AREA = (0.3, 1.0, 2.0), 1.0
#: What distance and suspicion count for. Drawn defects can't tell: suspicion was taught with others of their kind.
SHARES = (1.0, 0.5)
#: Of distance and suspicion, whether only what stands out counts: suspicion of what is ordinary differs from part to
#: part, and says nothing.
SIGNALS = (False, True)

Figures = npt.NDArray[np.float64]
Places = Sequence[npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Trial:
    """What judges say of the places of held-out images, good ones first: ``(n,)`` for each image.

    `steps` are the places' `border_steps`.
    """

    recipe: Recipe
    distances: Places
    suspicions: Places
    steps: Places


@dataclass(frozen=True, eq=False)
class Choice:
    """A recipe and the score area that goes with it, what is usual of both kinds of evidence, and why."""

    recipe: Recipe
    score_area: float = 1.0
    usual: Usual = field(default_factory=lambda: Usual.unknown((1.0, 0.0)))
    sentence: str = ""


def chosen_of(trials: Sequence[Trial], good: int) -> Choice:
    """The way that parts the first `good` images from the others best; an earlier one unless a later one is clearly
    better.
    """
    usual = [
        Usual.of(
            (trial.distances[:good], trial.suspicions[:good]), trial.steps[:good], percent=USUAL_AREA, share=SHARES
        )
        for trial in trials
    ]
    scores = np.stack([_scores(trial, one) for trial, one in zip(trials, usual, strict=True)])
    figures = np.array([[_parted(images, good) for images in areas] for areas in scores])
    best = 0
    for index in range(1, len(trials)):
        one, other = (scores[place, figures[place].argmax()] for place in (index, best))
        if _clearly_better(one, other, good):
            best = index
    recipe = trials[best].recipe
    alike = [index for index, trial in enumerate(trials) if trial.recipe.reduction == recipe.reduction]
    area = AREAS[int(figures[alike].mean(0).argmax())]  # of all of them, as one alone is noisier
    return Choice(recipe, area, usual[best], _said(recipe, area, figures, good, scores.shape[2] - good))


def _scores(trial: Trial, usual: Usual) -> Figures:
    """Scores of all images ``(areas, images)``."""
    places = zip(trial.distances, trial.suspicions, trial.steps, strict=True)
    return np.array([_highest(usual.added(kinds, steps, SIGNALS)) for *kinds, steps in places]).T


def _highest(values: npt.NDArray[np.float32]) -> Figures:
    """The mean of the highest of values ``(n,)``, for each of `AREAS`."""
    most = max(round(max(AREAS) / 100 * len(values)), 1)
    ordered = np.sort(np.partition(values, len(values) - most)[len(values) - most :])[::-1]
    counts = np.maximum(np.rint(np.array(AREAS) / 100 * len(values)), 1).astype(int)
    means: Figures = np.cumsum(ordered, dtype=np.float64)[counts - 1] / counts
    return means


def _parted(scores: Figures, good: int) -> float:
    """AUROC of scores whose first `good` are of good images."""
    return float(auc(scores, np.arange(len(scores)) >= good))


def _clearly_better(one: Figures, other: Figures, good: int) -> bool:
    """Whether the AUROC of one score is above another's on the same images by more than its standard error.

    Source: DeLong et al., "Comparing the areas under two or more correlated ROC curves" (1988).
    """
    variance = 0.0
    wins = [np.sign(scores[good:, None] - scores[None, :good]) / 2 + 0.5 for scores in (one, other)]  # (bad, good)
    difference = wins[0] - wins[1]
    gain = float(difference.mean())
    for axis in (0, 1):
        share = difference.mean(axis)
        variance += float(share.var(ddof=1)) / len(share)
    return bool(gain > variance**0.5)


def _said(recipe: Recipe, area: float, figures: Figures, good: int, drawn: int) -> str:
    pixels = "every pixel" if recipe.reduction == 1 else f"one value for {recipe.reduction} x {recipe.reduction} pixels"
    scales = " and ".join(f"1/{stride}" for stride in recipe.strides)
    return (
        f"Chosen among {len(figures)} ways by {drawn} defects drawn on {good} held-out good images (AUROC from "
        f"{figures.max(1).min():.2f} to {figures.max():.2f}): {pixels} of the network's input, distance of features at "
        f"{scales} of it, score from the highest {area:g} % of the image."
    )
