"""Toy data for the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sightmill.data.image import write_image


def draw_shapes(folder: Path, counts: dict[str, int]) -> Path:
    """Class folders with toy images: bright discs and dark bars on noise, every image another."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[0:48, 0:64]
    for label, count in counts.items():
        for index in range(count):
            image = rng.integers(90, 130, (48, 64, 3), np.uint8)
            x, y = rng.integers(14, 50), rng.integers(12, 36)
            if label == "disc":
                image[np.hypot(columns - x, rows - y) < 9] = 230
            else:
                image[(abs(columns - x) < 3) & (abs(rows - y) < 11)] = 20
            place = folder / label
            place.mkdir(parents=True, exist_ok=True)
            write_image(place / f"{label} {index}.png", image)
    return folder
