"""The choice among recipes: by what they say of good images and of drawn defects that none was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sightmill.evaluation.curves import auc
from sightmill.methods.anomaly_detection.recipes import Recipe
from sightmill.methods.usual import Usual, highest

__all__ = ["SIGNALS", "Choice", "Trial", "chosen_of"]

#: Shares of highest values that are tried for the score, in percent; the evidence is put on one scale at the usual one.
AREAS, USUAL_AREA = (0.3, 1.0, 2.0), 1.0
#: What stands out by fewer deviations than the first does not stand out; by more than the second, more is no gain.
FAINT, CERTAIN = 0.05, 8.0
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
    """The way whose distance shows drawn defects most clearly beside the first `good` images; an earlier one unless a
    later one is better by more than the error of the mean.

    The area under the ROC curve would be 1 for all ways where the ground is simple, and suspicion says more about the
    defects that it was taught than about the way.
    """
    clear = np.array([_clearness(trial, good) for trial in trials])  # (ways, drawn)
    best = 0
    for index in range(1, len(trials)):
        gain = clear[index] - clear[best]
        if gain.mean() > gain.std(ddof=1) / len(gain) ** 0.5:
            best = index
    chosen = trials[best]
    usual = Usual.of(
        (chosen.distances[:good], chosen.suspicions[:good]), chosen.steps[:good], percent=USUAL_AREA, share=SHARES
    )
    area = AREAS[int(np.argmax([_parted(images, good) for images in _scores(chosen, usual)]))]
    return Choice(chosen.recipe, area, usual, _said(chosen.recipe, area, np.exp(clear.mean(1)), good, clear.shape[1]))


def _clearness(trial: Trial, good: int) -> Figures:
    """How far the distance of each drawn defect stands out: the logarithm of deviations of good images ``(drawn,)``."""
    usual = Usual.of((trial.distances[:good],), trial.steps[:good], percent=USUAL_AREA, share=(1.0,))
    drawn = zip(trial.distances[good:], trial.steps[good:], strict=True)
    scores = [highest(usual.added((places,), steps, (False,)), USUAL_AREA) for places, steps in drawn]
    return np.asarray(np.log(np.clip(scores, FAINT, CERTAIN)))


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


def _said(recipe: Recipe, area: float, clear: Figures, good: int, drawn: int) -> str:
    pixels = "every pixel" if recipe.reduction == 1 else f"one value for {recipe.reduction} x {recipe.reduction} pixels"
    scales = " and ".join(f"1/{stride}" for stride in recipe.strides)
    return (
        f"Chosen among {len(clear)} ways by how clearly {drawn} drawn defects stand out from {good} held-out good "
        f"images (by {clear.min():.2g} to {clear.max():.2g} of their deviations): {pixels} of the network's input, "
        f"distance of features at {scales} of it, score from the highest {area:g} % of the image."
    )
