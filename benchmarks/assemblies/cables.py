"""Cable pairs: two connectors of as many slots as the cable's colour says, joined at the same slot on both sides."""

from __future__ import annotations

import numpy as np

from benchmarks.assemblies.canvas import Canvas, rectangle, ribbon

__all__ = ["FAULTS", "SIZE", "draw_cables"]

SIZE = (352, 192)
FAULTS = ("missing_cable", "extra_cable", "wrong_colour", "crossed")

#: Slots of the connectors -> colour of the cable.
KINDS = {2: (0.86, 0.74, 0.14), 3: (0.16, 0.32, 0.72), 5: (0.74, 0.14, 0.12)}
PITCH = 26.0


def draw_cables(rng: np.random.Generator, fault: str | None) -> Canvas:
    """A cable between connectors with one of `FAULTS`, or none."""
    canvas = Canvas(rng, SIZE)
    canvas.ground((0.60, 0.57, 0.52), grain=0.018)
    slots = int(rng.choice(list(KINDS)))
    left = right = int(rng.integers(slots))
    colour = KINDS[slots]
    if fault == "wrong_colour":
        colour = KINDS[int(rng.choice([kind for kind in KINDS if kind != slots]))]
    if fault == "crossed":
        right = int(rng.choice([slot for slot in range(slots) if slot != left]))
    ends = [(left, right)] if fault != "missing_cable" else []
    if fault == "extra_cable":
        free = int(rng.choice([slot for slot in range(slots) if slot != left]))
        ends.append((free, free))
    middle = 96 + rng.uniform(-3, 3)
    for place, x in enumerate((62.0, 290.0)):
        _connector(canvas, x, middle, slots, inwards=1 if place == 0 else -1)
    sag = rng.uniform(-10, 10)
    for number, (first, last) in enumerate(ends):
        wrong = fault in ("wrong_colour", "crossed") or number == 1
        share = np.linspace(0, 1, 40)
        bend = sag * np.sin(np.pi * share) + rng.uniform(-6, 6) * np.sin(2 * np.pi * share)
        start, end = (middle + PITCH * (slot - (slots - 1) / 2) for slot in (first, last))
        ease = share * share * (3 - 2 * share)
        way = np.column_stack([86 + 180 * share, start + (end - start) * ease + bend * (np.sin(np.pi * share))])
        canvas.put(ribbon(way, 9), colour, height=3, bevel=2.2, gloss=0.4, wrong=wrong)
    if fault == "missing_cable":
        canvas.mark(rectangle(176, middle + PITCH * (left - (slots - 1) / 2), 180, 16))
    return canvas


def _connector(canvas: Canvas, x: float, y: float, slots: int, *, inwards: int) -> None:
    tall = PITCH * slots + 10
    canvas.put(rectangle(x, y, 58, tall), (0.80, 0.80, 0.78), height=4, bevel=2.5, gloss=0.3)
    for slot in range(slots):
        place = y + PITCH * (slot - (slots - 1) / 2)
        canvas.put(rectangle(x - inwards * 8, place, 26, 17), (0.88, 0.46, 0.12), height=2, bevel=2, gloss=0.3)
        canvas.put(rectangle(x + inwards * 22, place, 10, 12), (0.18, 0.18, 0.18), height=-1.5, bevel=1)
