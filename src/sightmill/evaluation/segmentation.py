"""How good maps of classes are: pixel by pixel, defect by defect, and along the outlines.

Pixels outside of the region of interest and those that the truth leaves aside are not counted. All figures are
made of counts that add up over the images, so their intervals come from a bootstrap over the images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.evaluation.curves import FloatArray, ratio
from sightmill.evaluation.intervals import CONFIDENCE
from sightmill.evaluation.label_maps import BoolArray, ClassMaps, blobs_of, disc, rims_of
from sightmill.evaluation.report import Estimate, Metric, Pair

__all__ = [
    "BLOB_SHARE",
    "METRICS",
    "SMALLEST_BLOB",
    "TOLERANCE",
    "PixelCounts",
    "f1_of",
    "measure_segmentation",
    "overlap_of_classes",
]

#: A true blob is found when answers of its class cover this share of it; an answered one is right when this share of
#: it lies on truth of its class.
BLOB_SHARE = 0.25
#: True blobs of fewer pixels are specks of the brush: nobody asks for them, and nobody is blamed for finding them.
SMALLEST_BLOB = 4
#: Distance up to which two outlines, or a pixel and a truth, count as the same; pixels.
TOLERANCE = 2.0

#: What segmentation is judged by, the deciding figure first.
METRICS = (
    Metric("mean_defect_iou", "IoU, mean over classes without background"),
    Metric("mean_iou", "IoU, mean over classes and background"),
    Metric("dice", "Dice, mean over classes without background"),
    Metric("pixel_accuracy", "Pixels that are right"),
    Metric("mean_accuracy", "Pixels found, mean over classes and background"),
    Metric("frequency_weighted_iou", "IoU, classes weighed by their pixels"),
    Metric("blob_precision", "Answered defects that are there"),
    Metric("blob_recall", "True defects that are found"),
    Metric("blob_f1", "F1 of defects"),
    Metric("boundary_f1", f"F1 of outlines, {TOLERANCE:g} px tolerance"),
    Metric("tolerant_f1", f"F1 of pixels, {TOLERANCE:g} px tolerance"),
)

_RESAMPLES = 400
_FEWEST_IMAGES = 3


@dataclass(eq=False)
class PixelCounts:
    """Counts of images, one row an image; K classes.

    Parameters
    ----------
    pixels : ``(N, K + 1, 3)``: right, said but not there, there but not said; the background first.
    rims, near : ``(N, K, 4)``: of what was said, how much lies near the truth, and how much it is; of the truth, how
        much lies near what was said, and how much it is. Of outlines, and of pixels.
    blobs : ``(N, K, 4)``: of the answered ones how many are right, and how many there are; of the true ones likewise.
    right : ``(N, 2)``: pixels whose classes are right, and pixels judged.
    matrix : ``(K + 1, K + 1)`` pixels of all images: columns are truth, rows are answers; the background first.
    """

    pixels: list[npt.NDArray[np.int64]] = field(default_factory=list)
    rims: list[npt.NDArray[np.int64]] = field(default_factory=list)
    near: list[npt.NDArray[np.int64]] = field(default_factory=list)
    blobs: list[npt.NDArray[np.int64]] = field(default_factory=list)
    right: list[npt.NDArray[np.int64]] = field(default_factory=list)
    matrix: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    @classmethod
    def of(cls, pairs: Sequence[Pair], labels: Sequence[str]) -> PixelCounts:
        """Count every pair whose sample has a truth."""
        counts = cls(matrix=np.zeros((len(labels) + 1, len(labels) + 1), np.int64))
        for pair in pairs:
            if pair.sample.annotated:
                counts.add(ClassMaps.of(pair, labels))
        return counts

    def add(self, maps: ClassMaps) -> None:
        """Count one image."""
        truth, answer, valid = maps.truth, maps.answer, maps.valid
        classes = len(truth)
        pixels = np.zeros((classes + 1, 3), np.int64)
        rims, near, blobs = (np.zeros((classes, 4), np.int64) for _ in range(3))
        none_true, none_said = valid & ~truth.any(0), valid & ~answer.any(0)
        wrong = np.zeros(valid.shape, np.bool_)
        pixels[0] = _hits(none_said, none_true)
        for number in range(classes):
            there, said = truth[number], answer[number]
            if not there.any() and not said.any():
                continue
            pixels[number + 1] = _hits(said, there)
            rims[number] = _within(rims_of(said) & valid, rims_of(there) & valid)
            near[number] = _within(said, there)
            blobs[number] = _blobs(said, there)
            wrong |= said != there
        self.pixels.append(pixels)
        self.rims.append(rims)
        self.near.append(near)
        self.blobs.append(blobs)
        self.right.append(np.array([np.count_nonzero(valid & ~wrong), np.count_nonzero(valid)]))
        true_ids, said_ids = maps.index_maps()
        side = classes + 1
        joint = (said_ids[valid] * side + true_ids[valid]).astype(np.int64)
        self.matrix += np.bincount(joint, minlength=side * side).reshape(side, side)

    def __len__(self) -> int:
        return len(self.pixels)


def measure_segmentation(
    pairs: Sequence[Pair], labels: Sequence[str], *, intervals: bool = True
) -> dict[str, Estimate]:
    """Every figure that the truth allows, by the names of `METRICS`.

    IoU and Dice of a class are those of all pixels of all images together; a class that is neither in the truth nor
    in an answer is left out of means. ``blob_...`` count connected blobs (`blobs_of`): see `BLOB_SHARE`.
    ``boundary_f1`` compares the outlines within `TOLERANCE`, ``tolerant_f1`` the pixels: precision is the share of the
    answered pixels that lie near truth, recall the share of the true ones near an answer. (Csurka et al., "What is a
    good evaluation measure for semantic segmentation?" (2013), for outlines.)
    """
    counts = PixelCounts.of(pairs, labels)
    if not len(counts):
        return {}
    parts = [np.array(part, np.float64) for part in (counts.pixels, counts.rims, counts.near, counts.blobs)]
    flat = np.concatenate([*(part.reshape(len(counts), -1) for part in parts), np.array(counts.right)], axis=1)
    ends = np.cumsum([part[0].size for part in parts])

    def figures(sums: FloatArray) -> FloatArray:
        """Sums of rows ``(R, D)`` -> figures ``(R, M)`` in the order of `METRICS`."""
        pieces = np.split(sums, ends, axis=1)
        pixels, rims, near, blobs = (
            piece.reshape(len(sums), *part.shape[1:]) for piece, part in zip(pieces[:4], parts, strict=True)
        )
        return _figures(pixels, rims, near, blobs, pieces[4])

    values = figures(flat.sum(0, keepdims=True))[0]
    low = high = np.full(len(values), np.nan)
    if intervals and len(counts) >= _FEWEST_IMAGES:
        drawn = np.random.default_rng(0).multinomial(
            len(counts), np.full(len(counts), 1 / len(counts)), size=_RESAMPLES
        )
        resampled = figures(drawn @ flat)
        tail = (1 - CONFIDENCE) / 2
        usable = np.where(np.isnan(resampled).all(0), 0.0, resampled)
        low, high = np.nanquantile(usable, [tail, 1 - tail], axis=0)
        low, high = np.fmin(low, values), np.fmax(high, values)
    estimates = {}
    for number, metric in enumerate(METRICS):
        if not np.isnan(values[number]):
            ended = not np.isnan(low[number])
            estimates[metric.name] = Estimate(
                float(values[number]),
                float(low[number]) if ended else None,
                float(high[number]) if ended else None,
                len(counts),
            )
    return estimates


def _figures(
    pixels: FloatArray, rims: FloatArray, near: FloatArray, blobs: FloatArray, right: FloatArray
) -> FloatArray:
    hits, extra, missed = pixels[..., 0], pixels[..., 1], pixels[..., 2]  # (R, K + 1)
    iou = ratio(hits, hits + extra + missed)
    dice = ratio(2 * hits, 2 * hits + extra + missed)
    found = ratio(hits, hits + missed)
    share = ratio(hits + missed, (hits + missed).sum(1, keepdims=True))
    precision = ratio(blobs[..., 0].sum(1), blobs[..., 1].sum(1))
    recall = ratio(blobs[..., 2].sum(1), blobs[..., 3].sum(1))
    return np.stack(
        [
            _mean(iou[:, 1:]),
            _mean(iou),
            _mean(dice[:, 1:]),
            ratio(right[:, 0], right[:, 1]),
            _mean(found),
            np.nansum(np.nan_to_num(iou) * share, axis=1),
            precision,
            recall,
            f1_of(blobs.sum(1)),
            _mean(f1_of(rims)),
            _mean(f1_of(near)),
        ],
        axis=1,
    )


def _mean(figures: FloatArray) -> FloatArray:
    """The mean over the classes that there are; NaN when there are none."""
    known = ~np.isnan(figures)
    return ratio(np.where(known, figures, 0.0).sum(-1), known.sum(-1))


def f1_of(counts: FloatArray) -> FloatArray:
    """F1 ``(...)`` of ``(..., 4)``: right and all of the answers, found and all of the truth; NaN without any."""
    precision, recall = ratio(counts[..., 0], counts[..., 1]), ratio(counts[..., 2], counts[..., 3])
    both = np.nan_to_num(precision) + np.nan_to_num(recall)
    score = np.divide(
        2 * np.nan_to_num(precision) * np.nan_to_num(recall), both, out=np.zeros(both.shape), where=both > 0
    )
    return np.where((counts[..., 1] > 0) | (counts[..., 3] > 0), score, np.nan)


def _hits(said: BoolArray, there: BoolArray) -> tuple[int, int, int]:
    both = int(np.count_nonzero(said & there))
    return both, int(np.count_nonzero(said)) - both, int(np.count_nonzero(there)) - both


def _within(said: BoolArray, there: BoolArray) -> tuple[int, int, int, int]:
    """How much of each lies near the other, and how much each is."""
    reach = disc(TOLERANCE)
    near_truth = cv2.dilate(there.astype(np.uint8), reach) > 0
    near_said = cv2.dilate(said.astype(np.uint8), reach) > 0
    return (
        int(np.count_nonzero(said & near_truth)),
        int(np.count_nonzero(said)),
        int(np.count_nonzero(there & near_said)),
        int(np.count_nonzero(there)),
    )


def _blobs(said: BoolArray, there: BoolArray) -> tuple[int, int, int, int]:
    """Right and all answered blobs, found and all true blobs."""
    true_count, true_blobs = blobs_of(there)
    said_count, said_blobs = blobs_of(said)
    areas = np.bincount(true_blobs.reshape(-1), minlength=true_count + 1)[1:]
    covered = np.bincount(true_blobs[said], minlength=true_count + 1)[1:]
    asked = areas >= SMALLEST_BLOB
    own = np.bincount(said_blobs.reshape(-1), minlength=said_count + 1)[1:]
    on_truth = np.bincount(said_blobs[there], minlength=said_count + 1)[1:]
    right = on_truth >= BLOB_SHARE * own
    # What lies on a speck that nobody asks for is neither right nor wrong.
    specks = np.isin(true_blobs, np.flatnonzero(~asked) + 1)
    counted = np.ones(said_count, np.bool_)
    counted[np.unique(said_blobs[specks & said]) - 1] = False
    counted |= np.bincount(said_blobs[there & ~specks], minlength=said_count + 1)[1:] > 0
    found = covered >= BLOB_SHARE * areas
    return (
        int((right & counted).sum()),
        int(counted.sum()),
        int((found & asked).sum()),
        int(asked.sum()),
    )


def overlap_of_classes(pair: Pair, labels: Sequence[str]) -> float:
    """How well one image is answered, 0 to 1: Dice, averaged over the classes in its truth or its answer.

    1 when there is nothing in either.
    """
    maps = ClassMaps.of(pair, labels)
    found = []
    for there, said in zip(maps.truth, maps.answer, strict=True):
        both, extra, missed = _hits(said, there)
        if both + extra + missed:
            found.append(2 * both / (2 * both + extra + missed))
    return float(np.mean(found)) if found else 1.0
