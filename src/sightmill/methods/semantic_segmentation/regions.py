"""From probability maps to the pixels of each class, to regions, and back: which threshold suits held-out images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask
from sightmill.evaluation.label_maps import ClassMaps, blobs_of
from sightmill.evaluation.report import Pair
from sightmill.evaluation.segmentation import BLOB_SHARE, SMALLEST_BLOB

__all__ = ["Decision", "decide", "regions_of", "strongest"]

FloatMaps = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

#: Thresholds that may be chosen, in hundredths; between equals the one nearest to the middle.
LOWEST, HIGHEST, MIDDLE = 10, 90, 50
#: Differences of IoU and F1 that do not count.
EQUAL = 0.002
#: No smaller region than this share of the true ones, in percent, is kept from being reported: what a weak model misses
#: anyway must not make it blind to all that is small.
SMALLEST_KEPT = 5


def strongest(maps: FloatMaps, *, independent: bool) -> tuple[FloatMaps, npt.NDArray[np.uint8] | None]:
    """What is compared with the threshold, and the likeliest class of each pixel.

    Parameters
    ----------
    maps : ``(K, H, W)`` probabilities.
    independent : whether a pixel may belong to several classes.

    Returns
    -------
    Independent: the maps themselves, and None. Else the probability of not being background ``(H, W)``, and the class
    ``(H, W)``.
    """
    if independent:
        return maps, None
    best, winner = maps[0].copy(), np.zeros(maps.shape[1:], np.uint8)
    total = maps[0].copy()
    for number in range(1, len(maps)):
        better = maps[number] > best
        winner[better] = number
        np.maximum(best, maps[number], out=best)
        total += maps[number]
    return total, winner


def class_pixels(
    total: FloatMaps, winner: npt.NDArray[np.uint8] | None, threshold: float, classes: int
) -> list[BoolArray]:
    """The pixels of each class ``(H, W)``, from what `strongest` says."""
    if winner is None:
        return [total[number] >= threshold for number in range(classes)]
    there = total >= threshold
    return [there & (winner == number) for number in range(classes)]


def regions_of(
    maps: FloatMaps, labels: Sequence[str], *, threshold: float, minimum_area: int, independent: bool
) -> list[Annotation]:
    """Connected regions of each class, the surest first; a region's score is its mean probability."""
    total, winner = strongest(maps, independent=independent)
    found: list[Annotation] = []
    for number, covered in enumerate(class_pixels(total, winner, threshold, len(labels))):
        if not covered.any():
            continue
        count, blobs, statistics, _ = cv2.connectedComponentsWithStats(covered.astype(np.uint8), connectivity=8)
        for index in range(1, count):
            x, y, width, height, area = (int(value) for value in statistics[index])
            if area < minimum_area:
                continue
            window = (slice(y, y + height), slice(x, x + width))
            pixels = blobs[window] == index
            # Where classes share a pixel's probability, the class alone may stay below the threshold.
            score = min(float(maps[number][window][pixels].mean()), 1.0)
            found.append(Annotation(Mask(pixels, x, y), labels[number], score))
    return sorted(found, key=lambda item: -(item.score or 0.0))


@dataclass(frozen=True)
class Decision:
    """What held-out images say about the threshold and the smallest region.

    Parameters
    ----------
    threshold, minimum_area : the choice.
    iou, iou_before : mean IoU of the classes with it, and with the middle one.
    f1, f1_before : F1 of regions with the smallest area, and with none.
    """

    threshold: float
    minimum_area: int
    iou: float
    iou_before: float
    f1: float
    f1_before: float


