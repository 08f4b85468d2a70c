"""How well instances are found: the figures of objects with masks, those of their boxes, and the aggregated Jaccard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightmill.evaluation.intervals import bootstrap_images
from sightmill.evaluation.objects import METRICS, is_ignored, measure_objects, objects_of
from sightmill.evaluation.overlap import as_mask, mask_iou
from sightmill.evaluation.report import Estimate, Metric, Pair

__all__ = ["INSTANCE_METRICS", "measure_instances"]

INSTANCE_METRICS = (
    *METRICS[:3],
    Metric("box_map50", "mAP of the boxes at IoU 0.50"),
    Metric("aggregated_jaccard", "Aggregated Jaccard"),
    *METRICS[3:],
)


def measure_instances(pairs: Sequence[Pair], labels: Sequence[str], *, intervals: bool = True) -> dict[str, Estimate]:
    """The figures of `INSTANCE_METRICS`.

    The aggregated Jaccard index joins each object with the answer it overlaps most; pixels of both over pixels of
    either, and answers that no object took count as well. (Kumar et al., "A dataset and a technique for generalized
    nuclear segmentation" (2017), algorithm 1. Classes do not matter there.)
    """
    found = measure_objects(pairs, labels, "mask", intervals=intervals)
    if not found:
        return {}
    boxes = measure_objects(pairs, labels, "box", intervals=False)["map50"]
    found["box_map50"] = boxes
    table = np.array([_jaccard_parts(pair) for pair in pairs], np.float64)
    if table[:, 1].sum() > 0:
        value = float(table[:, 0].sum() / table[:, 1].sum())
        low, high = bootstrap_images(table, _jaccard) if intervals and len(pairs) > 1 else (None, None)
        found["aggregated_jaccard"] = Estimate(value, low, high, found["map"].count)
    order = [metric.name for metric in INSTANCE_METRICS]
    return {name: found[name] for name in order if name in found}


def _jaccard(tables: np.ndarray) -> np.ndarray:
    sums = tables.sum(axis=1)
    return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1.0))


def _jaccard_parts(pair: Pair) -> tuple[float, float]:
    """Pixels in common, and pixels of either, of one image."""
    size = pair.sample.size
    truth = [as_mask(item.region, size) for item in objects_of(pair.sample.annotations) if not is_ignored(item)]
    said = [as_mask(item.region, size) for item in objects_of(pair.result.annotations)]
    own = np.array([mask.pixels.sum() for mask in truth], np.float64)
    answered = np.array([mask.pixels.sum() for mask in said], np.float64)
    overlap = mask_iou(truth, said)
    used = np.zeros(len(said), np.bool_)
    common = joint = 0.0
    for row in range(len(truth)):
        best = int(overlap[row].argmax()) if len(said) else -1
        if best < 0 or overlap[row, best] == 0:
            joint += own[row]
            continue
        iou = overlap[row, best]
        both = iou * (own[row] + answered[best]) / (1 + iou)
        common += both
        joint += own[row] + answered[best] - both
        used[best] = True
    return common, joint + float(answered[~used].sum())
