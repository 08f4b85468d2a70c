"""Whether regions fit the images that they speak of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sightmill.data.findings import Finding
from sightmill.data.image import ImageInfo
from sightmill.data.regions import Mask, Point, Polyline, Region, RotatedBox, Whole
from sightmill.data.sample import Sample

__all__ = ["region_findings"]

_TINY = 4.0  # px: an object narrower than this is one cell, or none, of the finest feature map


def region_findings(
    samples: Sequence[Sample], infos: Sequence[ImageInfo | None], longer_side: int, sides: list[float]
) -> Iterator[Finding]:
    """Regions outside their images, without area, of another image's size, or too small to be learnt.

    Parameters
    ----------
    samples : what to look at.
    infos : their images' sizes; None for an image that cannot be read, which is passed over.
    longer_side : pixels that the longer image side is scaled to; 0 = not scaled.
    sides : gets the shorter side of each object, in pixels after scaling.
    """
    odd: dict[str, list[str]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for sample, info in zip(samples, infos, strict=True):
        if info is None:
            continue
        width, height = info.width, info.height
        scale = longer_side / max(width, height) if longer_side > 0 else 1.0
        kinds = [_odd_kind(item.region, width, height) for item in sample.annotations]
        if sample.roi is not None and sample.roi.clipped(width, height) is None:
            kinds.append("roi_outside")
        for item, kind in zip(sample.annotations, kinds, strict=False):
            if isinstance(item.region, Whole | Point | Polyline) or kind in ("region_without_area", "region_outside"):
                continue
            side = _shorter_side(item.region, width, height) * scale
            sides.append(side)
            if side < _TINY:
                kinds.append("tiny_objects")
        for kind in filter(None, kinds):
            counts[kind] += 1
            if sample.name not in odd[kind][-1:]:
                odd[kind].append(sample.name)
    scaled = f" after scaling to {longer_side} px" if longer_side > 0 else ""
    for kind, (level, what, remedy) in _ODD_REGIONS.items():
        if odd[kind]:
            yield Finding(level, kind, what.format(count=counts[kind], scaled=scaled), remedy, tuple(odd[kind]))


_ODD_REGIONS = {
    "mask_does_not_fit": (
        "error",
        "{count} masks reach beyond their images: they were drawn on images of another size.",
        "Export these masks again at the size of their images (mind the EXIF orientation).",
    ),
    "region_outside": (
        "warning",
        "{count} annotations lie wholly outside their images.",
        "Take them out, or check whether coordinates are pixels or shares, and whether images were resized.",
    ),
    "region_partly_outside": (
        "warning",
        "{count} annotations reach more than one pixel beyond their images.",
        "Check whether the images were resized or turned after labelling; they are clipped in training.",
    ),
    "region_without_area": (
        "warning",
        "{count} annotations have no area.",
        "Take them out or draw them anew; they are passed over in training.",
    ),
    "roi_outside": (
        "error",
        "{count} regions of interest lie outside their images.",
        "Draw the regions of interest anew.",
    ),
    "tiny_objects": (
        "warning",
        f"{{count}} objects are narrower than {_TINY:g} px{{scaled}}, too small to be learnt well.",
        "Scale images down less, cut them into tiles, or bring the camera nearer.",
    ),
}


def _odd_kind(region: Region, width: int, height: int) -> str | None:
    if isinstance(region, Whole):
        return None
    around = region.bounds(width, height)
    if isinstance(region, Mask):
        if not region.pixels.any():
            return "region_without_area"
        if around.x1 < 0 or around.y1 < 0 or around.x2 > width or around.y2 > height:
            return "mask_does_not_fit"
        return None
    if isinstance(region, Polyline):
        if not region.length > 0:
            return "region_without_area"
    elif not isinstance(region, Point) and not region.area(width, height) > 0:
        return "region_without_area"
    beyond = max(-around.x1, -around.y1, around.x2 - width, around.y2 - height)
    if beyond <= 0:
        return None
    if around.x2 < 0 or around.y2 < 0 or around.x1 > width or around.y1 > height or isinstance(region, Point):
        return "region_outside"
    return "region_partly_outside" if beyond > 1 else None


def _shorter_side(region: Region, width: int, height: int) -> float:
    around = region if isinstance(region, RotatedBox) else region.bounds(width, height)
    return min(around.width, around.height)