def decide(pairs: Sequence[Pair], labels: Sequence[str], *, independent: bool) -> Decision | None:
    """Choose by the maps of held-out images, whatever was decided of them; None when they show no feature.

    First the threshold by the mean IoU of the classes, then the smallest area by the F1 of regions. Between values that
    are about equally good, the threshold nearest to 0.5 is taken, and the smallest area.
    """
    classes = len(labels)
    hits, extra = np.zeros((classes, 101)), np.zeros((classes, 101))
    asked = np.zeros(classes)
    for pair in pairs:
        truth, maps = _truth_and_maps(pair, labels)
        total, winner = strongest(maps, independent=independent)
        for number in range(classes):
            own = truth.valid if winner is None else truth.valid & (winner == number)
            values = total[number] if winner is None else total
            there = truth.truth[number]
            # A value belongs to the highest threshold that it reaches.
            hits[number] += _steps(values[own & there])
            extra[number] += _steps(values[own & ~there])
            asked[number] += np.count_nonzero(there)
    present = asked > 0
    if not present.any():
        return None
    right, wrong = (np.cumsum(counts[present, ::-1], axis=1)[:, ::-1] for counts in (hits, extra))
    iou = (right / (asked[present, None] + wrong)).mean(0)
    steps = np.arange(LOWEST, HIGHEST + 1)
    good = steps[iou[steps] >= iou[steps].max() - EQUAL]
    step = int(good[np.argmin(abs(good - MIDDLE))])
    area, f1, f1_before = _smallest_area(pairs, labels, step / 100, independent)
    return Decision(step / 100, area, float(iou[step]), float(iou[MIDDLE]), f1, f1_before)


def _truth_and_maps(pair: Pair, labels: Sequence[str]) -> tuple[ClassMaps, FloatMaps]:
    maps = np.stack([pair.result.heatmaps[label].at_image_size() for label in labels])
    return ClassMaps.of(pair, labels), maps


def _steps(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    return np.bincount(np.clip((values * 100 + 1e-4).astype(np.int64), 0, 100), minlength=101)


def _smallest_area(
    pairs: Sequence[Pair], labels: Sequence[str], threshold: float, independent: bool
) -> tuple[int, float, float]:
    """The smallest area worth reporting, with the F1 of regions with it and without."""
    areas: list[int] = []
    right: list[bool] = []
    # For each true blob the area of the largest region that finds it; 0 for none.
    found_by: list[int] = []
    true_sizes: list[int] = []
    for pair in pairs:
        truth, maps = _truth_and_maps(pair, labels)
        regions = regions_of(maps, labels, threshold=threshold, minimum_area=0, independent=independent)
        for number, label in enumerate(labels):
            count, blobs = blobs_of(truth.truth[number])
            sizes = np.bincount(blobs.reshape(-1), minlength=count + 1)
            largest = np.zeros(count + 1, np.int64)
            for item in regions:
                if item.label != label or not isinstance(item.region, Mask):
                    continue
                rows, columns = item.region.pixels.shape
                window = (slice(item.region.y, item.region.y + rows), slice(item.region.x, item.region.x + columns))
                pixels = item.region.pixels & truth.valid[window]
                area = int(np.count_nonzero(pixels))
                on = np.bincount(blobs[window][pixels], minlength=count + 1)
                if area:
                    areas.append(area)
                    right.append(bool(area - on[0] >= BLOB_SHARE * area))
                    touched = on >= BLOB_SHARE * np.maximum(sizes, 1)
                    largest[touched] = np.maximum(largest[touched], area)
            found_by += [int(area) for area, size in zip(largest[1:], sizes[1:], strict=True) if size >= SMALLEST_BLOB]
            true_sizes += [int(size) for size in sizes[1:] if size >= SMALLEST_BLOB]
    own, is_right, found = np.array(areas, np.int64), np.array(right, np.bool_), np.array(found_by, np.int64)
    if not len(own) or not len(found):
        return 0, 0.0, 0.0

    def f1(least: int) -> float:
        kept = own >= least
        precision = is_right[kept].mean() if kept.any() else 0.0
        recall = float((found >= max(least, 1)).mean())
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    most = float(np.percentile(true_sizes, SMALLEST_KEPT))
    choices = [0, *sorted(size for size in set((own[~is_right] + 1).tolist()) if size <= most)]
    scores = [f1(least) for least in choices]
    best = next(place for place, score in enumerate(scores) if score >= max(scores) - EQUAL)
    return int(choices[best]), scores[best], scores[0]
