"""Screw counts: a milled plate with four hexagon bolts on washers in its corners and two brass screws between them."""

from __future__ import annotations

import numpy as np

from benchmarks.assemblies.canvas import Canvas, disc, hexagon, rectangle

__all__ = ["FAULTS", "SIZE", "draw_plate"]

SIZE = (288, 256)
FAULTS = ("missing_screw", "extra_screw", "wrong_screw", "missing_washer")

CORNERS = ((52.0, 50.0), (236.0, 50.0), (52.0, 206.0), (236.0, 206.0))
MIDDLES = ((144.0, 78.0), (144.0, 178.0))
#: Holes that stay empty on a good plate.
EMPTY = ((98.0, 128.0), (190.0, 128.0))
STEEL, BRASS, HOLE = (0.46, 0.48, 0.52), (0.74, 0.60, 0.30), (0.12, 0.12, 0.13)


def draw_plate(rng: np.random.Generator, fault: str | None) -> Canvas:
    """A plate with one of `FAULTS`, or none."""
    canvas = Canvas(rng, SIZE)
    canvas.ground((0.22, 0.21, 0.20), grain=0.02)
    canvas.put(rectangle(144, 128, 252, 220), (0.66, 0.67, 0.68), height=4, bevel=2.5, gloss=0.2, grain=0)
    _brush(canvas)
    screws = dict.fromkeys(CORNERS, "bolt") | dict.fromkeys(MIDDLES, "brass")
    everywhere = [*CORNERS, *MIDDLES]
    chosen = everywhere[int(rng.integers(len(everywhere)))]
    if fault == "missing_screw":
        screws[chosen] = "hole"
    elif fault == "extra_screw":
        screws[EMPTY[int(rng.integers(2))]] = str(rng.choice(["bolt", "brass"]))
    elif fault == "wrong_screw":
        screws[chosen] = "brass" if screws[chosen] == "bolt" else "bolt"
    elif fault == "missing_washer":
        chosen = CORNERS[int(rng.integers(4))]
        screws[chosen] = "bare"
    for place in EMPTY:
        screws.setdefault(place, "hole")
    for (x, y), kind in screws.items():
        wrong = (
            fault is not None
            and (x, y) in ({chosen} if fault != "extra_screw" else set(EMPTY))
            and (fault != "extra_screw" or kind != "hole")
        )
        if wrong:
            canvas.mark(disc(x, y, 17))
        _screw(canvas, kind, x + rng.uniform(-0.7, 0.7), y + rng.uniform(-0.7, 0.7))
    return canvas


def _brush(canvas: Canvas) -> None:
    """Tool marks on the plate."""
    plate = canvas.objects.copy()
    lines = Canvas(canvas.rng, canvas.size)
    lines.ground((0, 0, 0), grain=0.006, streaks=0.06)
    canvas.pixels[plate] += lines.pixels[plate]


def _screw(canvas: Canvas, kind: str, x: float, y: float) -> None:
    rng = canvas.rng
    tone = rng.normal(0, 0.012)
    steel, brass = (tuple(value + tone for value in colour) for colour in (STEEL, BRASS))
    if kind == "hole":
        canvas.put(disc(x, y, 9), HOLE, height=-2, bevel=1.5)
    elif kind == "brass":
        canvas.put(disc(x, y, 14), brass, height=2, bevel=3)
        turn = rng.uniform(0, 180)
        canvas.put(rectangle(x, y, 24, 3.4, turn), (0.32, 0.25, 0.12), height=-1, bevel=0.8)
    else:
        if kind == "bolt":
            canvas.put(disc(x, y, 20), (0.78, 0.78, 0.80), height=1, bevel=1.2, gloss=0.4)
        canvas.put(hexagon(x, y, 14, rng.uniform(0, 60)), steel, height=4, bevel=2)
        canvas.put(disc(x, y, 10), tuple(value + 0.05 for value in steel), height=0, bevel=2)
