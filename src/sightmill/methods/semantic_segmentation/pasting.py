"""Marked regions of other images, pasted into windows of training."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sightmill.methods.pasting import MARGIN, BoolArray, Piece, Pieces, Pixels

__all__ = ["gather"]


def gather(pieces: Pieces[Piece], image: Pixels, maps: Sequence[tuple[int, BoolArray]]) -> None:
    """Keep the regions of an image ``(C, H, W)``; of each class its number and where it is ``(H, W)``."""
    for number, there in maps:
        count, components, facts, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8), connectivity=8)
        for index in range(1, count):
            left, top, width, height, _ = (int(value) for value in facts[index])
            if not pieces.takes(height, width):
                continue
            rows, columns = (
                slice(max(start - MARGIN, 0), start + length + MARGIN)
                for start, length in ((top, height), (left, width))
            )
            pieces.keep(Piece(image[:, rows, columns], components[rows, columns] == index, number))
