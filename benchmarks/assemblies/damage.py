"""Structural defects of assemblies: drawn on the parts before the photograph, by code that nothing trains on."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.assemblies.canvas import MARGIN, SCALE, Canvas, Points, ribbon

__all__ = ["DAMAGES", "damaged"]

#: What can be broken.
DAMAGES = ("scratch", "stain", "chip", "dent", "fibre")


def damaged(canvas: Canvas, kind: str) -> None:
    """Draw one defect of this kind somewhere on a part."""
    rng = canvas.rng
    edge = SCALE * MARGIN + 12
    inner = np.zeros_like(canvas.objects)
    inner[edge:-edge, edge:-edge] = canvas.objects[edge:-edge, edge:-edge]
    rows, columns = np.nonzero(inner)
    tried = rng.integers(len(rows), size=1 if kind != "dent" else 8)
    at = int(max(tried, key=lambda index: _contrast(canvas, rows[index], columns[index])))  # flat ground shows no dent
    x, y = columns[at] / SCALE - MARGIN, rows[at] / SCALE - MARGIN
    if kind == "scratch":
        way = _walk(rng, x, y, rng.uniform(24, 44), bend=0.15)
        tone = rng.choice([0.10, 0.95])
        canvas.put(ribbon(way, rng.uniform(1.2, 2.2)), (tone,) * 3, height=0, bevel=0.5, opacity=0.8, wrong=True)
    elif kind == "stain":
        colour = rng.uniform(0.1, 0.35) * np.array([1.0, rng.uniform(0.6, 1), rng.uniform(0.3, 0.9)])
        blot = _blot(rng, x, y, rng.uniform(7, 12))
        canvas.put(blot, colour.tolist(), height=0, bevel=2, opacity=0.65, wrong=True, grain=0.05)
    elif kind == "chip":
        canvas.put(_blot(rng, x, y, rng.uniform(4, 7), teeth=0.5), (0.86, 0.85, 0.82), height=-2, bevel=1, wrong=True)
    elif kind == "fibre":
        way = _walk(rng, x, y, rng.uniform(30, 50), bend=0.5)
        colour = [(0.9, 0.9, 0.9), (0.1, 0.1, 0.1), (0.5, 0.15, 0.15)][int(rng.integers(3))]
        canvas.put(ribbon(way, 1.8), colour, height=2, bevel=0.6, wrong=True)
    else:
        _dent(canvas, x, y, rng.uniform(12, 18), rng.uniform(5, 8))


def _contrast(canvas: Canvas, row: int, column: int) -> float:
    """How much there is to be bent about a place."""
    near = 14 * SCALE // 2
    return float(canvas.pixels[row - near : row + near, column - near : column + near].std())


def _walk(rng: np.random.Generator, x: float, y: float, length: float, *, bend: float) -> Points:
    """A wandering line about a point."""
    turns = np.cumsum(rng.normal(0, bend, 30)) + rng.uniform(0, 2 * np.pi)
    steps = np.column_stack([np.cos(turns), np.sin(turns)]) * length / 30
    way = np.cumsum(steps, axis=0)
    return np.asarray(way - way.mean(0) + [x, y])


def _blot(rng: np.random.Generator, x: float, y: float, radius: float, *, teeth: float = 0.25) -> Points:
    """An uneven patch."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    wave = sum(rng.normal(0, teeth / turn) * np.cos(turn * angles + rng.uniform(0, 6)) for turn in range(2, 7))
    far = radius * np.clip(1 + wave, 0.3, 2)
    return np.column_stack([x + far * np.cos(angles), y + far * np.sin(angles)])


def _dent(canvas: Canvas, x: float, y: float, radius: float, strength: float) -> None:
    """Everything near the point is pulled aside: a bent or crushed part."""
    high, wide = canvas.wrong.shape
    columns, rows = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    at = SCALE * (np.array([x, y]) + MARGIN)
    near = np.exp(-((columns - at[0]) ** 2 + (rows - at[1]) ** 2) / (2 * (SCALE * radius / 2) ** 2)).astype(np.float32)
    turn = canvas.rng.uniform(0, 2 * np.pi)
    pull = SCALE * strength * near
    moved = columns + pull * np.float32(np.cos(turn)), rows + pull * np.float32(np.sin(turn))
    before = canvas.pixels
    canvas.pixels = np.asarray(cv2.remap(before, *moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)
    canvas.pixels *= (1 - 0.25 * near)[:, :, None]
    canvas.wrong |= near > 0.4
