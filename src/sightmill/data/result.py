"""What a model says about one image: annotations with scores, and the maps they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import centre_matrix
from sightmill.data.outlines import outlined
from sightmill.data.regions import Mask, Point, Polyline, Region, Whole

__all__ = ["Heatmap", "Picture", "Result"]


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A coarse map laid over an image.

    Parameters
    ----------
    values : float32 ``(h, w)``; how large they are is the method's to say. Or uint8: steps of `unit`, for maps so
        many and fine that floats would fill the memory.
    matrix : affine ``(2, 3)`` from image coordinates to map coordinates (corner convention, pixels).
    size : ``(width, height)`` of the image.
    inside : bool ``(H, W)`` of the image where the map holds (region of interest); None = everywhere.
    limits : values to be drawn as cold and as hot, where the map is on a scale that is the same for all images;
        None leaves each map its own.
    unit : what one step of uint8 values is worth.
    """

    values: npt.NDArray[np.float32] | npt.NDArray[np.uint8]
    matrix: npt.NDArray[np.float64]
    size: tuple[int, int]
    inside: npt.NDArray[np.bool_] | None = None
    limits: tuple[float, float] | None = None
    unit: float = 1.0

    @property
    def coarse(self) -> npt.NDArray[np.float32]:
        """The values as they are meant, float32 ``(h, w)``."""
        if self.values.dtype == np.float32:
            return np.asarray(self.values, np.float32)
        return np.asarray(self.values * np.float32(self.unit), np.float32)

    def compact(self) -> Heatmap:
        """The same map in a quarter of the memory: 255 even steps between 0 and the upper limit, which it must have."""
        unit = (1.0 if self.limits is None else self.limits[1]) / 255
        steps = np.clip(np.rint(self.coarse * np.float32(1 / unit)), 0, 255).astype(np.uint8)
        return replace(self, values=steps, unit=unit)

    def at_image_size(self) -> npt.NDArray[np.float32]:
        """The map at the image's size ``(H, W)``, bilinear; 0 outside the region of interest."""
        full: npt.NDArray[np.float32] = np.asarray(
            cv2.warpAffine(
                self.coarse,
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
    rejected : predictions that a threshold or a limit kept back, the best first: no part of the answer, but what
        curves are drawn from and thresholds are fitted to.
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
    rejected: tuple[Annotation, ...] = ()

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
    def ood_score(self) -> float | None:
        """How unlike the training images this one is, 1 at the learnt threshold; None when the model cannot tell."""
        return self.values.get("ood_score")

    @property
    def ood_result(self) -> bool | None:
        """Whether the image is out of distribution, so that the answer is not to be trusted; None as above."""
        return self.flags.get("ood_result")

    @property
    def heatmap(self) -> npt.NDArray[np.float32] | None:
        """The first heatmap at the image's size ``(H, W)``; None when the method has none."""
        first = next(iter(self.heatmaps.values()), None)
        return None if first is None else first.at_image_size()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: everything but the maps, the pictures and what was kept back.

        Annotations that cover an area also have its ``box`` [x1, y1, x2, y2] and ``area`` (pixels), and a mask its
        outlines: ``polygons``, each a list of [x, y]; those of holes are among them (even-odd rule). Lines have their
        ``box`` and ``length``.
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
    found: dict[str, Any] = {"box": [box.x1, box.y1, box.x2, box.y2]}
    if isinstance(region, Polyline):
        return found | {"length": region.length}
    found["area"] = region.area(width, height)
    if isinstance(region, Mask):
        found["polygons"] = [outline.tolist() for outline in outlined(region.pixels, region.x, region.y)]
    return found
