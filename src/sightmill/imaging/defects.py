"""Synthetic defects: good images with something drawn on them that is not ordinary there.

    damaged, mask = damage(image, rng, extent=40, others=images)

A defect is a *shape* (`sightmill.imaging.defect_shapes`) and a *fill*: what is seen in its place. Some kinds are kept
apart (`KEPT_APART`): whoever trains on the others can be tried on them, as on defects that nobody has thought of.

Sources: Li et al., "CutPaste" (2021); Zavrtanik et al., "DRAEM" (2021), noise masks; Schlueter et al., "Natural
synthetic anomalies" (2022), pasted patches of changed size; shapes and the other fills are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.imaging.defect_shapes import SHAPES, Opacity, draw_shape, noise_field

__all__ = ["FILLS", "KEPT_APART", "PRACTISED", "Damaged", "Kind", "damage"]

#: Shape and fill.
Kind = tuple[str, str]

#: Image ``(H, W, C)`` float32 in [0, 1].
Pixels = npt.NDArray[np.float32]

#: A change of fewer grey values than this, of the full range, is not called a defect.
VISIBLE = 0.02
#: By default a defect changes its pixels by at least this much on average, in standard deviations of what is around it:
#: what drowns in the texture teaches nothing.
CLEAR = 0.8
AROUND = 8
#: How often a defect is drawn anew, ever more opaque, until it can be seen.
TRIES = 6


@dataclass(frozen=True, eq=False)
class Damaged:
    """A damaged image.

    Parameters
    ----------
    image : ``(H, W, C)`` float32 in [0, 1].
    mask : ``(H, W)`` bool: where it was visibly changed.
    kind : shape and fill; None when nothing was changed.
    """

    image: Pixels
    mask: npt.NDArray[np.bool_]
    kind: Kind | None


def damage(
    image: Pixels,
    rng: np.random.Generator,
    *,
    extent: tuple[float, float],
    kinds: Sequence[Kind] = (),
    others: Sequence[Pixels] = (),
    inside: npt.NDArray[np.bool_] | None = None,
    clear: float = CLEAR,
) -> Damaged:
    """Draw one defect on a copy of an image.

    Parameters
    ----------
    image : ``(H, W, C)`` float32 in [0, 1], C is 1 or 3.
    rng : all random choices come from it: the same generator, the same defect.
    extent : smallest and largest typical length, pixels; drawn evenly in the logarithm.
    kinds : what may be drawn, each as often; `PRACTISED` when empty.
    others : images that texture is taken from; the image itself and drawn noise when there are none.
    inside : ``(H, W)``: defects are drawn here only. None = everywhere.
    clear : how far the defect stands out from the texture around it, in standard deviations of that; where none does
        after `TRIES`, the last that can be seen at all is taken.

    Returns
    -------
    The damaged image; its mask is empty when nothing could be seen even after `TRIES` (a single-pixel image, say).
    """
    kinds = kinds or PRACTISED
    height, width = image.shape[:2]
    low, high = np.log(np.maximum(extent, 1.0))
    for attempt in range(TRIES):
        shape, fill = kinds[int(rng.integers(len(kinds)))]
        opacity = draw_shape(shape, rng, (width, height), float(np.exp(rng.uniform(low, high))))
        if inside is not None:
            opacity = opacity * inside
        strength = np.float32(max(rng.uniform(0.2, 1.0), attempt / TRIES))
        content = FILLS[fill](image, opacity, rng, others)
        changed = image + (opacity * strength)[:, :, None] * (content - image)
        np.clip(changed, 0, 1, out=changed)
        mask = _visible(image, changed, opacity)
        if _is_clear(image, changed, mask, clear) or (attempt == TRIES - 1 and mask.any()):
            return Damaged(changed, mask, (shape, fill))
    return Damaged(image.copy(), np.zeros((height, width), np.bool_), None)


def _visible(image: Pixels, changed: Pixels, opacity: Opacity) -> npt.NDArray[np.bool_]:
    """Where the change can be seen: clear pixels of the shape and their faint neighbours in it."""
    difference = np.abs(changed - image).max(2)
    near = cv2.blur(difference, (5, 5))
    return np.asarray((opacity > 0.3) & (np.maximum(difference, 2 * near) > VISIBLE))


def _is_clear(image: Pixels, changed: Pixels, mask: npt.NDArray[np.bool_], clear: float) -> bool:
    """Whether the change stands out from the texture around it."""
    if mask.sum() < 2:
        return False
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    window = slice(max(y - AROUND, 0), y + height + AROUND), slice(max(x - AROUND, 0), x + width + AROUND)
    difference = np.abs(changed[window] - image[window]).max(2)[mask[window]].mean()
    return bool(difference > clear * image[window].std(axis=(0, 1)).max())


def _gray(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """One colour: anything from black to white, in half of the cases the same in all channels."""
    channels = image.shape[2]
    colour = rng.random(1 if rng.random() < 0.7 else channels, np.float32)
    return np.broadcast_to(colour, image.shape)


def _dark(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    return image * np.float32(rng.uniform(0.1, 0.8))


def _bright(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    return 1 - (1 - image) * np.float32(rng.uniform(0.1, 0.8))


def _texture(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """Another image, turned, zoomed and in other contrast; or drawn noise."""
    height, width, channels = image.shape
    if not others or rng.random() < 0.4:
        field = noise_field(rng, (width, height), rng.uniform(3, max(min(width, height) / 4, 4)))
        tint = np.asarray(rng.uniform(0.3, 1.0, channels), np.float32)
        return np.asarray(0.5 + 0.25 * field[:, :, None] * tint, np.float32)
    source = np.rot90(others[int(rng.integers(len(others)))], int(rng.integers(4)))
    zoom = float(np.exp(rng.uniform(-0.7, 0.7)))
    wanted = max(int(width * zoom), 8), max(int(height * zoom), 8)
    y, x = (int(rng.integers(max(side - want, 0) + 1)) for side, want in zip(source.shape, wanted[::-1], strict=False))
    cut = np.ascontiguousarray(source[y : y + wanted[1], x : x + wanted[0]])
    part = _shaped(cv2.resize(cut, (width, height), interpolation=cv2.INTER_LINEAR), image)
    if rng.random() < 0.3:
        part = 1 - part
    gain = np.float32(rng.uniform(0.5, 2.0))
    return np.asarray((part - part.mean()) * gain + part.mean() + rng.normal(0, 0.1), np.float32)


def _paste(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """Another place of the same image, sometimes turned or mirrored."""
    height, width = image.shape[:2]
    angle = 0.0 if rng.random() < 0.4 else rng.uniform(0, 360)
    zoom = float(np.exp(rng.uniform(-0.4, 0.4)))
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom), np.float64)
    matrix[:, 2] += rng.uniform(-0.5, 0.5, 2) * (width, height)
    return _warped(image, matrix)


def _shift(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """The same place moved by a few pixels: a torn or dislocated part."""
    way = rng.uniform(2, 12) * _direction(rng)
    return _warped(image, np.array([[1, 0, way[0]], [0, 1, way[1]]]))


def _blurred(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    return _shaped(cv2.GaussianBlur(image, (0, 0), rng.uniform(1.5, 8)), image)


def _noisy(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    grain = np.asarray(rng.normal(0, rng.uniform(0.05, 0.3), image.shape), np.float32)
    if rng.random() < 0.5:
        grain = _shaped(cv2.GaussianBlur(grain, (0, 0), 1.0), image) * 3
    return image + grain


def _shaded(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """A dent or bump: one flank lighter, the other darker, as light from a side shows it."""
    soft = cv2.GaussianBlur(opacity, (0, 0), rng.uniform(1.0, 4.0))
    slope = np.stack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)], 2) @ _direction(rng)
    slope = slope / max(float(np.abs(slope).max()), 1e-6) * rng.uniform(0.15, 0.5)
    return image + slope.astype(np.float32)[:, :, None]


def _swirled(image: Pixels, opacity: Opacity, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """The texture itself bent: nothing is added, but lines no longer run as they should."""
    height, width = image.shape[:2]
    reach = rng.uniform(3, 10)
    bend = [noise_field(rng, (width, height), rng.uniform(12, 40), 2) * np.float32(reach) for _ in range(2)]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    warped = cv2.remap(image, columns + bend[0], rows + bend[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return _shaped(warped, image)


#: Every fill by its name: ``(image, opacity, rng, others) -> (H, W, C)``, not clipped.
FILLS: dict[str, Callable[[Pixels, Opacity, np.random.Generator, Sequence[Pixels]], Pixels]] = {
    "gray": _gray,
    "dark": _dark,
    "bright": _bright,
    "texture": _texture,
    "paste": _paste,
    "shift": _shift,
    "blurred": _blurred,
    "noisy": _noisy,
    "shaded": _shaded,
    "swirled": _swirled,
}

#: Never trained on, and unlike what is: the touchstone of a model that has seen no real defect.
KEPT_APART: tuple[Kind, ...] = (
    *(("crack", fill) for fill in ("dark", "bright", "gray", "shaded")),
    *((shape, fill) for shape in ("blob", "stain", "patch") for fill in ("shaded", "swirled")),
)
#: What a model is trained on: neither a shape nor a fill that only `KEPT_APART` has.
PRACTISED: tuple[Kind, ...] = tuple(
    (shape, fill) for shape in SHAPES if shape != "crack" for fill in FILLS if fill not in ("shaded", "swirled")
)


def _warped(image: Pixels, matrix: npt.NDArray[np.float64]) -> Pixels:
    size = image.shape[1], image.shape[0]
    warped = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return _shaped(warped, image)


def _shaped(pixels: object, like: Pixels) -> Pixels:
    """OpenCV drops a last axis of length 1: give it back."""
    return np.asarray(pixels, np.float32).reshape(like.shape)


def _direction(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])
