"""Images unlike those of the training: a threshold with a stated false-alarm rate, and how well they are told.

Scores are higher the stranger an image is. *Known* images are of the kind that was trained, *unknown* ones are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError
from sightmill.evaluation.curves import Tally
from sightmill.evaluation.intervals import bootstrap_tally, proportion
from sightmill.evaluation.report import Estimate, Figure, Histogram, Metric, Pair

__all__ = ["METRICS", "SCORE", "familiar_limit", "measure_unknown", "score_of", "unknown_figure"]

#: The value of a result that tells how strange its image is.
SCORE = "ood_score"

METRICS = (
    Metric("ood_auroc", "Unknown images told, AUROC"),
    Metric("ood_fpr95", "Unknown images missed where 95 % of the known ones pass", better="lower", limit=0.0),
)


def score_of(pair: Pair) -> float | None:
    """The image's score; None where the model gives none."""
    return pair.result.values.get(SCORE)


def familiar_limit(scores: npt.ArrayLike, false_alarms: float) -> float:
    """The score above which at most this share of further known images is expected to lie.

    Parameters
    ----------
    scores : of held-out known images ``(N,)``, at least one.
    false_alarms : wanted share, above 0 and below 1.

    With enough images an order statistic: the ``ceil((N + 1) (1 - false_alarms))``-th smallest score, which keeps the
    share on average over such samples, whatever the scores' distribution (split conformal prediction; Vovk et al.,
    "Algorithmic learning in a random world", 2005). With fewer, the limit stands above the highest score, by the
    margin at which an exponential tail would reach the share.

    Raises
    ------
    DataError : no score, or one that is not finite.
    """
    values = np.sort(np.asarray(scores, np.float64).reshape(-1))
    if not len(values) or not np.isfinite(values).all():
        raise DataError("a limit needs finite scores of held-out images", got=len(values))
    rank = math.ceil((len(values) + 1) * (1 - false_alarms))
    highest, middle = float(values[-1]), float(np.median(values))
    grain = max(1e-6 * abs(highest), 1e-9)
    if rank > len(values):
        upper = values[values >= middle]
        tail = max(float(upper.mean()) - middle, 0.05 * (highest - middle), grain)
        return highest + tail * math.log(1 / ((len(values) + 1) * false_alarms)) + grain
    at = float(values[rank - 1])
    above = values[values > at]
    # Clear of the score itself: one right at the limit would flip with the last digit of another engine's arithmetic.
    return min(at + max(0.01 * (at - middle), grain), (at + float(above[0])) / 2) if len(above) else at + grain


def measure_unknown(known: Sequence[float], unknown: Sequence[float], *, intervals: bool = True) -> dict[str, Estimate]:
    """AUROC of known against unknown images, and the share of unknown ones among the familiar-looking.

    ``ood_fpr95`` is the share of unknown images whose score is not above the limit that 95 % of the known ones keep.
    Empty where one of the two is missing.
    """
    if not len(known) or not len(unknown):
        return {}
    values = np.concatenate([np.asarray(known, np.float64), np.asarray(unknown, np.float64)])
    tally = Tally.of(values, np.arange(len(values)) >= len(known))
    low, high = bootstrap_tally(tally, Tally.auc) if intervals else (None, None)
    limit = float(np.quantile(np.asarray(known, np.float64), 0.95, method="inverted_cdf"))
    missed = int((np.asarray(unknown) <= limit).sum())
    return {
        "ood_auroc": Estimate(float(tally.auc()), low, high, len(values)),
        "ood_fpr95": proportion(missed, len(unknown), interval=intervals),
    }


def unknown_figure(known: Sequence[float], unknown: Sequence[float], threshold: float) -> Figure:
    """Histogram of the scores of known and unknown images, with the threshold."""
    values = np.concatenate([np.asarray(known, np.float64), np.asarray(unknown, np.float64)])
    # Unrelated images may lie a hundred times further out than the threshold: the last bar gathers them.
    top = max(3 * threshold, float(np.max(known, initial=threshold)) * 1.2)
    edges = np.linspace(min(float(values.min(initial=0.0)), 0.0), top, 31)
    return Histogram(
        "Known and unknown images",
        "How unlike the training images they are; above the threshold an image is called out of distribution. "
        "The last bar also counts what lies beyond.",
        x_label="Out-of-distribution score",
        edges=edges,
        groups={
            "known": np.histogram(np.clip(known, edges[0], top), edges)[0].astype(np.int64),
            "unknown": np.histogram(np.clip(unknown, edges[0], top), edges)[0].astype(np.int64),
        },
        thresholds={"threshold": threshold},
    )
