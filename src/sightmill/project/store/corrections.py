"""Images of mixed sizes brought to one: corrected copies take the images' places; files are never written over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select

from sightmill.data.annotation import Annotation
from sightmill.data.image import read_image, write_image
from sightmill.data.region_kinds import region_from_dict
from sightmill.data.regions import Region
from sightmill.errors import SettingsError
from sightmill.project.store.changes import Change, Edit, annotated, apply, changed
from sightmill.project.store.intake import free_place
from sightmill.project.store.pictures import MOST_PIXELS, checked
from sightmill.project.store.project import Project
from sightmill.project.store.rows import file_of, stored
from sightmill.project.store.schema import THERE, images

__all__ = ["Correction", "correct", "corrected", "sizes"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Correction:
    """One step; see the API's message ``Step`` for which fields count."""

    kind: str
    x: int = 0
    y: int = 0
    width: int | None = None
    height: int | None = None
    keep_aspect: bool = True
    fill: float | None = None
    angle: int = 0

    def of(self, pixels: Array) -> tuple[Array, npt.NDArray[np.float64]]:
        """The changed image, and the affine ``(2, 3)`` from old to new coordinates.

        Raises
        ------
        SettingsError : a size is missing, or nothing of the image is left.
        """
        height, width = pixels.shape[:2]
        if self.kind == "gray":
            gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)) if pixels.ndim == 3 else pixels
            return gray, _affine()
        if self.kind == "rotate":
            turns = self.angle // 90
            matrix = {
                0: _affine(),
                1: np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0]]),
                2: np.array([[-1.0, 0.0, width], [0.0, -1.0, height]]),
                3: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, width]]),
            }[turns]
            return np.ascontiguousarray(np.rot90(pixels, -turns)), matrix
        if self.width is None or self.height is None:
            raise SettingsError(f"to {self.kind} an image, a width and a height are needed", where=self.kind)
        if self.width * self.height > MOST_PIXELS:
            raise SettingsError("the image would be too large", where=self.kind, got=f"{self.width} x {self.height}")
        if self.kind == "crop":
            left, top = min(self.x, width), min(self.y, height)
            part = pixels[top : min(top + self.height, height), left : min(left + self.width, width)]
            if not part.size:
                raise SettingsError(
                    "the crop lies outside of the image",
                    where="crop",
                    got=f"from {self.x}, {self.y}",
                    allowed=f"within {width} x {height} pixels",
                )
            return np.ascontiguousarray(part), _affine(shift=(-left, -top))
        if self.kind == "pad":
            return self._padded(pixels, self.width, self.height)
        if not self.keep_aspect:
            factors = self.width / width, self.height / height
            return _resized(pixels, self.width, self.height), _affine(factors)
        factor = min(self.width / width, self.height / height)
        inner = max(round(width * factor), 1), max(round(height * factor), 1)
        small = _resized(pixels, *inner)
        scaled = _affine((inner[0] / width, inner[1] / height))
        padded, moved = self._padded(small, self.width, self.height)
        scaled[:, 2] += moved[:, 2]
        return padded, scaled

    def _padded(self, pixels: Array, width: int, height: int) -> tuple[Array, npt.NDArray[np.float64]]:
        """Padded around the middle up to a size; a side that is larger is cropped about the middle."""
        left, top = max((pixels.shape[1] - width) // 2, 0), max((pixels.shape[0] - height) // 2, 0)
        part = pixels[top : top + height, left : left + width]
        right, below = (width - part.shape[1]) // 2, (height - part.shape[0]) // 2
        border = (below, height - part.shape[0] - below, right, width - part.shape[1] - right)
        if self.fill is None:
            padded = cv2.copyMakeBorder(part, *border, cv2.BORDER_REFLECT_101)
        else:
            white = {"uint8": 255.0, "uint16": 65535.0}.get(pixels.dtype.name, 1.0)
            padded = cv2.copyMakeBorder(part, *border, cv2.BORDER_CONSTANT, value=(self.fill * white,) * 3)
        return np.asarray(padded), _affine(shift=(right - left, below - top))


def corrected(pixels: Array, steps: Iterable[Correction]) -> tuple[Array, npt.NDArray[np.float64]]:
    """All steps one after the other: the image, and the affine ``(2, 3)`` from old to new coordinates."""
    whole = np.eye(3)
    for step in steps:
        pixels, matrix = step.of(pixels)
        whole = np.vstack([matrix, [0, 0, 1]]) @ whole
    return pixels, whole[:2]


def correct(
    project: Project,
    ids: Sequence[int],
    steps: Sequence[Correction],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Change:
    """Make corrected copies of images, which take their places in one change; annotations move along.

    Raises
    ------
    ImageError : an image cannot be read or written; nothing is changed then.
    """
    with project.reading() as connection:
        rows = [row for id in ids if (row := connection.execute(select(images).where(images.c.id == id)).first())]
    edits: list[Edit] = []
    made = []
    try:
        for number, row in enumerate(rows, start=1):
            pixels, matrix = corrected(read_image(checked(file_of(project, row)), max_pixels=MOST_PIXELS), steps)
            suffix = ".tiff" if pixels.dtype == np.float32 else ".png"
            stem = row.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
            target = free_place(project, f"{stem}{suffix}")
            made.append(target)
            write_image(target, pixels)
            look = stored(target).values()
            size = pixels.shape[1], pixels.shape[0]
            kept = [
                Annotation(region, item.label, None, item.text, item.attributes)
                for item in (Annotation.from_dict(said) for said in json.loads(row.annotations))
                if (region := _moved(item.region, matrix, size)) is not None
            ]
            roi = None if row.roi is None else _moved(region_from_dict(json.loads(row.roi)), matrix, size)
            truth = annotated(row, kept, labelled=row.labelled).after or {}
            values = {
                **look,
                **truth,
                "path": target.relative_to(project.folder).as_posix(),
                "copied": True,
                "roi": None if roi is None else json.dumps(roi.to_dict()),
            }
            edits.append(changed("images", row, values))
            if progress:
                progress(number, len(rows))
        return apply(project, f"Correct {len(edits)} image{'' if len(edits) == 1 else 's'}", edits)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def sizes(project: Project) -> tuple[list[tuple[int, int, int]], dict[str, int], dict[str, int]]:
    """``(width, height, images)`` the most frequent first; images per channels; images per depth."""
    there = (THERE, images.c.problem.is_(None))
    with project.reading() as connection:
        found = connection.execute(
            select(images.c.width, images.c.height, func.count())
            .where(*there)
            .group_by(images.c.width, images.c.height)
            .order_by(func.count().desc(), images.c.width, images.c.height)
            .limit(1000)
        ).all()
        channels = connection.execute(
            select(images.c.channels, func.count()).where(*there).group_by(images.c.channels)
        ).all()
        depths = connection.execute(select(images.c.dtype, func.count()).where(*there).group_by(images.c.dtype)).all()
    named = {1: "gray", 3: "colour"}
    return (
        [(int(w), int(h), int(n)) for w, h, n in found],
        {named.get(kind, str(kind)): int(n) for kind, n in channels},
        {str(kind): int(n) for kind, n in depths},
    )


def _moved(region: Region, matrix: npt.NDArray[np.float64], size: tuple[int, int]) -> Region | None:
    return region.moved(matrix).clipped(*size)


def _resized(pixels: Array, width: int, height: int) -> Array:
    smaller = width * height < pixels.shape[0] * pixels.shape[1]
    return np.asarray(
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    )


def _affine(
    factors: tuple[float, float] = (1.0, 1.0), *, shift: tuple[float, float] = (0.0, 0.0)
) -> npt.NDArray[np.float64]:
    return np.array([[factors[0], 0.0, shift[0]], [0.0, factors[1], shift[1]]])
