"""Which reflections change no class, as answers to held-out images tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FLIPS", "dealt", "drawn_evenly", "is_harmless"]

#: Settings of `Augmentation` that reflect images ``(B, C, H, W)``, and the axis they turn round.
FLIPS = {"flip_left_right": 3, "flip_up_down": 2}
#: Images are dealt into so many parts, each of which is judged by a head that the others taught; a class with fewer
#: images than that is not known well enough.
PARTS = 4
#: A reflection takes a class away when it costs it more than this share of what it is told by (how much likelier it is
#: held to be where it is than where it is not), and more than so many standard errors: less is what chance takes.
LOST, SURE = 0.3, 2.0

Probabilities = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def drawn_evenly(shown: BoolArray, most: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """So many images at most, in order: as many of each kind as there are of the others, where there are enough.

    Parameters
    ----------
    shown : ``(N, K)`` which classes each image shows; those that show the same are of one kind.
    """
    kinds = _kinds(shown)
    place = np.empty(len(shown), np.int64)  # of each image among those of its kind
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        place[own] = rng.permutation(len(own))
    return np.sort(np.argsort(place, kind="stable")[:most])


def dealt(shown: BoolArray, rng: np.random.Generator) -> npt.NDArray[np.int64] | None:
    """The part ``(N,)`` that each image belongs to, look-alikes spread over all; None where a class is too rare.

    Parameters
    ----------
    shown : ``(N, K)`` which classes each image shows. Those that no image shows do not matter.
    """
    counts = shown.sum(axis=0)
    if not len(shown) or counts[counts > 0].min(initial=PARTS) < PARTS:
        return None
    parts = np.empty(len(shown), np.int64)
    parts[np.lexsort((rng.random(len(shown)), _kinds(shown)))] = np.arange(len(shown)) % PARTS
    return parts


def _kinds(shown: BoolArray) -> npt.NDArray[np.int64]:
    """The same number ``(N,)`` for images that show the same classes."""
    return np.unique(shown, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def is_harmless(plain: Probabilities, reflected: Probabilities, shown: BoolArray) -> bool:
    """Whether images are held for what they show as much after a reflection as before, class by class.

    A class whose mirror image is another one loses nearly all; one that comes either way round loses nothing.

    Parameters
    ----------
    plain, reflected : ``(N, K)`` probability of each class, from heads that did not see these images.
    shown : ``(N, K)`` which classes each image shows.
    """
    for before, after, there in zip(plain.T, reflected.T, shown.T, strict=True):
        if there.all() or not there.any():
            continue
        lost = (before - after)[there]
        told_by = before[there].mean() - before[~there].mean()
        if lost.mean() > max(LOST * told_by, SURE * lost.std() / np.sqrt(max(len(lost) - 1, 1))):
            return False
    return True
