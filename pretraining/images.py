"""Procedural images: textures and shapes put together into pictures no camera has seen.

A `Painter` keeps a pool of generated fields, replaces one now and then, and paints each image anew from windows of
several of them: turned, scaled, coloured, layered through masks, lit, damaged, and taken by a poor camera.

`python -m pretraining.images --sheet contact.png` draws a contact sheet; `--speed` measures images per second.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from pretraining.camera import photograph
from pretraining.colour import painted
from pretraining.shapes import MASKS, SHAPES, crack_path
from pretraining.textures import TAU, TEXTURES, Texture

__all__ = ["Painter", "Pool"]

POOL_SIDE = 256  # pixels of one pooled field


class Pool:
    """Generated fields to take windows of; every `life` windows one field is replaced by a new one.

    Parameters
    ----------
    families : generators to draw from, all equally often.
    size : number of fields kept (256 KB each).
    """

    def __init__(self, families: tuple[Texture, ...], rng: np.random.Generator, *, size: int, life: int) -> None:
        self.families = families
        self.rng = rng
        self.life = life
        self.taken = 0
        self.next_family = 0
        self.fields: list[np.ndarray] = []
        self.size = size

    def _fresh(self) -> np.ndarray:
        family = self.families[self.next_family % len(self.families)]
        self.next_family += 1
        return np.ascontiguousarray(family(self.rng, POOL_SIDE), dtype=np.float32)

    def any(self) -> np.ndarray:
        """One field at random ``(POOL_SIDE, POOL_SIDE)``; the caller must not write to it."""
        self.taken += 1
        if len(self.fields) < self.size:
            self.fields.append(self._fresh())
            return self.fields[int(self.rng.integers(len(self.fields)))] if self.taken % 4 else self.fields[-1]
        place = int(self.rng.integers(self.size))
        if self.taken % self.life == 0:
            self.fields[place] = self._fresh()
        return self.fields[place]

    def window(self, side: int) -> np.ndarray:
        """A window ``(side, side)`` of a field: turned, mirrored and scaled at random, so none is seen twice."""
        rng = self.rng
        zoom = float(np.exp(rng.uniform(-0.9, 0.8))) * 128 / side  # field pixels per image pixel
        angle = rng.uniform(0, TAU) if rng.random() < 0.7 else float(rng.integers(4)) * np.pi / 2
        mirror = rng.choice([-1.0, 1.0])
        a, b = np.cos(angle) * zoom, np.sin(angle) * zoom
        middle, half = rng.uniform(0.2, 0.8, 2) * POOL_SIDE, (side - 1) / 2
        matrix = np.array([[a * mirror, -b, 0.0], [b * mirror, a, 0.0]])
        matrix[:, 2] = middle - matrix[:, :2] @ (half, half)
        return cv2.warpAffine(
            self.any(),
            matrix,
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )


class Painter:
    """An endless, seeded source of images.

    Parameters
    ----------
    seed : equal seeds paint equal images in equal order of calls.
    pool : number of fields kept of each of the two pools (textures, shapes).
    life : windows taken between two replacements in a pool; smaller is slower and more varied.
    grey : share of images without colour.
    """

    def __init__(self, seed: int, *, pool: int = 256, life: int = 64, grey: float = 0.45) -> None:
        self.rng = np.random.default_rng(seed)
        self.grey = grey
        self.textures = Pool(TEXTURES, self.rng, size=pool, life=life)
        self.shapes = Pool(SHAPES, self.rng, size=pool, life=life)
        self.masks = Pool(MASKS, self.rng, size=pool // 2, life=life)

    def image(self, side: int) -> np.ndarray:
        """One image ``(side, side, 3)`` uint8 RGB."""
        rng = self.rng
        grey = rng.random() < self.grey
        canvas = self._surface(side, grey=grey)
        for _ in range(int(rng.choice([0, 1, 1, 2, 2, 3, 4]))):
            canvas = self._layered(canvas, side, grey=grey)
        if rng.random() < 0.35:
            canvas = self._lit(canvas, side)
        if rng.random() < 0.35:
            canvas = self._damaged(canvas, side)
        return photograph(canvas, rng, grey=grey)

    def batch(self, count: int, side: int) -> np.ndarray:
        """Images ``(count, side, side, 3)`` uint8 RGB."""
        return np.stack([self.image(side) for _ in range(count)])

    def ground(self, side: int, *, grey: bool) -> np.ndarray:
        """What things lie on ``(side, side, 1 or 3)`` float32: a surface, often a calm one."""
        rng = self.rng
        canvas = self._surface(side, grey=grey)
        calm, mean = rng.random(), canvas.mean((0, 1))
        if calm < 0.25:
            canvas = np.broadcast_to(mean * np.float32(rng.uniform(0.3, 1.3)), canvas.shape)
        elif calm < 0.5:
            canvas = mean + (canvas - mean) * np.float32(rng.uniform(0.1, 0.6))
        for _ in range(int(rng.choice([0, 0, 1, 1, 2]))):
            canvas = self._layered(canvas, side, grey=grey)
        if rng.random() < 0.25:
            canvas = self._lit(canvas, side)
        return np.array(canvas, np.float32)

    def _surface(self, side: int, *, grey: bool) -> np.ndarray:
        rng = self.rng
        kind = rng.random()
        field = (self.textures if kind < 0.65 else self.shapes).window(side)
        if kind > 0.9:
            return np.full((side, side, 1 if grey else 3), rng.random(1 if grey else 3), np.float32)
        second = self.textures.window(side) if rng.random() < 0.4 else None
        if second is not None and rng.random() < 0.6:
            share = rng.uniform(0.1, 0.6)
            field = field * second if rng.random() < 0.3 else field * (1 - share) + second * share
        return painted(field, second, rng, grey=grey)

    def _layered(self, canvas: np.ndarray, side: int, *, grey: bool) -> np.ndarray:
        """Another surface over the canvas, through a mask, with a shadow or a raised edge at times."""
        rng = self.rng
        mask = self.masks.window(side) if rng.random() < 0.75 else self.textures.window(side)
        if rng.random() < 0.6:
            mask = np.clip((mask - rng.uniform(0.2, 0.7)) * rng.uniform(2, 20) + 0.5, 0, 1)
        mask = mask * np.float32(rng.uniform(0.25, 1.0) if rng.random() < 0.4 else 1.0)
        if rng.random() < 0.25:
            reach = rng.normal(0, 4, 2)
            move = np.float32([[1, 0, reach[0]], [0, 1, reach[1]]])
            shadow = cv2.blur(cv2.warpAffine(mask, move, (side, side)), (5, 5))
            canvas = canvas * (1 - np.float32(rng.uniform(0.2, 0.8)) * shadow[..., None])
        mask = mask[..., None]
        return canvas + mask * (self._surface(side, grey=grey) - canvas)

    def _lit(self, canvas: np.ndarray, side: int) -> np.ndarray:
        """The canvas as a surface with relief: the slope of a field darkens and brightens it."""
        rng = self.rng
        height = (self.textures if rng.random() < 0.5 else self.masks).window(side)
        angle = rng.uniform(0, TAU)
        slope = np.cos(angle) * cv2.Sobel(height, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(
            height, cv2.CV_32F, 0, 1
        )
        strength = np.float32(np.exp(rng.uniform(-2.0, 0.3)))
        return canvas * (1 + strength * np.clip(slope, -1.0, 1.5))[..., None]

    def _damaged(self, canvas: np.ndarray, side: int) -> np.ndarray:
        """Small local events: scratches, pits, cracks, spots, dents. What inspection looks for."""
        rng = self.rng
        mask = np.zeros((side, side), np.uint8)
        for _ in range(int(rng.integers(1, 5))):
            place = rng.uniform(0, side, 2)
            kind = rng.integers(4)
            if kind == 0:
                angle, half = rng.uniform(0, TAU), rng.uniform(3, 0.5 * side)
                reach = half * np.array([np.cos(angle), np.sin(angle)])
                ends = np.round(np.stack([place - reach, place + reach]) * 16).astype(np.int32)
                cv2.polylines(mask, [ends], False, int(rng.integers(100, 256)), 1, cv2.LINE_AA, 4)
            elif kind == 1:
                path = np.round(crack_path(rng, place, rng.uniform(10, 0.8 * side)) * 16).astype(np.int32)
                cv2.polylines(mask, [path], False, 255, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
            else:
                axes = np.round(np.exp(rng.uniform(0, 2.2, 2)) * 16).astype(int).tolist()
                cv2.ellipse(
                    mask,
                    np.round(place * 16).astype(int).tolist(),
                    axes,
                    float(rng.uniform(0, 180)),
                    0,
                    360,
                    int(rng.integers(80, 256)),
                    -1,
                    cv2.LINE_AA,
                    4,
                )
        soft = mask.astype(np.float32) / 255
        if rng.random() < 0.5:
            soft = cv2.blur(soft, (3, 3))
        change = np.float32(rng.choice([-1.0, 1.0]) * rng.uniform(0.1, 0.7))
        return canvas + change * soft[..., None]


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at the procedural images, or measure how fast they come.")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet to this file")
    parser.add_argument("--families", type=Path, help="write one field of every family to this file")
    parser.add_argument("--speed", action="store_true", help="measure images per second at 128 pixels")
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    cv2.setNumThreads(1)
    if flags.sheet:
        painter = Painter(flags.seed)
        painter.batch(200, flags.side)  # fills the pools
        _write_sheet(flags.sheet, painter.batch(96, flags.side), columns=12)
    if flags.families:
        rng = np.random.default_rng(flags.seed)
        fields = [family(rng, POOL_SIDE) for family in (*TEXTURES, *dict.fromkeys(SHAPES)) for _ in range(4)]
        _write_sheet(flags.families, (np.stack(fields)[:, ::2, ::2, None] * 255).astype(np.uint8), columns=16)
    if flags.speed:
        painter = Painter(flags.seed)
        began = time.process_time()
        painter.batch(400, flags.side)
        print(f"first 400 images: {400 / (time.process_time() - began):.0f} images per core second")
        began = time.process_time()
        painter.batch(1000, flags.side)
        print(f"from then on: {1000 / (time.process_time() - began):.0f} images per core second")


def _write_sheet(file: Path, images: np.ndarray, *, columns: int) -> None:
    rows = len(images) // columns
    images = images[: rows * columns]
    side, channels = images.shape[1], images.shape[3]
    sheet = images.reshape(rows, columns, side, side, channels).transpose(0, 2, 1, 3, 4)
    sheet = sheet.reshape(rows * side, columns * side, channels)
    cv2.imwrite(str(file), sheet[..., ::-1] if channels == 3 else sheet)


if __name__ == "__main__":
    main()
