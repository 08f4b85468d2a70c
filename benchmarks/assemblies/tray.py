"""Parts in a tray: two nuts, a bearing, three bolts, each kind in its own compartment, lying as they fell."""

from __future__ import annotations

import numpy as np

from benchmarks.assemblies.canvas import Canvas, disc, hexagon, rectangle

__all__ = ["FAULTS", "SIZE", "draw_tray"]

SIZE = (320, 256)
FAULTS = ("missing_part", "extra_part", "wrong_compartment", "wrong_part")

#: Compartments: left, top, right, bottom.
ROOMS = {"nuts": (24, 22, 142, 122), "bearing": (24, 134, 142, 234), "bolts": (156, 22, 296, 234)}
STEEL, BRASS, DARK = (0.62, 0.63, 0.66), (0.72, 0.58, 0.28), (0.34, 0.35, 0.38)


def draw_tray(rng: np.random.Generator, fault: str | None) -> Canvas:
    """A tray with one of `FAULTS`, or none."""
    canvas = Canvas(rng, SIZE)
    canvas.ground((0.30, 0.33, 0.36), grain=0.012)
    canvas.put(rectangle(160, 128, 300, 236), (0.20, 0.32, 0.46), height=4, bevel=3, gloss=0.25, counts=False)
    for x1, y1, x2, y2 in ROOMS.values():
        room = rectangle((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
        canvas.put(room, (0.27, 0.41, 0.57), height=-3, bevel=2.5, gloss=0.3, counts=False)
    inside = {"nuts": ["nut", "nut"], "bearing": ["bearing"], "bolts": ["bolt", "bolt", "bolt"]}
    chosen = {"nut": "nuts", "bearing": "bearing", "bolt": "bolts"}
    odd: tuple[str, str] | None = None
    kind = str(rng.choice(list(chosen)))
    if fault == "missing_part":
        inside[chosen[kind]].remove(kind)
        x1, y1, x2, y2 = ROOMS[chosen[kind]]
        canvas.mark(rectangle((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1))
    elif fault == "extra_part":
        odd = (chosen[kind], kind)
    elif fault == "wrong_compartment":
        kind = str(rng.choice(["nut", "bearing"]))
        inside[chosen[kind]].remove(kind)
        odd = ("bearing" if kind == "nut" else "nuts", kind)
    elif fault == "wrong_part":
        inside[chosen[kind]].remove(kind)
        odd = (chosen[kind], {"nut": "washer", "bearing": "ring", "bolt": "short bolt"}[kind])
    for room, parts in inside.items():
        wanted = [(part, False) for part in parts] + ([(odd[1], True)] if odd and odd[0] == room else [])
        for (part, wrong), (x, y) in zip(wanted, _places(rng, room, [part for part, _ in wanted]), strict=True):
            _put(canvas, part, x, y, wrong)
    return canvas


def _places(rng: np.random.Generator, room: str, parts: list[str]) -> list[tuple[float, float]]:
    """Where the parts lie: anywhere in the compartment, clear of each other."""
    x1, y1, x2, y2 = ROOMS[room]
    if room == "bolts" and len(parts) > 1:
        step = (x2 - x1 - 24) / len(parts)
        return [
            (x1 + 12 + step * (place + 0.5) + rng.uniform(-2, 2), (y1 + y2) / 2 + rng.uniform(-28, 28))
            for place in range(len(parts))
        ]
    radii = [{"bearing": 27, "ring": 27, "bolt": 40}.get(part, 17) for part in parts]
    best: list[tuple[float, float]] = []
    widest = -np.inf
    for _ in range(200):
        found = [
            (rng.uniform(x1 + radius + 4, x2 - radius - 4), rng.uniform(y1 + radius + 4, y2 - radius - 4))
            for radius in radii
        ]
        gaps = [
            np.hypot(found[a][0] - found[b][0], found[a][1] - found[b][1]) - radii[a] - radii[b]
            for a in range(len(found))
            for b in range(a)
        ]
        if min(gaps, default=1.0) > widest:
            best, widest = found, min(gaps, default=1.0)
        if widest > 1:
            break
    return best


def _put(canvas: Canvas, part: str, x: float, y: float, wrong: bool) -> None:
    rng = canvas.rng
    tone = rng.normal(0, 0.012)
    steel, brass, dark = (tuple(value + tone for value in colour) for colour in (STEEL, BRASS, DARK))
    if part == "nut":
        canvas.put([hexagon(x, y, 17, rng.uniform(0, 60)), disc(x, y, 8)], brass, height=3, wrong=wrong)
    elif part == "washer":
        canvas.put([disc(x, y, 17), disc(x, y, 8)], steel, height=1, wrong=wrong)
    elif part == "bearing":
        canvas.put([disc(x, y, 27), disc(x, y, 11)], steel, height=3.5, bevel=2, wrong=wrong)
        canvas.put([disc(x, y, 21), disc(x, y, 15)], dark, height=-1, bevel=1)
        start = rng.uniform(0, 360)
        for ball in range(8):
            angle = np.radians(start + ball * 45)
            canvas.put(disc(x + 18 * np.cos(angle), y + 18 * np.sin(angle), 3, points=12), steel, height=1, bevel=1)
    elif part == "ring":
        canvas.put([disc(x, y, 27), disc(x, y, 11)], steel, height=3.5, bevel=2, wrong=wrong)
    else:
        length = 66.0 if part == "bolt" else 40.0
        angle = rng.uniform(-7, 7) + (180 if rng.random() < 0.5 else 0)
        along = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))])
        middle = np.array([x, y])
        canvas.put(rectangle(*middle, 12, length, angle), steel, height=3, bevel=2.5, wrong=wrong)
        for turn in np.arange(-length / 2 + 4, length / 2 - 14, 4.0):
            canvas.put(rectangle(*(middle + along * turn), 12, 1.4, angle + 6), dark, height=0, bevel=0.6, opacity=0.6)
        head = middle + along * (length / 2 + 3)
        canvas.put(rectangle(*head, 24, 14, angle), steel, height=4, bevel=2, wrong=wrong)
        canvas.put(rectangle(*head, 8, 14, angle), tuple(value + 0.06 for value in steel), height=0, bevel=1)
