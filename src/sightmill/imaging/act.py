"""One change of an image, the same each time: pixels and regions move together.

An `Act` moves the image (one affine warp, all steps composed), blurs it, changes its light and adds noise, in
this order: optics before sensor. What the warp brings in from outside is mirrored about the
outermost pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.coordinates import centre_matrix
from sightmill.data.outlines import FloatArray
from sightmill.data.regions import Region
from sightmill.errors import ImageError

__all__ = ["Act"]

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
IDENTITY.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Act:
    """A deterministic, invertible change of images of one size.

    Parameters
    ----------
    size : ``(width, height)`` of the image, before and after.
    matrix : affine ``(2, 3)`` from old to new coordinates (corner convention); not singular.
    contrast : factor of the gray values, counted from each channel's own mean.
    gain : factor of the gray values, counted from black.
    tint : a further such factor of each channel; empty leaves the colours as they are, and images of other channels
        than it has factors keep theirs.
    offset : added to the gray values, as a share of the full range (-1 ... 1).
    noise : amplitude of uniform noise for each pixel and channel, as a share of the full range.
    blur : kernel of a Gaussian blur, pixels; below 2 is none. The standard deviation is OpenCV's
        ``0.3 * ((blur - 1) * 0.5 - 1) + 0.8``; the kernel's taps are rounded up to an odd number.
    seed : of the noise.
    """

    size: tuple[int, int]
    matrix: FloatArray = field(default_factory=lambda: IDENTITY)
    contrast: float = 1.0
    gain: float = 1.0
    tint: tuple[float, ...] = ()
    offset: float = 0.0
    noise: float = 0.0
    blur: int = 0
    seed: int = 0

    @classmethod
    def of(
        cls,
        size: tuple[int, int],
        *,
        rotation: float = 0.0,
        scale: float = 1.0,
        horizontal_shear: float = 0.0,
        vertical_shear: float = 0.0,
        flip_left_right: bool = False,
        flip_up_down: bool = False,
        shift: tuple[float, float] = (0.0, 0.0),
        **further: Any,
    ) -> Self:
        """An act about the image's centre: first flipped, then scaled, sheared, rotated, shifted.

        Parameters
        ----------
        rotation : degrees, clockwise as seen on the screen.
        scale : > 0; 2 makes things twice as large.
        horizontal_shear : degrees from the vertical, in (-90, 90): vertical lines lean, the height stays.
        vertical_shear : degrees from the horizontal, in (-90, 90): horizontal lines lean, the width stays;
            applied after the horizontal one.
        shift : pixels to the right and down.
        further : contrast, gain, tint, offset, noise, blur and seed, as of the class.
        """
        cosine, sine = _turn(rotation)
        linear = (
            np.array([[cosine, -sine], [sine, cosine]])
            @ np.array([[1.0, 0.0], [math.tan(math.radians(vertical_shear)), 1.0]])
            @ np.array([[1.0, math.tan(math.radians(horizontal_shear))], [0.0, 1.0]])
            @ np.diag([-scale if flip_left_right else scale, -scale if flip_up_down else scale])
        )
        centre = np.array(size, np.float64) / 2
        matrix = np.column_stack([linear, centre + shift - linear @ centre])
        return cls(size, matrix, **further)

    @property
    def moves(self) -> bool:
        """Whether anything changes its place."""
        return not np.array_equal(self.matrix, IDENTITY)

    @property
    def is_identity(self) -> bool:
        """Whether images stay as they are."""
        return not (self.moves or self.blur > 1 or self._relights or self.noise)

    @property
    def _relights(self) -> bool:
        """Whether the light changes."""
        return self.contrast != 1 or self.gain != 1 or self.offset != 0 or any(factor != 1 for factor in self.tint)

    def image(self, pixels: npt.NDArray[Any], *, black: float = 0.0, white: float | None = None) -> npt.NDArray[Any]:
        """The changed image, in the same depth and shape.

        Parameters
        ----------
        pixels : ``(H, W)`` or ``(H, W, C)`` of uint8, uint16 or float32; not written to.
        black, white : the full range that brightness and noise are relative to (`View.black`, `View.white`);
            changed values are clipped to it. None: 255, 65535 or 1 by depth.

        Raises
        ------
        ImageError : pixels of another size than the act is for.
        """
        self._check_size(pixels)
        if white is None:
            white = {"uint8": 255.0, "uint16": 65535.0}.get(pixels.dtype.name, 1.0)
        changed = self._warped(pixels, cv2.INTER_LINEAR)
        if self.blur > 1:
            sigma = 0.3 * ((self.blur - 1) * 0.5 - 1) + 0.8
            changed = _shaped(cv2.GaussianBlur(changed, (self.blur | 1, self.blur | 1), sigma), pixels)
        if self._relights or self.noise:
            changed = self._lit(changed, black, white)
        return changed

    def labels(self, values: npt.NDArray[Any], *, outside: int | None = None) -> npt.NDArray[Any]:
        """A map ``(H, W)`` of class ids or booleans moved like the image: nearest pixel, nothing mixed.

        Parameters
        ----------
        outside : value of what the warp brings in from outside; None mirrors, as the image does.
        """
        self._check_size(values)
        if values.dtype == np.bool_:
            fill = None if outside is None else int(bool(outside))
            return np.asarray(self.labels(values.astype(np.uint8), outside=fill) != 0)
        return self._warped(values, cv2.INTER_NEAREST, outside=outside)

    def region(self, region: Region) -> Region | None:
        """The region moved like the image and clipped to it; None when nothing of it is left."""
        width, height = self.size
        moved = region.moved(self.matrix) if self.moves else region
        return moved.clipped(width, height)

    def inverse(self) -> Act:
        """The act that moves everything back; blur, brightness and noise cannot be taken back: left out."""
        linear = np.linalg.inv(self.matrix[:, :2])
        return Act(self.size, np.column_stack([linear, -linear @ self.matrix[:, 2]]))

    def then(self, other: Act) -> Act:
        """This act and then another, as one: one warp, so that pixels are interpolated once only.

        Gray values are clipped once, at the end, and the moves come first: a blur or noise of this act is
        applied after the move of the other one, and contrast is counted from the means of what is seen then.

        Raises
        ------
        ValueError : the sizes differ, or both blur or both add noise, which one act cannot repeat.
        """
        if self.size != other.size:
            raise ValueError(f"acts for images of {self.size} and {other.size} cannot follow each other")
        if (self.blur > 1 and other.blur > 1) or (self.noise and other.noise):
            raise ValueError("two acts that both blur or both add noise cannot become one")
        linear = other.matrix[:, :2]
        moved = linear @ self.matrix
        moved[:, 2] += other.matrix[:, 2]
        return replace(
            self,
            matrix=moved,
            contrast=self.contrast * other.contrast,
            gain=self.gain * other.gain,
            tint=_both(self.tint, other.tint),
            offset=self.offset * other.gain + other.offset,
            noise=self.noise * other.gain + other.noise,
            blur=max(self.blur, other.blur),
            seed=self.seed if self.noise else other.seed,
        )

    def _check_size(self, pixels: npt.NDArray[Any]) -> None:
        if (pixels.shape[1], pixels.shape[0]) != self.size:
            raise ImageError(
                "this change was drawn for an image of another size",
                got=f"{pixels.shape[1]} x {pixels.shape[0]}",
                allowed=f"{self.size[0]} x {self.size[1]}",
            )

    def _warped(self, pixels: npt.NDArray[Any], interpolation: int, *, outside: int | None = None) -> npt.NDArray[Any]:
        flips = self._flips()
        if flips is not None:
            axes = [axis for axis, flipped in zip((1, 0), flips, strict=True) if flipped]
            if not axes:
                return pixels
            return _shaped(cv2.flip(pixels, -1 if len(axes) == 2 else axes[0]), pixels)
        warped = cv2.warpAffine(
            pixels,
            centre_matrix(self.matrix),
            self.size,
            flags=interpolation,
            borderMode=cv2.BORDER_REFLECT_101 if outside is None else cv2.BORDER_CONSTANT,
            borderValue=outside or 0,
        )
        return _shaped(warped, pixels)

    def _flips(self) -> tuple[bool, bool] | None:
        """Mirrored in x, in y, when that is all the matrix does: far faster than a warp."""
        signs = self.matrix[0, 0], self.matrix[1, 1]
        places = [0.0 if sign == 1 else float(length) for sign, length in zip(signs, self.size, strict=True)]
        alone = np.array([[signs[0], 0, places[0]], [0, signs[1], places[1]]])
        if abs(signs[0]) == abs(signs[1]) == 1 and np.array_equal(self.matrix, alone):
            return signs[0] < 0, signs[1] < 0
        return None

    def _lit(self, pixels: npt.NDArray[Any], black: float, white: float) -> npt.NDArray[Any]:
        """Light and noise in float32, clipped to the range; a table where that gives the same."""
        span = white - black
        tint = np.array(self.tint) if pixels.ndim == 3 and pixels.shape[2] == len(self.tint) else np.ones(1)
        gain = self.gain * tint  # of each channel, or of all
        means = pixels.mean((0, 1), np.float64) if self.contrast != 1 else np.zeros(1)
        factor = np.asarray(self.contrast * gain, np.float32)
        shift = np.asarray(black + gain * ((1 - self.contrast) * means - black) + self.offset * span, np.float32)
        if pixels.dtype == np.uint8 and not self.noise:
            table = np.arange(256, dtype=np.float32)[:, None] * factor + shift  # (256, channels or 1)
            return _shaped(cv2.LUT(pixels, np.rint(table.clip(black, white)).astype(np.uint8)[None]), pixels)
        if self.noise:
            lit = np.random.default_rng(self.seed).random(pixels.shape, np.float32)
            lit *= np.float32(2 * self.noise * span)
            lit += pixels if (factor == 1).all() else pixels * factor
            lit += shift - np.float32(self.noise * span)
        else:
            lit = np.asarray(pixels * factor + shift)
        np.clip(lit, np.float32(black), np.float32(white), out=lit)
        return lit.astype(pixels.dtype) if pixels.dtype == np.float32 else np.rint(lit, out=lit).astype(pixels.dtype)


def _both(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
    """Two tints, one after the other.

    Raises
    ------
    ValueError : they are for other numbers of channels.
    """
    if first and second and len(first) != len(second):
        raise ValueError(f"tints of {len(first)} and {len(second)} channels cannot follow each other")
    return tuple(a * b for a, b in zip(first, second, strict=True)) if first and second else first or second


def _turn(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact for quarter turns, so that these move pixels onto pixels."""
    if degrees % 90 == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(degrees // 90) % 4]
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _shaped(result: Any, like: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """OpenCV drops a last axis of length 1: give it back."""
    return np.asarray(result).reshape(like.shape)
