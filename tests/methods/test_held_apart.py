"""Images held out from a trial: near-duplicates go together, and what is like them does not teach."""

from __future__ import annotations

import numpy as np

from sightmill.methods.anomaly_detection.apart import held_apart, thumbnail


def looks_of(parts: int, shots: int) -> np.ndarray:
    """Each part photographed several times under other exposure, with noise."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(parts):
        part = rng.random((1, 12, 16), np.float32)
        for _ in range(shots):
            shot = part * rng.uniform(0.5, 1.5) + 0.02 * rng.standard_normal(part.shape)
            found.append(thumbnail(np.repeat(np.repeat(shot.astype(np.float32), 8, 1), 8, 2)))
    return np.stack(found)


def test_no_part_is_held_out_and_taught() -> None:
    order = held_apart(looks_of(30, 4), 24, 32, np.random.default_rng(1))
    held, taught = {index // 4 for index in order[:24]}, {index // 4 for index in order[24:]}
    assert len(set(order)) == len(order) == 24 + 32
    assert not held & taught
    assert held_apart(looks_of(30, 4), 24, 32, np.random.default_rng(1)) == order


def test_few_images_are_shared_out_all_the_same() -> None:
    for count in (3, 7, 18):
        order = held_apart(looks_of(count, 1), count // 3, 32, np.random.default_rng(2))
        assert len(order) == len(set(order)) and count // 3 < len(order) <= count
    alike = np.stack([thumbnail(np.ones((1, 32, 32), np.float32))] * 20)
    assert len(held_apart(alike, 6, 32, np.random.default_rng(3))) > 12
