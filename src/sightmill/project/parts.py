"""The demonstration's inspection task, drawn by code: turned aluminium flanges on a conveyor belt.

A flange is a height map (bore, hub, bolt holes, chamfers, tool marks) under a lamp: dents and scratches are
changes of the height map, so they catch the light as they do on a real part. Nothing is downloaded, and the
same seed draws the same pixels.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.image import write_image
from sightmill.errors import DataError

__all__ = ["DEFECTS", "IMAGE_SIZE", "LOOK", "draw_inspection_set", "draw_part"]

FloatArray = npt.NDArray[np.float32]

#: What can be wrong with a part, in the order of the folders.
DEFECTS = ("dent", "missing_piece", "scratch", "stain")
#: Both sides of a picture, pixels.
IMAGE_SIZE = 224
#: Side of the region of interest through which classification looks, in pixels.
LOOK = 80

_FINE = 2  # pixels are drawn this many times finer and averaged: edges come out as a lens makes them
_SIDE = IMAGE_SIZE * _FINE
_OUTER, _HUB, _BORE, _CIRCLE, _HOLE = 0.80, 0.44, 0.235, 0.62, 0.072  # radii; 1 is half the picture's side


@dataclass(frozen=True)
class _Pose:
    """Where the part lies: all lengths in units of half the picture's side."""

    u: FloatArray  # (S, S) across the part, in the part's own axes
    v: FloatArray  # (S, S)

    @property
    def radius(self) -> FloatArray:
        return np.hypot(self.u, self.v)

    @property
    def angle(self) -> FloatArray:
        return np.arctan2(self.v, self.u)


def draw_part(seed: int, defect: str | None = None) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """One picture of a part, and where its defect is.

    Parameters
    ----------
    seed : everything random about the picture: pose, light, texture, place and size of the defect.
    defect : one of `DEFECTS`; None draws a good part.

    Returns
    -------
    image : uint8 ``(IMAGE_SIZE, IMAGE_SIZE, 3)``, RGB.
    mask : bool ``(IMAGE_SIZE, IMAGE_SIZE)``, True on the defect.
    """
    if defect is not None and defect not in DEFECTS:
        raise DataError("there is no such defect to draw", got=defect, allowed=DEFECTS)
    rng = np.random.default_rng([seed, 0 if defect is None else 1 + DEFECTS.index(defect)])
    pose = _pose(rng)
    height, solid = _flange(pose, rng)
    albedo = _aluminium(pose, rng)
    damaged = np.zeros((_SIDE, _SIDE), np.float32)
    if defect is not None:
        height, albedo, solid, damaged = _DAMAGE[defect](pose, height, albedo, solid, rng)
    picture = _photograph(height, albedo, solid, rng)
    mask = cv2.resize(damaged, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_AREA) > 0.5
    return picture, mask


