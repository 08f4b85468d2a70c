"""What is usual near the border of what is looked at.

Features there see the padding too, parts end there, and light falls off: good images are stranger near their border
than within, and differ more. Judged alike, their borders hide the defects within. So what is usual is told apart by how
far from the border it is, from held-out good images; within, nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.regions import Box
from sightmill.imaging.view import Frame

__all__ = [
    "CELL",
    "STEPS",
    "border_grid",
    "border_profile",
    "border_steps",
    "evened",
    "frame_cells",
    "frame_steps",
    "no_profile",
]

FloatMap = npt.NDArray[np.float32]

#: Cells from the border that are told apart; what lies further within is all alike.
STEPS = 9
#: Side of a cell, network pixels, where a method has no grid of its own.
CELL = 8
#: So many cells count as if they were usual, so that few images do not say too much.
PRIOR = 50.0


def border_steps(valid: npt.NDArray[np.bool_], grid: tuple[int, int], shape: tuple[int, int] | None = None) -> FloatMap:
    """How many cells from the border each cell of a grid lies: float32, 0 for the outermost, and outside.

    Parameters
    ----------
    valid : ``(H, W)`` bool: what counts of the network's whole input (`Frame.valid`).
    grid : ``(h, w)`` of the grid over it. A cell counts when half of it does; distances run over corners too.
    shape : of the answer, interpolated; that of the grid by default.
    """
    far = cv2.distanceTransform(np.pad(_cells(valid, grid).astype(np.uint8), 1), cv2.DIST_C, 3)[1:-1, 1:-1] - 1
    steps: FloatMap = np.maximum(far, 0).astype(np.float32)
    if shape is None or shape == grid:
        return steps
    return np.asarray(cv2.resize(steps, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def frame_steps(frame: Frame, grid: tuple[int, int], shape: tuple[int, int] | None = None) -> FloatMap:
    """`border_steps` of what a frame shows; not to be written to. Images that lie alike share the answer."""
    if frame.roi is None or isinstance(frame.roi, Box):
        return _steps_of(frame.input_size, frame.content, grid, shape)
    return border_steps(frame.valid(), grid, shape)


def frame_cells(frame: Frame, grid: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which cells ``(h, w)`` of a grid over the input show the image and its region of interest; all where none does.

    Not to be written to: images that lie alike share the answer.
    """
    known = frame.roi is None or isinstance(frame.roi, Box)
    cells = _cells_of(frame.input_size, frame.content, grid) if known else _cells(frame.valid(), grid)
    return cells if cells.any() else np.ones(grid, np.bool_)


@lru_cache(maxsize=16)
def _steps_of(
    size: tuple[int, int], content: tuple[int, int, int, int], grid: tuple[int, int], shape: tuple[int, int] | None
) -> FloatMap:
    """`border_steps` of a rectangle in the input: a line shows the same one in every image."""
    steps = border_steps(_rectangle(size, content), grid, shape)
    steps.flags.writeable = False
    return steps


@lru_cache(maxsize=16)
def _cells_of(
    size: tuple[int, int], content: tuple[int, int, int, int], grid: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    cells = _cells(_rectangle(size, content), grid)
    cells.flags.writeable = False
    return cells


def _rectangle(size: tuple[int, int], content: tuple[int, int, int, int]) -> npt.NDArray[np.bool_]:
    valid = np.zeros(size[::-1], np.bool_)
    valid[content[1] : content[3], content[0] : content[2]] = True
    return valid


def _cells(valid: npt.NDArray[np.bool_], grid: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which cells ``(h, w)`` count: those of which half does."""
    return np.asarray(cv2.resize(valid.astype(np.float32), grid[::-1], interpolation=cv2.INTER_AREA) >= 0.5)


def border_grid(frame: Frame) -> tuple[int, int]:
    """``(h, w)`` of the grid of `CELL` over the network's whole input."""
    width, height = frame.input_size
    return -(-height // CELL), -(-width // CELL)


def no_profile() -> FloatMap:
    """A profile that changes nothing."""
    return np.stack([np.zeros(STEPS), np.ones(STEPS)]).astype(np.float32)


def border_profile(values: Sequence[FloatMap], steps: Sequence[FloatMap]) -> FloatMap:
    """What good images usually show at each step, and how much less it counts than within: ``(2, STEPS)``.

    Only discounts: a border that is calmer than the rest is no reason to be stricter there.

    Parameters
    ----------
    values, steps : of good images, arrays of one shape for each: what places show, and `border_steps` of them.
    """
    shown = np.concatenate([part.reshape(-1) for part in values]).astype(np.float64)
    at = np.minimum(np.concatenate([part.reshape(-1) for part in steps]).round().astype(np.int64), STEPS - 1)
    within = shown[at == STEPS - 1] if (at == STEPS - 1).sum() >= PRIOR else shown
    base, spread = float(within.mean()), float(within.std()) + 1e-9
    means, spreads = np.full(STEPS, base), np.full(STEPS, spread)
    for step in range(STEPS - 1):
        here = shown[at == step]
        if len(here):
            share = len(here) / (len(here) + PRIOR)
            means[step] = max(base + share * (float(here.mean()) - base), base)
            spreads[step] = max(spread + share * (float(here.std()) - spread), spread)
    # The root: a border that varies three times as much is not to hide a defect three times as clear.
    return np.stack([means, np.sqrt(spread / spreads)]).astype(np.float32)


def evened(values: FloatMap, steps: FloatMap, profile: FloatMap) -> FloatMap:
    """Values as they would stand within: less what is usual at their step, and on the scale of what is within.

    Parameters
    ----------
    values, steps : arrays of one shape.
    profile : ``(2, STEPS)`` of `border_profile` or `no_profile`.
    """
    places = np.arange(STEPS)
    usual = np.interp(steps, places, profile[0])
    gain = np.interp(steps, places, profile[1])
    return np.asarray(profile[0, -1] + (values - usual) * gain, np.float32)
