"""Drawing defects on training images: what an anomaly method learns from where it has no real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.imaging.defects import Damaged, Kind, damage

__all__ = ["drawn_on"]

#: Sizes of drawn defects, in shares of the longer side of what counts of the image.
EXTENT = (0.03, 0.3)


def drawn_on(
    image: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    kinds: Sequence[Kind],
    others: Sequence[npt.NDArray[np.float32]],
) -> Damaged:
    """One defect on a network input ``(C, H, W)``, as large as `EXTENT` of what counts: `sightmill.imaging.defects`.

    Parameters
    ----------
    inside : ``(H, W)`` bool: what counts; the defect is drawn there.
    kinds : what may be drawn.
    others : images ``(H, W, C)`` that texture is taken from.
    """
    side = float(max(inside.any(1).sum(), inside.any(0).sum()))
    found = damage(
        np.ascontiguousarray(image.transpose(1, 2, 0)),
        rng,
        extent=(EXTENT[0] * side, EXTENT[1] * side),
        kinds=kinds,
        others=others,
        inside=inside,
    )
    return Damaged(np.ascontiguousarray(found.image.transpose(2, 0, 1)), found.mask, found.kind)
