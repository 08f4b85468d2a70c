"""Plots and tables of anomaly detection: scores, decisions by type of defect, curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sightmill.data.sample import Sample
from sightmill.evaluation.anomaly import LOW_RATE, SCORE, Inspected, defect_type
from sightmill.evaluation.curves import Tally, auc, average_precision, thinned
from sightmill.evaluation.intervals import wilson
from sightmill.evaluation.pixels import PIXEL_AREAS, PRO_LIMIT, STRICT_LIMIT, PixelCurves, pixel_curves
from sightmill.evaluation.report import Curves, Figure, Histogram, Pair, Series, Table

__all__ = ["anomaly_figures"]

BoolArray = npt.NDArray[np.bool_]


def anomaly_figures(
    pairs: Sequence[Pair],
    is_good: Callable[[Sample], bool],
    thresholds: Mapping[str, float] | None = None,
) -> list[Figure]:
    """Score histogram, tables by type of defect (and by score, where there are several), and ROC,
    precision-recall and PRO curves.

    `thresholds` are drawn into the histogram by name; None draws the ``threshold`` that the results carry.
    Curves need good and defective images. Empty without any truth.

    Raises
    ------
    ModelError : a result has no anomaly score.
    """
    images = Inspected.of(pairs, is_good)
    if not len(images.good):
        return []
    if thresholds is None:
        carried = [pair.result.values["threshold"] for pair in pairs if "threshold" in pair.result.values]
        thresholds = {"threshold": carried[0]} if carried else {}
    both = images.good.any() and not images.good.all()
    pixels = pixel_curves(pairs, is_good, intervals=False, type_of=defect_type) if both else None
    figures: list[Figure] = [_score_histogram(images, thresholds), _decision_table(images)]
    if both:
        figures.append(_separation_table(images, pixels))
        figures.extend(_score_table(pairs, is_good))
        figures.extend(_image_curves(images))
    if pixels is not None:
        figures.append(_pro_curve(pixels))
    return figures


def _score_histogram(images: Inspected, thresholds: Mapping[str, float]) -> Histogram:
    marks = [*images.score, *thresholds.values()]
    low, high = float(np.min(marks)), float(np.max(marks))
    high = high if high > low else low + max(abs(low), 1.0) * 1e-3
    bars = min(max(round(3 * len(images.score) ** 0.5), 10), 40)
    edges = np.linspace(low, high, bars + 1)
    between = " Between T1 and T2 an answer is not confident." if "T1" in thresholds else ""
    return Histogram(
        "Anomaly scores",
        "The less the two groups overlap, the better. An image that scores above the threshold is rejected." + between,
        x_label="Anomaly score",
        edges=edges,
        groups={
            name: np.histogram(images.score[which], edges)[0].astype(np.int64)
            for name, which in (("good", images.good), ("defective", ~images.good))
            if which.any()
        },
        thresholds=dict(thresholds),
    )


def _groups(images: Inspected) -> list[tuple[str, BoolArray]]:
    """Each type of defect by its name, and all of them where there are several."""
    kinds = np.array(images.types)
    groups = [(name, kinds == name) for name in sorted(set(images.types) - {""})]
    return [*groups, ("All defects", ~images.good)] if len(groups) > 1 else groups


def _decision_table(images: Inspected) -> Table:
    rows = [_decisions(images, name, which) for name, which in _groups(images)]
    if images.good.any():
        rows.append(_decisions(images, "Good images", images.good))
    return Table(
        "By type of defect",
        "Rejected: images called defective at T. Error rate: escapes of a type of defect, false rejects of good "
        "images, with its 95 % interval. Confident errors: those outside the uncertain band T1 to T2.",
        columns=(
            "Type",
            "Images",
            "Rejected",
            "Escaped",
            "Error rate",
            "low",
            "high",
            "Confident error rate",
            "confident low",
            "confident high",
            "Not confident",
        ),
        rows=tuple(rows),
    )


def _decisions(images: Inspected, name: str, which: BoolArray) -> tuple[object, ...]:
    decided = which & images.decided
    count = int(decided.sum())
    if not count:
        return (name, int(which.sum()), *[None] * 9)
    wrong = decided & (images.passed != images.good)
    errors, sure = int(wrong.sum()), int((wrong & images.confident).sum())
    escaped = None if name == "Good images" else errors
    rejected = int((decided & ~images.passed).sum())
    band = (sure / count, *wilson(sure, count), int((decided & ~images.confident).sum()))
    return (
        name,
        int(which.sum()),
        rejected,
        escaped,
        errors / count,
        *wilson(errors, count),
        *(band if images.banded else [None] * 4),
    )


def _separation_table(images: Inspected, pixels: PixelCurves | None) -> Table:
    """How well each type scores above the good images, whatever the threshold."""
    rows: list[tuple[object, ...]] = []
    groups = _groups(images)
    for name, which in groups:
        both = which | images.good
        tally = Tally.of(images.score[both], which[both])
        found: Mapping[str, float] = {}
        if pixels is not None:
            overall = {area: estimate.value for area, estimate in pixels.areas.items()}
            found = overall if name == "All defects" else pixels.by_type.get(name, {})
        rows.append(
            (
                name,
                float(tally.auc()),
                float(tally.average_precision()),
                float(tally.f1_max()),
                float(tally.recall_at(LOW_RATE)),
                *(found.get(area) for area in PIXEL_AREAS),
            )
        )
    return Table(
        "Scores by type of defect",
        "Each type against all good images, whatever the threshold. AUROC: chance that such an image scores higher "
        f"than a good one. Found at {LOW_RATE:.0%}: share found where at most {LOW_RATE:.0%} of the good are rejected.",
        columns=(
            "Type",
            "AUROC",
            "AP",
            "F1 max",
            f"Found at {LOW_RATE:.0%}",
            "Pixel AUROC",
            "Pixel AP",
            f"AUPRO {PRO_LIMIT:g}",
            f"AUPRO {STRICT_LIMIT:g}",
        ),
        rows=tuple(rows),
    )


def _score_table(pairs: Sequence[Pair], is_good: Callable[[Sample], bool]) -> list[Figure]:
    """How well each of several scores (local, global) parts good from defective; nothing where there is one."""
    kept = [pair for pair in pairs if pair.sample.annotated]
    shared = set.intersection(*(set(pair.result.values) for pair in kept))
    names = [SCORE, *sorted(name for name in shared if name.startswith(f"{SCORE}_"))]
    if len(names) == 1:
        return []
    bad = [not is_good(pair.sample) for pair in kept]
    scores = {name: [pair.result.values[name] for pair in kept] for name in names}
    return [
        Table(
            "By score",
            "The combined score decides; the others show what each part of the network adds.",
            columns=("Score", "AUROC", "AP"),
            rows=tuple(
                (
                    name.removeprefix(f"{SCORE}_") if name != SCORE else "combined",
                    auc(own, bad),
                    average_precision(own, bad),
                )
                for name, own in scores.items()
            ),
        )
    ]


def _image_curves(images: Inspected) -> list[Figure]:
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
        f"small and large defects alike; its area counts up to a false positive rate of {PRO_LIMIT:g} "
        f"(up to {STRICT_LIMIT:g}: {pixels.areas['pixel_aupro_05'].value:.3f}).",
        x_label="False positive rate of the pixels",
        y_label="Share found",
        series=(
            Series(
                f"region overlap (AUPRO {pixels.areas['pixel_aupro'].value:.3f})", *thinned(x, pixels.region_overlap)
            ),
            Series(f"pixels (AUC {pixels.areas['pixel_auroc'].value:.3f})", *thinned(x, pixels.true_positive_rate)),
        ),
        diagonal=True,
    )
