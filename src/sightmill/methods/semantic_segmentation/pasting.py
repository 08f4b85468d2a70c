"""Marked regions of other images, pasted into windows of training.

A network that sees a defect only on the part that it was found on learns the part as well. Pasted elsewhere, it is what
stays the same. (Ghiasi et al., "Simple copy-paste is a strong data augmentation method for instance segmentation"
(2021); here the piece is brought to the brightness of what surrounds it, and its border is blended.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Piece", "Pieces", "pasted"]

Pixels = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

#: Pieces of each class that are kept, at most; and their longest side, relative to the window they are pasted into.
KEPT, LARGEST = 60, 0.75
#: Pixels around a piece that are cut out with it, and that tell its surroundings; and how softly its border is blended.
MARGIN, SOFT = 6, 1.0
#: Places that are tried for a piece.
TRIES = 4


@dataclass(frozen=True, eq=False)
class Piece:
    """A marked region: pixels ``(C, h, w)`` with a margin, and which of them are marked ``(h, w)``."""

    pixels: Pixels
    mask: BoolArray
    number: int


class Pieces:
    """Some marked regions of the training images, by class.

    Parameters
    ----------
    window : ``(height, width)`` of the windows that they are pasted into.
    """

    def __init__(self, window: tuple[int, int], rng: np.random.Generator) -> None:
        self.window = window
        self.rng = rng
        self._of: dict[int, list[Piece]] = {}
        self._seen: dict[int, int] = {}

    def gather(self, image: Pixels, maps: Sequence[tuple[int, BoolArray]]) -> None:
        """Keep regions of an image ``(C, H, W)``; of each class its number and where it is ``(H, W)``.

        Of many regions of a class some are kept at random (reservoir sampling; Vitter, 1985).
        """
        for number, there in maps:
            count, components, facts, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8), connectivity=8)
            for index in range(1, count):
                left, top, width, height, _ = (int(value) for value in facts[index])
                if height > LARGEST * self.window[0] or width > LARGEST * self.window[1]:
                    continue
                rows, columns = (
                    slice(max(start - MARGIN, 0), start + length + MARGIN)
                    for start, length in ((top, height), (left, width))
                )
                kept = self._of.setdefault(number, [])
                seen = self._seen[number] = self._seen.get(number, 0) + 1
                place = len(kept) if len(kept) < KEPT else int(self.rng.integers(seen))
                if place < KEPT:
                    piece = Piece(image[:, rows, columns].copy(), components[rows, columns] == index, number)
                    kept[place : place + 1] = [piece]

    def drawn(self, rng: np.random.Generator, *, flips: tuple[bool, bool]) -> Piece | None:
        """A piece of a random class, perhaps mirrored up-down or left-right; None where there is none."""
        chances = rng.random(4)
        if not self._of:
            return None
        kept = self._of[sorted(self._of)[int(chances[0] * len(self._of))]]
        piece = kept[int(chances[1] * len(kept))]
        rows, columns = (
            slice(None, None, -1 if allowed and chance < 0.5 else 1)
            for allowed, chance in zip(flips, chances[2:], strict=True)
        )
        return Piece(piece.pixels[:, rows, columns], piece.mask[rows, columns], piece.number)


def pasted(image: Pixels, free: BoolArray, piece: Piece, rng: np.random.Generator) -> tuple[Pixels, BoolArray] | None:
    """The image with the piece somewhere on what is `free` ``(H, W)``, and what it marks; None where it fits not."""
    height, width = piece.mask.shape
    rows_left, columns_left = free.shape[0] - height, free.shape[1] - width
    for chance in rng.random((TRIES, 2)):
        if rows_left < 0 or columns_left < 0:
            return None
        top, left = int(chance[0] * (rows_left + 1)), int(chance[1] * (columns_left + 1))
        place = (slice(top, top + height), slice(left, left + width))
        if not free[place].all():
            continue
        around = ~cv2.dilate(piece.mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        if not around.any():
            return None
        old = image[:, *place]
        level = old[:, around].mean(1) - piece.pixels[:, around].mean(1)
        share = np.maximum(cv2.GaussianBlur(piece.mask.astype(np.float32), (0, 0), SOFT), piece.mask * np.float32(0.8))
        changed = image.copy()
        changed[:, *place] = np.clip(old + share * (piece.pixels + level[:, None, None] - old), 0, 1)
        marked = np.zeros_like(free)
        marked[place] = piece.mask
        return changed, marked
    return None
