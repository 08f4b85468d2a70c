"""From votes and patterns to the masks of objects, in pixels of the image. numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.coordinates import centre_matrix
from sightmill.data.outlines import FloatArray
from sightmill.data.regions import Mask
from sightmill.imaging.view import Frame
from sightmill.methods.contract import RawOutputs
from sightmill.methods.detecting.decoding import Answers

__all__ = ["masks_of"]

#: As in `sightmill.nn.instances`, which this side must not import: torch stands there.
STEEPNESS = 3.0
FURTHEST = 9.0
MARGIN = 0.12


def masks_of(found: Answers, raw: RawOutputs, frame: Frame, parts: Sequence[Sequence[int]]) -> list[Mask | None]:
    """The mask of each object, cropped to it; None where no pixel is its own.

    Parameters
    ----------
    found : the answers, in pixels of the whole input.
    raw : with ``mixes`` ``(T, A, 1 + P)`` and ``fields`` ``(T, 2 + P, h, w)``.
    parts : which answers are one object.
    """
    fields, mixes = np.asarray(raw["fields"]), np.asarray(raw["mixes"])
    stride = frame.tile_size[0] // fields.shape[3]
    masks = []
    for group in parts:
        pieces = [
            _mask(
                fields[found.tile[index]],
                mixes[found.tile[index], found.place[index]],
                found.boxes[index],
                np.asarray(frame.tiles[found.tile[index]], np.float64),
                stride,
                frame,
            )
            for index in group
        ]
        masks.append(_united([piece for piece in pieces if piece is not None]))
    return masks


def _mask(
    fields: npt.NDArray[np.float32],
    mix: npt.NDArray[np.float32],
    box: FloatArray,
    tile: FloatArray,
    stride: int,
    frame: Frame,
) -> Mask | None:
    """One answer's mask: logits on the map's cells around the box, brought to the image's pixels."""
    centre, sides = box[:2] - tile, box[2:]
    reach = sides * (0.5 + MARGIN)
    low = np.maximum(np.floor((centre - reach) / stride).astype(int) - 1, 0)
    high = np.minimum(np.ceil((centre + reach) / stride).astype(int) + 1, [fields.shape[2], fields.shape[1]])
    if (low >= high).any():
        return None
    seen = fields[:, low[1] : high[1], low[0] : high[0]]
    x = (np.arange(low[0], high[0], dtype=np.float32) + 0.5) * stride - np.float32(centre[0])
    y = (np.arange(low[1], high[1], dtype=np.float32) + 0.5) * stride - np.float32(centre[1])
    away = ((seen[0] + x) * np.float32(2 / sides[0])) ** 2 + ((seen[1] + y[:, None]) * np.float32(2 / sides[1])) ** 2
    logits = STEEPNESS * (1 - np.minimum(away, FURTHEST)) + mix[0] + np.tensordot(mix[1:], seen[2:], 1)
    # The pixels of the image around the box.
    back = frame.matrix_back
    corners = np.stack([box[:2] - reach, box[:2] + reach]) @ back[:, :2].T + back[:, 2]
    first = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(corners.max(axis=0)).astype(int), frame.size)
    if (first >= last).any():
        return None
    # From these pixels to the cells: one bilinear warp.
    linear = frame.matrix[:, :2] / stride
    shift = (frame.matrix[:, 2] - tile) / stride - low + linear @ first
    to_cells = centre_matrix(np.column_stack([linear, shift]))
    whole = cv2.warpAffine(
        np.ascontiguousarray(logits, np.float32),
        to_cells,
        (int(last[0] - first[0]), int(last[1] - first[1])),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _cropped(np.asarray(whole) > 0, int(first[0]), int(first[1]))


def _cropped(covered: npt.NDArray[np.bool_], x: int, y: int) -> Mask | None:
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    return Mask(covered[top : rows[-1] + 1, left : columns[-1] + 1], x + left, y + top)


def _united(pieces: Sequence[Mask]) -> Mask | None:
    if len(pieces) <= 1:
        return pieces[0] if pieces else None
    left, top = min(piece.x for piece in pieces), min(piece.y for piece in pieces)
    right = max(piece.x + piece.pixels.shape[1] for piece in pieces)
    bottom = max(piece.y + piece.pixels.shape[0] for piece in pieces)
    whole = np.zeros((bottom - top, right - left), np.bool_)
    for piece in pieces:
        height, width = piece.pixels.shape
        whole[piece.y - top : piece.y - top + height, piece.x - left : piece.x - left + width] |= piece.pixels
    return Mask(whole, left, top)
