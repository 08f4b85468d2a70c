"""Sets that are drawn by code: long surfaces with hair cracks, and coarse rubber parts with cuts and holes.

They are of other sizes and textures than the photographs here, so that nothing is fitted to one folder. Other code
draws their defects than those that the methods practise on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["DRAWN", "Drawing", "drawn"]

FloatArray = npt.NDArray[np.float32]
#: Draws one picture: ``(rng, kind of defect or "") -> (pixels uint8, mask or None)``.
Drawing = Callable[[np.random.Generator, str], tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]]

#: Sizes ``(height, width)`` of both.
SURFACE, RUBBER = (500, 1250), (600, 800)


def surface(rng: np.random.Generator, kind: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]:
    """A ground gray surface between two dark edges, with harmless pits; a hair crack on defective ones."""
    height, width = SURFACE
    base = rng.uniform(110, 150)
    streaks = cv2.GaussianBlur(rng.normal(size=SURFACE).astype(np.float32), (0, 0), sigmaX=25, sigmaY=1)
    image = base + 6 * _clouds(rng, SURFACE, 400, 2) + 5 * streaks / streaks.std() + 3 * _clouds(rng, SURFACE, 5, 2)
    image = np.asarray(image + rng.normal(0, 4, SURFACE), np.float32)
    for _ in range(int(rng.integers(4, 14))):
        place = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        cv2.circle(image, place, int(rng.integers(1, 4)), float(base - rng.uniform(10, 50)), -1)
    image[: int(rng.uniform(15, 40))] *= 0.5
    image[-int(rng.uniform(15, 40)) :] *= 0.6
    mask = None
    if kind:
        crack = _crack(rng, SURFACE, rng.uniform(60, 220), rng.uniform(1, 2.5))
        image, mask = image * (1 - crack * np.float32(rng.uniform(0.25, 0.5))), crack > 0.2
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.8), 0, 255).astype(np.uint8), mask


def rubber(rng: np.random.Generator, kind: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]:
    """A dark rubber ring with six bosses, never at quite the same place; a ``cut`` or a ``hole`` in defective ones."""
    height, width = RUBBER
    texture = 9 * _clouds(rng, RUBBER, 6, 3) + 7 * _clouds(rng, RUBBER, 60, 2)
    centre = np.array([width / 2 + rng.uniform(-25, 25), height / 2 + rng.uniform(-20, 20)])
    shape = np.zeros(RUBBER, np.uint8)
    middle = int(centre[0]), int(centre[1])
    cv2.ellipse(shape, middle, (300, 210), rng.uniform(-6, 6), 0, 360, 255, -1)
    cv2.circle(shape, middle, 70, 0, -1)
    part = cv2.GaussianBlur(shape.astype(np.float32) / 255, (0, 0), 1.5)
    for angle in np.arange(6) * np.pi / 3:
        boss = centre + np.array([180 * np.cos(angle), 125 * np.sin(angle)])
        cv2.circle(texture, (int(boss[0]), int(boss[1])), 16, -30.0, 3)
    ground = 195 + 3 * _clouds(rng, RUBBER, 200, 2)
    tint = np.array([1.0, 0.92, 0.85], np.float32)
    image = part[:, :, None] * (75 + texture)[:, :, None] * tint + ((1 - part) * ground)[:, :, None]
    mask = None
    if kind:
        opacity = _on_the_part(rng, kind, part)
        factor = rng.uniform(0.45, 0.75) if rng.random() < 0.7 else rng.uniform(1.25, 1.5)
        image, mask = image * (1 - opacity[:, :, None] * np.float32(1 - factor)), opacity > 0.3
    image = image * rng.uniform(0.93, 1.07) + rng.normal(0, 3, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), mask


#: Every drawn set: who draws it, and its kinds of defects.
DRAWN: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    "surface": (surface, ("crack",)),
    "rubber": (rubber, ("cut", "hole")),
}


def drawn(
    drawing: Drawing, kinds: Sequence[str], *, good: int, bad: int, seed: Sequence[int]
) -> list[tuple[str, npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]]:
    """`good` good pictures and `bad` of each kind: label, pixels, mask."""
    found = []
    for number, (kind, count) in enumerate((("", good), *((kind, bad) for kind in kinds))):
        for index in range(count):
            pixels, mask = drawing(np.random.default_rng([*seed, number, index]), kind)
            found.append((kind or "good", pixels, mask))
    return found


def _on_the_part(rng: np.random.Generator, kind: str, part: FloatArray) -> FloatArray:
    """A cut or a hole that lies on the part; where none does after some tries, the last."""
    height, width = part.shape
    opacity = np.zeros_like(part)
    for _ in range(30):
        if kind == "cut":
            opacity = _crack(rng, part.shape, rng.uniform(25, 90), rng.uniform(2, 4))
        else:
            disc = np.zeros_like(part)
            place = int(rng.uniform(0.2, 0.8) * width), int(rng.uniform(0.2, 0.8) * height)
            cv2.circle(disc, place, int(rng.integers(4, 10)), 1.0, -1)
            opacity = np.asarray(cv2.GaussianBlur(disc, (0, 0), 1.2), np.float32)
        if (opacity * (part > 0.95)).sum() > 0.95 * opacity.sum():
            break
    return opacity


def _crack(rng: np.random.Generator, size: tuple[int, ...], length: float, width: float) -> FloatArray:
    """A line that wanders: opacity ``(H, W)``."""
    point = np.array([rng.uniform(0.1, 0.9) * size[1], rng.uniform(0.2, 0.8) * size[0]])
    angle, points = rng.uniform(0, 2 * np.pi), [point]
    for _ in range(int(length / 6)):
        angle += rng.normal(0, 0.35)
        point = point + 6 * np.array([np.cos(angle), np.sin(angle)])
        points.append(point)
    opacity = np.zeros(size[:2], np.float32)
    cv2.polylines(opacity, [np.int32(np.array(points) * 8)], False, 1.0, max(round(width), 1), cv2.LINE_AA, 3)
    return np.asarray(cv2.GaussianBlur(opacity, (0, 0), 0.7), np.float32)


def _clouds(rng: np.random.Generator, size: tuple[int, int], cell: float, octaves: int) -> FloatArray:
    """Smooth noise of unit deviation: cells of this size, and finer ones on them."""
    height, width = size
    total = np.zeros(size, np.float32)
    for octave in range(octaves):
        side = max(cell / 2**octave, 1)
        grid = rng.normal(size=(int(height / side) + 3, int(width / side) + 3)).astype(np.float32)
        total += np.float32(0.6**octave) * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / total.std(), np.float32)
