"""Out-of-distribution awareness, for any method: images unlike those of the training are told.

The seam has three parts, and a method takes it up with a line in each:

* settings: `FamiliarityTraining` and `FamiliarityInference` are inherited;
* the network answers with ``distance`` ``(B,)``, how far an image is from the training's (`sightmill.nn.familiarity`),
  which its learner fits in `Learner.settle`;
* the face passes its results through `told_apart` in `decode`, and fits the scale with `fit_familiarity` in
  `calibrate`.

Everything after that (predictions, drawings, ``evaluate --unknown``, AUROC) reads the result's ``ood_score`` and
``ood_result`` and needs no method's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from pydantic import field_validator

from sightmill.data.result import Result
from sightmill.evaluation.out_of_distribution import SCORE, familiar_limit
from sightmill.evaluation.report import Pair
from sightmill.methods.contract import RawOutputs
from sightmill.methods.settings import Settings, setting
from sightmill.methods.training import Training

__all__ = ["FITTED_BY", "FamiliarityInference", "FamiliarityTraining", "fit_familiarity", "told_apart"]

#: Numbers of `FamiliarityInference.ood_scale`.
_SCALE = ("mean distance", "spread of distances", "mean doubt", "spread of doubts", "limit")

#: The training settings that `fit_familiarity` reads.
FITTED_BY = ("ood_false_alarms",)


class FamiliarityTraining(Training):
    """Whether foreign images are told, and how rarely a known one may be called foreign."""

    out_of_distribution: bool = setting(
        True,
        "Learn what the training images look like, so that images unlike them are told from those that are known.",
        title="Out-of-distribution detection",
        group="Out of distribution",
    )
    ood_false_alarms: float = setting(
        2.0,
        "Share of images of the known kind that may be called out of distribution: sets ood_threshold from the "
        "held-out images.",
        unit="%",
        gt=0,
        le=50,
        group="Out of distribution",
    )


class FamiliarityInference(Settings):
    """From which score on an image is out of distribution."""

    ood_threshold: float | None = setting(
        None,
        "Above this ood_score an image is called out of distribution; none takes the learnt threshold, which is 1. "
        "Higher calls fewer images so.",
        gt=0,
        le=1000,
        group="Out of distribution",
    )
    ood_scale: tuple[float, ...] = setting(
        (),
        "What the distances of held-out images are like; fitted by training, empty = foreign images are not told.",
        group="Out of distribution",
        advanced=True,
    )

    @field_validator("ood_scale")
    @classmethod
    def _scale_is_whole(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and (len(value) != len(_SCALE) or min(value[1], value[3], value[4]) <= 0):
            raise ValueError(f"ood_scale has {len(_SCALE)} numbers ({', '.join(_SCALE)}), or none")
        return value

    @property
    def ood_limit(self) -> float:
        """The threshold that holds: the user's own, or the learnt one."""
        return 1.0 if self.ood_threshold is None else self.ood_threshold


I = TypeVar("I", bound=FamiliarityInference)  # noqa: E741  the architecture's own letter for inference


def told_apart(result: Result, raw: RawOutputs, inference: FamiliarityInference, *, doubt: float = 0.0) -> Result:
    """The result with ``values["ood_score"]``, ``values["ood_threshold"]`` and ``flags["ood_result"]``.

    The score is 0 for an image that is as far from the training images as held-out ones are on average, and 1 at the
    learnt threshold. Unchanged where the network has no ``distance``; without a scale only the raw numbers are given.

    Parameters
    ----------
    doubt : how unsure the answer is, 0 to 1: an image between two classes is strange too, although it is near them.
    """
    if "distance" not in raw:
        return result
    # A foreign thing may fill one tile of many: the strangest tile speaks for the image.
    distance = float(np.max(raw["distance"]))
    values = {**result.values, "ood_distance": distance}
    flags = dict(result.flags)
    findings = result.findings
    if inference.ood_scale:
        score = _strangeness(distance, doubt, inference.ood_scale) / inference.ood_scale[4]
        foreign = score > inference.ood_limit
        values |= {SCORE: score, "ood_threshold": inference.ood_limit}
        flags["ood_result"] = foreign
        if foreign:
            said = f"unlike the training images (score {score:.2f}, threshold {inference.ood_limit:g}): do not trust"
            findings = (*findings, f"{said} the answer")
    return replace(result, values=values, flags=flags, findings=findings)


def fit_familiarity(
    pairs: Sequence[Pair], training: FamiliarityTraining, inference: I, *, doubts: Sequence[float] | None = None
) -> tuple[I, dict[str, Any], tuple[str, ...]]:
    """The inference settings with a scale fitted to held-out images of the known kind; facts and sentences.

    Parameters
    ----------
    pairs : held-out images with their answers, decided in any way: only the distances are read.
    doubts : what `told_apart` will be given for each of them, for methods that give a doubt.
    """
    distances = np.array([pair.result.values.get("ood_distance", np.nan) for pair in pairs])
    if not training.out_of_distribution or not len(distances) or np.isnan(distances).any():
        return inference, {}, ()
    unsure = np.zeros(len(pairs)) if doubts is None else np.asarray(doubts, np.float64)
    # A spread of few images, or of equal ones, is no measure: a share of the mean keeps the scale sane.
    spread = max(float(distances.std()), 0.02 * float(distances.mean()), 1e-6)
    scale = (float(distances.mean()), spread, float(unsure.mean()), max(float(unsure.std()), 0.2), 1.0)
    strange = [_strangeness(distance, doubt, scale) for distance, doubt in zip(distances, unsure, strict=True)]
    limit = max(familiar_limit(strange, training.ood_false_alarms / 100), 0.1)
    above = int((np.array(strange) > limit).sum())
    fitted = inference.changed(ood_scale=(*scale[:4], limit))
    facts = {
        "ood_images": len(pairs),
        "ood_false_alarms_wanted": training.ood_false_alarms / 100,
        "ood_above_threshold": above,
    }
    note = (
        f"Out of distribution: the threshold is set for {training.ood_false_alarms:g} % false alarms on "
        f"{len(pairs)} held-out images, {above} of which lie above it."
    )
    return fitted, facts, (note,)


def _strangeness(distance: float, doubt: float, scale: Sequence[float]) -> float:
    mean, spread, usual_doubt, spread_doubt, _ = scale
    return (distance - mean) / spread + (doubt - usual_doubt) / spread_doubt
