"""Scenes: small things of a few kinds scattered on a surface, and where each of them lies.

What detectors meet: parts in a tray, cells, letters, defects, cars from the air. Each scene draws a few kinds (a family
of shapes, a size, a way to stand out from the ground) and scatters several things of each, alike but not equal.

`python -m pretraining.scenes --sheet scenes.png` draws a contact sheet with the boxes.
"""

from __future__ import annotations

import argparse
import math
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pretraining.camera import photograph
from pretraining.images import Painter
from pretraining.shapes import OUTLINES, SUBPIXEL, crack_path, fixed
from pretraining.textures import TAU

__all__ = ["FAMILIES", "Scene", "scene"]

#: A pixel belongs to a thing from this share of it on (of 255).
COVERED = 110
#: Things of which the image shows less are neither things nor ground.
LEAST_SHOWN = 0.85
#: Things whose sides differ less have no angle, where their family is a round one.
ROUND, ROUND_FAMILIES = 1.15, ("ellipse", "ring", "gear", "blob")
#: Places that are tried for one thing.
TRIES = 4

#: A mask ``(n, n)`` uint8 of one thing, drawn around the middle of the patch.
Drawn = np.ndarray


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the things in it.

    Parameters
    ----------
    image : ``(side, side, 3)`` uint8 RGB.
    boxes : ``(N, 4)`` float32 centre, longer and shorter side, pixels.
    angles : ``(N,)`` float32, of the longer side, clockwise (y points down), degrees.
    families : ``(N,)`` int64 indices of `FAMILIES`.
    unknown : ``(M, 4)`` float32 corners of what is neither a thing nor ground: cut off by the image's border.
    """

    image: np.ndarray
    boxes: np.ndarray
    angles: np.ndarray
    families: np.ndarray
    unknown: np.ndarray


@dataclass(frozen=True, eq=False)
class Kind:
    """What the things of one kind have in common.

    Parameters
    ----------
    draw : ``(rng, half its size in pixels, 2 x 2 rotation)`` -> `Drawn`.
    size : usual length of a thing, pixels.
    vary : spread of the sizes (natural logarithm).
    turn : common direction, radians; None where each thing has its own.
    contrast : how it differs from the ground, with its sign.
    tone : colour ``(3,)`` in [0, 1], for coloured fillings.
    filling : "shade" (ground brighter or darker), "colour", "texture" or "ramp".
    opacity : 0 to 1.
    rim : how far the inside is filled, for things that are seen by their border; None fills all.
    soft, raised : blurred at the border; darker towards it.
    """

    family: int
    draw: Callable[[np.random.Generator, float, np.ndarray], Drawn]
    size: float
    vary: float
    turn: float | None
    contrast: float
    tone: np.ndarray
    filling: str
    opacity: float
    rim: float | None
    soft: bool
    raised: bool


def _solid(points: np.ndarray, hole: float = 0.0) -> Callable[[np.random.Generator, float, np.ndarray], Drawn]:
    """Things with this outline, each squeezed and bent a little; a hole is so many times as large as the thing."""

    def draw(rng: np.random.Generator, half: float, turn: np.ndarray) -> Drawn:
        mask, middle = _patch(half)
        own = points * (half * np.array([1.0, math.exp(rng.normal(0, 0.08))])) @ turn.T
        own += rng.normal(0, 0.02 * half, own.shape)
        cv2.fillPoly(mask, [fixed(own + middle)], 255, cv2.LINE_AA, SUBPIXEL)
        if hole:
            cv2.fillPoly(mask, [fixed(own * hole + middle)], 0, cv2.LINE_AA, SUBPIXEL)
        return mask

    return draw


def _stroke(bends: np.ndarray, width: float) -> Callable[[np.random.Generator, float, np.ndarray], Drawn]:
    """Short bent lines: scratches, hairs, wires."""

    def draw(rng: np.random.Generator, half: float, turn: np.ndarray) -> Drawn:
        mask, middle = _patch(half)
        x = np.linspace(-1, 1, 16)
        y = 0.5 * bends[0] * x**2 + 0.3 * bends[1] * x**3 + rng.normal(0, 0.03, 16)
        path = np.stack([x, np.clip(y - y.mean(), -0.8, 0.8)], 1) * half @ turn.T
        cv2.polylines(mask, [fixed(path + middle)], False, 255, max(1, round(width * half)), cv2.LINE_AA, SUBPIXEL)
        return mask

    return draw


def _glyph(letter: str, font: int, weight: int) -> Callable[[np.random.Generator, float, np.ndarray], Drawn]:
    """One letter or digit."""
    side = 64
    (wide, tall), _ = cv2.getTextSize(letter, font, 1.6, weight)
    plate = np.zeros((side, side), np.uint8)
    corner = ((side - wide) // 2, (side + tall) // 2)
    cv2.putText(plate, letter, corner, font, 1.6, 255, weight, cv2.LINE_AA)

    def draw(rng: np.random.Generator, half: float, turn: np.ndarray) -> Drawn:
        mask, middle = _patch(half)
        factor = half / 22
        matrix = np.concatenate([turn * factor, np.zeros((2, 1))], 1)
        matrix[:, 2] = middle - matrix[:, :2] @ np.full(2, (side - 1) / 2)
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        return cv2.warpAffine(plate, matrix, mask.shape, flags=how)

    return draw


def _profile(rng: np.random.Generator) -> np.ndarray:
    """A cross, a T or a Z of bars."""
    w = rng.uniform(0.15, 0.4)
    v = 2 * w - 1
    quarter = [(-w, -1), (w, -1), (w, -w), (1, -w), (1, w), (w, w)]
    shapes = (
        [*quarter, (w, 1), (-w, 1), (-w, w), (-1, w), (-1, -w), (-w, -w)],
        [(-1, -1), (1, -1), (1, v), (w, v), (w, 1), (-w, 1), (-w, v), (-1, v)],
        [(-1, -1), (v, -1), (v, -v), (1, -v), (1, 1), (-1, 1)],
    )
    return np.array(shapes[int(rng.integers(len(shapes)))], np.float64)


#: What a detector learns to tell apart.
FAMILIES = (*OUTLINES, "ring", "profile", "stroke", "glyph")


def _kind(rng: np.random.Generator, smallest: float, largest: float) -> Kind:
    """A new kind whose things are so long, pixels."""
    family = int(rng.integers(len(FAMILIES)))
    name = FAMILIES[family]
    squeeze = np.array([1.0, rng.uniform(0.2, 1.0)])
    if name == "stroke":
        draw = _stroke(rng.normal(0, 0.8, 2), rng.uniform(0.07, 0.26))
    elif name == "glyph":
        letter = str(rng.choice(list(string.ascii_uppercase + string.digits)))
        draw = _glyph(letter, int(rng.integers(8)), int(rng.integers(3, 6)))
    elif name == "profile":
        draw = _solid(_profile(rng) * np.maximum(squeeze, 0.5) * 0.9)
    elif name == "ring":
        draw = _solid(OUTLINES["ellipse"](rng) * np.maximum(squeeze, 0.8), hole=rng.uniform(0.3, 0.85))
    else:
        draw = _solid(OUTLINES[name](rng) * squeeze)
    return Kind(
        family=family,
        draw=draw,
        size=math.exp(rng.uniform(math.log(smallest), math.log(largest))),
        vary=rng.uniform(0, 0.3),
        turn=rng.uniform(0, TAU) if rng.random() < 0.35 else None,
        contrast=rng.choice([-1.0, 1.0]) * rng.uniform(0.12, 0.7),
        tone=rng.random(3),
        filling=str(rng.choice(["shade", "colour", "texture", "ramp"], p=[0.35, 0.25, 0.22, 0.18])),
        opacity=rng.uniform(0.5, 1.0) if rng.random() < 0.4 else 1.0,
        rim=float(rng.choice([0.0, 0.3])) if rng.random() < 0.2 else None,
        soft=bool(rng.random() < 0.25),
        raised=bool(rng.random() < 0.25),
    )


def scene(painter: Painter, side: int, *, smallest: float, largest: float, most: int) -> Scene:
    """A new scene.

    Parameters
    ----------
    painter : gives the surfaces, and all chance.
    side : of the picture, pixels.
    smallest, largest : usual length of the things, pixels.
    most : things that are told; further ones are unknown.
    """
    rng = painter.rng
    grey = bool(rng.random() < painter.grey)
    canvas, filling = painter.ground(side, grey=grey), painter.ground(side, grey=grey)
    kinds = [_kind(rng, smallest, largest) for _ in range(int(rng.choice([1, 1, 2, 2, 3, 4])))]
    dense, step = math.exp(rng.uniform(0, 2.9)), 1.4 if rng.random() < 0.15 else 0.0
    touching = 0.12 if rng.random() < 0.3 else 0.0
    room = [0.5 * side**2 / (kind.size**2 + 60) for kind in kinds]
    queue = [k for k, most_of in zip(kinds, room, strict=True) for _ in range(_count(rng, dense, most_of))]
    taken = np.zeros((side, side), bool)
    boxes, angles, families, unknown = [], [], [], []
    for number in rng.permutation(len(queue)):
        kind = queue[number]
        mask = _thing(kind, rng)
        lying = _box_of(mask, kind.family)
        if lying is None:
            continue
        for _ in range(TRIES):
            place = rng.integers(-2, side + 2, 2)
            if step:  # in rows
                pitch = int(step * kind.size) + 2
                place = place // pitch * pitch + pitch // 2
            window, part = _windows(place, len(mask), side)
            covered = mask[part] > COVERED
            if covered.any() and taken[window][covered].mean() <= touching:
                break
        else:
            continue
        _paint(canvas[window], filling[window], mask[part], kind, rng)
        taken[window] |= covered
        if covered.sum() < LEAST_SHOWN * (mask > COVERED).sum() or len(boxes) == most:
            left, top, wide, tall = cv2.boundingRect(covered.astype(np.uint8))
            left, top = left + window[1].start, top + window[0].start
            unknown.append((left, top, left + wide, top + tall))
            continue
        (x, y), sides, angle = lying
        boxes.append((x + place[0], y + place[1], *sides))
        angles.append(angle)
        families.append(kind.family)
    if rng.random() < 0.15:  # a long line is no thing
        line = np.zeros((side, side), np.uint8)
        path = fixed(crack_path(rng, rng.uniform(0, side, 2), 0.9 * side))
        cv2.polylines(line, [path], False, 255, 1, cv2.LINE_AA, SUBPIXEL)
        canvas += line[..., None] / np.float32(255) * np.float32(rng.uniform(-0.4, 0.4))
    return Scene(
        image=photograph(canvas, rng, grey=grey),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        angles=np.array(angles, np.float32),
        families=np.array(families, np.int64),
        unknown=np.array(unknown, np.float32).reshape(-1, 4),
    )


def _count(rng: np.random.Generator, dense: float, most: float) -> int:
    return int(np.clip(rng.poisson(dense), 1, max(most, 1)))


def _thing(kind: Kind, rng: np.random.Generator) -> Drawn:
    """One thing of a kind."""
    half = max(kind.size / 2 * math.exp(rng.normal(0, kind.vary)), 2.5)
    angle = rng.uniform(0, TAU) if kind.turn is None else kind.turn + rng.normal(0, 0.06)
    c, s = math.cos(angle), math.sin(angle)
    return kind.draw(rng, half, np.array([[c, -s], [s, c]]))


def _box_of(mask: Drawn, family: int) -> tuple[tuple[float, float], tuple[float, float], float] | None:
    """Centre relative to the patch's middle pixel, longer and shorter side, angle; None where hardly anything is."""
    points = cv2.findNonZero((mask > COVERED).astype(np.uint8))
    if points is None or len(points) < 4:
        return None
    middle = len(mask) // 2
    (x, y), (wide, tall), angle = cv2.minAreaRect(points)
    wide, tall = wide + 1, tall + 1  # from the centres of the outermost pixels to their outer borders
    if FAMILIES[family] in ROUND_FAMILIES and max(wide, tall) < ROUND * min(wide, tall):
        left, top, wide, tall = cv2.boundingRect(points)
        x, y, angle = left + (wide - 1) / 2, top + (tall - 1) / 2, 0.0
    if tall > wide:
        wide, tall, angle = tall, wide, angle + 90
    return (x + 0.5 - middle, y + 0.5 - middle), (float(wide), float(tall)), float(angle)


