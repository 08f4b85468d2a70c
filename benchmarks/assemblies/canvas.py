"""A table under a lamp and a camera above it: parts are put on it one by one, and at the end it is photographed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["MARGIN", "SCALE", "Canvas", "Points", "disc", "hexagon", "rectangle", "ribbon"]

FloatArray = npt.NDArray[np.float32]
#: An outline ``(N, 2)``: x, y in pixels of the finished picture, from its top-left corner.
Points = npt.NDArray[np.float64]
Colour = Sequence[float]

#: Pixels drawn for each pixel of the picture and direction, and how far beyond its border is drawn.
SCALE, MARGIN = 2, 20


@dataclass(frozen=True)
class Camera:
    """What differs from picture to picture: position, light, focus, noise."""

    shift: float = 0.035
    angle: float = 2.0
    zoom: float = 0.015
    gain: float = 0.12
    slope: float = 0.10
    tint: float = 0.02
    noise: float = 0.010


class Canvas:
    """What is drawn, in light that comes from above left, give or take 25 degrees.

    Parameters
    ----------
    rng : everything random comes from it.
    size : ``(width, height)`` of the finished picture.
    """

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        self.rng = rng
        self.size = size
        high, wide = (SCALE * (side + 2 * MARGIN) for side in (size[1], size[0]))
        self.pixels: FloatArray = np.zeros((high, wide, 3), np.float32)
        #: Where objects are: structural defects are drawn there.
        self.objects: npt.NDArray[np.bool_] = np.zeros((high, wide), np.bool_)
        #: Where something is wrong.
        self.wrong: npt.NDArray[np.bool_] = np.zeros((high, wide), np.bool_)
        angle = math.radians(225 + rng.uniform(-25, 25))
        self.light = math.cos(angle), math.sin(angle)

    def ground(self, colour: Colour, *, grain: float = 0.02, streaks: float = 0.0) -> None:
        """Cover everything: a colour with cloudy grain, and brushed from left to right by `streaks`."""
        high, wide = self.pixels.shape[:2]
        cloud = self._cloud(high, wide, 40) * grain + self._cloud(high, wide, 4) * grain
        if streaks:
            lines = self.rng.normal(0, 1, (high, wide)).astype(np.float32)
            cloud += streaks * 4 * cv2.GaussianBlur(lines, (0, 0), sigmaX=24, sigmaY=0.8)
        self.pixels[:] = np.asarray(colour, np.float32) + cloud[:, :, None]

    def put(
        self,
        outlines: Points | Sequence[Points],
        colour: Colour,
        *,
        height: float = 3.0,
        bevel: float = 1.5,
        gloss: float = 0.35,
        grain: float = 0.02,
        opacity: float = 1.0,
        counts: bool = True,
        wrong: bool = False,
    ) -> None:
        """Put a part on what is there.

        Parameters
        ----------
        outlines : of the part; where several overlap, holes (even-odd rule).
        height : pixels that its shadow is long; 0 is printed on, below 0 is sunk in.
        bevel : width of the rounded edge.
        gloss : how much the edge facing the light is lighter.
        counts : whether structural defects may be drawn on it.
        wrong : whether it is a defect itself.
        """
        outlines = [outlines] if isinstance(outlines, np.ndarray) else list(outlines)
        placed = [SCALE * (np.asarray(outline) + MARGIN) for outline in outlines]
        rim = int(SCALE * (abs(height) + 3 * bevel) + 6)
        low = np.floor(np.min([part.min(0) for part in placed], 0)).astype(int) - rim
        top = np.ceil(np.max([part.max(0) for part in placed], 0)).astype(int) + rim
        x1, y1 = (int(value) for value in np.maximum(low, 0))
        x2, y2 = min(int(top[0]), self.pixels.shape[1]), min(int(top[1]), self.pixels.shape[0])
        if x1 >= x2 or y1 >= y2:
            return
        window = np.zeros((y2 - y1, x2 - x1), np.uint8)
        points = [np.round((part - [x1, y1]) * 16).astype(np.int32) for part in placed]
        cv2.fillPoly(window, points, 255, cv2.LINE_AA, 4)
        mask = window.astype(np.float32) / 255
        there = (slice(y1, y2), slice(x1, x2))
        under = self.pixels[there]
        if height > 0:
            motion = np.array([[1, 0, -self.light[0] * height * SCALE], [0, 1, -self.light[1] * height * SCALE]])
            shadow = cv2.warpAffine(mask, motion, (mask.shape[1], mask.shape[0]))
            under = under * (1 - 0.5 * opacity * cv2.GaussianBlur(shadow, (0, 0), 0.6 * height * SCALE))[:, :, None]
        soft = cv2.GaussianBlur(mask, (0, 0), bevel * SCALE)
        slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0) * -self.light[0] + cv2.Sobel(soft, cv2.CV_32F, 0, 1) * -self.light[1]
        shade = gloss * bevel * SCALE * slope * (-1 if height >= 0 else 1)
        cloud = self._cloud(*mask.shape, 6) * grain
        inside = np.asarray(colour, np.float32) + (shade + cloud)[:, :, None]
        cover = (mask * opacity)[:, :, None]
        self.pixels[there] = under * (1 - cover) + inside * cover
        if counts:
            self.objects[there] |= mask > 0.5
        if wrong:
            self.wrong[there] |= mask > 0.5

    def mark(self, outline: Points) -> None:
        """Something is wrong within this outline, though nothing is drawn: a part is missing."""
        full = np.zeros(self.wrong.shape, np.uint8)
        cv2.fillPoly(full, [np.round(SCALE * (np.asarray(outline) + MARGIN)).astype(np.int32)], 1)
        self.wrong |= full > 0

    def photographed(self, camera: Camera | None = None) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """The picture ``(H, W, 3)`` and where something is wrong in it ``(H, W)``."""
        camera = camera or Camera()
        rng = self.rng
        high, wide = self.pixels.shape[:2]
        matrix = np.asarray(
            cv2.getRotationMatrix2D(
                (wide / 2, high / 2),
                camera.angle * rng.uniform(-1, 1),
                1 + camera.zoom * rng.uniform(-1, 1),
            ),
            np.float64,
        )
        matrix[:, 2] += [camera.shift * rng.uniform(-1, 1) * side for side in (wide, high)]
        seen = cv2.warpAffine(self.pixels, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        wrong = cv2.warpAffine(self.wrong.astype(np.float32), matrix, (wide, high))
        edge = SCALE * MARGIN
        seen, wrong = (part[edge:-edge, edge:-edge] for part in (seen, wrong))
        seen = cv2.resize(seen, self.size, interpolation=cv2.INTER_AREA)
        wrong = cv2.resize(wrong, self.size, interpolation=cv2.INTER_AREA)
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.3, 0.7))
        rows, columns = np.mgrid[-1 : 1 : self.size[1] * 1j, -1 : 1 : self.size[0] * 1j].astype(np.float32)
        across, down = rng.uniform(-1, 1, 2)
        lamp = 1 + camera.gain * rng.uniform(-1, 1) + camera.slope * (across * columns + down * rows)
        lamp -= 0.06 * (rows**2 + columns**2)
        seen = seen * lamp[:, :, None] * (1 + camera.tint * rng.uniform(-1, 1, 3))
        photons = np.sqrt(np.clip(seen, 0.02, 1)) * camera.noise
        seen = seen + photons * rng.normal(0, 1, seen.shape) + rng.normal(0, 0.004, seen.shape)
        return (np.clip(seen, 0, 1) * 255).round().astype(np.uint8), wrong > 0.5

    def _cloud(self, high: int, wide: int, size: float) -> FloatArray:
        """Noise of about unit variance whose islands are `size` pixels wide."""
        cells = max(math.ceil(high / size), 2), max(math.ceil(wide / size), 2)
        coarse = self.rng.normal(0, 1, cells).astype(np.float32)
        return np.asarray(cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)


def disc(x: float, y: float, radius: float, *, points: int = 40) -> Points:
    """A circle."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])


def hexagon(x: float, y: float, radius: float, angle: float) -> Points:
    """A regular hexagon with a corner at `angle`, degrees."""
    angles = np.radians(angle) + np.arange(6) * np.pi / 3
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])


def rectangle(x: float, y: float, width: float, height: float, angle: float = 0.0) -> Points:
    """A rectangle about its centre, turned by `angle` degrees clockwise."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    turn = math.radians(angle)
    return corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]) + [x, y]


def ribbon(way: npt.ArrayLike, width: float) -> Points:
    """A band of this width along a way ``(N, 2)``."""
    points = np.asarray(way, np.float64)
    along = np.gradient(points, axis=0)
    across = np.column_stack([-along[:, 1], along[:, 0]])
    across *= width / 2 / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    return np.concatenate([points + across, (points - across)[::-1]])
