"""How good anomaly scores and heatmaps are, on images known to be good or defective.

The score is ``result.values["anomaly_score"]``, higher for stranger images; the decision is
``result.flags["is_valid"]``, True for an image that passes; ``result.flags["is_confident"]`` is False between T1 and
T2. Samples without a truth are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.data.sample import Sample
from sightmill.errors import ModelError
from sightmill.evaluation.curves import FloatArray, Tally
from sightmill.evaluation.intervals import bootstrap_tally, proportion
from sightmill.evaluation.pixels import pixel_curves
from sightmill.evaluation.report import Estimate, Metric, Pair

__all__ = ["CONFIDENT", "LOW_RATE", "METRICS", "SCORE", "VALID", "Inspected", "defect_type", "measure_anomaly"]

SCORE = "anomaly_score"
VALID = "is_valid"
CONFIDENT = "is_confident"

#: "Recall at a low false-reject rate" allows so many of the good images to be rejected.
LOW_RATE = 0.01

#: What anomaly detection is judged by, the deciding figure first.
METRICS = (
    Metric("image_auroc", "Image AUROC"),
    Metric("image_ap", "Image average precision"),
    Metric("image_f1_max", "Image F1, best threshold"),
    Metric("recall_at_low_fpr", f"Defects found at {LOW_RATE:.0%} false rejects, best threshold"),
    Metric("pixel_auroc", "Pixel AUROC"),
    Metric("pixel_ap", "Pixel average precision"),
    Metric("pixel_aupro", "Pixel AUPRO (FPR up to 0.3)"),
    Metric("pixel_aupro_05", "Pixel AUPRO (FPR up to 0.05)"),
    Metric("false_reject_rate", "False-reject rate at T", better="lower", limit=0.0),
    Metric("escape_rate", "Escape rate at T", better="lower", limit=0.0),
    Metric("confident_false_reject_rate", "False-reject rate above T2", better="lower", limit=0.0),
    Metric("confident_escape_rate", "Escape rate below T1", better="lower", limit=0.0),
    Metric("uncertain_rate", "Images between T1 and T2", better="lower", limit=0.0),
)


def measure_anomaly(
    pairs: Sequence[Pair], is_good: Callable[[Sample], bool], *, intervals: bool = True
) -> dict[str, Estimate]:
    """Every figure that the truth allows, the deciding one first.

    ``image_auroc``, ``image_ap``, ``image_f1_max``, ``recall_at_low_fpr``: need good and defective images. The last
        is the share of the defective images that score higher than all but `LOW_RATE` of the good ones.
    ``pixel_auroc``, ``pixel_ap``, ``pixel_aupro``, ``pixel_aupro_05``: need heatmaps and areas in the truth of a
        defective image.
    ``false_reject_rate``: good images that do not pass; ``escape_rate``: defective images that pass.
    ``confident_...``: those of them that the answer is sure of, among *all* good or defective images, and
        ``uncertain_rate``: the images it is not sure of. Need an uncertain band.

    Raises
    ------
    ModelError : a result has no anomaly score.
    """
    images = Inspected.of(pairs, is_good)
    estimates: dict[str, Estimate] = {}
    if images.good.any() and not images.good.all():
        tally = Tally.of(images.score, ~images.good)
        for name, statistic in (
            ("image_auroc", Tally.auc),
            ("image_ap", Tally.average_precision),
            ("image_f1_max", Tally.f1_max),
            ("recall_at_low_fpr", lambda tally: tally.recall_at(LOW_RATE)),
        ):
            low, high = bootstrap_tally(tally, statistic) if intervals else (None, None)
            estimates[name] = Estimate(float(statistic(tally)), low, high, len(images.good))
        pixels = pixel_curves(pairs, is_good, intervals=intervals)
        if pixels is not None:
            estimates |= pixels.areas
    good, bad = images.good & images.decided, ~images.good & images.decided
    wrong = images.passed != images.good
    for name, which in (("false_reject_rate", good), ("escape_rate", bad)):
        if which.any():
            estimates[name] = proportion(int((which & wrong).sum()), int(which.sum()), interval=intervals)
    if images.banded:
        for name, which in (("confident_false_reject_rate", good), ("confident_escape_rate", bad)):
            if which.any():
                sure = which & wrong & images.confident
                estimates[name] = proportion(int(sure.sum()), int(which.sum()), interval=intervals)
        decided = images.decided
        estimates["uncertain_rate"] = proportion(
            int((decided & ~images.confident).sum()), int(decided.sum()), interval=intervals
        )
    return estimates


def defect_type(sample: Sample) -> str:
    """The name that a defective sample is listed under: its image label, else the label of its first area."""
    return sample.label or next((item.label for item in sample.annotations if item.label), "defective")


@dataclass(frozen=True, eq=False)
class Inspected:
    """What evaluation needs of images with a truth, as arrays ``(N,)``.

    Parameters
    ----------
    score : anomaly scores.
    good : whether the truth says good.
    decided, passed : whether there is a decision, and whether the image passes.
    confident : whether the score lies outside the uncertain band.
    types : the type of defect; empty for good images.
    banded : whether there is an uncertain band at all.
    """

    score: FloatArray
    good: npt.NDArray[np.bool_]
    decided: npt.NDArray[np.bool_]
    passed: npt.NDArray[np.bool_]
    confident: npt.NDArray[np.bool_]
    types: tuple[str, ...]
    banded: bool

    @classmethod
    def of(cls, pairs: Sequence[Pair], is_good: Callable[[Sample], bool]) -> Inspected:
        """Read the pairs; raises `ModelError` for a result without an anomaly score."""
        kept = [pair for pair in pairs if pair.sample.annotated]
        for pair in kept:
            if SCORE not in pair.result.values:
                raise ModelError(
                    "this result has no anomaly score",
                    where=pair.sample.name or None,
                    got=dict(pair.result.values),
                )
        good = [bool(is_good(pair.sample)) for pair in kept]
        flags = [pair.result.flags for pair in kept]
        return cls(
            np.array([pair.result.values[SCORE] for pair in kept], np.float64),
            np.array(good, np.bool_),
            np.array([VALID in given for given in flags], np.bool_),
            np.array([given.get(VALID, False) for given in flags], np.bool_),
            np.array([given.get(CONFIDENT, True) for given in flags], np.bool_),
            tuple("" if fine else defect_type(pair.sample) for pair, fine in zip(kept, good, strict=True)),
            any("threshold_1" in pair.result.values for pair in kept),
        )
