"""One pass over the images of a data set: what each is, and whether it can be read at all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sightmill.data.dataset import Dataset
from sightmill.data.duplicates import Fingerprint
from sightmill.data.findings import Finding
from sightmill.data.image import ImageInfo
from sightmill.data.sample import Sample
from sightmill.errors import ImageError

__all__ = ["DataSummary", "Look", "look_at", "summarise"]


@dataclass(frozen=True, eq=False)
class Look:
    """What one reading of an image gave.

    Parameters
    ----------
    info : size, channels, depth and notes; None when the image cannot be read.
    mark : its fingerprint; None when it cannot be read.
    blank : True when all pixels have the same value.
    error : why it cannot be read.
    """

    info: ImageInfo | None = None
    mark: Fingerprint | None = None
    blank: bool = False
    error: ImageError | None = None


def look_at(samples: Sequence[Sample]) -> list[Look]:
    """Read each image once, in as many threads as there are cores (8 at most)."""
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        return list(pool.map(_look, samples))


def _look(sample: Sample) -> Look:
    try:
        pixels = sample.read()
        return Look(info=sample.info, mark=Fingerprint.of(pixels), blank=bool((pixels == pixels[:1, :1]).all()))
    except ImageError as error:
        return Look(error=error)


@dataclass(frozen=True, eq=False)
class DataSummary:
    """What is in a data set, and what is wrong with it.

    Parameters
    ----------
    format : id of the format it was read from.
    images : how many; `unreadable` of them cannot be read, `annotated` are annotated.
    labels : class names in order.
    splits : images per split; ``unassigned`` are those without one.
    class_images : images per split and class, ``{split: {label: images}}``.
    class_objects : annotations per split and class.
    regions : annotations per kind of region.
    sizes : images per ``(width, height)``, the most frequent first.
    channels, depths, formats : images per number of channels, type of values and file format.
    object_sides : 0, 5, 50, 95 and 100 % quantiles of the objects' shorter sides in pixels, after scaling.
    duplicates, near_duplicates : groups of sample names that are the same picture, exactly and nearly.
    findings : errors first, then warnings, then remarks.
    """

    format: str
    images: int
    annotated: int
    unreadable: int
    labels: tuple[str, ...]
    splits: Mapping[str, int]
    class_images: Mapping[str, Mapping[str, int]]
    class_objects: Mapping[str, Mapping[str, int]]
    regions: Mapping[str, int]
    sizes: Mapping[tuple[int, int], int]
    channels: Mapping[int, int]
    depths: Mapping[str, int]
    formats: Mapping[str, int]
    object_sides: tuple[float, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    near_duplicates: tuple[tuple[str, ...], ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; sizes become a list of ``{width, height, images}``."""
        quantiles = ("smallest", "5 %", "median", "95 %", "largest")
        return {
            "format": self.format,
            "images": self.images,
            "annotated": self.annotated,
            "unreadable": self.unreadable,
            "labels": list(self.labels),
            "splits": dict(self.splits),
            "class_images": {split: dict(found) for split, found in self.class_images.items()},
            "class_objects": {split: dict(found) for split, found in self.class_objects.items()},
            "regions": dict(self.regions),
            "sizes": [
                {"width": width, "height": height, "images": count} for (width, height), count in self.sizes.items()
            ],
            "channels": {str(channels): count for channels, count in self.channels.items()},
            "depths": dict(self.depths),
            "formats": dict(self.formats),
            "object_sides": dict(zip(quantiles, self.object_sides, strict=False)),
            "duplicates": [list(names) for names in self.duplicates],
            "near_duplicates": [list(names) for names in self.near_duplicates],
            "findings": [finding.to_dict() for finding in self.findings],
        }


def summarise(
    dataset: Dataset,
    looks: Sequence[Look],
    *,
    sides: Sequence[float],
    duplicates: Sequence[Sequence[int]],
    near_duplicates: Sequence[Sequence[int]],
    findings: Sequence[Finding],
) -> DataSummary:
    """Count what the looks at the images and their annotations gave."""
    samples = dataset.samples
    infos = [look.info for look in looks if look.info is not None]
    class_images: dict[str, Counter[str]] = {}
    for sample in samples:
        tally = class_images.setdefault(sample.split or "unassigned", Counter())
        tally.update({item.label for item in sample.annotations})
    quantiles = np.quantile(np.asarray(sides), (0, 0.05, 0.5, 0.95, 1)).tolist() if len(sides) else []
    return DataSummary(
        format=dataset.format,
        images=len(samples),
        annotated=sum(sample.annotated for sample in samples),
        unreadable=sum(look.error is not None for look in looks),
        labels=dataset.labels,
        splits=_counted(sample.split or "unassigned" for sample in samples),
        class_images={split: dict(sorted(tally.items())) for split, tally in class_images.items()},
        class_objects=dataset.counts(),
        regions=_counted(item.region.kind for sample in samples for item in sample.annotations),
        sizes=_counted((info.width, info.height) for info in infos),
        channels=_counted(info.channels for info in infos),
        depths=_counted(info.dtype for info in infos),
        formats=_counted(info.format for info in infos),
        object_sides=tuple(round(side, 2) for side in quantiles),
        duplicates=tuple(tuple(samples[index].name for index in group) for group in duplicates),
        near_duplicates=tuple(tuple(samples[index].name for index in group) for group in near_duplicates),
        findings=tuple(findings),
    )


def _counted(things: Any) -> dict[Any, int]:
    return dict(sorted(Counter(things).items(), key=lambda item: (-item[1], str(item[0]))))
