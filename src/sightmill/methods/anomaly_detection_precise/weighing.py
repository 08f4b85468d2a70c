"""How to add up several kinds of evidence: as held-out images say, and by a prior where they do not say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = ["Weighing", "weigh_evidence"]

FloatArray = npt.NDArray[np.float64]

#: Shares are tried in steps of one tenth.
STEPS = 10
#: How far synthetic defects may move the shares away from the prior, and how many real ones halve what is left.
TRUST, HALF = 0.2, 10


@dataclass(frozen=True, eq=False)
class Weighing:
    """How evidence is added up: the sum of ``share * (evidence - centre) / scale``.

    Parameters
    ----------
    centre : what good images usually score, for each kind of evidence ``(K,)``.
    scale : how much good images differ ``(K,)``, above 0.
    share : ``(K,)``, >= 0, with sum 1.
    """

    centre: FloatArray
    scale: FloatArray
    share: FloatArray


def weigh_evidence(scores: npt.ArrayLike, bad: npt.ArrayLike, real: npt.ArrayLike, *, prior: npt.ArrayLike) -> Weighing:
    """Weigh kinds of evidence by how well they part held-out good images from bad ones.

    Each kind is first put on one scale: the median of the good images becomes 0, their standard deviation 1. Of all
    shares in tenths, those are found that part good from bad about as well as the best (within one standard error over
    the bad images, Breiman et al., 1984); of these, the ones nearest to the prior are taken. So a kind of evidence is
    trusted less only if the images say so. Real defects, where there are any, count as much as all synthetic ones.

    Synthetic defects are no proof of what real ones look like: from them alone, the shares go only `TRUST` of the way
    from the prior. The more real defects, the further.

    Parameters
    ----------
    scores : ``(N, K)``, higher is stranger.
    bad, real : ``(N,)`` bool: whether an image is bad, and whether it is a real one.
    prior : shares ``(K,)`` with sum 1 to start from.
    """
    values = np.asarray(scores, np.float64)
    is_bad, is_real = np.asarray(bad, np.bool_), np.asarray(real, np.bool_)
    kinds = values.shape[1]
    good = values[~is_bad] if (~is_bad).any() else values
    centre = np.median(good, 0)
    # The deviation of few images says little: a hundredth of the score keeps it from vanishing.
    scale = good.std(0, ddof=1 if len(good) > 1 else 0) + 0.01 * np.abs(centre) + 1e-6
    start = np.asarray(prior, np.float64)
    if not is_bad.any() or is_bad.all():
        return Weighing(centre, scale, start)
    placed = (values - centre) / scale
    ordinary, strange = placed[~is_bad], placed[is_bad]
    weights = _weights_of(is_real[is_bad])
    shares = _all_shares(kinds)
    parted = np.stack([_parted(ordinary @ share, strange @ share) for share in shares])  # (S, bad)
    means = parted @ weights
    best = int(means.argmax())
    # The paired difference to the best: images that are hard for all shares do not blur it.
    behind = parted[best] - parted
    error = np.sqrt((behind - (behind @ weights)[:, None]) ** 2 @ weights**2)
    near = (behind @ weights) <= error + 1e-12
    away = ((shares - start) ** 2).sum(1) - 1e-6 * means
    count = int((is_bad & is_real).sum())
    trust = TRUST + (1 - TRUST) * count / (count + HALF)
    return Weighing(centre, scale, start + trust * (shares[near][int(away[near].argmin())] - start))


def _all_shares(kinds: int) -> FloatArray:
    """All ``(S, kinds)`` in tenths whose sum is 1: places of dividers among `STEPS` tenths."""
    dividers = combinations(range(STEPS + kinds - 1), kinds - 1)
    return np.array([np.diff((-1, *places, STEPS + kinds - 1)) - 1 for places in dividers]) / STEPS


def _weights_of(real: npt.NDArray[np.bool_]) -> FloatArray:
    """Weights of the bad images, of sum 1: real and synthetic ones the same in sum."""
    weights = np.zeros(len(real))
    groups = [group for group in (real, ~real) if group.any()]
    for group in groups:
        weights[group] = 1 / (len(groups) * group.sum())
    return weights


def _parted(good: FloatArray, bad: FloatArray) -> FloatArray:
    """For each bad image, how clearly it stands above the good ones, 0 to 1: a smooth area under the ROC curve."""
    distance = np.clip(bad[:, None] - good[None, :], -30, 30)
    clear: FloatArray = (1 / (1 + np.exp(-2 * distance))).mean(1)
    return clear
