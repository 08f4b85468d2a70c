"""How well objects are found: average precision after the COCO protocol, and figures at the model's own threshold.

Predictions are matched to truth class by class, the surest first, each to the free object that it overlaps most, if
the overlap (IoU) reaches a limit. Average precision (AP) is the mean of the interpolated precision at 101 recalls;
``map`` is its mean over classes and over ten limits from 0.50 to 0.95. (COCO detection evaluation; Lin et al.,
"Microsoft COCO" (2014). Here every answer counts, however many there are; COCO's own table stops at 100 an image.)

Curves need answers below the threshold too: those stand in `Result.rejected`. Precision, recall, F1 and the
tables count only what the model says, `Result.annotations`.

Objects marked as a crowd or as difficult (``iscrowd``, ``difficult``) are neither missed nor found wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.outlines import BoolArray, FloatArray
from sightmill.data.regions import Box, Point, Polyline, Region, Whole
from sightmill.evaluation.intervals import proportion
from sightmill.evaluation.overlap import Kind, region_iou, without_orientation
from sightmill.evaluation.report import Estimate, Metric, Pair

__all__ = [
    "AREAS",
    "LIMITS",
    "METRICS",
    "Hits",
    "Scene",
    "average_precision",
    "is_ignored",
    "measure_objects",
    "objects_of",
    "scene_of",
    "wrongness",
]

#: What detection is judged by, the deciding figure first: whether objects are found. Stricter overlaps follow how
#: boxes were drawn, and where those of the validation images are another hand's, they fall while all else improves.
METRICS = (
    Metric("map50", "mAP at IoU 0.50"),
    Metric("map", "mAP, IoU 0.50 to 0.95"),
    Metric("map75", "mAP at IoU 0.75"),
    Metric("precision", "Precision"),
    Metric("recall", "Recall"),
    Metric("f1", "F1"),
    Metric("map_small", "mAP of objects below 32² px"),
    Metric("map_medium", "mAP of objects from 32² to 96² px"),
    Metric("map_large", "mAP of objects above 96² px"),
)

#: IoU from which on an answer counts as the object.
LIMITS: FloatArray = np.linspace(0.5, 0.95, 10)
RECALLS: FloatArray = np.linspace(0, 1, 101)

#: COCO's sizes of objects, in square pixels of the image.
AREAS: dict[str, tuple[float, float]] = {
    "map_small": (0.0, 32.0**2),
    "map_medium": (32.0**2, 96.0**2),
    "map_large": (96.0**2, 1e10),
}
EVERY_AREA = (0.0, 1e10)

_RESAMPLES = 200

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scene:
    """What is in one image and what was found in it; a class id is an index into the model's class names.

    Parameters
    ----------
    truth : class ids ``(T,)``; -1 is a class that the model has not learnt.
    truth_area : square pixels ``(T,)``.
    ignored : ``(T,)`` objects that do not count.
    found : class ids ``(P,)``, the surest first.
    score, found_area : ``(P,)``.
    accepted : ``(P,)`` whether the model says it, or kept it back.
    overlap : IoU ``(P, T)``; for ignored objects the share of the answer that lies in them.
    """

    truth: Ids
    truth_area: FloatArray
    ignored: BoolArray
    found: Ids
    score: FloatArray
    found_area: FloatArray
    accepted: BoolArray
    overlap: FloatArray


@dataclass(frozen=True, eq=False)
class Hits:
    """The answers of one class in all images, the surest first, matched at L limits.

    Parameters
    ----------
    score : ``(K,)`` falling.
    image : ``(K,)`` which image each is in.
    right, counts : ``(L, K)`` whether it is a new object; whether it counts at all.
    objects : ``(I,)`` how many there are in each image.
    """

    score: FloatArray
    image: Ids
    right: BoolArray
    counts: BoolArray
    objects: FloatArray


def objects_of(annotations: Sequence[Annotation]) -> list[Annotation]:
    """The annotations that are objects: those that cover an area."""
    return [item for item in annotations if not isinstance(item.region, Whole | Point | Polyline)]


def is_ignored(item: Annotation) -> bool:
    """Whether an object neither has to be found nor may be counted against an answer."""
    return item.attributes.get("iscrowd") == "1" or item.attributes.get("difficult") == "1"


def scene_of(pair: Pair, labels: Sequence[str], kind: Kind) -> Scene:
    """Truth and answers of one image, ready to be matched."""
    ids = {name: index for index, name in enumerate(labels)}
    size = pair.sample.size
    truth = objects_of(pair.sample.annotations)
    said = objects_of(pair.result.annotations)
    found = [*said, *objects_of(pair.result.rejected)]
    if kind == "rotated_box":
        truth = _as_told(truth, found)
    score = np.array([item.score or 0.0 for item in found], np.float64)
    order = np.argsort(-score, kind="stable")
    found = [found[index] for index in order]
    there, answered = [item.region for item in truth], [item.region for item in found]
    ignored = np.array([is_ignored(item) for item in truth], np.bool_)
    overlap = region_iou(answered, there, size, kind)
    if ignored.any():
        covered = region_iou(answered, there, size, kind, of_first=True)
        overlap = np.where(ignored[None], covered, overlap)
    return Scene(
        truth=np.array([ids.get(item.label, -1) for item in truth], np.int64),
        truth_area=_areas(there, size),
        ignored=ignored,
        found=np.array([ids.get(item.label, -1) for item in found], np.int64),
        score=score[order],
        found_area=_areas(answered, size),
        accepted=np.asarray(order < len(said)),
        overlap=overlap,
    )


def hits_of(
    scenes: Sequence[Scene],
    label: int,
    *,
    limits: FloatArray = LIMITS,
    area: tuple[float, float] = EVERY_AREA,
    accepted_only: bool = False,
) -> Hits:
    """Match the answers of one class in all images; objects and answers outside of the area range do not count."""
    scores, images, rights, counts = [], [], [], []
    objects = np.zeros(len(scenes))
    for index, scene in enumerate(scenes):
        chosen = scene.found == label
        if accepted_only:
            chosen &= scene.accepted
        there = scene.truth == label
        outside = (scene.truth_area < area[0]) | (scene.truth_area > area[1])
        ignored = (scene.ignored | outside)[there]
        objects[index] = np.count_nonzero(~ignored)
        matched, of_ignored = _matched(scene.overlap[np.ix_(chosen, there)], ignored, scene.ignored[there], limits)
        size = scene.found_area[chosen]
        strange = (size < area[0]) | (size > area[1])
        scores.append(scene.score[chosen])
        images.append(np.full(int(chosen.sum()), index))
        rights.append(matched & ~of_ignored)
        counts.append(~of_ignored & (matched | ~strange[None]))
    score = np.concatenate(scores) if scores else np.zeros(0)
    order = np.argsort(-score, kind="stable")
    return Hits(
        score[order],
        np.concatenate(images)[order] if images else np.zeros(0, np.int64),
        np.concatenate(rights, axis=1)[:, order] if rights else np.zeros((len(limits), 0), np.bool_),
        np.concatenate(counts, axis=1)[:, order] if counts else np.zeros((len(limits), 0), np.bool_),
        objects,
    )


def average_precision(hits: Hits, weights: FloatArray | None = None) -> FloatArray:
    """AP at each limit ``(L,)``; NaN where there is no object. `weights` ``(I,)`` count images several times."""
    counted = np.ones(len(hits.objects)) if weights is None else weights
    total = float((hits.objects * counted).sum())
    if total <= 0:
        return np.full(len(hits.right), np.nan)
    each = counted[hits.image]  # (K,)
    right = np.cumsum(np.where(hits.right, each, 0.0), axis=1)
    wrong = np.cumsum(np.where(hits.counts & ~hits.right, each, 0.0), axis=1)
    recall = right / total
    precision = right / np.maximum(right + wrong, np.finfo(np.float64).eps)
    # The best precision at this recall or a higher one.
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    found = np.zeros(len(recall))
    for row, (rising, best) in enumerate(zip(recall, precision, strict=True)):
        places = np.searchsorted(rising, RECALLS, side="left")
        found[row] = np.append(best, 0.0)[places].mean()
    return found


def measure_objects(
    pairs: Sequence[Pair], labels: Sequence[str], kind: Kind, *, intervals: bool = True
) -> dict[str, Estimate]:
    """The figures of `METRICS`; those by area are left out during training, and where there are no such objects."""
    scenes = [scene_of(pair, labels, kind) for pair in pairs]
    return measure_scenes(scenes, len(labels), intervals=intervals)


def measure_scenes(scenes: Sequence[Scene], classes: int, *, intervals: bool = True) -> dict[str, Estimate]:
    """As `measure_objects`, of scenes that are matched already in part."""
    every = [hits_of(scenes, label) for label in range(classes)]
    unknown = sum(int(((scene.truth < 0) & ~scene.ignored).sum()) for scene in scenes)
    count = int(sum(hits.objects.sum() for hits in every)) + unknown
    if not count:
        return {}
    table = np.array([average_precision(hits) for hits in every]).reshape(classes, len(LIMITS))
    ends = _resampled(every, len(scenes)) if intervals else {}
    estimates = {}
    for name, value in _means(table).items():
        low, high = ends.get(name, (None, None))
        estimates[name] = Estimate(value, low, high, count)
    said = [hits_of(scenes, label, limits=LIMITS[:1], accepted_only=True) for label in range(classes)]
    right = sum(int(hits.right.sum()) for hits in said)
    called = sum(int(hits.counts.sum()) for hits in said)
    estimates["precision"] = proportion(right, called, interval=intervals) if called else Estimate(0.0, count=count)
    estimates["recall"] = proportion(right, count, interval=intervals)
    estimates["f1"] = Estimate(2 * right / (called + count), count=count)
    if intervals:
        for name, area in AREAS.items():
            sized = [hits_of(scenes, label, area=area) for label in range(classes)]
            found = np.array([average_precision(hits) for hits in sized])
            number = int(sum(hits.objects.sum() for hits in sized))
            if number:
                estimates[name] = Estimate(_means(found)["map"], count=number)
    return estimates


def wrongness(pair: Pair, labels: Sequence[str], kind: Kind) -> float:
    """One minus the F1 of this image at IoU 0.5; 0 where nothing is there and nothing is said."""
    scene = scene_of(pair, labels, kind)
    said = [
        hits_of([scene], label, limits=LIMITS[:1], accepted_only=True) for label in range(-1, len(labels)) if label >= 0
    ]
    right = sum(int(hits.right.sum()) for hits in said)
    called = sum(int(hits.counts.sum()) for hits in said)
    there = int((~scene.ignored).sum())
    return 1.0 - 2 * right / (called + there) if called + there else 0.0


def _as_told(truth: list[Annotation], found: list[Annotation]) -> list[Annotation]:
    """Truth as the model was taught it: classes that are answered upright have no orientation."""
    upright = {item.label for item in found if isinstance(item.region, Box)}
    return [replace(item, region=without_orientation(item.region)) if item.label in upright else item for item in truth]


def _areas(regions: Sequence[Region], size: tuple[int, int]) -> FloatArray:
    return np.array([region.area(*size) for region in regions], np.float64)


def _matched(
    overlap: FloatArray, ignored: BoolArray, shared: BoolArray, limits: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Match answers ``(P, T)``, the surest first: ``(L, P)`` whether matched, and whether to an ignored object.

    An object is matched once; one marked as a crowd (`shared`) any number of times.
    """
    answers, objects = overlap.shape
    matched = np.zeros((len(limits), answers), np.bool_)
    of_ignored = np.zeros_like(matched)
    if not objects:
        return matched, of_ignored
    least = np.minimum(limits, 1 - 1e-10)[:, None]  # (L, 1)
    free = np.ones((len(limits), objects), np.bool_)
    rows = np.arange(len(limits))
    for answer in np.flatnonzero(overlap.max(axis=1) >= least[0, 0]):
        there = overlap[answer][None]
        open_to = (free | shared[None]) & (there >= least)  # (L, T)
        # Objects that count come before those that do not; of equals the last is taken, as COCO does.
        rank = np.where(open_to, there + 2.0 * ~ignored[None], -1.0)
        best = objects - 1 - rank[:, ::-1].argmax(axis=1)  # (L,)
        hit = open_to[rows, best]
        matched[:, answer] = hit
        of_ignored[:, answer] = hit & ignored[best]
        free[rows[hit], best[hit]] = False
    return matched, of_ignored


def _means(table: FloatArray) -> dict[str, float]:
    """``map50``, ``map`` and ``map75`` of AP ``(classes, L)``; classes without an object are left out."""
    there = ~np.isnan(table[:, 0])
    if not there.any():
        return {"map50": 0.0, "map": 0.0, "map75": 0.0}
    kept = table[there]
    return {"map50": float(kept[:, 0].mean()), "map": float(kept.mean()), "map75": float(kept[:, 5].mean())}


def _resampled(every: Sequence[Hits], images: int) -> dict[str, tuple[float, float]]:
    """95 % intervals by drawing images anew (bootstrap, Efron 1979)."""
    if images < 2:
        return {}
    rng = np.random.default_rng(0)
    drawn: list[dict[str, float]] = []
    for _ in range(_RESAMPLES):
        weights = np.bincount(rng.integers(0, images, images), minlength=images).astype(np.float64)
        drawn.append(_means(np.array([average_precision(hits, weights) for hits in every])))
    spans = {name: np.quantile([one[name] for one in drawn], [0.025, 0.975]) for name in drawn[0]}
    return {name: (float(low), float(high)) for name, (low, high) in spans.items()}
