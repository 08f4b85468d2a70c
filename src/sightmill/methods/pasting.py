"""Pieces of training images, pasted into others.

A network that sees a thing only where it was found learns its surroundings as well. Pasted elsewhere, it is what stays
the same. (Ghiasi et al., "Simple copy-paste is a strong data augmentation method for instance segmentation" (2021);
here the piece is brought to the brightness of what surrounds it, and its border is blended.) numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["MARGIN", "Piece", "Pieces", "pasted"]

Pixels = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

#: Pieces of each class that are kept, at most; and their longest side, relative to the window they are pasted into.
KEPT, LARGEST = 60, 0.75
#: Bytes of all pieces together, at most.
MOST_BYTES = 128 << 20
#: Pixels around a piece that are cut out with it, and that tell its surroundings; and how softly its border is blended.
MARGIN, SOFT = 6, 1.0
#: Places that are tried for a piece.
TRIES = 4


@dataclass(frozen=True, eq=False)
class Piece:
    """What is pasted: pixels ``(C, h, w)`` with a margin, which of them are meant ``(h, w)``, and of which class."""

    pixels: Pixels
    mask: BoolArray
    number: int

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes + self.mask.nbytes

    def mirrored(self, *, up_down: bool, left_right: bool) -> Self:
        """The same, seen in a mirror."""
        rows, columns = (slice(None, None, -1 if asked else 1) for asked in (up_down, left_right))
        return replace(self, pixels=self.pixels[:, rows, columns], mask=self.mask[rows, columns])


P = TypeVar("P", bound=Piece)


class Pieces(Generic[P]):
    """Some pieces of the training images, by class.

    Parameters
    ----------
    window : ``(height, width)`` of the windows that they are pasted into.
    """

    def __init__(self, window: tuple[int, int], rng: np.random.Generator) -> None:
        self.window = window
        self.rng = rng
        self._of: dict[int, list[P]] = {}
        self._seen: dict[int, int] = {}
        self._bytes = 0

    def ceiling(self, *, classes: int, channels: int) -> int:
        """Bytes that the pieces take at most."""
        height, width = (math.ceil(LARGEST * side) + 2 * MARGIN + 2 for side in self.window)
        return min(MOST_BYTES, classes * KEPT * height * width * (4 * channels + 1))

    def takes(self, height: float, width: float) -> bool:
        """Whether a thing of this size leaves room in a window."""
        return height <= LARGEST * self.window[0] and width <= LARGEST * self.window[1]

    def keep(self, piece: P) -> None:
        """Of many pieces of a class some are kept at random (reservoir sampling; Vitter, 1985), of large ones fewer."""
        kept = self._of.setdefault(piece.number, [])
        seen = self._seen[piece.number] = self._seen.get(piece.number, 0) + 1
        place = len(kept) if len(kept) < KEPT else int(self.rng.integers(seen))
        if place < KEPT:
            self._bytes += piece.nbytes - sum(old.nbytes for old in kept[place : place + 1])
            kept[place : place + 1] = [replace(piece, pixels=piece.pixels.copy())]
        while self._bytes > MOST_BYTES:
            fullest = max(self._of.values(), key=lambda pieces: sum(one.nbytes for one in pieces))
            self._bytes -= fullest.pop(int(self.rng.integers(len(fullest)))).nbytes

    def drawn(self, rng: np.random.Generator, *, flips: tuple[bool, bool]) -> P | None:
        """A piece of a random class, perhaps mirrored up-down or left-right; None where there is none."""
        chances = rng.random(4)
        known = [kept for _, kept in sorted(self._of.items()) if kept]
        if not known:
            return None
        kept = known[int(chances[0] * len(known))]
        up_down, left_right = (
            bool(allowed and chance < 0.5) for allowed, chance in zip(flips, chances[2:], strict=True)
        )
        return kept[int(chances[1] * len(kept))].mirrored(up_down=up_down, left_right=left_right)


def pasted(
    image: Pixels, free: BoolArray, piece: Piece, rng: np.random.Generator
) -> tuple[Pixels, tuple[int, int]] | None:
    """The image with the piece somewhere on what is `free` ``(H, W)``, and the row and column where it begins there;
    None where it fits not.
    """
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
        return changed, (top, left)
    return None
