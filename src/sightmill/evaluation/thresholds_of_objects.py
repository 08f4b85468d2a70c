"""Thresholds for methods that find objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightmill.evaluation.objects import LIMITS, hits_of, scene_of
from sightmill.evaluation.overlap import Kind
from sightmill.evaluation.report import Pair

__all__ = ["best_threshold"]


def best_threshold(pairs: Sequence[Pair], labels: Sequence[str], kind: Kind) -> tuple[float, float, int] | None:
    """The score from which on answers make the best F1 at IoU 0.5, that F1, and the number of objects.

    All answers are looked at, those that were kept back too. The threshold lies in the middle between the last answer
    that it lets pass and the next one. None when there is no object, or no answer that is right.
    """
    scenes = [scene_of(pair, labels, kind) for pair in pairs]
    every = [hits_of(scenes, label, limits=LIMITS[:1]) for label in range(len(labels))]
    total = int(sum(hits.objects.sum() for hits in every))
    score = np.concatenate([hits.score for hits in every]) if every else np.zeros(0)
    if not total or not len(score):
        return None
    right = np.concatenate([hits.right[0] for hits in every])
    counts = np.concatenate([hits.counts[0] for hits in every])
    if not right.any():
        return None
    order = np.argsort(-score, kind="stable")
    score, right, counts = score[order], right[order], counts[order]
    f1 = 2 * np.cumsum(right) / (np.cumsum(counts) + total)
    # Equal scores pass or stay together: only the last of them is a place to cut.
    last = np.append(score[1:] < score[:-1], True)
    best = int(np.argmax(np.where(last, f1, -1.0)))
    below = float(score[best + 1]) if best + 1 < len(score) else 0.0
    return (float(score[best]) + below) / 2, float(f1[best]), total
