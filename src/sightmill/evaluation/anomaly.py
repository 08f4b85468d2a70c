"""How good anomaly scores and heatmaps are, on images known to be good or defective.

The score is ``result.values["anomaly_score"]``, higher for stranger images; the decision is
``result.flags["is_valid"]``, True for an image that passes. Samples without a truth are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.data.sample import Sample
from sightmill.errors import ModelError
from sightmill.evaluation.curves import FloatArray, Tally, auc, thinned
from sightmill.evaluation.intervals import bootstrap_tally, proportion
from sightmill.evaluation.pixels import PRO_LIMIT, PixelCurves, pixel_curves
from sightmill.evaluation.report import Curves, Estimate, Figure, Histogram, Metric, Pair, Series, Table

__all__ = ["METRICS", "SCORE", "VALID", "anomaly_figures", "defect_type", "measure_anomaly"]

SCORE = "anomaly_score"
VALID = "is_valid"

#: What anomaly detection is judged by, the deciding figure first.
METRICS = (
    Metric("image_auroc", "Image AUROC"),
    Metric("image_ap", "Image average precision"),
    Metric("image_f1_max", "Image F1, best threshold"),
    Metric("pixel_auroc", "Pixel AUROC"),
    Metric("pixel_aupro", "Pixel AUPRO (FPR up to 0.3)"),
    Metric("false_reject_rate", "False-reject rate at T", better="lower", limit=0.0),
    Metric("escape_rate", "Escape rate at T", better="lower", limit=0.0),
)


def measure_anomaly(
    pairs: Sequence[Pair], is_good: Callable[[Sample], bool], *, intervals: bool = True
) -> dict[str, Estimate]:
    """Every figure that the truth allows, the deciding one first.

    ``image_auroc``, ``image_ap``, ``image_f1_max``: need good and defective images.
    ``pixel_auroc``, ``pixel_aupro``: need heatmaps and areas in the truth of a defective image.
    ``false_reject_rate``: good images that do not pass; ``escape_rate``: defective images that pass.

    Raises
    ------
    ModelError : a result has no anomaly score.
    """
    images = _Images.of(pairs, is_good)
    estimates: dict[str, Estimate] = {}
    if images.good.any() and not images.good.all():
        tally = Tally.of(images.score, ~images.good)
        for name, statistic in (
            ("image_auroc", Tally.auc),
            ("image_ap", Tally.average_precision),
            ("image_f1_max", Tally.f1_max),
        ):
            low, high = bootstrap_tally(tally, statistic) if intervals else (None, None)
            estimates[name] = Estimate(float(statistic(tally)), low, high, len(images.good))
        pixels = pixel_curves(pairs, is_good, intervals=intervals)
        if pixels is not None:
            estimates |= {"pixel_auroc": pixels.auroc, "pixel_aupro": pixels.aupro}
    good, bad = images.good & images.decided, ~images.good & images.decided
    if good.any():
        estimates["false_reject_rate"] = proportion(
            int((good & ~images.passed).sum()), int(good.sum()), interval=intervals
        )
    if bad.any():
        estimates["escape_rate"] = proportion(int((bad & images.passed).sum()), int(bad.sum()), interval=intervals)
    return estimates


def anomaly_figures(
    pairs: Sequence[Pair],
    is_good: Callable[[Sample], bool],
    thresholds: Mapping[str, float] | None = None,
) -> list[Figure]:
    """Score histogram, table by defect type, and ROC, precision-recall and PRO curves.

    `thresholds` are drawn into the histogram by name; None draws the ``threshold`` that the results carry.
    Curves need good and defective images. Empty without any truth.

    Raises
    ------
    ModelError : a result has no anomaly score.
    """
    images = _Images.of(pairs, is_good)
    if not len(images.good):
        return []
    if thresholds is None:
        carried = [pair.result.values["threshold"] for pair in pairs if "threshold" in pair.result.values]
        thresholds = {"threshold": carried[0]} if carried else {}
    figures: list[Figure] = [_score_histogram(images, thresholds), _type_table(images)]
    if images.good.any() and not images.good.all():
        figures.extend(_image_curves(images))
        pixels = pixel_curves(pairs, is_good, intervals=False)
        if pixels is not None:
            figures.append(_pro_curve(pixels))
    return figures


def defect_type(sample: Sample) -> str:
    """The name that a defective sample is listed under: its image label, else the label of its first area."""
    return sample.label or next((item.label for item in sample.annotations if item.label), "defective")


@dataclass(frozen=True, eq=False)
class _Images:
    score: FloatArray
    good: npt.NDArray[np.bool_]
    decided: npt.NDArray[np.bool_]
    passed: npt.NDArray[np.bool_]
    types: tuple[str, ...]

    @classmethod
    def of(cls, pairs: Sequence[Pair], is_good: Callable[[Sample], bool]) -> _Images:
        kept = [pair for pair in pairs if pair.sample.annotated]
        for pair in kept:
            if SCORE not in pair.result.values:
                raise ModelError(
                    "this result has no anomaly score",
                    where=pair.sample.name or None,
                    got=dict(pair.result.values),
                )
        good = [bool(is_good(pair.sample)) for pair in kept]
        return cls(
            np.array([pair.result.values[SCORE] for pair in kept], np.float64),
            np.array(good, np.bool_),
            np.array([VALID in pair.result.flags for pair in kept], np.bool_),
            np.array([pair.result.flags.get(VALID, False) for pair in kept], np.bool_),
            tuple("" if fine else defect_type(pair.sample) for pair, fine in zip(kept, good, strict=True)),
        )


def _score_histogram(images: _Images, thresholds: Mapping[str, float]) -> Histogram:
    marks = [*images.score, *thresholds.values()]
    low, high = float(np.min(marks)), float(np.max(marks))
    high = high if high > low else low + max(abs(low), 1.0) * 1e-3
    bars = min(max(round(3 * len(images.score) ** 0.5), 10), 40)
    edges = np.linspace(low, high, bars + 1)
    return Histogram(
        "Anomaly scores",
        "The less the two groups overlap, the better. An image that scores above the threshold is rejected.",
        x_label="Anomaly score",
        edges=edges,
        groups={
            name: np.histogram(images.score[which], edges)[0].astype(np.int64)
            for name, which in (("good", images.good), ("defective", ~images.good))
            if which.any()
        },
        thresholds=dict(thresholds),
    )


def _type_table(images: _Images) -> Table:
    rows: list[tuple[object, ...]] = []
    good = images.good
    for name in sorted({kind for kind in images.types if kind}):
        of_type = np.array([kind == name for kind in images.types], np.bool_)
        rows.append((name, *_found(images, of_type), _auc_against_good(images, of_type)))
    if len(rows) > 1:
        rows.append(("All defects", *_found(images, ~good), _auc_against_good(images, ~good)))
    if good.any():
        decided = good & images.decided
        rejected = int((decided & ~images.passed).sum()) if decided.any() else None
        rows.append(("Good images", int(good.sum()), rejected, None, None, None))
    return Table(
        "By type of defect",
        "Rejected: images called defective at the threshold. Escape rate: share of a type that passes. "
        "AUROC: chance that such an image scores higher than a good one.",
        columns=("Type", "Images", "Rejected", "Escaped", "Escape rate", "AUROC"),
        rows=tuple(rows),
    )


def _found(images: _Images, which: npt.NDArray[np.bool_]) -> tuple[object, ...]:
    decided = which & images.decided
    if not decided.any():
        return int(which.sum()), None, None, None
    escaped, count = int((decided & images.passed).sum()), int(decided.sum())
    return int(which.sum()), count - escaped, escaped, escaped / count


def _auc_against_good(images: _Images, which: npt.NDArray[np.bool_]) -> float | None:
    if not images.good.any():
        return None
    both = which | images.good
    return auc(images.score[both], which[both])


def _image_curves(images: _Images) -> list[Figure]:
    tally = Tally.of(images.score, ~images.good)
    precision, recall = tally.precision_recall()
    recall, precision = np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])
    return [
        Curves(
            "ROC of the images",
            "The nearer to the top left corner, the better; the dashed line is guessing.",
            x_label="False reject rate",
            y_label="Detection rate",
            series=(Series(f"images (AUC {float(tally.auc()):.3f})", *thinned(*tally.roc())),),
            diagonal=True,
        ),
        Curves(
            "Precision and recall of the images",
            "The nearer to the top right corner, the better. "
            f"The best F1 of any threshold is {float(tally.f1_max()):.3f}, "
            f"reached when scores from {tally.f1_threshold():.4g} on are rejected.",
            x_label="Recall",
            y_label="Precision",
            series=(Series(f"images (AP {float(tally.average_precision()):.3f})", *thinned(recall, precision)),),
        ),
    ]


def _pro_curve(pixels: PixelCurves) -> Curves:
    x = pixels.false_positive_rate
    return Curves(
        "Where the defects are: pixels and regions",
        f"From {pixels.regions} defect regions in {pixels.images} images. Region overlap weighs "
        f"small and large defects alike; its area counts up to a false positive rate of {PRO_LIMIT:g}.",
        x_label="False positive rate of the pixels",
        y_label="Share found",
        series=(
            Series(f"region overlap (AUPRO {pixels.aupro.value:.3f})", *thinned(x, pixels.region_overlap)),
            Series(f"pixels (AUC {pixels.auroc.value:.3f})", *thinned(x, pixels.true_positive_rate)),
        ),
        diagonal=True,
    )
