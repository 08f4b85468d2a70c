"""From probability maps to the pixels of each class, to regions, and back: which threshold suits held-out images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask
from sightmill.evaluation.label_maps import ClassMaps, blobs_of
from sightmill.evaluation.report import Pair
from sightmill.evaluation.segmentation import BLOB_SHARE, SMALLEST_BLOB

__all__ = ["Cut", "Decision", "decide", "regions_of", "strongest"]

FloatMaps = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

#: Thresholds that may be chosen, in hundredths; between equals the one nearest to the middle.
LOWEST, HIGHEST, MIDDLE = 10, 90, 50
#: Differences of IoU and F1 that do not count.
EQUAL = 0.002
#: No smaller region than this share of the true ones, in percent, is kept from being reported: what a weak model misses
#: anyway must not make it blind to all that is small.
SMALLEST_KEPT = 5
#: Thresholds, in hundredths, with which regions of one class each are tried; by how much their IoU must be better.
UNITED, CLEARLY = (30, 50, 70), 0.01
#: Smallest scores that are tried, the closer the nearer to 1: there true regions part from false alarms. And how many
#: smallest areas.
SCORES, TRIED = tuple(round(1 - math.exp(-step / 4), 4) for step in range(2, 29)), 24
#: What is left of the classes' IoU, at least, for a better F1 of regions.
LEFT = 0.95


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


@dataclass(frozen=True)
class Cut:
    """How regions are cut from maps.

    Parameters
    ----------
    threshold : from which probability on a pixel is marked.
    minimum_area : the fewest pixels of a region that is reported.
    minimum_score : the least probability at its surest pixel.
    united : whether what is connected is given one class, whatever single pixels say.
    """

    threshold: float
    minimum_area: int = 0
    minimum_score: float = 0.0
    united: bool = False


def class_pixels(maps: FloatMaps, cut: Cut, *, independent: bool) -> list[BoolArray]:
    """The pixels of each class ``(H, W)``, from maps ``(K, H, W)``."""
    total, winner = strongest(maps, independent=independent)
    if winner is None:
        return [total[number] >= cut.threshold for number in range(len(maps))]
    there = total >= cut.threshold
    if cut.united and len(maps) > 1:
        count, blobs = cv2.connectedComponents(there.astype(np.uint8), connectivity=8)
        own = blobs[there]
        said = np.stack([np.bincount(own, weights=values[there], minlength=count) for values in maps])  # (K, blobs)
        winner = said.argmax(0)[blobs]
    return [there & (winner == number) for number in range(len(maps))]


def regions_of(maps: FloatMaps, labels: Sequence[str], cut: Cut, *, independent: bool) -> list[Annotation]:
    """Connected regions of each class, the surest first; a region's score is that of its surest pixel.

    Its mean says less: false alarms are often all half sure, and true regions have a sure core in an unsure rim. On
    held-out tiles the F1 of regions was 0.05 higher so, and the IoU of the classes 0.01.
    """
    found: list[Annotation] = []
    for number, covered in enumerate(class_pixels(maps, cut, independent=independent)):
        if not covered.any():
            continue
        count, blobs, statistics, _ = cv2.connectedComponentsWithStats(covered.astype(np.uint8), connectivity=8)
        for index in range(1, count):
            x, y, width, height, area = (int(value) for value in statistics[index])
            if area < cut.minimum_area:
                continue
            window = (slice(y, y + height), slice(x, x + width))
            pixels = blobs[window] == index
            # Where classes share a pixel's probability, the class alone may stay below the threshold.
            score = min(float(maps[number][window][pixels].max()), 1.0)
            if score >= cut.minimum_score:
                found.append(Annotation(Mask(pixels, x, y), labels[number], score))
    return sorted(found, key=lambda item: -(item.score or 0.0))


@dataclass(frozen=True)
class Decision:
    """What held-out images say about how regions are cut.

    Parameters
    ----------
    cut : the choice.
    iou, iou_before : mean IoU of the classes with its threshold and unity, and with the middle one pixel by pixel.
    f1, f1_before : F1 of regions with the smallest area and score, and with none.
    """

    cut: Cut
    iou: float
    iou_before: float
    f1: float
    f1_before: float


def decide(pairs: Sequence[Pair], labels: Sequence[str], *, independent: bool) -> Decision | None:
    """Choose by the maps of held-out images, whatever was decided of them; None when they show no feature.

    First the threshold and the unity of regions by the mean IoU of the classes, then the smallest area and score by the
    F1 of regions. Between values that are about equally good, the threshold nearest to 0.5 is taken, and the smallest
    area and score.
    """
    thresholds = _threshold(pairs, labels, independent)
    if thresholds is None:
        return None
    step, iou_before = thresholds
    chosen = _Regions.cut(pairs, labels, Cut(step / 100), independent)
    if not independent and len(labels) > 1:
        steps = sorted({step, *UNITED})
        united = [_Regions.cut(pairs, labels, Cut(at / 100, united=True), independent) for at in steps]
        best = max(united, key=lambda one: one.iou())
        chosen = best if best.iou() > chosen.iou() + CLEARLY else chosen
    cut, f1, f1_before = chosen.smallest()
    return Decision(cut, chosen.iou(), iou_before, f1, f1_before)


def _threshold(pairs: Sequence[Pair], labels: Sequence[str], independent: bool) -> tuple[int, float] | None:
    """The threshold in hundredths with the best mean IoU, pixel by pixel, and the IoU with the middle one."""
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
    return int(good[np.argmin(abs(good - MIDDLE))]), float(iou[MIDDLE])


def _truth_and_maps(pair: Pair, labels: Sequence[str]) -> tuple[ClassMaps, FloatMaps]:
    maps = np.stack([pair.result.heatmaps[label].at_image_size() for label in labels])
    return ClassMaps.of(pair, labels), maps


def _steps(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    return np.bincount(np.clip((values * 100 + 1e-4).astype(np.int64), 0, 100), minlength=101)


@dataclass(frozen=True, eq=False)
class _Regions:
    """The regions that a cut without smallest area and score gives on all images, and what they are worth.

    Parameters
    ----------
    with_ : the cut.
    number, area, hits, score : of each region its class, its pixels, those on truth of its class, and its score.
    right : which regions count as right.
    finds : ``(M, 2)`` index of a true region, and of one that finds it.
    sizes : of each true region that is asked for.
    asked : of each class the true pixels.
    """

    with_: Cut
    number: npt.NDArray[np.int64]
    area: npt.NDArray[np.int64]
    hits: npt.NDArray[np.int64]
    score: npt.NDArray[np.float64]
    right: BoolArray
    finds: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    asked: npt.NDArray[np.int64]

    @classmethod
    def cut(cls, pairs: Sequence[Pair], labels: Sequence[str], with_: Cut, independent: bool) -> Self:
        rows: list[tuple[int, int, int, float, bool]] = []
        finds: list[tuple[int, int]] = []
        sizes: list[int] = []
        asked = np.zeros(len(labels), np.int64)
        for pair in pairs:
            truth, maps = _truth_and_maps(pair, labels)
            regions = regions_of(maps, labels, with_, independent=independent)
            for number, label in enumerate(labels):
                count, blobs = blobs_of(truth.truth[number])
                own = np.bincount(blobs.reshape(-1), minlength=count + 1)
                asked[number] += int(own[1:].sum())
                counted = np.flatnonzero(own[1:] >= SMALLEST_BLOB) + 1
                for item in regions:
                    if item.label != label or not isinstance(item.region, Mask):
                        continue
                    height, width = item.region.pixels.shape
                    window = (slice(item.region.y, item.region.y + height), slice(item.region.x, item.region.x + width))
                    pixels = item.region.pixels & truth.valid[window]
                    area = int(np.count_nonzero(pixels))
                    if not area:
                        continue
                    on = np.bincount(blobs[window][pixels], minlength=count + 1)
                    hits = area - int(on[0])
                    touched = on[counted] >= BLOB_SHARE * own[counted]
                    finds += [(len(sizes) + int(place), len(rows)) for place in np.flatnonzero(touched)]
                    rows.append((number, area, hits, item.score or 0.0, hits >= BLOB_SHARE * area))
                sizes += own[counted].tolist()
        table = np.array(rows, np.float64).reshape(-1, 5)
        classes, area, hits = table[:, :3].astype(np.int64).T
        return cls(
            with_,
            classes,
            area,
            hits,
            table[:, 3],
            table[:, 4] > 0,
            np.array(finds, np.int64).reshape(-1, 2),
            np.array(sizes, np.int64),
            asked,
        )

    def iou(self, kept: BoolArray | None = None) -> float:
        """Mean IoU of the classes that are there, with these regions."""
        kept = np.ones(len(self.area), np.bool_) if kept is None else kept
        said, right = (
            np.bincount(self.number[kept], weights=values[kept], minlength=len(self.asked))
            for values in (self.area, self.hits)
        )
        there = self.asked > 0
        return float((right / (self.asked + said - right).clip(1))[there].mean())

    def f1(self, kept: BoolArray) -> float:
        """F1 of regions, with these."""
        if not kept.any() or not len(self.sizes):
            return 0.0
        precision = float(self.right[kept].mean())
        recall = len(np.unique(self.finds[kept[self.finds[:, 1]], 0])) / len(self.sizes)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def smallest(self) -> tuple[Cut, float, float]:
        """The smallest area and score worth reporting, and F1 of regions with them and without.

        The IoU of the classes must stand a step further up as well: of parts that were never seen a network is less
        sure, and a least score beside the cliff would leave nothing of them.
        """
        everything = np.ones(len(self.area), np.bool_)
        before = self.f1(everything)
        if not len(self.area) or not len(self.sizes):
            return self.with_, before, before
        most = float(np.percentile(self.sizes, SMALLEST_KEPT))
        wrong = np.unique(self.area[~self.right]) + 1
        wrong = wrong[wrong <= most]
        areas = [0, *wrong[np.linspace(0, len(wrong) - 1, min(len(wrong), TRIED)).astype(int)].tolist()]
        enough = LEFT * self.iou()
        tried: list[tuple[float, Cut]] = []
        for score in (0.0, *SCORES):
            stricter = next((known for known in SCORES if known > score), score) if score else score
            for least in areas:
                large = self.area >= least
                kept, further = large & (self.score >= score), large & (self.score >= stricter)
                if min(self.iou(kept), self.iou(further)) >= enough:
                    tried.append((self.f1(kept), replace(self.with_, minimum_area=int(least), minimum_score=score)))
        best = max(f1 for f1, _ in tried)
        f1, cut = next(one for one in tried if one[0] >= best - EQUAL)
        return cut, f1, before
