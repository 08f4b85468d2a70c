"""One scale for anomaly scores: 0 to 100, the threshold at 50, whatever the network's own numbers mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.errors import SettingsError

__all__ = ["HOT", "MIDDLE", "TOP", "ScoreScale"]

#: Where the threshold stands, and the end that no score reaches.
MIDDLE, TOP = 50.0, 100.0
#: Shown values at which heatmaps start to glow and are brightest, the same for all images and models.
HOT = (25.0, 100.0)

#: A spread below this share of the threshold would blow up what is rounding in another engine's arithmetic.
_NARROWEST = 0.02


@dataclass(frozen=True)
class ScoreScale:
    """A strictly rising map from raw scores to shown ones.

    ``shown = 50 + 50 (raw - centre) / (|raw - centre| + spread)``: the centre is shown as 50, one spread above it
    as 75, three as 87.5, one below as 25. No score is so high that a higher one would look the same, so ranks and
    every figure made of them (AUROC ...) are those of the raw scores. (A score between 0 and 100 with the
    threshold at 50, and 45 for more sensitive, is what MIL's anomaly detection shows; the map is ours.)

    Parameters
    ----------
    centre : the raw score of the threshold.
    spread : the raw distance that is shown as 25, above 0.

    Raises
    ------
    SettingsError : a number that is not finite, or a spread of 0 or less.
    """

    centre: float
    spread: float

    def __post_init__(self) -> None:
        if not np.isfinite([self.centre, self.spread]).all() or self.spread <= 0:
            raise SettingsError(
                "a score scale needs a finite centre and a spread above 0", got=f"{self.centre}, {self.spread}"
            )

    @classmethod
    def fitted(cls, threshold: float, good: npt.ArrayLike) -> ScoreScale:
        """The threshold at 50, and the median of the good scores ``(N,)`` at 25 or, where that is too near, above."""
        middle = float(np.median(np.asarray(good, np.float64)))
        return cls(threshold, max(threshold - middle, _NARROWEST * abs(threshold), 1e-6))

    def shown(self, raw: float) -> float:
        """A raw score -> 0 to 100."""
        away = raw - self.centre
        return MIDDLE + MIDDLE * away / (abs(away) + self.spread)

    def shown_map(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """A raw map of any shape -> 0 to 100, float32."""
        away = raw.astype(np.float64) - self.centre
        return (MIDDLE + MIDDLE * away / (np.abs(away) + self.spread)).astype(np.float32)

    def raw(self, shown: float) -> float:
        """The raw value that is shown as this, which lies above 0 and below 100."""
        if not 0 < shown < TOP:
            raise SettingsError("no raw score is shown as this", got=shown, allowed="above 0 and below 100")
        share = (shown - MIDDLE) / MIDDLE
        return self.centre + self.spread * share / (1 - abs(share))
