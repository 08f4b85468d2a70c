"""What a model says about one image: annotations with scores, and the maps they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import centre_matrix
from sightmill.data.outlines import outlined
from sightmill.data.regions import Mask, Point, Region, Whole

__all__ = ["Heatmap", "Picture", "Result"]


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A coarse map laid over an image.

    Parameters
    ----------
    values : float32 ``(h, w)``; how large they are is the method's to say.
    matrix : affine ``(2, 3)`` from image coordinates to map coordinates (corner convention, pixels).
    size : ``(width, height)`` of the image.
    inside : bool ``(H, W)`` of the image where the map holds (region of interest); None = everywhere.
    limits : values to be drawn as cold and as hot, where the map is on a scale that is the same for all images;
        None leaves each map its own.
    """

    values: npt.NDArray[np.float32]
    matrix: npt.NDArray[np.float64]
    size: tuple[int, int]
    inside: npt.NDArray[np.bool_] | None = None
    limits: tuple[float, float] | None = None

    def at_image_size(self) -> npt.NDArray[np.float32]:
        """The map at the image's size ``(H, W)``, bilinear; 0 outside the region of interest."""
        full: npt.NDArray[np.float32] = np.asarray(
            cv2.warpAffine(
                self.values,
                centre_matrix(self.matrix),
                self.size,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )
        if self.inside is not None:
            full[~self.inside] = 0.0
        return full


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that the network made, laid over an image: what it expected to see there.

    Parameters
    ----------
    values : uint8 ``(h, w)`` or ``(h, w, 3)`` RGB.
    matrix, size : as of a `Heatmap`.
    """

    values: npt.NDArray[np.uint8]
    matrix: npt.NDArray[np.float64]
    size: tuple[int, int]

    def at_image_size(self) -> npt.NDArray[np.uint8]:
        """The picture at the image's size, ``(H, W)`` or ``(H, W, 3)``, bilinear."""
        return np.asarray(
            cv2.warpAffine(
                self.values,
                centre_matrix(self.matrix),
                self.size,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )


@dataclass(frozen=True, eq=False)
class Result:
    """The answer for one image.

    Parameters
    ----------
    annotations : predictions, the best first; image labels are `Whole` annotations.
    labels : the model's class names; a class id is an index into it.
    confidences : a score per class name, where the method has them; sums to one for classification.
    heatmaps : maps by name (``heatmap`` is the one to show first).
    values : other named numbers (``anomaly_score``, ``threshold`` ...).
    flags : named yes/no answers (``is_valid``, ``is_confident``).
    pictures : pictures by name that the method makes of what it saw (``reconstructed``).
    findings : what is wrong, in sentences, where the method can tell.
    size : ``(width, height)`` of the image, pixels.
    """

    annotations: tuple[Annotation, ...]
    labels: tuple[str, ...]
    size: tuple[int, int]
    confidences: Mapping[str, float] = field(default_factory=dict)
    heatmaps: Mapping[str, Heatmap] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    findings: tuple[str, ...] = ()

    @property
    def label(self) -> str | None:
        """Name of the best image label; None when the method gives none."""
        return next((item.label for item in self.annotations if isinstance(item.region, Whole)), None)

    @property
    def class_id(self) -> int | None:
        """Index of `label` in `labels`."""
        return self.labels.index(self.label) if self.label in self.labels else None

    @property
    def score(self) -> float | None:
        """Score of the best image label."""
        return next((item.score for item in self.annotations if isinstance(item.region, Whole)), None)

    @property
    def heatmap(self) -> npt.NDArray[np.float32] | None:
        """The first heatmap at the image's size ``(H, W)``; None when the method has none."""
        first = next(iter(self.heatmaps.values()), None)
        return None if first is None else first.at_image_size()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: everything but the maps and pictures.

        Annotations that cover an area also have its ``box`` [x1, y1, x2, y2] and ``area`` (pixels), and a mask its
        outlines: ``polygons``, each a list of [x, y]; those of holes are among them (even-odd rule).
        """
        return {
            "label": self.label,
            "class_id": self.class_id,
            "score": self.score,
            "confidences": dict(self.confidences),
            "values": dict(self.values),
            "flags": dict(self.flags),
            "findings": list(self.findings),
            "annotations": [
                {
                    **item.to_dict(),
                    "class_id": self.labels.index(item.label) if item.label in self.labels else None,
                    **_extent(item.region, *self.size),
                }
                for item in self.annotations
            ],
            "width": self.size[0],
            "height": self.size[1],
        }


def _extent(region: Region, width: int, height: int) -> dict[str, Any]:
    """Where a region is and how large, in numbers that need no reader of run lengths."""
    if isinstance(region, Whole | Point):
        return {}
    box = region.bounds(width, height)
    found: dict[str, Any] = {"box": [box.x1, box.y1, box.x2, box.y2], "area": region.area(width, height)}
    if isinstance(region, Mask):
        found["polygons"] = [outline.tolist() for outline in outlined(region.pixels, region.x, region.y)]
    return found
