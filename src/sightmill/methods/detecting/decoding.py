"""From what every place of a detector says to objects: joined across tiles, each told once. numpy only.

Neighbouring places see the same object, and so do tiles that overlap. Of answers that overlap too much the surest is
kept (non-maximum suppression). An answer that touches the inner border of a tile may be a part of an object only: it
stands back behind those that saw it whole, and parts that no tile saw whole are put together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import BoolArray, FloatArray
from sightmill.data.regions import Box
from sightmill.evaluation.overlap import box_iou, paired_turned_iou
from sightmill.imaging.view import Frame
from sightmill.methods.contract import RawOutputs

__all__ = [
    "LEAST_SCORE",
    "Answers",
    "answers_of",
    "best_score",
    "by_score",
    "joined",
    "parts_of",
    "suppressed",
    "to_image",
]

#: Answers below are no use, not even for curves.
LEAST_SCORE = 0.05
#: The most answers of an image that are looked at.
MOST_ANSWERS = 1500
#: Answers that are compared with all others at a time.
AT_ONCE = 64
#: An answer nearer than this to a tile's inner border may be cut by it, pixels of the input.
NEAR_BORDER = 4.0
#: A cut answer of which this share lies in a whole one of its class is a part of it.
PART = 0.6
#: Two cut answers that overlap so far where both tiles look are parts of one object.
SAME = 0.5


@dataclass(frozen=True, eq=False)
class Answers:
    """N answers, in pixels of the whole input.

    Parameters
    ----------
    boxes : ``(N, 4)`` centre and sides.
    angle : ``(N,)`` degrees; 0 where there is none.
    turned : ``(N,)`` whether there is an angle.
    score, label : ``(N,)``.
    tile, place : ``(N,)`` who answered.
    cut : ``(N,)`` whether it may be a part only.
    """

    boxes: FloatArray
    angle: FloatArray
    turned: BoolArray
    score: FloatArray
    label: npt.NDArray[np.int64]
    tile: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    cut: BoolArray

    def __len__(self) -> int:
        return len(self.score)

    def chosen(self, which: npt.NDArray[np.int64] | BoolArray) -> Answers:
        """Some of them, in this order."""
        return Answers(**{name: values[which] for name, values in vars(self).items()})

    @property
    def corners(self) -> FloatArray:
        """The upright boxes around them ``(N, 4)``: x1, y1, x2, y2."""
        turn = np.radians(self.angle)
        cosine, sine = np.abs(np.cos(turn)), np.abs(np.sin(turn))
        wide = self.boxes[:, 2] * cosine + self.boxes[:, 3] * sine
        tall = self.boxes[:, 2] * sine + self.boxes[:, 3] * cosine
        half = np.stack([wide, tall], axis=1) / 2
        return np.concatenate([self.boxes[:, :2] - half, self.boxes[:, :2] + half], axis=1)


def best_score(raw: RawOutputs) -> float:
    """The highest score of any place."""
    return float(raw["scores"].max(initial=0.0))


def answers_of(raw: RawOutputs, frame: Frame, *, least: float) -> Answers:
    """The answers of all tiles that are sure enough and lie where the image is looked at, the surest first.

    Parameters
    ----------
    raw : ``scores``, ``boxes``, and where there are angles ``turns`` (cosine and sine of twice the angle) or
        ``headings`` (of the angle, over the full turn).
    least : lowest score.
    """
    scores = np.asarray(raw["scores"])  # (T, A, K)
    best = scores.max(axis=2)
    tile, place = np.nonzero(best >= max(least, LEAST_SCORE))
    if len(tile) > MOST_ANSWERS:
        kept = np.argpartition(-best[tile, place], MOST_ANSWERS)[:MOST_ANSWERS]
        tile, place = tile[kept], place[kept]
    order = np.argsort(-best[tile, place], kind="stable")
    tile, place = tile[order], place[order]
    boxes = np.asarray(raw["boxes"][tile, place], np.float64)
    boxes[:, :2] += np.asarray(frame.tiles, np.float64).reshape(-1, 2)[tile]
    angle, turned = np.zeros(len(tile)), np.zeros(len(tile), np.bool_)
    for name, turns in (("turns", 2), ("headings", 1)):
        if name in raw:
            cosine, sine = np.asarray(raw[name][tile, place], np.float64).T
            turned = (cosine != 0) | (sine != 0)
            angle = np.degrees(np.arctan2(sine, cosine)) / turns
    found = Answers(
        boxes=boxes,
        angle=angle,
        turned=turned,
        score=best[tile, place].astype(np.float64),
        label=scores[tile, place].argmax(axis=1).astype(np.int64),
        tile=tile.astype(np.int64),
        place=place.astype(np.int64),
        cut=np.zeros(len(tile), np.bool_),
    )
    found = replace(found, cut=_cut(found, frame))
    return found.chosen(_looked_at(found, frame))


def suppressed(found: Answers, *, max_overlap: float, class_agnostic: float, exact: bool = False) -> Answers:
    """Each object once, the surest answer first.

    Parameters
    ----------
    max_overlap, class_agnostic : IoU above which one of two answers goes, of one class and of any.
    exact : compare turned boxes, not the upright ones around them.
    """
    found = found.chosen(np.argsort(found.cut, kind="stable"))  # whole ones first; else the surest first
    alive = np.ones(len(found), np.bool_)
    limits = (max_overlap, class_agnostic)
    start = 0
    while start < len(found):
        rows = start + np.flatnonzero(alive[start:])[:AT_ONCE]
        if not len(rows):
            break
        others = start + np.flatnonzero(alive[start:])
        rivals = _rivals(found.chosen(rows), found.chosen(others), limits, exact=exact) & (others > rows[:, None])
        for number, row in enumerate(rows):
            if alive[row]:
                alive[others[rivals[number]]] = False
        start = int(rows[-1]) + 1
    return found.chosen(alive)


def _rivals(first: Answers, second: Answers, limits: tuple[float, float], *, exact: bool) -> BoolArray:
    """Of which pairs ``(N, M)`` the second answer says nothing that the first does not say."""
    ours, theirs = first.corners, second.corners
    low = np.maximum(ours[:, None, :2], theirs[None, :, :2])
    common = (np.minimum(ours[:, None, 2:], theirs[None, :, 2:]) - low).clip(0).prod(axis=2)  # (N, M)
    alike = first.label[:, None] == second.label[None]
    around = (theirs[:, 2:] - theirs[:, :2]).prod(axis=1)
    # Of an answer that is cut, most lies in a surer one.
    parts = alike & second.cut[None] & (common > PART * around)
    own, other = (answers.boxes[:, 2:].prod(axis=1) for answers in (first, second))
    if not exact:
        own, other = (ours[:, 2:] - ours[:, :2]).prod(axis=1), around
    least = np.where(alike, min(limits), limits[1])
    # Boxes have no more in common than what is around them: hardly any pair is left to be looked at.
    rows, columns = np.nonzero(common > least * np.maximum(own[:, None], other[None]))
    if exact:
        turned = [np.concatenate([a.boxes[i], a.angle[i, None]], 1) for a, i in ((first, rows), (second, columns))]
        overlap = paired_turned_iou(*turned)
    else:
        both = common[rows, columns]
        overlap = both / (own[rows] + other[columns] - both)
    parts[rows, columns] |= (alike[rows, columns] & (overlap > limits[0])) | (overlap > limits[1])
    return np.asarray(parts)


def by_score(found: Answers) -> Answers:
    """The surest first."""
    return found.chosen(np.argsort(-found.score, kind="stable"))


def parts_of(found: Answers, frame: Frame) -> list[list[int]]:
    """Which answers are one object: parts that no tile saw whole go together, each other answer stands alone."""
    groups = [[index] for index in range(len(found))]
    cut = np.flatnonzero(found.cut).tolist()
    corners = found.corners
    for position, first in enumerate(cut):
        for second in cut[position + 1 :]:
            if groups[first] is not groups[second] and _same_object(found, corners, frame, first, second):
                groups[first].extend(groups[second])
                for index in groups[second]:
                    groups[index] = groups[first]
    return [group for index, group in enumerate(groups) if group[0] == index]


def joined(found: Answers, frame: Frame) -> Answers:
    """Put upright parts of objects together that no tile saw whole; the surest answer first."""
    corners, firsts = found.corners, []
    for group in parts_of(found, frame):
        corners[group[0], :2] = corners[group, :2].min(axis=0)
        corners[group[0], 2:] = corners[group, 2:].max(axis=0)
        firsts.append(group[0])
    boxes = np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], axis=1)
    return by_score(replace(found, boxes=boxes).chosen(np.array(firsts, np.int64)))


def to_image(found: Answers, frame: Frame) -> Answers:
    """The answers in pixels of the image."""
    back = frame.matrix_back
    linear = back[:, :2]
    centres = found.boxes[:, :2] @ linear.T + back[:, 2]
    turn = np.radians(found.angle)
    along = np.stack([np.cos(turn), np.sin(turn)], axis=1) @ linear.T
    across = np.stack([-np.sin(turn), np.cos(turn)], axis=1) @ linear.T
    sides = found.boxes[:, 2:] * np.stack([np.hypot(*along.T), np.hypot(*across.T)], axis=1)
    angle = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    return replace(found, boxes=np.concatenate([centres, sides], axis=1), angle=np.where(found.turned, angle, 0.0))


def _cut(found: Answers, frame: Frame) -> BoolArray:
    """Whether each answer touches a border of its tile beyond which the input goes on."""
    if len(frame.tiles) == 1:
        return np.zeros(len(found), np.bool_)
    low = np.asarray(frame.tiles, np.float64)[found.tile]  # (N, 2)
    high = low + frame.tile_size
    corners = found.corners
    left = (low > 0) & (corners[:, :2] < low + NEAR_BORDER)
    right = (high < frame.input_size) & (corners[:, 2:] > high - NEAR_BORDER)
    return np.asarray((left | right).any(axis=1))


def _looked_at(found: Answers, frame: Frame) -> BoolArray:
    """Whether each answer's centre lies in the image and its region of interest."""
    left, top, right, bottom = frame.content
    x, y = found.boxes[:, 0], found.boxes[:, 1]
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    if frame.roi is not None and not isinstance(frame.roi, Box):
        known = frame.valid()
        rows = np.clip(y.astype(np.int64), 0, known.shape[0] - 1)
        inside &= known[rows, np.clip(x.astype(np.int64), 0, known.shape[1] - 1)]
    return np.asarray(inside)


def _same_object(found: Answers, corners: FloatArray, frame: Frame, first: int, second: int) -> bool:
    """Whether two cut answers of different tiles agree where both tiles look."""
    if found.label[first] != found.label[second] or found.tile[first] == found.tile[second]:
        return False
    low = np.asarray([frame.tiles[found.tile[index]] for index in (first, second)], np.float64)
    start, end = low.max(axis=0), (low + frame.tile_size).min(axis=0)
    if (start >= end).any():
        return False
    both = np.concatenate([start, end])
    seen = [np.concatenate([corners[i, :2].clip(start, end), corners[i, 2:].clip(start, end)]) for i in (first, second)]
    if any((one[2:] <= one[:2]).any() for one in seen) or (both[2:] <= both[:2]).any():
        return False
    return bool(box_iou(seen[0], seen[1])[0, 0] > SAME)
