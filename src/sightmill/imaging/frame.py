"""The way back from a network's input to the image, and the tiles in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import BoolArray, FloatArray
from sightmill.data.regions import Box, Region
from sightmill.data.result import Heatmap, Picture
from sightmill.errors import ModelError

__all__ = ["Frame"]

#: ``(x1, y1, x2, y2)`` in whole pixels; the right and bottom sides are not part of it.
PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Frame:
    """Where one image lies in the network's input; made by `View.frame`.

    The *whole input* is the resized and padded image; the network sees it through *tiles*, windows of one
    size on a full grid, listed row by row. Without tiling there is one tile: the whole input.

    Parameters
    ----------
    size : ``(width, height)`` of the image.
    input_size : ``(width, height)`` of the whole input.
    matrix : affine ``(2, 3)`` from image to whole-input coordinates (corner convention).
    tiles : ``(x, y)`` of each tile's top-left corner in the whole input.
    tile_size : ``(width, height)`` of every tile.
    crop : the pixels of the image that are shown: all, or the bounds of the region of interest.
    content : where these pixels lie in the whole input; around it is padding.
    roi : region of interest in the image; None = everywhere.
    """

    size: tuple[int, int]
    input_size: tuple[int, int]
    matrix: FloatArray
    tiles: tuple[tuple[int, int], ...]
    tile_size: tuple[int, int]
    crop: PixelBox
    content: PixelBox
    roi: Region | None = None

    @cached_property
    def matrix_back(self) -> FloatArray:
        """Affine ``(2, 3)`` from whole-input to image coordinates."""
        linear = np.linalg.inv(self.matrix[:, :2])
        return np.column_stack([linear, -linear @ self.matrix[:, 2]])

    def to_input(self, region: Region) -> Region:
        """A region of the image in coordinates of the whole input (not clipped)."""
        return region.moved(self.matrix)

    def to_image(self, region: Region) -> Region:
        """A region of the whole input in coordinates of the image (not clipped)."""
        return region.moved(self.matrix_back)

    def inside(self) -> BoolArray | None:
        """The pixels ``(H, W)`` of the image in its region of interest; None = all of them."""
        return None if self.roi is None else self.roi.mask(*self.size)

    def valid(self) -> BoolArray:
        """The pixels ``(H_in, W_in)`` of the whole input that are image, not padding, and in its ROI."""
        width, height = self.input_size
        left, top, right, bottom = self.content
        shown = np.zeros((height, width), np.bool_)
        shown[top:bottom, left:right] = True
        if self.roi is not None and not isinstance(self.roi, Box):  # a box is cropped to: the content is all
            shown &= self.to_input(self.roi).mask(width, height)
        return shown

    def cut(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Cut an array over the whole input into tiles.

        Parameters
        ----------
        values : ``(H_in / s, W_in / s, ...)`` for a stride s >= 1 that divides tiles and offsets.

        Returns
        -------
        ``(T, h / s, w / s, ...)``; a view of `values` when there is one tile.
        """
        if len(self.tiles) == 1:
            return values[None]
        stride_x, stride_y = self._strides(values.shape[1], values.shape[0], self.input_size)
        width, height = self.tile_size[0] // stride_x, self.tile_size[1] // stride_y
        corners = [(x // stride_x, y // stride_y) for x, y in self.tiles]
        return np.stack([values[y : y + height, x : x + width] for x, y in corners])

    def merge(self, maps: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Join the maps of all tiles into one over the whole input, without seams: the inverse of `cut`.

        Where tiles overlap, floats are averaged with raised-cosine weights (largest at a tile's centre,
        almost 0 at its border, summing to one everywhere); integers and booleans, which cannot be averaged,
        are taken from the tile with the largest weight.

        Parameters
        ----------
        maps : ``(T, h, w, ...)``, one per tile, at any stride s that divides tiles and offsets
            (each power of two up to `View.multiple` does).

        Returns
        -------
        ``(H_in / s, W_in / s, ...)``: float32 for floats, else the type of `maps`.

        Raises
        ------
        ModelError : the maps are not one per tile, or their stride does not divide tiles and offsets.
        """
        maps = np.asarray(maps)
        if maps.ndim < 3 or len(maps) != len(self.tiles):
            raise ModelError(
                "the network's maps do not fit the image's tiles",
                got=f"an array of shape {maps.shape}",
                allowed=f"({len(self.tiles)}, height, width, ...)",
            )
        if len(maps) == 1:
            return np.asarray(maps[0])
        stride_x, stride_y = self._strides(maps.shape[2], maps.shape[1], self.tile_size)
        weights_x = _weights([x for x, _ in self.tiles], stride_x, self.tile_size[0], self.input_size[0])
        weights_y = _weights([y for _, y in self.tiles], stride_y, self.tile_size[1], self.input_size[1])
        shape = (self.input_size[1] // stride_y, self.input_size[0] // stride_x, *maps.shape[3:])
        averaged = np.issubdtype(maps.dtype, np.floating)
        whole = np.zeros(shape, np.float32 if averaged else maps.dtype)
        largest = np.zeros(shape[:2], np.float32)
        trailing = (slice(None), slice(None), *([None] * (maps.ndim - 3)))
        for (x, y), values in zip(self.tiles, maps, strict=True):
            weight = weights_y[y][:, None] * weights_x[x][None, :]  # (h, w)
            rows = slice(y // stride_y, y // stride_y + values.shape[0])
            columns = slice(x // stride_x, x // stride_x + values.shape[1])
            if averaged:
                whole[rows, columns] += weight[trailing] * values
            else:
                nearer = weight > largest[rows, columns]
                whole[rows, columns][nearer] = values[nearer]
                largest[rows, columns][nearer] = weight[nearer]
        return whole

    def heatmap(self, values: npt.NDArray[Any], limits: tuple[float, float] | None = None) -> Heatmap:
        """A map ``(h, w)`` over the whole input, at any stride, as a `Heatmap` over the image."""
        return Heatmap(
            values=np.ascontiguousarray(values, np.float32),
            matrix=self._to_map(values),
            size=self.size,
            inside=self.inside(),
            limits=limits,
        )

    def picture(self, values: npt.NDArray[Any]) -> Picture:
        """A picture ``(h, w)`` or ``(h, w, 3)`` in [0, 1] over the whole input, as a `Picture` over the image."""
        pixels = np.round(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8)
        return Picture(np.ascontiguousarray(pixels), self._to_map(values), self.size)

    def _to_map(self, values: npt.NDArray[Any]) -> FloatArray:
        """Image -> map coordinates, for a map of this shape over the whole input."""
        factors = values.shape[1] / self.input_size[0], values.shape[0] / self.input_size[1]
        return np.asarray(self.matrix * np.array(factors)[:, None], np.float64)

    def _strides(self, columns: int, rows: int, covered: tuple[int, int]) -> tuple[int, int]:
        """Pixels per map cell in x and y, for a map of this many cells over an area of this size."""
        strides = covered[0] // max(columns, 1), covered[1] // max(rows, 1)
        fits = (strides[0] * columns, strides[1] * rows) == covered and all(
            length % stride == 0
            for corner in (*self.tiles, self.tile_size, self.input_size)
            for length, stride in zip(corner, strides, strict=True)
        )
        if not fits:
            raise ModelError(
                "a map of this size cannot be laid over the tiles without shifting it",
                got=f"{columns} x {rows} for {covered[0]} x {covered[1]} pixels",
                allowed="sides that divide the tiles and their offsets",
            )
        return strides


def _weights(offsets: Sequence[int], stride: int, tile: int, length: int) -> dict[int, npt.NDArray[np.float32]]:
    """Weights ``(tile / stride,)`` of the tiles along one axis, by offset; they sum to one at each place.

    Tiles stand on a full grid, so the weight of a tile is the product of its weights along the two axes.
    """
    cells = tile // stride
    bell = np.sin(np.pi * (np.arange(cells) + 0.5) / cells) ** 2
    total = np.zeros(length // stride)
    starts = {offset: offset // stride for offset in sorted(set(offsets))}
    for start in starts.values():
        total[start : start + cells] += bell
    return {offset: (bell / total[start : start + cells]).astype(np.float32) for offset, start in starts.items()}