def _windows(place: np.ndarray, length: int, side: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a patch of this length around a place lies in the picture, and which part of the patch that is."""
    start = place - length // 2
    low, high = np.clip(start, 0, side), np.clip(start + length, 0, side)
    (x1, y1), (x2, y2) = low.tolist(), high.tolist()
    left, top = start.tolist()
    return (slice(y1, y2), slice(x1, x2)), (slice(y1 - top, y2 - top), slice(x1 - left, x2 - left))


def _paint(ground: np.ndarray, texture: np.ndarray, mask: Drawn, kind: Kind, rng: np.random.Generator) -> None:
    """Put a thing onto its window of the picture ``(h, w, 1 or 3)``, in place."""
    share = mask.astype(np.float32)[..., None] / 255
    if kind.soft:
        share = cv2.GaussianBlur(share, (0, 0), 1 + 0.03 * kind.size)[..., None]
    channels = ground.shape[2]
    mean = ground.mean((0, 1))
    contrast = np.float32(kind.contrast * (1 + rng.normal(0, 0.12)))
    if kind.filling == "texture":
        look = texture
    elif kind.filling == "ramp":
        ramp = np.linspace(-0.5, 0.5, ground.shape[1], dtype=np.float32)[None, :, None]
        look = mean + contrast + ramp * abs(contrast)
    elif kind.filling == "colour":
        look = 0.3 * mean + 0.7 * kind.tone[:channels].astype(np.float32)
    else:
        look = mean + contrast
    look = np.broadcast_to(look, ground.shape).astype(np.float32)
    if kind.raised:
        depth = cv2.distanceTransform((mask > COVERED).astype(np.uint8), cv2.DIST_L2, 3)[..., None]
        look = look * (0.4 + 0.6 * np.clip(depth / (0.2 * kind.size + 1), 0, 1))
    if kind.rim is None:
        ground += share * np.float32(kind.opacity) * (look - ground)
        return
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8)).astype(np.float32)[..., None] / 255
    ground += np.clip(share - inside, 0, 1) * contrast + inside * np.float32(kind.rim) * (look - ground)


def _patch(half: float) -> tuple[Drawn, np.ndarray]:
    """An empty patch for a thing of this half length, and the place of its middle."""
    length = 2 * math.ceil(1.5 * half + 3)
    return np.zeros((length, length), np.uint8), np.full(2, length / 2 - 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, required=True, help="write a contact sheet to this file")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    cv2.setNumThreads(1)
    painter = Painter(flags.seed)
    pictures: list[np.ndarray] = []
    for number in range(24 + 40):  # the first ones fill the painter's pools
        smallest, largest = ((7, 70), (16, 140))[number % 2]
        made = scene(painter, flags.side, smallest=smallest, largest=largest, most=48)
        picture = made.image.copy()
        for box, angle in zip(made.boxes.tolist(), made.angles.tolist(), strict=True):
            corners = cv2.boxPoints(((box[0], box[1]), (box[2], box[3]), angle))
            cv2.polylines(picture, [np.round(corners).astype(np.int32)], True, (255, 0, 0), 1)
        pictures.append(picture)
    rows = [np.concatenate(pictures[-24:][6 * row : 6 * row + 6], 1) for row in range(4)]
    cv2.imwrite(str(flags.sheet), np.concatenate(rows, 0)[..., ::-1])


if __name__ == "__main__":
    main()
