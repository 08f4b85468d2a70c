"""Outlines of synthetic defects: where on an image something is wrong. Drawn by code, from a seeded generator.

A shape is an opacity map, float32 ``(h, w)`` from 0 (untouched) to 1, on a canvas of the given size. Its extent follows
`extent`, in pixels: the typical length of the defect. Curves are anti-aliased, stains have soft borders.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["SHAPES", "Opacity", "draw_shape", "noise_field"]

Opacity = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

#: Sub-pixel bits of OpenCV's line drawing.
SHIFT = 4


def draw_shape(name: str, rng: np.random.Generator, size: tuple[int, int], extent: float) -> Opacity:
    """The shape called `name` somewhere on a canvas of ``(width, height)``; at least one pixel is covered.

    Parameters
    ----------
    name : a key of `SHAPES`.
    extent : typical length in pixels, >= 1.
    """
    width, height = size
    centre = rng.random(2) * (width - 1, height - 1)
    opacity = SHAPES[name](rng, size, centre, max(extent, 1.0))
    if float(opacity.max(initial=0.0)) < 0.5:
        x, y = centre.round().astype(int)
        opacity[y, x] = 1.0
    return opacity


def noise_field(rng: np.random.Generator, size: tuple[int, int], cell: float, octaves: int = 3) -> Opacity:
    """Smooth noise ``(h, w)`` with mean about 0 and deviation about 1: value noise of several octaves.

    `cell` is the length of the coarsest waves in pixels. (Perlin, "An image synthesizer" (1985), with values instead
    of gradients on the grid.)
    """
    width, height = size
    field = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        step = max(cell / 2**octave, 1.0)
        columns, rows = int(width / step) + 3, int(height / step) + 3
        grid = rng.standard_normal((rows, columns), np.float32)
        reach = (round(columns * step), round(rows * step))
        waves = cv2.resize(grid, (max(reach[0], width), max(reach[1], height)), interpolation=cv2.INTER_CUBIC)
        field += waves[:height, :width] * np.float32(0.6**octave)
    return np.asarray((field - field.mean()) / (field.std() + 1e-6), np.float32)


def _islands(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """Ragged islands: noise above a level, within a round window."""
    field = noise_field(rng, size, extent * rng.uniform(0.3, 0.8))
    return np.asarray((field > rng.uniform(0.3, 1.0)) & (_distance(size, centre) < extent), np.float32)


def _blob(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """A closed outline around the centre: a circle whose radius wanders, squeezed and turned."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones_like(angles)
    for wave in range(1, 5):
        radius += rng.normal(0, 0.25 / wave) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.2, None) * extent / 2
    points = np.stack([radius * np.cos(angles), radius * np.sin(angles) * rng.uniform(0.3, 1.0)], 1)
    return _filled(size, points @ _turn(rng.uniform(0, np.pi)) + centre)


def _patch(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """A turned rectangle, up to five times as long as wide."""
    half = extent / 2 * np.array([1.0, rng.uniform(0.2, 1.0)])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    angle = 0.0 if rng.random() < 0.5 else rng.uniform(0, np.pi)
    return _filled(size, corners @ _turn(angle) + centre)


def _stain(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """A blob whose border fades out."""
    soft = cv2.GaussianBlur(_blob(rng, size, centre, extent), (0, 0), max(extent * rng.uniform(0.08, 0.2), 0.6))
    return np.asarray(soft / max(float(soft.max()), 1e-6), np.float32)


def _spots(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """Up to eight dots near each other."""
    opacity = np.zeros(size[::-1], np.float32)
    for _ in range(int(rng.integers(1, 9))):
        x, y = centre + rng.normal(0, extent / 2, 2)
        _disc(opacity, (x, y), max(extent * rng.uniform(0.03, 0.12), 1.0))
    return opacity


def _stroke(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """A bent stroke, as of a brush or a hair."""
    points = _walk(rng, centre, extent * rng.uniform(1, 2.5), bend=0.25, steps=24)
    return _lines(size, [points], max(extent * rng.uniform(0.03, 0.15), 1.0))


def _scratch(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """One to three nearly straight, thin, nearly parallel lines."""
    points = _walk(rng, centre, extent * rng.uniform(1, 4), bend=0.02, steps=16)
    beside = [points + rng.normal(0, 0.1 * extent, 2) for _ in range(int(rng.integers(0, 3)))]
    return _lines(size, [points, *beside], rng.uniform(1.0, max(0.04 * extent, 1.5)))


def _crack(rng: np.random.Generator, size: tuple[int, int], centre: FloatArray, extent: float) -> Opacity:
    """A jagged thin line that branches."""
    points = _walk(rng, centre, extent * rng.uniform(1.5, 4), bend=0.6, steps=28)
    branches = [
        _walk(rng, points[int(rng.integers(4, 24))], extent * rng.uniform(0.3, 1.0), bend=0.6, steps=12)
        for _ in range(int(rng.integers(0, 4)))
    ]
    return _lines(size, [points, *branches], rng.uniform(1.0, max(0.05 * extent, 1.6)))


#: Every shape by its name.
SHAPES: dict[str, Callable[[np.random.Generator, tuple[int, int], FloatArray, float], Opacity]] = {
    "islands": _islands,
    "blob": _blob,
    "patch": _patch,
    "stain": _stain,
    "spots": _spots,
    "stroke": _stroke,
    "scratch": _scratch,
    "crack": _crack,
}


def _walk(rng: np.random.Generator, centre: FloatArray, length: float, *, bend: float, steps: int) -> FloatArray:
    """A curve ``(steps, 2)`` of a given length through the centre, whose direction wanders by `bend` a step."""
    direction = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, bend, steps))
    points = np.cumsum(np.stack([np.cos(direction), np.sin(direction)], 1), 0) * (length / steps)
    curve: FloatArray = points - points[int(rng.integers(steps))] + centre
    return curve


def _lines(size: tuple[int, int], curves: list[FloatArray], thickness: float) -> Opacity:
    canvas = np.zeros(size[::-1], np.uint8)
    fixed = [np.round(curve * 2**SHIFT).astype(np.int32).reshape(-1, 1, 2) for curve in curves]
    cv2.polylines(canvas, fixed, False, 255, max(round(thickness), 1), cv2.LINE_AA, SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def _filled(size: tuple[int, int], outline: FloatArray) -> Opacity:
    canvas = np.zeros(size[::-1], np.uint8)
    cv2.fillPoly(canvas, [np.round(outline * 2**SHIFT).astype(np.int32)], 255, cv2.LINE_AA, SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def _disc(canvas: Opacity, centre: tuple[float, float], radius: float) -> None:
    x, y = (round(value * 2**SHIFT) for value in centre)
    cv2.circle(canvas, (x, y), round(radius * 2**SHIFT), 1.0, -1, cv2.LINE_8, SHIFT)


def _distance(size: tuple[int, int], centre: FloatArray) -> FloatArray:
    columns, rows = np.arange(size[0]) - centre[0], np.arange(size[1]) - centre[1]
    distance: FloatArray = np.hypot(columns[None, :], rows[:, None])
    return distance


def _turn(angle: float) -> FloatArray:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
