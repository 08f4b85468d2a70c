"""Colour: grey fields -> surfaces through random ramps of colours."""

from __future__ import annotations

import numpy as np

__all__ = ["painted"]

KNOTS = np.linspace(0, 1, 256)


def _ramp(rng: np.random.Generator, channels: int) -> np.ndarray:
    """A table ``(256, channels)`` of 2 to 5 stops, mostly of one hue, like the shades of one material."""
    stops = int(rng.choice([2, 2, 3, 3, 4, 5]))
    places = np.concatenate([[0.0], np.sort(rng.random(stops - 2)), [1.0]])
    if channels == 1 or rng.random() < 0.55:
        centre, reach = rng.uniform(0.1, 0.9), float(np.exp(rng.uniform(-2.2, 0.2)))
        lightness = centre + reach * (rng.random(stops) - 0.5)
        if rng.random() < 0.5:
            lightness = np.sort(lightness)
        tint = rng.normal(0, 0.12, channels) if channels == 3 else np.zeros(1)
        shift = rng.normal(0, 0.05, (stops, channels)) if channels == 3 else 0.0
        colours = lightness[:, None] * (1 + tint) + shift
    else:
        colours = rng.random((stops, channels))
    return np.stack([np.interp(KNOTS, places, colours[:, c]) for c in range(channels)], 1).astype(np.float32)


def painted(field: np.ndarray, second: np.ndarray | None, rng: np.random.Generator, *, grey: bool) -> np.ndarray:
    """A surface ``(H, W, 1 or 3)`` float32 of about [0, 1] from a field and, at times, a second one for its tint."""
    channels = 1 if grey else 3
    index = np.clip(field * 255, 0, 255).astype(np.uint8)
    surface = np.take(_ramp(rng, channels), index, axis=0)
    if second is not None and not grey and rng.random() < 0.6:
        other = np.take(_ramp(rng, channels), np.clip(second * 255, 0, 255).astype(np.uint8), axis=0)
        surface += np.float32(rng.uniform(0.2, 0.7)) * (other - surface)
    return surface
