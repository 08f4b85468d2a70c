"""Objects of other images, pasted into windows of training: numpy only.

Pieces of background are pasted in the same way, and mean nothing: that something was pasted must not tell an object.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.regions import Box, RotatedBox
from sightmill.methods.pasting import MARGIN, BoolArray, Piece, Pieces, Pixels, pasted

__all__ = ["ObjectPiece", "Pasting"]

FloatArray = npt.NDArray[np.float32]
#: What `DetectingLearner.targets_of` gives of one row, as arrays.
Targets = Mapping[str, npt.NDArray[Any]]

#: What of an object's surroundings is pasted with it: sides times this and plus a pixel, where it has no outline.
GROWN, MORE = 1.15, 1.0
#: Pieces that a window gets, at most; and the share of them that are background.
MOST, BACKGROUND = 3, 1 / 3
#: Pixels about an object that nothing is pasted onto.
APART = 1.0


@dataclass(frozen=True, eq=False)
class ObjectPiece(Piece):
    """An object, or background in its form.

    Parameters
    ----------
    box : ``(4,)`` centre and sides, pixels of the piece.
    turn : ``(2,)`` as in `TileTruth`.
    turns : see `Asked`.
    outline : the object's grid of `mask_grids` ``(G, G)``; None where only boxes are known.
    """

    box: FloatArray
    turn: FloatArray
    turns: int
    outline: BoolArray | None = None

    def mirrored(self, *, up_down: bool, left_right: bool) -> Self:
        height, width = self.mask.shape
        box, turn, outline = self.box.copy(), self.turn.copy(), self.outline
        if up_down:
            box[1] = height - box[1]
            turn[1] *= -1
        if left_right:
            box[0] = width - box[0]
            turn[0 if self.turns == 1 else 1] *= -1
        if outline is not None:
            outline = outline[:: -1 if up_down else 1, :: -1 if left_right else 1]
        seen = super().mirrored(up_down=up_down, left_right=left_right)
        return replace(seen, box=box, turn=turn, outline=outline)


class Pasting:
    """Some objects and some background of the training images, for others.

    Parameters
    ----------
    window : ``(height, width)`` of the windows of training.
    turns : see `Asked`.
    margin : see `mask_grids`; of no matter without masks.
    """

    def __init__(self, window: tuple[int, int], *, turns: int, margin: float, seed: int) -> None:
        self.turns = turns
        self.margin = margin
        self.objects: Pieces[ObjectPiece] = Pieces(window, np.random.default_rng([seed, 7]))
        self.background: Pieces[ObjectPiece] = Pieces(window, np.random.default_rng([seed, 8]))
        self._places = np.random.default_rng([seed, 9])

    def ceiling(self, *, classes: int, channels: int) -> int:
        """Bytes that what is kept takes at most."""
        return 2 * self.objects.ceiling(classes=classes, channels=channels)

    def gather(self, image: Pixels, targets: Targets) -> None:
        """Keep objects of an image ``(C, H, W)`` that lie in it as a whole, and a piece of background for each."""
        free = self._free(targets, image.shape[1:])
        for place in np.flatnonzero(targets["classes"] >= 0):
            piece = self._cut(image, targets, int(place))
            if piece is None:
                continue
            self.objects.keep(piece)
            height, width = piece.mask.shape
            room = np.array(free.shape) - (height, width) + 1
            top, left = (int(value) for value in self._places.random(2) * room)
            there = (slice(top, top + height), slice(left, left + width))
            if free[there].all():
                self.background.keep(replace(piece, pixels=image[:, *there]))

    def changed(
        self, image: Pixels, targets: Targets, rng: np.random.Generator, *, flips: tuple[bool, bool]
    ) -> tuple[Pixels, dict[str, npt.NDArray[Any]]]:
        """Image ``(C, H, W)`` and targets with one to `MOST` pieces, where nothing else is known to be.

        Parameters
        ----------
        flips : whether pieces may be mirrored up-down and left-right.
        """
        found = {name: values.copy() for name, values in targets.items()}
        free = self._free(found, image.shape[1:])
        for _ in range(1 + int(rng.integers(MOST))):
            is_object = rng.random() >= BACKGROUND
            piece = (self.objects if is_object else self.background).drawn(rng, flips=flips)
            unused = np.flatnonzero(found["classes"] < 0)
            if piece is None or not len(unused):
                continue
            shown = pasted(image, free, piece, rng)
            if shown is None:
                continue
            image, (top, left) = shown
            height, width = piece.mask.shape
            free[top : top + height, left : left + width] = False
            if is_object:
                self._tell(found, int(unused[0]), piece, top, left)
        return image, found

    def _tell(self, targets: dict[str, npt.NDArray[Any]], place: int, piece: ObjectPiece, top: int, left: int) -> None:
        targets["classes"][place] = piece.number
        targets["boxes"][place] = piece.box + np.array([left, top, 0, 0], np.float32)
        if "turns" in targets:
            targets["turns"][place] = piece.turn
        if piece.outline is not None:
            targets["masks"][place] = piece.outline

    def _cut(self, image: Pixels, targets: Targets, place: int) -> ObjectPiece | None:
        box = targets["boxes"][place]
        turn = targets["turns"][place] if "turns" in targets else np.array([1, 0], np.float32)
        grown = self._turned(box, turn, GROWN, MORE)
        around = grown.bounds(0, 0)
        height, width = image.shape[1:]
        whole = min(around.x1, around.y1) >= 0 and around.x2 <= width and around.y2 <= height
        if not whole or not self.objects.takes(around.y2 - around.y1, around.x2 - around.x1):
            return None
        left, top = (max(math.floor(low) - MARGIN, 0) for low in (around.x1, around.y1))
        rows, columns = slice(top, math.ceil(around.y2) + MARGIN), slice(left, math.ceil(around.x2) + MARGIN)
        pixels = image[:, rows, columns]
        own = box - np.array([left, top, 0, 0], np.float32)
        if "masks" in targets:
            outline = targets["masks"][place]
            mask = self._outlined(outline, own, pixels.shape[1:])
        else:
            outline = None
            mask = self._turned(own, turn, GROWN, MORE).mask(pixels.shape[2], pixels.shape[1])
        if not mask.any():
            return None
        return ObjectPiece(pixels, mask, int(targets["classes"][place]), own, turn.copy(), self.turns, outline)

    def _outlined(self, outline: BoolArray, box: FloatArray, shape: tuple[int, ...]) -> BoolArray:
        """The pixels of an object whose grid is known, and those at its border."""
        grid = len(outline)
        step = box[2:].astype(np.float64) * (1 + 2 * self.margin) / grid
        rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
        x, y = (
            (at - centre) / side + grid / 2 - 0.5 for at, centre, side in zip((columns, rows), box, step, strict=False)
        )
        share = cv2.remap(
            outline.astype(np.float32), x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderValue=0.0
        )
        return np.asarray(cv2.dilate((share > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)), np.bool_)

    def _free(self, targets: Targets, shape: tuple[int, ...]) -> BoolArray:
        """Where it is known that nothing is ``(H, W)``."""
        shown = targets["shown"]
        free = np.kron(shown, np.ones((shape[0] // shown.shape[0], shape[1] // shown.shape[1]), np.bool_))
        for place in np.flatnonzero(targets["classes"] >= 0):
            turn = targets["turns"][place] if "turns" in targets else (1.0, 0.0)
            around: Box = self._turned(targets["boxes"][place], turn, 1.0, 2 * APART).bounds(0, 0)
            rows, columns = (
                slice(max(math.floor(low), 0), max(math.ceil(high), 0))
                for low, high in ((around.y1, around.y2), (around.x1, around.x2))
            )
            free[rows, columns] = False
        return free

    def _turned(self, box: FloatArray, turn: npt.ArrayLike, times: float, more: float) -> RotatedBox:
        """The box with larger sides, at the angle that the turn tells."""
        cosine, sine = np.asarray(turn, np.float64)
        x, y, width, height = (float(value) for value in box)
        angle = math.degrees(math.atan2(sine, cosine)) / max(self.turns, 1)
        return RotatedBox(x, y, width * times + more, height * times + more, angle)
