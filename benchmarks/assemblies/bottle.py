"""Label against content: a bottle with one of three juices; its label must show the fruit that is in it."""

from __future__ import annotations

import numpy as np

from benchmarks.assemblies.canvas import Canvas, disc, rectangle, ribbon

__all__ = ["FAULTS", "SIZE", "draw_bottle"]

SIZE = (224, 288)
FAULTS = ("wrong_label", "wrong_level", "missing_label", "misplaced_label")

JUICES = {"orange": (0.88, 0.52, 0.12), "cherry": (0.60, 0.10, 0.14), "apple": (0.66, 0.70, 0.26)}
GLASS, CAP, PAPER = (0.70, 0.75, 0.74), (0.22, 0.24, 0.30), (0.90, 0.89, 0.85)


def draw_bottle(rng: np.random.Generator, fault: str | None) -> Canvas:
    """A bottle with one of `FAULTS`, or none."""
    canvas = Canvas(rng, SIZE)
    canvas.ground((0.52, 0.53, 0.55), grain=0.012)
    canvas.put(rectangle(112, 285, 320, 34), (0.16, 0.17, 0.18), height=0, bevel=2, counts=False)
    juice = str(rng.choice(list(JUICES)))
    fruit = juice
    level = 84 + rng.uniform(-3, 3)
    if fault == "wrong_level":
        level = rng.uniform(112, 140) if rng.random() < 0.6 else rng.uniform(52, 60)
    if fault == "wrong_label":
        fruit = str(rng.choice([name for name in JUICES if name != juice]))
    x = 112 + rng.uniform(-2, 2)
    canvas.put(_outline(x, 30), GLASS, height=5, bevel=4, gloss=0.3, counts=False)
    body = _outline(x, level, inset=4)
    canvas.put(body, JUICES[juice], height=0, bevel=5, gloss=0.25)
    canvas.put(rectangle(x - 36, 180, 5, 150), (1, 1, 1), height=0, bevel=2.5, opacity=0.35, counts=False)
    canvas.put(rectangle(x, 24, 36, 24), CAP, height=3, bevel=2)
    for ridge in np.arange(-15, 16, 5):
        canvas.put(rectangle(x + ridge, 25, 1.5, 18), (0.14, 0.15, 0.19), height=0, bevel=0.6, counts=False)
    if fault == "wrong_level":
        canvas.mark(rectangle(x, (84 + level) / 2, 60, abs(level - 84)))
    if fault == "missing_label":
        canvas.mark(rectangle(x, 176, 86, 92))
        return canvas
    top, turn, aside = 176 + rng.uniform(-1.5, 1.5), rng.uniform(-0.8, 0.8), 0.0
    if fault == "misplaced_label":
        way = int(rng.integers(3))
        top += rng.uniform(22, 32) * (-1 if way == 0 else 1) * (way != 2)
        turn += rng.uniform(9, 15) * (1 if rng.random() < 0.5 else -1) * (way == 2)
    canvas.put(rectangle(x + aside, top, 86, 92, turn), PAPER, height=0.6, bevel=1, wrong=fault == "misplaced_label")
    _fruit(canvas, fruit, x + aside, top - 12, fault == "wrong_label")
    canvas.put(rectangle(x + aside, top + 26, 66, 9, turn), (0.20, 0.34, 0.24), height=0, bevel=0.5)
    canvas.put(rectangle(x + aside, top + 38, 48, 4, turn), (0.45, 0.45, 0.45), height=0, bevel=0.5)
    return canvas


def _outline(x: float, top: float, *, inset: float = 0.0) -> np.ndarray:
    """The bottle from `top` down; `inset` is how much thinner."""
    heights = np.array([30, 56, 66, 84, 104, 118, 250, 262, 266])
    halves = np.array([14, 14, 15, 26, 42, 48, 48, 44, 36]) - inset
    ys = np.unique(np.concatenate([[top], np.linspace(top, 266 - inset, 60)]))
    wide = np.interp(ys, heights, halves)
    return np.column_stack([np.concatenate([x - wide, (x + wide)[::-1]]), np.concatenate([ys, ys[::-1]])])


def _fruit(canvas: Canvas, fruit: str, x: float, y: float, wrong: bool) -> None:
    leaf = (0.22, 0.46, 0.18)
    if fruit == "orange":
        canvas.put(disc(x, y, 19), (0.93, 0.56, 0.10), height=0, bevel=3, wrong=wrong)
        canvas.put(disc(x, y, 14), (0.97, 0.72, 0.30), height=0, bevel=1, counts=False)
        for angle in np.arange(0, 180, 45):
            canvas.put(rectangle(x, y, 28, 1.4, float(angle)), (0.98, 0.86, 0.58), height=0, bevel=0.5, counts=False)
    elif fruit == "cherry":
        for side in (-11, 11):
            stem = np.column_stack([np.linspace(x + side, x + 3, 8), np.linspace(y + 4, y - 20, 8)])
            canvas.put(ribbon(stem, 2), leaf, height=0, bevel=0.6, counts=False)
            canvas.put(disc(x + side, y + 8, 10), (0.70, 0.08, 0.12), height=0, bevel=3, wrong=wrong)
    else:
        canvas.put(disc(x - 6, y + 2, 14), (0.56, 0.72, 0.22), height=0, bevel=2, wrong=wrong)
        canvas.put(disc(x + 6, y + 2, 14), (0.56, 0.72, 0.22), height=0, bevel=2, wrong=wrong)
        canvas.put(rectangle(x, y - 16, 2, 10, 10), (0.36, 0.26, 0.14), height=0, bevel=0.5, counts=False)
        canvas.put(rectangle(x + 7, y - 17, 12, 5, -25), leaf, height=0, bevel=1, counts=False)
