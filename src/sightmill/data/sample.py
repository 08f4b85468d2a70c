"""One image with what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.image import ImageInfo, as_image, image_info, read_image
from sightmill.data.regions import Region, Whole

__all__ = ["SPLITS", "Sample"]

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Sample:
    """An image, read when it is asked for, and its annotations.

    Parameters
    ----------
    image : a file, or an array ``(H, W)`` or ``(H, W, 3)`` of uint8, uint16 or float32 (RGB order).
    name : how reports call it: the path relative to the data folder, with forward slashes.
    annotations : truth; several `Whole` annotations are several labels of one image.
    split : ``train``, ``validation``, ``test``, or None when the source says nothing.
    roi : region of interest; outside of it nothing is learnt, evaluated or inspected. None = everywhere.
    annotated : False when the source says nothing about this image (as opposed to "nothing is in it").
    attributes : what else the source carries (lot, camera, part id), as text.
    """

    image: Path | npt.NDArray[Any]
    name: str = ""
    annotations: tuple[Annotation, ...] = ()
    split: str | None = None
    roi: Region | None = None
    annotated: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> npt.NDArray[Any]:
        """The pixels ``(H, W)`` or ``(H, W, 3)``; raises `ImageError` when they cannot be had."""
        if isinstance(self.image, np.ndarray):
            return as_image(self.image, where=self.name or None)
        return read_image(self.image)

    @cached_property
    def info(self) -> ImageInfo:
        """Size, channels and depth, from the file's header only; raises `ImageError`."""
        if isinstance(self.image, np.ndarray):
            return ImageInfo.of(as_image(self.image, where=self.name or None))
        return image_info(self.image)

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels, after the EXIF orientation."""
        return self.info.width, self.info.height

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the image as a whole, in the source's order."""
        return tuple(item.label for item in self.annotations if isinstance(item.region, Whole))

    @property
    def label(self) -> str | None:
        """The one label of the image as a whole; None when there is none, the first when there are many."""
        return self.labels[0] if self.labels else None

    def with_split(self, split: str | None) -> Sample:
        """The same sample in another split."""
        return replace(self, split=split)
