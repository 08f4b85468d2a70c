"""The choice among recipes: by what they say of good images and of drawn defects that none was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from sightmill.evaluation.curves import auc
from sightmill.methods.anomaly_detection.recipes import SHARES, Recipe
from sightmill.methods.borders import border_profile, evened, no_profile

__all__ = ["AREAS", "Choice", "Trial", "chosen_of"]

#: Shares of highest values that are tried for the score, in percent; the evidence is put on one scale at the usual one.
AREAS = (0.3, 1.0, 2.0, 5.0, 10.0)
USUAL = 1

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
    """A recipe and the score area that goes with it, what is usual of both kinds of evidence, near the border too, and
    why.
    """

    recipe: Recipe
    score_area: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)
    weight: tuple[float, float] = (1.0, 0.0)
    profile: npt.NDArray[np.float32] = field(default_factory=no_profile)
    sentence: str = ""


def chosen_of(trials: Sequence[Trial], good: int) -> Choice:
    """The way that parts the first `good` images from the others best; an earlier one unless a later one is clearly
    better.
    """
    pairs = [
        (trial, replace(trial.recipe, share=share, evened=even))
        for trial in trials
        for share in SHARES
        for even in (True, False)
    ]
    candidates = [_weighed(trial, recipe, good) for trial, recipe in pairs]
    scores = np.stack([_scores(trial, choice) for (trial, _), choice in zip(pairs, candidates, strict=True)])
    figures = np.array([[_parted(images, good) for images in areas] for areas in scores])
    best = 0
    for index in range(1, len(candidates)):
        one, other = (scores[place, figures[place].argmax()] for place in (index, best))
        if _clearly_better(one, other, good):
            best = index
    chosen = candidates[best]
    alike = [
        index
        for index, candidate in enumerate(candidates)
        if replace(candidate.recipe, weights=chosen.recipe.weights) == chosen.recipe
    ]
    area = AREAS[int(figures[alike].mean(0).argmax())]  # of all of them, as one alone is noisier
    return replace(chosen, score_area=area, sentence=_said(chosen.recipe, area, figures, good, scores.shape[2] - good))


def _weighed(trial: Trial, recipe: Recipe, good: int) -> Choice:
    """Both kinds of evidence on one scale: that of the good images' scores."""
    centre, spread = [], []
    for places in (trial.distances, trial.suspicions):
        usual = [_highest(values)[USUAL] for values in places[:good]]
        centre.append(float(np.median(usual)))
        # The deviation of few images says little: a hundredth of the score keeps it from vanishing.
        spread.append(float(np.std(usual, ddof=1)) + 0.01 * abs(centre[-1]) + 1e-6)
    plain = Choice(recipe, centre=(centre[0], centre[1]), weight=(1 / spread[0], recipe.share / spread[1]))
    if not recipe.evened:
        return plain
    return replace(plain, profile=border_profile(_added(trial, plain)[:good], trial.steps[:good]))


def _added(trial: Trial, choice: Choice) -> list[npt.NDArray[np.float32]]:
    """Both kinds of evidence in one number for each place, before borders are evened."""
    return [
        (distance - choice.centre[0]) * choice.weight[0] + (suspicion - choice.centre[1]) * choice.weight[1]
        for distance, suspicion in zip(trial.distances, trial.suspicions, strict=True)
    ]


def _scores(trial: Trial, choice: Choice) -> Figures:
    """Scores of all images ``(areas, images)``."""
    found = zip(_added(trial, choice), trial.steps, strict=True)
    return np.array([_highest(evened(values, steps, choice.profile)) for values, steps in found]).T


def _highest(values: npt.NDArray[np.float32]) -> Figures:
    """The mean of the highest values, for each of `AREAS`."""
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
    suspicion = f"suspicion at {recipe.share:g} beside it" if recipe.share else "no suspicion"
    return (
        f"Chosen among {len(figures)} ways by {drawn} defects drawn on {good} held-out good images (AUROC from "
        f"{figures.max(1).min():.2f} to {figures.max():.2f}): {pixels} of the network's input, distance of features at "
        f"{scales} of it, {suspicion}, {'discounted near the border, ' if recipe.evened else ''}score from the highest "
        f"{area:g} % of the image."
    )
