"""Shapes: drawings with edges, corners, holes and letters, as grey fields ``(side, side)`` float32 in [0, 1].

A drawing serves as a texture, as a height field or as the mask between two textures. The ground is 0 where the
drawing is meant as a mask, so that thresholding it keeps the outline.
"""

from __future__ import annotations

import functools
import string

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pretraining.textures import TAU, Texture, levelled, noise

__all__ = ["MASKS", "OUTLINES", "SHAPES", "SUBPIXEL", "crack_path", "fixed"]

#: Bits after the point in cv2's drawing coordinates.
SUBPIXEL = 4


def fixed(points: np.ndarray) -> np.ndarray:
    """Points as cv2 takes them, with `SUBPIXEL` bits after the point."""
    return np.round(points * (1 << SUBPIXEL)).astype(np.int32)


def _polygon(rng: np.random.Generator) -> np.ndarray:
    angles = np.sort(rng.uniform(0, TAU, rng.integers(3, 9)))
    return _around(angles, rng.uniform(0.4, 1, len(angles)))


def _star(rng: np.random.Generator) -> np.ndarray:
    """A regular polygon or star."""
    corners = int(rng.integers(3, 9))
    steps = np.arange(2 * corners)
    return _around(steps * np.pi / corners, np.where(steps % 2, rng.uniform(0.3, 1.0), 1.0))


def _blob(rng: np.random.Generator) -> np.ndarray:
    angles = np.linspace(0, TAU, 48, endpoint=False)
    reach = np.ones(48)
    for order in range(2, 6):
        reach += rng.normal(0, 0.25 / order) * np.cos(order * angles + rng.uniform(0, TAU))
    return _around(angles, reach)


def _gear(rng: np.random.Generator) -> np.ndarray:
    """A gear or saw blade."""
    teeth = int(rng.integers(6, 24))
    steps = np.arange(4 * teeth)
    return _around(steps * TAU / (4 * teeth), np.where((steps // 2) % 2, rng.uniform(0.7, 0.92), 1.0))


def _ellipse(rng: np.random.Generator) -> np.ndarray:
    return _around(np.linspace(0, TAU, 40, endpoint=False), np.ones(40))


def _plate(rng: np.random.Generator) -> np.ndarray:
    """A box with cut corners."""
    cut = rng.uniform(0.05, 0.4)
    corners = np.array([(1, 1 - cut), (1 - cut, 1), (cut - 1, 1), (-1, 1 - cut)])
    return np.concatenate([corners, -corners]) * 0.8


def _box(rng: np.random.Generator) -> np.ndarray:
    return np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]) * 0.8


def _around(angles: np.ndarray, reach: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angles), np.sin(angles)], 1) * np.abs(reach)[:, None]


#: Families of closed outlines ``(N, 2)`` around 0, about 1 in radius, neither squeezed nor turned.
OUTLINES = {
    "polygon": _polygon,
    "star": _star,
    "blob": _blob,
    "gear": _gear,
    "ellipse": _ellipse,
    "plate": _plate,
    "box": _box,
}


def outline(rng: np.random.Generator, radius: float) -> np.ndarray:
    """A closed outline ``(N, 2)`` around 0 from one of several families, squeezed and turned."""
    family = list(OUTLINES.values())[int(rng.integers(len(OUTLINES)))]
    return _turned(rng, family(rng) * radius)


