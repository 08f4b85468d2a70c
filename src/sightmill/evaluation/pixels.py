"""How well heatmaps find the pixels of defects, in one pass over the images and in bounded memory.

Every pixel's score is counted in one of some thousand steps of about equal weight, so that memory does not
grow with the images; the areas differ from exact ones by less than 0.002.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.regions import Box, Mask, Polygon, RotatedBox
from sightmill.data.sample import Sample
from sightmill.evaluation.curves import FloatArray, ratio
from sightmill.evaluation.intervals import CONFIDENCE
from sightmill.evaluation.report import Estimate, Pair

__all__ = ["PIXEL_AREAS", "PRO_LIMIT", "STRICT_LIMIT", "PixelCurves", "defect_pixels", "pixel_curves"]

#: PRO curves are integrated up to this false positive rate, as in the MVTec AD papers, and up to a strict one, as in
#: MVTec AD 2: a heatmap with a third of its good pixels alight is of no use on a line.
PRO_LIMIT, STRICT_LIMIT = 0.3, 0.05

#: Names of the areas, in the order of `_areas`.
PIXEL_AREAS = ("pixel_auroc", "pixel_ap", "pixel_aupro", "pixel_aupro_05")

_STEPS = 4096
_SAMPLED = 1_000_000
_GROUPS = 256
_RESAMPLES = 400
_FEWEST_IMAGES = 3

IndexArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PixelCurves:
    """Pixel rates over all thresholds, from the strictest ``(0, 0)`` to the loosest ``(1, 1)``.

    Parameters
    ----------
    false_positive_rate : share of defect-free pixels at or above each threshold ``(M,)``.
    true_positive_rate : share of defect pixels ``(M,)``.
    region_overlap : covered share of each defect region, averaged over the regions ``(M,)`` (PRO).
    areas : by the names of `PIXEL_AREAS`: area under the ROC curve, average precision, and region overlap up to
        `PRO_LIMIT` and up to `STRICT_LIMIT`, divided by the limit so that 1 is perfect.
    images, regions : defective images with pixel truth, and connected regions in them.
    by_type : the areas, for the defects of one type against all good pixels, by type and name.
    """

    false_positive_rate: FloatArray
    true_positive_rate: FloatArray
    region_overlap: FloatArray
    areas: Mapping[str, Estimate]
    images: int
    regions: int
    by_type: Mapping[str, Mapping[str, float]]


def defect_pixels(sample: Sample, size: tuple[int, int]) -> BoolArray | None:
    """The pixels ``(H, W)`` that the truth's areas cover; None when the truth names no area."""
    areas = [item.region for item in sample.annotations if isinstance(item.region, Box | RotatedBox | Polygon | Mask)]
    if not areas:
        return None
    width, height = size
    covered = np.zeros((height, width), np.bool_)
    for area in areas:
        covered |= area.mask(width, height)
    return covered


def pixel_curves(
    pairs: Sequence[Pair],
    is_good: Callable[[Sample], bool],
    *,
    intervals: bool = True,
    type_of: Callable[[Sample], str] | None = None,
) -> PixelCurves | None:
    """Pixel ROC and per-region overlap of the first heatmap of each result.

    Good images count as free of defects; defective images whose truth names no area are left out, and so are
    pixels outside a sample's region of interest. None when that leaves no defect pixel or no good pixel.
    `type_of` names a defective sample's type, for figures by type.

    Intervals come from a bootstrap over images (Poisson weights, so that it needs one pass), None with fewer
    than three defective images. PRO: Bergmann et al., "The MVTec Anomaly Detection Dataset" (2021),
    section 5.2; regions are 8-connected components of the truth of one image.
    """
    if not any(True for _ in _judged(pairs, is_good)):
        return None
    edges = _steps(pairs, is_good)
    counts = _Counts(len(edges) + 1, resampled=intervals)
    for pair, truth in _judged(pairs, is_good):
        heatmap = pair.result.heatmap
        if heatmap is None:
            continue
        roi = pair.sample.roi
        valid = None if roi is None else roi.mask(*pair.result.size)
        steps = np.searchsorted(edges, heatmap.astype(np.float32, copy=False), side="right")
        counts.add(steps, truth, valid, type_of(pair.sample) if type_of and truth is not None else "")
    return counts.curves()


def _judged(pairs: Sequence[Pair], is_good: Callable[[Sample], bool]) -> Iterator[tuple[Pair, BoolArray | None]]:
    """Pairs whose pixels can be judged, with the defect pixels; None for a good image."""
    for pair in pairs:
        if not pair.result.heatmaps or not pair.sample.annotated:
            continue
        if is_good(pair.sample):
            yield pair, None
            continue
        truth = defect_pixels(pair.sample, pair.result.size)
        if truth is not None:
            yield pair, truth


