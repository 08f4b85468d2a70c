"""From annotations to what a detector's places shall answer: objects in the pixels of each tile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import transform_points
from sightmill.data.outlines import FloatArray
from sightmill.data.sample import Sample
from sightmill.evaluation.angles import direction_of
from sightmill.evaluation.objects import is_ignored, objects_of
from sightmill.evaluation.overlap import Kind, as_turned, without_orientation
from sightmill.imaging.view import Frame
from sightmill.methods.detecting.outlines import hull_of

__all__ = ["Asked", "TileTruth", "tile_truth"]

#: An object of which a tile shows less is neither learnt nor taken for background, unless it is so large that what is
#: shown takes this share of the tile's side.
LEAST_SHOWN, LARGE_PART = 0.3, 0.35
#: The same for turned boxes, which cannot be cut: what little is missing can be guessed.
LEAST_SHOWN_TURNED = 0.85


@dataclass(frozen=True)
class Asked:
    """What a method wants to know of the objects.

    Parameters
    ----------
    kind : boxes, turned boxes, or masks (whose boxes these are).
    turns : 0 no angle, 1 the direction, 2 the angle up to a half turn, of the longer side.
    unoriented : class names without orientation.
    capacity : most objects of a tile.
    stride : of the finest map.
    """

    kind: Kind
    turns: int
    unoriented: frozenset[str]
    capacity: int
    stride: int


@dataclass(frozen=True, eq=False)
class TileTruth:
    """The objects of each of T tiles, filled up to N.

    Parameters
    ----------
    boxes : ``(T, N, 4)`` centre and sides, pixels of the tile.
    turns : ``(T, N, 2)`` cosine and sine of the angle, or of twice the angle; (1, 0) where there is none.
    classes : ``(T, N)`` class ids; -1 is no object.
    shown : ``(T, h, w)`` at the finest stride: places of which it is known what is there.
    source : ``(T, N)`` index of the annotation; -1 is none.
    """

    boxes: npt.NDArray[np.float32]
    turns: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    shown: npt.NDArray[np.bool_]
    source: npt.NDArray[np.int64]


def tile_truth(sample: Sample, frame: Frame, labels: Sequence[str], asked: Asked) -> TileTruth:
    """The objects of a sample in each tile of its frame.

    Objects that a tile cuts are cut with it (boxes), or left out where too little is seen; what is left out, the
    padding, and all outside of the region of interest is marked as not known.
    """
    ids = {name: index for index, name in enumerate(labels)}
    count, size = len(frame.tiles), asked.capacity
    boxes = np.zeros((count, size, 4), np.float32)
    boxes[..., 2:] = 1.0
    turns = np.zeros((count, size, 2), np.float32)
    turns[..., 0] = 1.0
    classes = np.full((count, size), -1, np.int64)
    source = np.full((count, size), -1, np.int64)
    half, step = asked.stride // 2, asked.stride
    known = frame.valid()
    shown = np.array([_window(known, corner, frame.tile_size)[half::step, half::step] for corner in frame.tiles])
    filled = [0] * count
    width, height = frame.tile_size
    for number, item in enumerate(objects_of(sample.annotations)):
        box, turn, around = _placed(item, frame, asked)
        x, y = (min(max(int(value), 0), most - 1) for value, most in zip(box[:2], frame.input_size, strict=True))
        learnt = item.label in ids and not is_ignored(item) and bool(known[y, x]) and min(box[2:]) >= 1
        for tile, (left, top) in enumerate(frame.tiles):
            corners = around - [left, top, left, top]
            clipped = corners.clip(0, [width, height, width, height])
            sides = clipped[2:] - clipped[:2]
            if min(sides) <= 0:
                continue
            share = float(np.prod(sides / np.maximum(corners[2:] - corners[:2], 1e-6)))
            enough = share >= (LEAST_SHOWN_TURNED if asked.turns else LEAST_SHOWN)
            if not asked.turns:
                enough |= bool((sides >= LARGE_PART * np.array([width, height])).any())
            if not learnt or not enough or filled[tile] >= size:
                first, last = clipped[:2] / step, clipped[2:] / step
                rows = slice(int(first[1]), math.ceil(last[1]))
                shown[tile, rows, int(first[0]) : math.ceil(last[0])] = False
                continue
            place = filled[tile]
            filled[tile] += 1
            if asked.turns:
                boxes[tile, place] = box - [left, top, 0, 0]
                turns[tile, place] = turn
            else:
                boxes[tile, place] = [*(clipped[:2] + clipped[2:]) / 2, *sides]
            classes[tile, place] = ids[item.label]
            source[tile, place] = number
    return TileTruth(boxes, turns, classes, shown, source)


def _placed(item: Annotation, frame: Frame, asked: Asked) -> tuple[FloatArray, tuple[float, float], FloatArray]:
    """Centre and sides ``(4,)``, the turn, and the upright box around ``(4,)``, in pixels of the whole input."""
    if not asked.turns:
        corners = transform_points(hull_of(item.region, frame.size), frame.matrix)
        low, high = corners.min(axis=0), corners.max(axis=0)
        return np.concatenate([(low + high) / 2, high - low]), (1.0, 0.0), np.concatenate([low, high])
    given = as_turned(item.region)
    box = given.moved(frame.matrix)
    bounds = box.bounds(*frame.input_size)
    around = np.array([bounds.x1, bounds.y1, bounds.x2, bounds.y2])
    wide, tall, angle = box.width, box.height, box.angle
    if item.label in asked.unoriented:
        upright = without_orientation(box)
        wide, tall, turn = upright.width, upright.height, 0.0
    elif asked.turns == 1:
        heading = math.radians(direction_of(item))
        along = frame.matrix[:, :2] @ np.array([math.cos(heading), math.sin(heading)])
        turn = math.atan2(along[1], along[0])
    else:
        if tall > wide:
            wide, tall, angle = tall, wide, angle + 90
        turn = 2 * math.radians(angle)
    return np.array([box.cx, box.cy, wide, tall]), (math.cos(turn), math.sin(turn)), around


def _window(values: npt.NDArray[np.bool_], corner: tuple[int, int], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    return values[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]]