def _turned(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    angle = rng.uniform(0, TAU)
    points = points * np.array([1.0, rng.uniform(0.25, 1.0)])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T


def _fill(canvas: np.ndarray, points: np.ndarray, shade: float) -> None:
    cv2.fillPoly(canvas, [fixed(points)], shade, cv2.LINE_AA, SUBPIXEL)


def leaves(rng: np.random.Generator, side: int) -> np.ndarray:
    """Dead leaves: shapes over shapes, sizes by a power law (Lee et al., "Occlusion models", 2001)."""
    canvas = np.full((side, side), rng.integers(256), np.uint8)
    count = int(np.exp(rng.uniform(3.0, 5.7)))
    smallest = rng.uniform(0.01, 0.04)
    radii = side * np.minimum(smallest * (1 - rng.random(count)) ** (-1 / rng.uniform(1.2, 2.5)), 0.4)
    if rng.random() < 0.5:
        radii = np.sort(radii)[::-1]
    kind = rng.integers(4)  # one family of shapes in most images, all of them in some
    same = outline(rng, 1.0)
    for radius in radii:
        points = (same * radius if kind == 0 else outline(rng, radius)) + rng.uniform(0, side, 2)
        _fill(canvas, points, int(rng.integers(256)))
    return canvas.astype(np.float32) / 255


def blobs(rng: np.random.Generator, side: int) -> np.ndarray:
    """Scattered shapes of one kind on an empty ground: parts on a belt, cells, droplets, tablets."""
    canvas = np.zeros((side, side), np.uint8)
    radius = side * float(np.exp(rng.uniform(-3.6, -1.5)))
    same = outline(rng, radius) if rng.random() < 0.5 else None
    for _ in range(int(rng.integers(1, 40))):
        points = outline(rng, radius * rng.uniform(0.6, 1.4)) if same is None else _turned(rng, same)
        _fill(canvas, points + rng.uniform(0, side, 2), int(rng.integers(90, 256)))
    return canvas.astype(np.float32) / 255


def part(rng: np.random.Generator, side: int) -> np.ndarray:
    """A CAD-like silhouette: an outline with holes, slots and bosses, bevelled at its edges at times."""
    canvas = np.zeros((side, side), np.uint8)
    centre = rng.uniform(0.3, 0.7, 2) * side
    _fill(canvas, outline(rng, side * rng.uniform(0.25, 0.6)) + centre, 200)
    for _ in range(rng.integers(0, 3)):
        _fill(canvas, outline(rng, side * rng.uniform(0.1, 0.3)) + centre + rng.normal(0, side * 0.15, 2), 200)
    count = int(rng.integers(1, 9))
    if rng.random() < 0.5:  # bolt circle
        reach, size = side * rng.uniform(0.1, 0.3), side * rng.uniform(0.015, 0.05)
        turn = rng.uniform(0, TAU)
        for k in range(count):
            place = centre + reach * np.array([np.cos(turn + TAU * k / count), np.sin(turn + TAU * k / count)])
            cv2.circle(canvas, fixed(place).tolist(), int(size * 16), 0, -1, cv2.LINE_AA, SUBPIXEL)
    else:
        for _ in range(count):
            hole = outline(rng, side * rng.uniform(0.02, 0.1)) + centre + rng.normal(0, side * 0.15, 2)
            _fill(canvas, hole, int(rng.choice([0, 0, 120])))
    field = canvas.astype(np.float32) / 255
    if rng.random() < 0.5:
        bevel = rng.uniform(3, 20)
        depth = cv2.distanceTransform((canvas > 100).astype(np.uint8), cv2.DIST_L2, 3)
        field = np.minimum(field, np.clip(depth / bevel, 0, 1))
    return field


def solid(rng: np.random.Generator, side: int) -> np.ndarray:
    """Balls, rods and rounded boxes under one lamp, with shadow: the look of things, not of surfaces."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    azimuth = rng.uniform(0, TAU)
    lamp = np.array([np.cos(azimuth), np.sin(azimuth), rng.uniform(0.4, 1.5)])
    lamp /= np.linalg.norm(lamp)
    field = np.full((side, side), rng.uniform(0.0, 0.3), np.float32)
    for _ in range(rng.integers(1, 9)):
        radius = float(np.exp(rng.uniform(-3.2, -1.0)))
        longer, angle = radius * rng.uniform(1, 4), rng.uniform(0, TAU)
        dx, dy = x - rng.uniform(0, 1), y - rng.uniform(0, 1)
        u = np.abs(np.cos(angle) * dx + np.sin(angle) * dy) / longer
        v = np.abs(np.cos(angle) * dy - np.sin(angle) * dx) / radius
        power = rng.choice([2.0, 2.0, 4.0, 8.0])
        inside = u**power + v**power
        height = np.sqrt(np.clip(1 - inside, 0, 1)).astype(np.float32) * radius * side
        dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
        dx, dy = dx / 8, dy / 8
        shade = np.clip((lamp[2] - lamp[0] * dx - lamp[1] * dy) / np.sqrt(1 + dx * dx + dy * dy), 0, 1)
        shine = rng.choice([0.0, 0.5, 1.0]) * shade ** rng.uniform(10, 60)
        shade = np.clip(rng.uniform(0.35, 1) * shade + shine + 0.06, 0.06, 1)
        mask = np.clip((1 - inside) * radius * side * 0.5, 0, 1)
        if rng.random() < 0.5:
            away = np.float32([[1, 0, -lamp[0] * radius * side * 0.4], [0, 1, -lamp[1] * radius * side * 0.4]])
            shadow = cv2.GaussianBlur(cv2.warpAffine(mask.astype(np.float32), away, (side, side)), (0, 0), 4)
            field = field * (1 - 0.6 * shadow)
        field = field + mask * (shade - field)
    return field.astype(np.float32)


def strokes(rng: np.random.Generator, side: int) -> np.ndarray:
    """Curved pen strokes of one width: wires, hair, scribble, scratches, veins, roots."""
    canvas = np.zeros((side, side), np.uint8)
    width = int(rng.choice([1, 1, 2, 3, 6, 10]))
    bend = rng.choice([0.02, 0.1, 0.3])
    steps = int(rng.integers(5, 40))
    for _ in range(int(rng.integers(1, 40))):
        headings = rng.uniform(0, TAU) + np.cumsum(rng.normal(0, bend, steps))
        points = np.cumsum(np.stack([np.cos(headings), np.sin(headings)], 1) * rng.uniform(3, 10), 0)
        points = points + rng.uniform(0, side, 2)
        cv2.polylines(canvas, [fixed(points)], False, int(rng.integers(80, 256)), width, cv2.LINE_AA, SUBPIXEL)
    return canvas.astype(np.float32) / 255


def crack_path(rng: np.random.Generator, start: np.ndarray, length: float) -> np.ndarray:
    """A jagged path ``(N, 2)``: a walk whose heading keeps returning to one direction."""
    steps = max(int(length / 3), 3)
    wander = np.zeros(steps)
    kicks = rng.normal(0, rng.uniform(0.3, 0.8), steps)
    for i in range(1, steps):
        wander[i] = 0.7 * wander[i - 1] + kicks[i]
    headings = rng.uniform(0, TAU) + wander
    return start + np.cumsum(np.stack([np.cos(headings), np.sin(headings)], 1) * 3, 0)


def cracks(rng: np.random.Generator, side: int) -> np.ndarray:
    """Branching cracks."""
    canvas = np.zeros((side, side), np.uint8)
    open_paths = [
        (rng.uniform(0, side, 2), side * rng.uniform(0.3, 1.2), int(rng.integers(1, 4)))
        for _ in range(rng.integers(1, 6))
    ]
    drawn = 0
    while open_paths and drawn < 40:
        start, length, width = open_paths.pop()
        path = crack_path(rng, start, length)
        cv2.polylines(canvas, [fixed(path)], False, 255, width, cv2.LINE_AA, SUBPIXEL)
        drawn += 1
        if length > 30:
            for _ in range(rng.integers(0, 3)):
                open_paths.append((path[rng.integers(len(path))], length * rng.uniform(0.2, 0.6), max(width - 1, 1)))
    return canvas.astype(np.float32) / 255


def craquelure(rng: np.random.Generator, side: int) -> np.ndarray:
    """Lines that stop at lines: straight cuts at random, for instance dry mud, glazing, street maps, leaf veins."""
    canvas = np.zeros((side, side), np.uint8)
    angles = rng.uniform(0, np.pi, 2) if rng.random() < 0.5 else rng.uniform(0, np.pi, 40)
    for _ in range(int(rng.integers(5, 60))):
        middle, angle = rng.uniform(0, side, 2), rng.choice(angles) + rng.normal(0, 0.03)
        half = side * rng.uniform(0.05, 0.6) * np.array([np.cos(angle), np.sin(angle)])
        ends = fixed(np.stack([middle - half, middle + half]))
        cv2.polylines(canvas, [ends], False, int(rng.integers(100, 256)), int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


LETTERS = string.ascii_letters + string.digits + string.punctuation
FACES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def glyphs(rng: np.random.Generator, side: int) -> np.ndarray:
    """Single letters of a pen-drawn font, of all sizes and directions."""
    canvas = np.zeros((side, side), np.uint8)
    for _ in range(int(rng.integers(1, 14))):
        scale = float(np.exp(rng.uniform(-0.3, 2.0)))
        letters = "".join(rng.choice(list(LETTERS), rng.integers(1, 5)))
        place = (int(rng.uniform(-0.1, 0.9) * side), int(rng.uniform(0.1, 1.1) * side))
        shade, width = int(rng.integers(100, 256)), int(rng.integers(1, 6))
        cv2.putText(canvas, letters, place, int(rng.choice(FACES)), scale, shade, width, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def print_lines(rng: np.random.Generator, side: int) -> np.ndarray:
    """Lines of printed text, digits and rules: labels, receipts, date codes, nameplates."""
    image = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(image)
    size = int(np.exp(rng.uniform(2.1, 4.2)))
    alphabet = list(rng.choice([LETTERS, string.digits, string.ascii_uppercase + string.digits]) + "   ")
    top = -rng.uniform(0, size)
    while top < side:
        words = "".join(rng.choice(alphabet, rng.integers(2, 3 + 2 * side // size)))
        pen.text((rng.uniform(-0.2, 0.3) * side, top), words, fill=255, font=_font(size))
        if rng.random() < 0.1:
            pen.line([(0, top), (side, top)], fill=255, width=int(rng.integers(1, 4)))
        top += size * rng.uniform(1.0, 2.2)
    return np.asarray(image, np.float32) / 255


def board(rng: np.random.Generator, side: int) -> np.ndarray:
    """Routing of a circuit board: tracks in steps of 45 degrees that run in bundles, pads, vias, chips."""
    canvas = np.zeros((side, side), np.uint8)
    pitch = float(np.exp(rng.uniform(1.6, 3.2)))
    width = max(int(pitch * rng.uniform(0.25, 0.6)), 1)
    for _ in range(int(rng.integers(2, 9))):
        heading = int(rng.integers(8))
        place = np.round(rng.uniform(0, side / pitch, 2)) * pitch
        path = [place]
        for _ in range(int(rng.integers(2, 7))):
            angle = heading * np.pi / 4
            place = place + pitch * rng.integers(1, 14) * np.round(np.array([np.cos(angle), np.sin(angle)]))
            path.append(place)
            heading = (heading + int(rng.choice([-1, 1]))) % 8
        aside = np.array([-np.sin(heading * np.pi / 4), np.cos(heading * np.pi / 4)]) * pitch
        for lane in range(int(rng.integers(1, 6))):
            points = np.array(path) + lane * aside
            cv2.polylines(canvas, [fixed(points)], False, 255, width, cv2.LINE_AA, SUBPIXEL)
            for end in (points[0], points[-1]):
                if rng.random() < 0.7:
                    cv2.circle(canvas, fixed(end).tolist(), int(pitch * 9), 255, -1, cv2.LINE_AA, SUBPIXEL)
                    cv2.circle(canvas, fixed(end).tolist(), int(pitch * 4), 0, -1, cv2.LINE_AA, SUBPIXEL)
    for _ in range(int(rng.integers(0, 4))):  # rows of pads
        x, y = np.round(rng.uniform(0, side / pitch, 2)) * pitch
        down = rng.random() < 0.5
        for k in range(int(rng.integers(3, 12))):
            a = (int(x + (0 if down else k * pitch * 1.5)), int(y + (k * pitch * 1.5 if down else 0)))
            b = (a[0] + int(pitch * (2 if down else 0.8)), a[1] + int(pitch * (0.8 if down else 2)))
            cv2.rectangle(canvas, a, b, 255, -1)
    if rng.random() < 0.3:
        canvas = 255 - canvas
    return canvas.astype(np.float32) / 255


def fracture(rng: np.random.Generator, side: int) -> np.ndarray:
    """A region with a ragged border: chipped edges, torn paper, coastlines, worn coatings."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    angle = rng.uniform(0, TAU)
    ramp = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)
    ragged = ramp + rng.uniform(0.05, 0.8) * (noise(rng, side, slope=rng.uniform(1.0, 2.2)) - 0.5)
    return np.clip((ragged + rng.uniform(-0.2, 0.2)) * float(np.exp(rng.uniform(2, 5))) + 0.5, 0, 1)


def patches(rng: np.random.Generator, side: int) -> np.ndarray:
    """Patches with noise as their outline."""
    field = noise(rng, side, slope=rng.uniform(1.2, 2.2))
    return np.clip((field - rng.uniform(0.4, 0.75)) * rng.uniform(5, 60) + 0.5, 0, 1)


def ramps(rng: np.random.Generator, side: int) -> np.ndarray:
    """Smooth light: ramps, spots, vignettes, folds."""
    small = rng.standard_normal((int(rng.integers(2, 5)), int(rng.integers(2, 5)))).astype(np.float32)
    return levelled(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), 1.8)


#: drawings whose values make good masks
MASKS: tuple[Texture, ...] = (
    blobs,
    part,
    strokes,
    cracks,
    craquelure,
    glyphs,
    print_lines,
    board,
    fracture,
    patches,
)
SHAPES: tuple[Texture, ...] = (*MASKS, leaves, leaves, solid, solid, ramps)
