"""Synthetic logical defects: good images in which a part is covered up, doubled, or has changed places with another.

Parts are not known, so a busy patch of the image stands for one and a calm patch for the ground. Good enough to see
which statistics of an assembly notice such a thing; nothing is trained on them.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "rearranged"]

Pixels = npt.NDArray[np.float32]

#: What is done.
KINDS = ("removed", "doubled", "swapped")
#: Smallest and largest side of a patch, in shares of the image's shorter side.
PATCH = (0.12, 0.25)
#: Places that are looked at to find a busy or a calm one.
LOOKED_AT = 40
#: A change of fewer grey values on average, of the full range, is drawn anew; how often.
VISIBLE, TRIES = 0.03, 8


def rearranged(image: Pixels, kind: str, rng: np.random.Generator) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """A copy with one logical defect.

    Parameters
    ----------
    image : ``(H, W, C)`` float32 in [0, 1].
    kind : one of `KINDS`.

    Returns
    -------
    The image, and where it was changed ``(H, W)``; nowhere if the image is even all over.
    """
    high, wide = image.shape[:2]
    changed, where = image.copy(), np.zeros((high, wide), np.bool_)
    for _ in range(TRIES):
        side = max(int(min(high, wide) * rng.uniform(*PATCH)), 3)
        busy, other, calm = _places(image, side, rng)
        pairs = {"removed": [(calm, busy)], "doubled": [(busy, calm)], "swapped": [(busy, other), (other, busy)]}[kind]
        changed, where = image.copy(), np.zeros((high, wide), np.bool_)
        for source, target in pairs:
            _move(image, changed, source, target, side)
            where[target[0] : target[0] + side, target[1] : target[1] + side] = True
        if np.abs(changed - image)[where].mean() > VISIBLE:
            break
    return changed, where


def _places(image: Pixels, side: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Top-left corners of two busy patches and a calm one."""
    high, wide = image.shape[:2]
    gray = image.mean(2)
    mean, square = (cv2.blur(values, (side, side)) for values in (gray, gray * gray))
    spread = np.sqrt(np.clip(square - mean * mean, 0, None))
    rows = rng.integers(0, max(high - side, 0) + 1, LOOKED_AT)
    columns = rng.integers(0, max(wide - side, 0) + 1, LOOKED_AT)
    contrast = spread[np.minimum(rows + side // 2, high - 1), np.minimum(columns + side // 2, wide - 1)]
    order = np.argsort(-contrast)
    first = order[0]
    apart = [index for index in order if np.hypot(rows[index] - rows[first], columns[index] - columns[first]) > side]
    second = apart[0] if apart else order[-1]
    return [(int(rows[index]), int(columns[index])) for index in (first, second, order[-1])]


def _move(image: Pixels, changed: Pixels, source: tuple[int, int], target: tuple[int, int], side: int) -> None:
    """Copy a patch, in the light of where it comes to, with soft borders."""
    patch, under = (image[place[0] : place[0] + side, place[1] : place[1] + side] for place in (source, target))
    rim = np.ones(patch.shape[:2], np.bool_)
    border = max(side // 8, 1)
    rim[border:-border, border:-border] = False
    fitted = patch + (under[rim].mean(0) - patch[rim].mean(0))
    cover = np.zeros((side + 2, side + 2), np.float32)
    cover[1 + border // 2 : -1 - border // 2, 1 + border // 2 : -1 - border // 2] = 1
    cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), max(border / 3, 0.5)), np.float32)
    soft = cover[1:-1, 1:-1][: patch.shape[0], : patch.shape[1], None]
    here = changed[target[0] : target[0] + side, target[1] : target[1] + side]
    here[:] = np.clip(here + soft * (fitted - here), 0, 1)
