"""Truth and answer of one image as maps of classes, and the blobs in them: what pixel metrics count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.ignored import is_ignored
from sightmill.data.regions import Box, Mask, Polygon, RotatedBox
from sightmill.evaluation.report import Pair

__all__ = ["AREAS", "ClassMaps", "blobs_of", "disc", "ignored_pixels", "painted", "rims_of"]

BoolArray = npt.NDArray[np.bool_]
LabelArray = npt.NDArray[np.int32]

#: Kinds of regions that cover pixels.
AREAS = (Mask, Polygon, Box, RotatedBox)

#: Pixels of one class that lie at most so many pixels apart belong to one blob: a drawn outline frays into specks.
JOINED_OVER = 2


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """One image, class by class.

    Parameters
    ----------
    truth, answer : bool ``(K, H, W)``; a pixel may belong to several classes, or to none: background.
    valid : bool ``(H, W)``: pixels that are judged (in the region of interest, not left aside).
    """

    truth: BoolArray
    answer: BoolArray
    valid: BoolArray

    @classmethod
    def of(cls, pair: Pair, labels: Sequence[str]) -> ClassMaps:
        """Paint a pair's areas; classes that the model does not know are background, which is what it can say."""
        width, height = pair.result.size
        valid = np.ones((height, width), np.bool_)
        if pair.sample.roi is not None:
            valid = pair.sample.roi.mask(width, height)
        valid &= ~ignored_pixels(pair.sample.annotations, width, height)
        return cls(
            painted(pair.sample.annotations, labels, width, height) & valid,
            painted(pair.result.annotations, labels, width, height) & valid,
            valid,
        )

    def index_maps(self) -> tuple[LabelArray, LabelArray]:
        """Truth and answer as class ids ``(H, W)``, 0 for the background; of several classes the last."""
        truth, answer = np.zeros(self.valid.shape, np.int32), np.zeros(self.valid.shape, np.int32)
        for number in range(len(self.truth)):
            truth[self.truth[number]] = number + 1
            answer[self.answer[number]] = number + 1
        return truth, answer


def painted(annotations: Iterable[Annotation], labels: Sequence[str], width: int, height: int) -> BoolArray:
    """The pixels that the areas of each class cover: bool ``(K, H, W)``."""
    maps = np.zeros((len(labels), height, width), np.bool_)
    places = {label: number for number, label in enumerate(labels)}
    for item in annotations:
        if item.label in places and isinstance(item.region, AREAS):
            _paint(maps[places[item.label]], item.region)
    return maps


def ignored_pixels(annotations: Iterable[Annotation], width: int, height: int) -> BoolArray:
    """The pixels that the truth says nothing about: bool ``(H, W)``."""
    found = np.zeros((height, width), np.bool_)
    for item in annotations:
        if is_ignored(item.label) and isinstance(item.region, AREAS):
            _paint(found, item.region)
    return found


def _paint(covered: BoolArray, region: Mask | Polygon | Box | RotatedBox) -> None:
    """Add a region's pixels; a mask costs what it covers, not what the image has."""
    height, width = covered.shape
    if not isinstance(region, Mask):
        covered |= region.mask(width, height)
        return
    rows, columns = region.pixels.shape
    top, left = max(region.y, 0), max(region.x, 0)
    bottom, right = min(region.y + rows, height), min(region.x + columns, width)
    if top < bottom and left < right:
        inside = region.pixels[top - region.y : bottom - region.y, left - region.x : right - region.x]
        covered[top:bottom, left:right] |= inside


def blobs_of(covered: BoolArray) -> tuple[int, LabelArray]:
    """How many blobs there are, and for each pixel ``(H, W)`` its blob from 1 on, 0 outside.

    Pixels that touch, corners included, or lie `JOINED_OVER` pixels apart are one blob.
    """
    wider = cv2.dilate(covered.astype(np.uint8), np.ones((JOINED_OVER + 1, JOINED_OVER + 1), np.uint8))
    count, numbers = cv2.connectedComponents(wider, connectivity=8)
    found: LabelArray = np.where(covered, numbers, 0).astype(np.int32)
    return count - 1, found


def rims_of(covered: BoolArray) -> BoolArray:
    """The pixels of an area that touch its outside, the image's border not counted: bool ``(H, W)``."""
    inner = cv2.erode(
        covered.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), borderType=cv2.BORDER_REPLICATE
    )
    rims: BoolArray = covered & (inner == 0)
    return rims


def disc(radius: float) -> npt.NDArray[np.uint8]:
    """The pixels within a distance of one in the middle."""
    reach = int(radius)
    offsets = np.arange(-reach, reach + 1)
    return (offsets[:, None] ** 2 + offsets[None, :] ** 2 <= radius**2 + 1e-9).astype(np.uint8)