def draw_inspection_set(
    folder: str | Path,
    *,
    seed: int = 7,
    train_good: int = 60,
    test_good: int = 20,
    per_defect: int = 25,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw the whole set into a folder.

    The folder has the layout of MVTec AD (``train/good``, ``test/good``, ``test/<defect>``,
    ``ground_truth/<defect>/<stem>_mask.png``), for anomaly detection, and a ``classes.csv``
    (filename, label, split, roi) for classification: each picture is looked at through a region of interest of
    `LOOK` pixels, at its defect or anywhere on a good part, as after a detector; of each defect three fifths are for
    training and two fifths for testing.

    Parameters
    ----------
    folder : made when it is not there; pictures of the same names in it are drawn over.
    seed : the same seed draws the same set.
    train_good, test_good, per_defect : how many pictures.
    progress : called with (done, total) after each picture.

    Returns
    -------
    the folder.
    """
    root = Path(folder)
    pictures = [_Picture(root, *row) for row in _plan(train_good, test_good, per_defect)]
    for picture in pictures:
        for path in (picture.file, picture.truth):
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
    seeds = range(seed * 100_003, seed * 100_003 + len(pictures))
    with ThreadPoolExecutor(2) as hands:  # numpy and OpenCV let go of the interpreter
        looks = []
        for done, look in enumerate(hands.map(_Picture.draw, pictures, seeds), start=1):
            looks.append(look)
            if progress:
                progress(done, len(pictures))
    with (root / "classes.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("filename", "label", "split", "roi"))
        for item, (x, y) in zip(pictures, looks, strict=True):
            writer.writerow((item.name, item.defect or "good", item.split, f"{x} {y} {LOOK} {LOOK}"))
    return root


@dataclass(frozen=True)
class _Picture:
    """One picture of the set: where it goes, and what it shows."""

    root: Path
    folder: str
    number: int
    defect: str | None
    split: str

    @property
    def name(self) -> str:
        return f"{self.folder}/{self.number:03d}.png"

    @property
    def file(self) -> Path:
        return self.root / self.name

    @property
    def truth(self) -> Path | None:
        return self.root / f"ground_truth/{self.defect}/{self.number:03d}_mask.png" if self.defect else None

    def draw(self, seed: int) -> tuple[int, int]:
        """Draw and write it; returns the top-left corner of its region of interest."""
        picture, mask = draw_part(seed, self.defect)
        write_image(self.file, picture)
        if self.truth:
            write_image(self.truth, mask.astype(np.uint8) * 255)
        rng = np.random.default_rng([seed, 9])
        if mask.any():
            rows, columns = np.nonzero(mask)
            x, y = columns.mean() + rng.uniform(-0.2, 0.2) * LOOK, rows.mean() + rng.uniform(-0.2, 0.2) * LOOK
        else:
            turn, reach = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.4) * IMAGE_SIZE
            x, y = IMAGE_SIZE / 2 + reach * math.cos(turn), IMAGE_SIZE / 2 + reach * math.sin(turn)
        left, top = (int(np.clip(round(c - LOOK / 2), 0, IMAGE_SIZE - LOOK)) for c in (x, y))
        return left, top


def _plan(train_good: int, test_good: int, per_defect: int) -> Iterator[tuple[str, int, str | None, str]]:
    """``(folder, number, defect, split for classification)`` of each picture."""
    for number in range(train_good):
        yield "train/good", number, None, "train"
    for number in range(test_good):
        yield "test/good", number, None, "test"
    for defect in DEFECTS:
        for number in range(per_defect):
            yield f"test/{defect}", number, defect, "train" if number < per_defect * 3 // 5 else "test"


def _pose(rng: np.random.Generator) -> _Pose:
    """Any angle (six holes make 60 degrees a full turn), a small shift, a small change of size."""
    turn = math.radians(rng.uniform(-30, 30))
    shift = rng.uniform(-0.09, 0.09, 2)
    size = rng.uniform(0.97, 1.03)
    axis = ((np.arange(_SIDE) + 0.5) / (_SIDE / 2) - 1).astype(np.float32)
    x, y = np.meshgrid(axis - np.float32(shift[0]), axis - np.float32(shift[1]))
    cos, sin = math.cos(turn) / size, math.sin(turn) / size
    return _Pose(cos * x + sin * y, -sin * x + cos * y)


def _step(distance: FloatArray, width: float) -> FloatArray:
    """0 below, 1 above, a smooth ramp of this width around 0."""
    share = np.clip(distance / width + 0.5, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _flange(pose: _Pose, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Height map (same unit as lengths) and solid ``[0, 1]``: 0 where one looks through at the belt."""
    radius, angle = pose.radius, pose.angle
    height = 0.10 * (1 - _step(radius - _OUTER + 0.018, 0.036))  # chamfered rim
    height += 0.075 * (1 - _step(radius - _HUB, 0.045))  # raised hub
    height -= 0.012 * np.exp(-(((radius - _HUB - 0.075) / 0.012) ** 2))  # relief groove beside the hub
    height -= 0.06 * (1 - _step(radius - _BORE - 0.03, 0.04))  # countersunk bore
    solid = 1 - _step(radius - _OUTER, 0.008)
    solid *= _step(radius - _BORE, 0.008)
    sixth = math.pi / 3
    wedge = np.mod(angle + sixth / 2, sixth) - sixth / 2  # all six bolt holes are one
    to_hole = np.hypot(radius * np.cos(wedge) - _CIRCLE, radius * np.sin(wedge))
    height -= 0.05 * (1 - _step(to_hole - _HOLE - 0.02, 0.035))
    solid *= _step(to_hole - _HOLE, 0.008)
    marks = _smooth(rng.standard_normal(2048, np.float32), 1.6)  # what the lathe's tool left: rings
    grooves = np.interp(radius, np.linspace(0, 1.5, 2048), marks).astype(np.float32)
    height += 0.0011 * grooves
    return height.astype(np.float32), solid.astype(np.float32)


def _aluminium(pose: _Pose, rng: np.random.Generator) -> FloatArray:
    """Reflectance ``(S, S, 3)``: rings, a few darker patches of the casting, fine grain."""
    rings = _smooth(rng.standard_normal(1024, np.float32), 2.5)
    texture = 0.022 * np.interp(pose.radius, np.linspace(0, 1.5, 1024), rings).astype(np.float32)
    texture += 0.024 * _clouds(rng, 40) + 0.018 * _clouds(rng, 3)
    grey = 0.58 + rng.uniform(-0.025, 0.025) + texture
    tint = np.array([0.985, 1.0, 1.02], np.float32) + rng.uniform(-0.006, 0.006, 3).astype(np.float32)
    return np.asarray(grey[..., None] * tint, np.float32)


def _photograph(
    height: FloatArray, albedo: FloatArray, solid: FloatArray, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Light, shadow, belt, lens and sensor: uint8 ``(IMAGE_SIZE, IMAGE_SIZE, 3)``."""
    bearing = math.radians(rng.uniform(205, 245))  # the lamp: above on the left, not always quite there
    light = np.array([math.cos(bearing) * 0.62, math.sin(bearing) * 0.62, 0.78], np.float32)
    per_unit = _SIDE / 2
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) / 8 * per_unit
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) / 8 * per_unit
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    facing = np.clip((-slope_x * light[0] - slope_y * light[1] + light[2]) / length, 0, None)
    half = light + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    gloss = np.clip((-slope_x * half[0] - slope_y * half[1] + half[2]) / length, 0, None) ** 38
    metal = albedo * (0.28 + 0.86 * facing[..., None]) + 0.34 * gloss[..., None]
    belt = _belt(rng)
    reach = (int(-light[0] * 0.11 * per_unit), int(-light[1] * 0.11 * per_unit))
    cast = np.array([[1, 0, reach[0]], [0, 1, reach[1]]], np.float32)
    shadow = cv2.GaussianBlur(cv2.warpAffine(solid, cast, (_SIDE, _SIDE)), (0, 0), 0.022 * per_unit)
    belt *= (1 - 0.62 * shadow)[..., None]
    scene = belt * (1 - solid[..., None]) + metal * solid[..., None]
    axis = np.linspace(-1, 1, _SIDE, dtype=np.float32)
    lean = rng.uniform(-0.12, 0.12, 2).astype(np.float32)
    falloff = 1 + lean[0] * axis[None, :] + lean[1] * axis[:, None]
    falloff -= 0.10 * (axis[None, :] ** 2 + axis[:, None] ** 2)
    scene *= (falloff * rng.uniform(0.90, 1.08))[..., None]
    seen = cv2.resize(scene.astype(np.float32), (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_AREA)
    seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.45, 0.65))
    seen += 0.008 * rng.standard_normal(seen.shape, np.float32) * np.sqrt(np.clip(seen, 0.05, 1))
    return np.asarray(np.clip(seen * 255 + 0.5, 0, 255), np.uint8)


def _belt(rng: np.random.Generator) -> FloatArray:
    """A dark rubber belt, woven, a little dusty: ``(S, S, 3)``."""
    shift = rng.uniform(0, 12, 2).astype(np.float32)
    x = np.arange(_SIDE, dtype=np.float32)
    along, across = x[None, :] + shift[0], x[:, None] + shift[1]
    weave = np.sin(along * 2 * np.pi / 11) * np.sin(across * 2 * np.pi / 11)
    grey = 0.135 + 0.016 * weave + 0.022 * _clouds(rng, 60) + 0.012 * _clouds(rng, 1.2)
    return np.asarray(grey[..., None] * np.array([0.90, 1.0, 0.98], np.float32), np.float32)


def _smooth(values: FloatArray, sigma: float) -> FloatArray:
    """Blurred along the line, spread 1."""
    blurred = cv2.GaussianBlur(values[None], (0, 0), sigmaX=sigma, sigmaY=0.01)[0]
    return np.asarray(blurred / blurred.std(), np.float32)


def _clouds(rng: np.random.Generator, sigma: float) -> FloatArray:
    """Smooth noise ``(S, S)``, mean 0, spread 1; `sigma` in fine pixels."""
    shrink = max(1, int(sigma / 3))
    small = -(-_SIDE // shrink)
    noise = rng.standard_normal((small, small), np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), sigma / shrink)
    full = cv2.resize(blurred, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray((full - full.mean()) / full.std(), np.float32)


Damaged = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def _place(pose: _Pose, rng: np.random.Generator, solid: FloatArray, margin: float) -> tuple[float, float]:
    """A place on the metal, in fine pixels, at least `margin` away from holes and the rim."""
    room = cv2.distanceTransform((solid > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    rows, columns = np.nonzero(room > margin)
    index = int(rng.integers(len(rows)))
    return float(columns[index]), float(rows[index])


def _dent(pose: _Pose, height: FloatArray, albedo: FloatArray, solid: FloatArray, rng: np.random.Generator) -> Damaged:
    """A blow: a smooth hollow with a raised lip."""
    spread = rng.uniform(0.030, 0.062) * _SIDE / 2
    x, y = _place(pose, rng, solid, spread * 1.1)
    squeeze, turn = rng.uniform(0.65, 1.0), rng.uniform(0, math.pi)
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32)
    along = (columns - x) * math.cos(turn) + (rows - y) * math.sin(turn)
    across = (rows - y) * math.cos(turn) - (columns - x) * math.sin(turn)
    away = (along**2 + (across / squeeze) ** 2) / spread**2
    depth = rng.uniform(0.65, 1.0) * spread / (_SIDE / 2)
    hollow = -depth * np.exp(-away) + 0.22 * depth * np.exp(-((np.sqrt(away) - 1.7) ** 2) / 0.15)
    damaged = ((away < 1.75**2) & (solid > 0.5)).astype(np.float32)
    return (height + hollow).astype(np.float32), albedo, solid, damaged


def _scratch(
    pose: _Pose, height: FloatArray, albedo: FloatArray, solid: FloatArray, rng: np.random.Generator
) -> Damaged:
    """One or two slightly bent strokes that go through the tool marks and leave bright metal."""
    line = np.zeros((_SIDE, _SIDE), np.float32)
    x, y = _place(pose, rng, solid, 10)
    bearing = rng.uniform(0, 2 * np.pi)
    for stroke in range(int(rng.integers(1, 3))):
        length = rng.uniform(0.26, 0.62) * _SIDE / 2 * (0.6 if stroke else 1)
        bend = rng.uniform(-0.9, 0.9)
        share = np.linspace(-0.5, 0.5, 40)
        heading = bearing + bend * share + 0.04 * np.cumsum(rng.normal(size=40)) / 6
        path = np.stack([np.cumsum(np.cos(heading)), np.cumsum(np.sin(heading))], 1) * length / 40
        path += np.array([x, y]) - path[20] + stroke * rng.uniform(-14, 14, 2)
        for index in range(39):
            press = np.sin(np.pi * (index + 1) / 40) ** 0.5
            ends = [(int(px * 16), int(py * 16)) for px, py in path[index : index + 2]]
            thick = 2 if press < 0.6 else 3
            cv2.line(line, ends[0], ends[1], float(press), thick, cv2.LINE_AA, 4)
    line *= (solid > 0.5).astype(np.float32)
    groove = cv2.GaussianBlur(line, (0, 0), 1.0)
    damaged = cv2.dilate((line > 0.3).astype(np.float32), np.ones((5, 5), np.uint8)) * (solid > 0.5)
    bright = albedo * (1 + 0.40 * groove[..., None])
    return height - 0.013 * groove, bright.astype(np.float32), solid, damaged.astype(np.float32)


def _stain(pose: _Pose, height: FloatArray, albedo: FloatArray, solid: FloatArray, rng: np.random.Generator) -> Damaged:
    """A drop of oil or coolant that dried: ragged outline, dark edge, brownish or bluish film."""
    spread = rng.uniform(0.07, 0.15) * _SIDE / 2
    x, y = _place(pose, rng, solid, spread * 0.35)
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32)
    away = np.hypot(columns - x, (rows - y) * rng.uniform(0.75, 1.35)) / spread
    level = away + 0.16 * _clouds(rng, spread * 0.35) + 0.05 * _clouds(rng, 4)
    film = (1 - _step(level - 1, 0.22)) * solid
    edge = np.exp(-(((level - 0.93) / 0.09) ** 2)) * solid
    tint = np.array([0.66, 0.52, 0.36] if rng.random() < 0.6 else [0.50, 0.52, 0.60], np.float32)
    strength = rng.uniform(0.50, 0.85)
    stained = albedo * (1 - strength * film[..., None] * (1 - tint))
    stained *= (1 - 0.22 * strength * edge)[..., None]
    return height, stained.astype(np.float32), solid, ((film > 0.4) & (solid > 0.5)).astype(np.float32)


def _missing_piece(
    pose: _Pose, height: FloatArray, albedo: FloatArray, solid: FloatArray, rng: np.random.Generator
) -> Damaged:
    """A piece broken out of the rim: the belt shows, and around it a rough, dull fracture."""
    bearing = rng.uniform(0, 2 * np.pi)
    size = rng.uniform(0.085, 0.17)
    away = np.hypot(
        pose.u - _OUTER * 1.015 * math.cos(bearing),
        pose.v - _OUTER * 1.015 * math.sin(bearing),
    )
    ragged = away / size + 0.10 * _clouds(rng, 9) + 0.04 * _clouds(rng, 3)
    gone = 1 - _step(ragged - 1, 0.05)
    fracture = (1 - _step(ragged - 1.28, 0.10)) * (1 - gone)
    damaged = ((ragged < 1.28) & (solid > 0.5)).astype(np.float32)
    dull = albedo * (1 - 0.42 * fracture[..., None])
    rough = height - 0.055 * fracture + 0.006 * fracture * _clouds(rng, 3)
    return rough.astype(np.float32), dull.astype(np.float32), (solid * (1 - gone)).astype(np.float32), damaged


_DAMAGE: Mapping[str, Callable[[_Pose, Any, Any, Any, np.random.Generator], Damaged]] = {
    "dent": _dent,
    "missing_piece": _missing_piece,
    "scratch": _scratch,
    "stain": _stain,
}