def _steps(pairs: Sequence[Pair], is_good: Callable[[Sample], bool]) -> npt.NDArray[np.float32]:
    """Thresholds that part the scores into steps of about equal weight, finer towards the high end.

    Read off a sample of the coarse maps: interpolation adds no value beyond theirs.
    """
    mapped = [pair for pair in pairs if pair.result.heatmaps and pair.sample.annotated]
    share = max(_SAMPLED // max(len(mapped), 1), 16)
    pools: dict[bool, list[npt.NDArray[np.float32]]] = {True: [], False: []}
    for pair in mapped:
        values = next(iter(pair.result.heatmaps.values())).coarse.reshape(-1)
        if len(values):
            step = -(-len(values) // share)
            pools[is_good(pair.sample)].append(values[::step].astype(np.float32))
            pools[is_good(pair.sample)].append(values.max(keepdims=True).astype(np.float32))
    shares = np.concatenate([np.linspace(0.0, 1.0, _STEPS * 3 // 8), 1 - np.geomspace(1e-6, 0.05, _STEPS // 8)])
    edges = [np.quantile(np.concatenate(pool), shares) for pool in pools.values() if pool]
    return np.unique(np.concatenate(edges).astype(np.float32))


class _Counts:
    """Pixels and region shares by step, and resampled copies of them in fewer steps."""

    def __init__(self, steps: int, *, resampled: bool) -> None:
        self.pixels = np.zeros((3, steps))  # defect-free, defect, and region shares
        self.types: dict[str, FloatArray] = {"": np.zeros((3, steps))}  # those of the good images without a name
        self.regions = 0
        self.images = 0
        self.group = np.arange(steps) * min(_GROUPS, steps) // steps
        self.rng = np.random.default_rng(0)
        size = _RESAMPLES if resampled else 0
        self.resampled = np.zeros((3, size, int(self.group[-1]) + 1))

    def add(self, steps: IndexArray, truth: BoolArray | None, valid: BoolArray | None, defect_type: str) -> None:
        size = self.pixels.shape[1]
        here = np.zeros_like(self.pixels)
        if truth is None:
            chosen = steps.reshape(-1) if valid is None else steps[valid]
            here[0] = np.bincount(chosen, minlength=size)
        else:
            inside = np.ones_like(truth) if valid is None else valid
            defect = truth & inside
            here[0] = np.bincount(steps[inside & ~truth], minlength=size)
            here[1] = np.bincount(steps[defect], minlength=size)
            count, region = cv2.connectedComponents(defect.astype(np.uint8), connectivity=8)
            region = region[defect]
            area = np.bincount(region, minlength=count)
            here[2] = np.bincount(steps[defect], 1.0 / area[region], minlength=size)
            self.regions += count - 1
            self.images += int(count > 1)
        self.pixels += here
        self.types[defect_type] = self.types.get(defect_type, 0.0) + here
        if self.resampled.size:
            weight = self.rng.poisson(1.0, self.resampled.shape[1]).astype(np.float64)
            for kind in range(3):
                if here[kind].any():
                    grouped = np.bincount(self.group, here[kind], self.resampled.shape[2])
                    self.resampled[kind] += weight[:, None] * grouped

    def curves(self) -> PixelCurves | None:
        if not self.regions or not self.pixels[0].any():
            return None
        areas = _areas(self.pixels)
        ends: list[tuple[float | None, float | None]] = [(None, None)] * len(areas)
        if self.resampled.size and self.images >= _FEWEST_IMAGES:
            ends = [(low, high) for low, high in self._ends(areas)]
        estimates = {
            name: Estimate(float(area), low, high, self.images)
            for name, area, (low, high) in zip(PIXEL_AREAS, areas, ends, strict=True)
        }
        by_type: dict[str, dict[str, float]] = {}
        for kind, counts in self.types.items():
            against_good = counts + self.types[""]
            if kind and counts[1].any() and against_good[0].any():
                by_type[kind] = dict(zip(PIXEL_AREAS, _areas(against_good).tolist(), strict=True))
        return PixelCurves(*_rates(self.pixels), estimates, self.images, self.regions, by_type)

    def _ends(self, areas: FloatArray) -> list[tuple[float, float]]:
        """Interval ends, moved by what the coarser steps of the resamples cost."""
        grouped: FloatArray = np.stack([np.bincount(self.group, kind, self.resampled.shape[2]) for kind in self.pixels])
        usable = [index for index in range(_RESAMPLES) if self.resampled[:2, index].any(axis=-1).all()]
        drawn = np.array([_areas(self.resampled[:, index]) for index in usable])
        shift = areas - _areas(grouped)
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=0) + shift
        low, high = np.clip(np.minimum(low, areas), 0, 1), np.clip(np.maximum(high, areas), 0, 1)
        return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def _rates(pixels: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Shares at or above each step, the highest first; `pixels` is ``(3, steps)``."""
    risen = np.cumsum(pixels[:, ::-1], axis=1)
    risen = np.concatenate([np.zeros((3, 1)), risen / risen[:, -1:]], axis=1)
    return risen[0], risen[1], risen[2]


def _areas(pixels: FloatArray) -> FloatArray:
    """The areas in the order of `PIXEL_AREAS`; `pixels` is ``(3, steps)``."""
    false, true, overlap = _rates(pixels)
    hits, alarms = true * pixels[1].sum(), false * pixels[0].sum()
    precision = ratio(hits[1:], hits[1:] + alarms[1:])
    average = float(np.nansum(precision * np.diff(true)))
    return np.array(
        [
            _area_to(false, true, 1.0),
            average,
            *(_area_to(false, overlap, limit) / limit for limit in (PRO_LIMIT, STRICT_LIMIT)),
        ]
    )


def _area_to(x: FloatArray, y: FloatArray, limit: float) -> float:
    """Trapezoids under ``y(x)`` from 0 to `limit`; `x` does not fall."""
    inside = int(np.searchsorted(x, limit, side="right"))
    x_end, y_end = x[:inside], y[:inside]
    if inside < len(x):
        slope = (y[inside] - y_end[-1]) / (x[inside] - x_end[-1])
        x_end = np.append(x_end, limit)
        y_end = np.append(y_end, y_end[-1] + slope * (limit - x_end[-2]))
    return float(((y_end[1:] + y_end[:-1]) * np.diff(x_end)).sum() / 2)
