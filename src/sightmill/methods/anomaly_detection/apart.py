"""Which images are held out from a trial, so that it meets parts that were not seen."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["held_apart", "thumbnail"]

#: Side of a thumbnail.
SIDE = 16
#: Images that look most alike and are held out together; and the share of the others that are too like them to teach.
GROUP, ALIKE = 6, 0.25
#: Images that are compared, at most.
COMPARED = 600


def thumbnail(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """An image ``(C, H, W)`` as a vector ``(n,)``: products of two say how alike they look, whatever the exposure."""
    small = cv2.resize(image.mean(0), (SIDE, SIDE), interpolation=cv2.INTER_AREA).reshape(-1)
    centred = small - small.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), np.float32)


def held_apart(looks: npt.NDArray[np.float32], held: int, taught: int, rng: np.random.Generator) -> list[int]:
    """Indices of `held` images that are held out, then those of at most `taught` others that teach.

    The same part is often there several times, under other light or from one lot. Were one of its images held out and
    another one taught, a trial would say how well seen parts are known. So images that look alike are held out
    together, and what is nearest to them does not teach either.

    Parameters
    ----------
    looks : `thumbnail` of each image ``(N, n)``.
    """
    pool = rng.permutation(len(looks))[:COMPARED]
    alike = looks[pool] @ looks[pool].T  # (n, n)
    free = np.ones(len(pool), np.bool_)
    out: list[int] = []
    for seed in range(len(pool)):
        if len(out) >= held:
            break
        if free[seed]:
            nearest = np.argsort(np.where(free, -alike[seed], np.inf), kind="stable")[: min(GROUP, held - len(out))]
            chosen = [int(index) for index in nearest if free[index]]
            free[chosen] = False
            out += chosen
    others = np.flatnonzero(free)
    if out and len(others):
        near = alike[others][:, out].max(1)
        kept = max(round((1 - ALIKE) * len(others)), min(taught, len(others)))
        others = np.sort(others[np.argsort(near, kind="stable")[:kept]])
    # The pool is in random order: so are the first of what is left of it.
    return [int(index) for index in pool[[*out, *others[:taught]]]]
