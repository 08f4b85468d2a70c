"""The camera: light across the scene, exposure, blur, sensor noise, JPEG."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

__all__ = ["photograph"]


def photograph(canvas: np.ndarray, rng: np.random.Generator, *, grey: bool) -> np.ndarray:
    """A canvas ``(H, W, 1 or 3)`` float32 -> a picture of it ``(H, W, 3)`` uint8 RGB."""
    side = canvas.shape[0]
    if rng.random() < 0.4:
        canvas = canvas * _light(rng, side)
    if rng.random() < 0.15:
        canvas = canvas + _highlight(rng, side)
    if rng.random() < 0.7:
        low, high = rng.uniform(-0.1, 0.3), rng.uniform(0.6, 1.2)
        canvas = canvas * np.float32(high - low) + np.float32(low)
    if rng.random() < 0.35:  # a well exposed picture: the darkest and brightest places span the range
        small = canvas[::4, ::4]
        bottom, top = np.float32(small.min()), np.float32(small.max())
        canvas = (canvas - bottom) / max(top - bottom, np.float32(0.1))
    if rng.random() < 0.35:
        canvas = _blurred(canvas, rng)
    if canvas.ndim == 2:
        canvas = canvas[..., None]
    if rng.random() < 0.5:
        strength = np.float32(np.exp(rng.uniform(-5.0, -2.3)))
        canvas = canvas + strength * _grain(rng, canvas.shape[0], canvas.shape[2])
    picture = np.clip(canvas * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        gamma = float(np.exp(rng.normal(0, 0.35)))
        table = (np.linspace(0, 1, 256) ** gamma * 255).astype(np.uint8)
        picture = table[picture]
    if picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    elif not grey and rng.random() < 0.5:
        picture = picture[..., rng.permutation(3)]
    if rng.random() < 0.12:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 95))]
        picture = cv2.imdecode(cv2.imencode(".jpg", np.ascontiguousarray(picture), quality)[1], cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture)


@cache
def _noise(side: int) -> np.ndarray:
    """White noise ``(side, side, 3)`` to take windows of: drawing it anew would cost more than all of the camera."""
    return np.random.default_rng(side).standard_normal((side, side, 3), dtype=np.float32)


def _grain(rng: np.random.Generator, side: int, channels: int) -> np.ndarray:
    """A window ``(side, side, channels)`` of white noise, mirrored at random."""
    top, left = rng.integers(0, side, 2)
    turn = slice(None, None, int(rng.choice([-1, 1])))
    return _noise(2 * side)[top : top + side, left : left + side, :channels][:, turn]


def _light(rng: np.random.Generator, side: int) -> np.ndarray:
    small = rng.uniform(rng.uniform(0.3, 0.9), 1.2, (2, 2)).astype(np.float32)
    if rng.random() < 0.4:  # vignette or spot
        line = np.linspace(-1, 1, side, dtype=np.float32)
        far = (line[None] - np.float32(rng.normal(0, 0.4))) ** 2 + (line[:, None] - np.float32(rng.normal(0, 0.4))) ** 2
        return np.exp(-far * np.float32(rng.uniform(0.1, 1.0)))[..., None]
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)[..., None]


def _highlight(rng: np.random.Generator, side: int) -> np.ndarray:
    """A glint: a bright spot or streak."""
    line = np.linspace(-1, 1, side, dtype=np.float32)
    angle, wide = rng.uniform(0, np.pi), np.float32(np.exp(rng.uniform(0.5, 4)))
    x, y = line[None] - np.float32(rng.uniform(-1, 1)), line[:, None] - np.float32(rng.uniform(-1, 1))
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    glint = np.exp(-(u * u * wide + v * v * wide * np.float32(rng.uniform(1, 20))))
    return (glint * np.float32(rng.uniform(0.2, 1.0)))[..., None].astype(np.float32)


def _blurred(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.8:
        sigma = float(np.exp(rng.uniform(-1, 0.9)))
        return cv2.GaussianBlur(canvas, (0, 0), sigma)
    length = int(rng.integers(2, 9))
    return cv2.blur(canvas, (length, 1) if rng.random() < 0.5 else (1, length))
