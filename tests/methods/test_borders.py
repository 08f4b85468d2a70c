"""Borders: how far a cell is from them, and what good images show there is told from what they show within."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightmill.data.regions import Box, Polygon, Region
from sightmill.evaluation.curves import auc
from sightmill.imaging.view import View
from sightmill.methods.borders import (
    STEPS,
    border_profile,
    border_steps,
    evened,
    frame_cells,
    frame_steps,
    no_profile,
)
from sightmill.methods.catalogue import named
from sightmill.methods.usual import Usual


def test_steps_count_cells_from_the_border_of_what_counts() -> None:
    valid = np.zeros((64, 96), np.bool_)
    valid[8:56, 16:80] = True  # 6 x 8 cells of 8 pixels
    steps = border_steps(valid, (8, 12))
    assert steps.dtype == np.float32 and steps.shape == (8, 12)
    assert steps[1:7, 2:10].tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 1, 0],
        [0, 1, 2, 2, 2, 2, 1, 0],
        [0, 1, 2, 2, 2, 2, 1, 0],
        [0, 1, 1, 1, 1, 1, 1, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]
    fine = border_steps(valid, (8, 12), (16, 24))
    assert fine.shape == (16, 24) and fine.max() <= 2 and np.allclose(fine[6:10, 8:16].mean(), 2, atol=0.3)


@pytest.mark.parametrize("roi", [None, Box(10, 5, 70, 60), Polygon(np.array([[5.0, 5.0], [90.0, 10.0], [40.0, 60.0]]))])
def test_steps_of_a_frame_are_those_of_what_it_shows(roi: Region | None) -> None:
    view = View(width=128, height=64, channels=1, fit="pad")
    frame = view.frame((100, 70), roi)
    for grid, shape in (((8, 16), None), ((8, 16), (16, 32))):
        steps = frame_steps(frame, grid, shape)
        assert np.array_equal(steps, border_steps(frame.valid(), grid, shape)) and steps.max() > 0
    cells = frame_cells(frame, (8, 16))
    assert np.array_equal(cells, frame.valid().reshape(8, 8, 16, 8).mean((1, 3)) >= 0.5) and 0 < cells.sum() < 128
    speck = view.frame((100, 70), Box(50, 30, 51, 31))  # half of no cell, so all of them are looked at
    assert frame_cells(speck, (1, 1)).all()
    other = frame_steps(view.frame((50, 70)), (8, 16))
    assert not np.array_equal(other, frame_steps(view.frame((100, 70)), (8, 16)))


def maps(rng: np.random.Generator, count: int, *, rim: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Maps whose outer two cells are stranger by `rim`, and vary as much more."""
    steps = border_steps(np.ones((40, 40), np.bool_), (40, 40))
    outside = (steps < 2).astype(np.float32)
    values = [
        rng.normal(1, 0.1, (40, 40)).astype(np.float32) + rim * outside * rng.uniform(0.5, 1.5) for _ in range(count)
    ]
    return values, [steps] * count


def test_a_stranger_border_no_longer_hides_what_is_within() -> None:
    rng = np.random.default_rng(0)
    profile = border_profile(*maps(rng, 30, rim=1.0))
    assert profile.shape == (2, STEPS) and profile[1, 0] < 0.7 < 0.98 < profile[1, 3]
    good, steps = maps(rng, 40, rim=1.0)
    bad, _ = maps(rng, 40, rim=1.0)
    for one in bad:
        one[20:22, 20:22] += 0.9
    truth = np.arange(80) >= 40
    scores = [
        np.array([shown.max() for shown in (evened(one, steps[0], kind) for one in (*good, *bad))])
        for kind in (no_profile(), profile)
    ]
    assert auc(scores[0], truth) < 0.7 and auc(scores[1], truth) > 0.95
    within = steps[0] >= STEPS - 1
    assert np.allclose(evened(good[0], steps[0], profile)[within], good[0][within], atol=1e-6)
    assert np.array_equal(evened(good[0], steps[0], no_profile()), good[0])


@pytest.mark.parametrize("rim", [0.0, -0.5])
def test_a_border_that_is_as_calm_as_the_rest_is_left_as_it_is(rim: float) -> None:
    values, steps = maps(np.random.default_rng(1), 30, rim=rim)
    profile = border_profile(values, steps)
    for one, near in zip(values, steps, strict=True):
        shown = evened(one, near, profile)
        assert (shown <= np.maximum(one, 1) + 0.05).all()  # nothing is made stranger than what is usual within
        assert np.abs(shown - one)[near >= 2].max() < 0.05


def test_images_without_an_inside_get_a_profile_too() -> None:
    steps = border_steps(np.ones((4, 4), np.bool_), (4, 4))
    profile = border_profile([np.ones((4, 4), np.float32)], [steps])
    assert np.isfinite(profile).all()
    assert np.allclose(evened(np.ones((4, 4), np.float32), steps, profile), 1)


@pytest.mark.parametrize(("name", "stride"), [("anomaly_detection", 8), ("anomaly_detection_precise", 2)])
def test_heatmap_and_score_are_evened_where_the_border_of_the_image_is(name: str, stride: int) -> None:
    """The image is smaller than the network's input: its border lies within, and differs from image to image."""
    method = named(name)
    view = View.of({"width": 256, "height": 256, "fit": "scale", "channels": 1})
    frame = view.frame((192, 160))
    steps = border_steps(frame.valid(), (32, 32), (256 // stride, 256 // stride))
    strange = np.interp(steps, [0, 1], [5, 1]).astype(np.float32)[None]
    profile = np.stack([[5.0] + [1.0] * (STEPS - 1), np.ones(STEPS)]).astype(np.float32)
    scores = []
    for border in (no_profile(), profile):
        kinds = (2, -1) if name == "anomaly_detection" else (6, 1)
        usual = replace(Usual.unknown([1.0] + [0.0] * (kinds[0] - 1)), profiles=np.stack([border] * kinds[0]))
        evidence = np.stack([strange] + [np.zeros_like(strange)] * (kinds[0] - 1), kinds[1])
        raw = {"evidence": evidence, "usual": usual.packed()[None], "score_area": np.ones(1, np.float32)}
        raw["expected"] = np.zeros((1, 1, 256 // stride, 256 // stride), np.float32)
        seen = method.evidence(raw, frame, method.Inference())
        scores.append(seen.score)
    assert scores[0] > 4 and scores[1] == pytest.approx(1, abs=1e-4)
