"""How an image becomes a network's input: cropping, resizing, padding, tiling, gray levels.

Three ways to fit an image of any size to a network (`View.fit`):

``pad``
    Keep the aspect: resize until the image just fits into ``width x height``, in the middle.
``stretch``
    Resize to ``width x height``, whatever the aspect.
``scale``
    Keep the scale: resize by ``scale / 2**downsample``, in the middle of tiles of ``width x height``. A side
    that fits into one tile is padded to the tile; a longer one is padded to a multiple of ``multiple`` and
    seen through several tiles that overlap by at least ``overlap`` of a tile. So every tile the network ever
    sees has the same size, and tiles stand at multiples of ``multiple``.

Padding mirrors the image about its outermost pixels (``c b | a b c | b a``), again and again when the padding
is wider than the image: no edge arises that is not in the image. Shrinking averages areas, enlarging
interpolates linearly. Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in the image's own depth.

A region of interest is cropped to its bounds; what lies within the bounds but outside of the region takes
the mean colour inside, so that nothing outside of it can be learnt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sightmill.data.regions import Box, Mask, Region, Whole
from sightmill.errors import ImageError, SettingsError
from sightmill.imaging.frame import Frame, PixelBox
from sightmill.imaging.levels import Depth

__all__ = ["Frame", "View"]

#: The most pixels that the tiles of one image may hold together, and the most tiles: a view may come from a
#: stranger's model file, and must not fill the memory.
MOST_PIXELS = 1 << 30
MOST_TILES = 1 << 16


class View(BaseModel):
    """How an image becomes a network's input. Stored with the model; the runtime repeats it exactly.

    Parameters
    ----------
    width, height : size of one tile, which is what the network sees at a time, pixels.
    channels : 1, or 3 (a gray image is repeated).
    fit : see the top of this file.
    scale : factor from image to input, for ``fit="scale"``; else about that of a usual image.
    downsample : each step halves both sides of the image. For ``pad`` and ``stretch`` this bounds the detail:
        the image is first halved, then fitted.
    grayscale : drop the colour, also when there are three channels.
    multiple : grid of the tiles for ``fit="scale"``, pixels: the largest stride of the network's maps.
    overlap : least share of a tile that the next one repeats.
    dtype : the depth of the images; others are refused, as they would silently be black or white.
    black, white : gray values that become 0 and 1; see `sightmill.imaging.levels.gray_range`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    width: int = Field(ge=1, le=8192)
    height: int = Field(ge=1, le=8192)
    channels: Literal[1, 3] = 3
    fit: Literal["pad", "stretch", "scale"] = "pad"
    scale: float = Field(1.0, ge=1 / 64, le=8)
    downsample: int = Field(0, ge=0, le=5)
    grayscale: bool = False
    multiple: int = Field(32, ge=1, le=256)
    overlap: float = Field(0.25, ge=0, le=0.75)
    dtype: Depth = "uint8"
    black: float = Field(0.0, ge=-1e30, le=1e30)
    white: float = Field(255.0, ge=-1e30, le=1e30)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.white - self.black <= 1e-6 * max(abs(self.white), abs(self.black)):
            raise ValueError("white must be clearly larger than black")
        most = {"uint8": 255.0, "uint16": 65535.0, "float32": math.inf}[self.dtype]
        if self.dtype != "float32" and (self.black < 0 or self.white > most):
            raise ValueError(f"black and white of {self.dtype} images must lie between 0 and {most:.0f}")
        if self.fit == "scale" and (self.width % self.multiple or self.height % self.multiple):
            raise ValueError(f"the sides of a tile must be multiples of {self.multiple} pixels")
        return self

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Validate values from outside, such as a model's manifest; raises `SettingsError`."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(["view", *(str(part) for part in first["loc"])])
            if first["type"] == "extra_forbidden":
                raise SettingsError("unknown field", where=where, allowed=sorted(cls.model_fields)) from error
            if first["type"] == "value_error":
                raise SettingsError(str(first["ctx"]["error"]), where=where) from error
            if first["type"] == "missing":
                raise SettingsError("this field is missing", where=where) from error
            allowed = str(first["msg"]).removeprefix("Input should be ")
            raise SettingsError(
                "this value is not allowed", where=where, got=repr(first["input"]), allowed=allowed
            ) from error

    def __call__(self, image: npt.NDArray[Any], roi: Region | None = None) -> tuple[npt.NDArray[np.float32], Frame]:
        """An image ``(H, W)`` or ``(H, W, 3)`` -> input ``(T, C, height, width)`` in [0, 1], and its frame.

        Raises
        ------
        ImageError : an image of another depth or shape than the view is for, or a region of interest
            outside of the image.
        """
        _check_shape(image)
        frame = self.frame((image.shape[1], image.shape[0]), roi)
        return self.normalise(self.pixels(image, frame)), frame

    def frame(self, size: tuple[int, int], roi: Region | None = None) -> Frame:
        """Where an image of this ``(width, height)`` lies in the input; needs no pixels.

        Raises
        ------
        ImageError : a region of interest that covers no pixel of the image, or an input beyond all memory.
        """
        roi = None if isinstance(roi, Whole) else roi
        crop = _crop(size, roi)
        width, height = crop[2] - crop[0], crop[3] - crop[1]
        input_size, content_size = self._sizes(width, height)
        left, top = ((input_size[axis] - content_size[axis]) // 2 for axis in (0, 1))
        factor_x, factor_y = content_size[0] / width, content_size[1] / height
        return Frame(
            size=size,
            input_size=input_size,
            matrix=np.array([[factor_x, 0, left - crop[0] * factor_x], [0, factor_y, top - crop[1] * factor_y]]),
            tiles=self._tiles(input_size),
            tile_size=(self.width, self.height),
            crop=crop,
            content=(left, top, left + content_size[0], top + content_size[1]),
            roi=roi,
        )

    def pixels(self, image: npt.NDArray[Any], frame: Frame) -> npt.NDArray[Any]:
        """The tiles ``(T, height, width, C)`` of an image in its own depth: what a cache of training keeps.

        Raises
        ------
        ImageError : an image of another depth, shape or size than view and frame are for.
        """
        _check_shape(image)
        if image.dtype.name != self.dtype:
            raise ImageError(
                f"the model is for {self.dtype} images with white {self.white:g}: this one would be misread",
                got=image.dtype.name,
                allowed=self.dtype,
                remedy="convert the image as the training images were, or train with images of this depth",
            )
        if (image.shape[1], image.shape[0]) != frame.size:
            raise ImageError(
                "the image has another size than its frame",
                got=f"{image.shape[1]} x {image.shape[0]}",
                allowed=f"{frame.size[0]} x {frame.size[1]}",
            )
        left, top, right, bottom = frame.crop
        shown = np.ascontiguousarray(image[top:bottom, left:right])
        if shown.ndim == 3 and (self.grayscale or self.channels == 1):
            shown = np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY))
        if frame.roi is not None and not isinstance(frame.roi, Box):
            shown = _filled_outside(shown, frame.roi.mask(*frame.size)[top:bottom, left:right])
        whole = self._fitted(shown, frame)
        if whole.ndim == 2:
            whole = np.repeat(whole[:, :, None], self.channels, axis=2)
        return np.ascontiguousarray(frame.cut(whole))

    def normalise(self, pixels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Tiles ``(T, h, w, C)`` in the image's depth -> float32 ``(T, C, h, w)`` in [0, 1], contiguous.

        Black becomes 0 and white 1, linear in float32, so that all levels of a 16-bit image stay apart;
        what lies beyond is clipped.
        """
        planes = pixels.transpose(0, 3, 1, 2)
        scaled = np.empty(planes.shape, np.float32)
        if self.black:
            np.subtract(planes, np.float32(self.black), out=scaled, dtype=np.float32, casting="unsafe")
            scaled *= np.float32(1 / (self.white - self.black))
        else:
            factor = np.float32(1 / self.white)
            np.multiply(planes, factor, out=scaled, dtype=np.float32, casting="unsafe")
        return np.clip(scaled, np.float32(0), np.float32(1), out=scaled)

    def _sizes(self, width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Size of the whole input, and of the image's part in it, for an image of this size."""
        if self.fit == "stretch":
            return (self.width, self.height), (self.width, self.height)
        if self.fit == "pad":
            factor = min(self.width / width, self.height / height)
            content = min(_scaled(width, factor), self.width), min(_scaled(height, factor), self.height)
            return (self.width, self.height), content
        factor = self.scale / 2**self.downsample
        content = _scaled(width, factor), _scaled(height, factor)
        if content[0] * content[1] > MOST_PIXELS:
            raise self._too_large(content)
        padded = [
            max(math.ceil(length / self.multiple) * self.multiple, tile)
            for length, tile in zip(content, (self.width, self.height), strict=True)
        ]
        return (padded[0], padded[1]), content

    def _tiles(self, input_size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
        """Offsets of the tiles, row by row: evenly spread, on the grid of `multiple`, overlapping enough."""
        spread = [
            (length - tile, max(math.floor(tile * (1 - self.overlap) / self.multiple), 1) * self.multiple)
            for length, tile in zip(input_size, (self.width, self.height), strict=True)
        ]
        counts = [math.ceil(way / step) + 1 for way, step in spread]
        tiles = counts[0] * counts[1]
        if tiles > 1 and (tiles > MOST_TILES or tiles * self.width * self.height > MOST_PIXELS):
            raise self._too_large(input_size)
        columns, rows = (
            [round(index * (way // self.multiple) / max(count - 1, 1)) * self.multiple for index in range(count)]
            for count, (way, _) in zip(counts, spread, strict=True)
        )
        return tuple((x, y) for y in rows for x in columns)

    def _too_large(self, size: tuple[int, int]) -> ImageError:
        return ImageError(
            "the image is too large for this model",
            got=f"{size[0]} x {size[1]} pixels of input in tiles of {self.width} x {self.height}",
            allowed=f"at most {MOST_TILES} tiles with {MOST_PIXELS} pixels together",
            remedy="raise downsample, or cut the image before",
        )

    def _fitted(self, shown: npt.NDArray[Any], frame: Frame) -> npt.NDArray[Any]:
        """Resize the cropped pixels ``(h, w[, C])`` and pad them to the whole input."""
        left, top, right, bottom = frame.content
        height, width = shown.shape[:2]
        detail = width, height
        if self.fit != "scale":
            detail = _scaled(width, 0.5**self.downsample), _scaled(height, 0.5**self.downsample)
        small = min(right - left, detail[0]), min(bottom - top, detail[1])
        if small != (width, height):
            shown = np.asarray(cv2.resize(shown, small, interpolation=cv2.INTER_AREA))
        if small != (right - left, bottom - top):
            shown = np.asarray(cv2.resize(shown, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR))
        border = (top, frame.input_size[1] - bottom, left, frame.input_size[0] - right)
        return np.asarray(cv2.copyMakeBorder(shown, *border, cv2.BORDER_REFLECT_101)) if any(border) else shown


def _check_shape(image: npt.NDArray[Any]) -> None:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or image.size == 0:
        raise ImageError(
            "an image must be gray or RGB",
            got=f"an array of shape {image.shape}",
            allowed="(height, width) or (height, width, 3)",
        )


def _scaled(length: int, factor: float) -> int:
    return max(round(length * factor), 1)


def _crop(size: tuple[int, int], roi: Region | None) -> PixelBox:
    """The bounds of the pixels that the region of interest covers."""
    width, height = size
    if roi is None:
        return 0, 0, width, height
    if isinstance(roi, Box):  # like Box.mask: the pixels whose centres it covers
        left, right = (min(max(math.ceil(x - 0.5), 0), width) for x in (roi.x1, roi.x2))
        top, bottom = (min(max(math.ceil(y - 0.5), 0), height) for y in (roi.y1, roi.y2))
    else:
        covered = Mask.of(roi.mask(width, height))
        found = Box(0, 0, 0, 0) if covered is None else covered.bounds(width, height)
        left, top, right, bottom = (int(side) for side in (found.x1, found.y1, found.x2, found.y2))
    if left >= right or top >= bottom:
        raise ImageError(
            "the region of interest covers no pixel of the image",
            got=f"an image of {width} x {height} pixels",
            remedy="draw the region of interest within the image",
        )
    return left, top, right, bottom


def _filled_outside(shown: npt.NDArray[Any], inside: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """A copy with the mean colour of the inside where ``inside`` (h, w) is False."""
    channels = 1 if shown.ndim == 2 else shown.shape[2]
    mean = np.array(cv2.mean(shown, inside.astype(np.uint8))[:channels])
    filled = shown.copy()
    filled[~inside] = mean.astype(shown.dtype) if shown.dtype == np.float32 else np.rint(mean).astype(shown.dtype)
    return filled
