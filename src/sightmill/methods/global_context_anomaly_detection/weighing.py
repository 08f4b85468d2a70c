"""How the evidence of several witnesses becomes one number: their scales, and a smooth highest.

Every witness says how strange an image or a place is, each in numbers of its own. They are shifted and scaled so that
good images that were held out score 0, give or take 1; then the strongest decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["SHARES", "SHARPNESS", "SIGNALS", "FloatArray", "Weighed", "smooth_highest", "sum_scale", "weigh"]

FloatArray = npt.NDArray[np.float64]

#: Share of the centre that a spread has at least: two held-out images may be alike by chance.
NARROWEST = 0.02
#: Held-out images that what is assumed of the scale counts as.
ASSUMED = 4
#: What the local network's two distances and its suspicion count for, and of which only what stands out does: see
#: `methods.usual`.
SHARES, SIGNALS = (0.5, 0.5, 0.5), (False, False, True)
#: How far the highest of several witnesses stands out from their mean: 0 is the mean, much is the highest alone.
SHARPNESS = 3.0


@dataclass(frozen=True, eq=False)
class Weighed:
    """Where good images lie with each witness ``(W,)``, and how much a step away from there is worth ``(W,)``."""

    centre: FloatArray
    weight: FloatArray

    def placed(self, evidence: FloatArray) -> FloatArray:
        """Evidence ``(..., W)`` on the common scale."""
        return np.asarray((evidence - self.centre) * self.weight, np.float64)


def weigh(good: FloatArray) -> Weighed:
    """The scales of witnesses by their scores ``(N, W)`` of good images that they did not learn from, N at least 1."""
    centre = np.median(good, axis=0)
    spread = good.std(axis=0, ddof=1) if len(good) > 1 else np.zeros_like(centre)
    return Weighed(centre, 1 / (spread + NARROWEST * np.abs(centre) + 1e-6))


def sum_scale(together: FloatArray) -> tuple[float, float]:
    """Shift and gain that bring what good images score with all witnesses ``(N,)`` to 0, give or take 1.

    Few images leave it nearly as it is: they are mixed with `ASSUMED` images that would.
    """
    known = len(together)
    middle = float(np.median(together)) * known / (known + ASSUMED)
    variance = float(together.var(ddof=1)) * known if known > 1 else 0.0
    return middle, float(((variance + ASSUMED) / (known + ASSUMED)) ** -0.5)


def smooth_highest(values: npt.ArrayLike) -> FloatArray:
    """A smooth highest of the last axis: one strong witness is enough, several weak ones add up.

    The logarithm of the mean of the exponentials, with `SHARPNESS`: of equals, their value.
    """
    given = np.asarray(values, np.float64)
    top = given.max(-1, keepdims=True)
    return np.asarray(top[..., 0] + np.log(np.exp(SHARPNESS * (given - top)).mean(-1)) / SHARPNESS, np.float64)
