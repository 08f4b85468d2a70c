"""Ways to judge places, among which the data choose."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAPACITY", "GRIDS", "WEIGHTS", "Recipe", "Weights"]

#: Of each of the backbone's maps at strides 4, 8, 16 and 32.
Weights = tuple[float, float, float, float]


@dataclass(frozen=True)
class Recipe:
    """How places are judged.

    Parameters
    ----------
    weights : of the maps in the distance; 0 leaves one out.
    reduction : the input is averaged over squares of this side before it enters the backbone.
    """

    weights: Weights
    reduction: int = 1

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels of the network's input for one value of each map that the distance regards."""
        return tuple(4 * 2**level * self.reduction for level, weight in enumerate(self.weights) if weight > 0)


#: Sampling density -> index of the map whose grid the places lie on.
GRIDS = {"low": 2, "medium": 1, "high": 0}
_COARSE = ((0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 1.0, 1.0))
_MIDDLE = (*_COARSE, (0.0, 1.0, 1.0, 0.0), (0.0, 1.0, 0.0, 0.0))
_FINE = (*_MIDDLE, (1.0, 1.0, 1.0, 0.0))

#: Sampling density -> weights of the maps to choose from; the first are taken where there is nothing to choose by.
WEIGHTS: dict[str, tuple[Weights, ...]] = {"low": _COARSE, "medium": _MIDDLE, "high": _FINE}
#: Sampling density -> patches that the bank holds.
CAPACITY = {"low": 8000, "medium": 8000, "high": 16_000}
