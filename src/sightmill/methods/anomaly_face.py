"""What the faces of all anomaly methods share: good or bad, how strange, where, and how sure.

A method says what its network saw as `Evidence`, in the network's own numbers. This page turns that into scores and
heatmaps on the one scale from 0 to 100, a decision, the defect regions, metrics, and calibrated thresholds.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.findings import Finding
from sightmill.data.good import is_good
from sightmill.data.regions import Mask, Whole
from sightmill.data.result import Picture, Result
from sightmill.data.sample import Sample
from sightmill.evaluation.anomaly import METRICS, measure_anomaly
from sightmill.evaluation.anomaly_figures import anomaly_figures
from sightmill.evaluation.report import Estimate, Figure, Metric, Pair
from sightmill.evaluation.scale import HOT, MIDDLE, TOP, ScoreScale
from sightmill.evaluation.thresholds import choose_threshold, uncertain_band
from sightmill.imaging.view import Frame
from sightmill.methods.borders import frame_cells
from sightmill.methods.contract import Calibration, Method, RawOutputs
from sightmill.methods.decision import FITTED_BY, DecisionInference, DecisionTraining

__all__ = ["SCORE_AREA", "AnomalyMethod", "Evidence", "good_name", "highest_mean"]

T = TypeVar("T", bound=DecisionTraining)
I = TypeVar("I", bound=DecisionInference)  # noqa: E741  the architecture's own letter for inference

FloatMap = npt.NDArray[np.float32]

#: The name of the map that is shown first, and of the score that decides.
MAP, SCORE = "heatmap", "anomaly_score"

#: Share of an image, in percent, whose highest values make its score unless a method or the user knows better.
SCORE_AREA = 1.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a network saw in one image, in its own numbers: higher is stranger, and any number may be 0.

    Parameters
    ----------
    map : ``(h, w)`` float32 over the network's whole input, tiles merged (`Frame.merge`), at any stride. It is what
        regions are cut from and what is shown first.
    score : of the image, in the numbers of the map (usually `highest_mean` of it): the same scale serves both.
    maps, scores : further ones by name (``local``, ``global``), in the same numbers. A result calls the scores
        ``anomaly_score_local``.
    values : numbers that are told as they are (``components``): not put on the scale.
    pictures : pictures by name (``reconstructed``): `Frame.picture`.
    findings : what is wrong, in sentences ("component 3: 2 found, 1 expected").
    """

    map: FloatMap
    score: float
    maps: Mapping[str, FloatMap] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


class AnomalyMethod(Method[T, I]):
    """A face that lacks only `resolve`, `view`, `learner` and `evidence`."""

    learns_from: ClassVar[str] = "anomaly"
    answers_with: ClassVar[tuple[str, ...]] = ("whole", "mask")
    calibrated_by: ClassVar[tuple[str, ...]] = FITTED_BY

    @abstractmethod
    def evidence(self, raw: RawOutputs, frame: Frame, inference: I) -> Evidence:
        """One image's raw outputs -> what the network saw. The only reader of network outputs; numpy."""

    def labels(self, samples: Sequence[Sample], training: T) -> tuple[str, ...]:
        return (training.good_label or good_name(samples), "defect")

    def prepared(self, samples: Iterable[Sample], split: str, training: T) -> list[Sample]:
        """Training learns from good images only; bad ones found there help to set the threshold."""
        labelled = [sample for sample in samples if sample.split in ("train", split) and sample.label]
        good = training.good_label or good_name(labelled)
        if split == "train":
            return [sample for sample in labelled if sample.label == good]
        chosen = [sample for sample in labelled if sample.split == split]
        if split == "validation":
            chosen += [sample for sample in labelled if sample.split == "train" and sample.label != good]
        return chosen

    def check(self, samples: Sequence[Sample], training: T) -> list[Finding]:
        good = [sample for sample in samples if sample.label == (training.good_label or good_name(samples))]
        if not good:
            found = ", ".join(sorted({str(sample.label) for sample in samples})) or "none"
            return [
                Finding(
                    "error",
                    "no_good_images",
                    f"there is no good image to learn from; class names found: {found}",
                    "put good images into train/good, or name their class with good_label",
                )
            ]
        if len(good) < 10:
            return [
                Finding(
                    "warning",
                    "few_images",
                    f"only {len(good)} good images to learn from",
                    "20 to 100 good images are usual: without them ordinary variation looks like a defect",
                )
            ]
        return []

    def decode(self, raw: RawOutputs, frame: Frame, labels: tuple[str, ...], inference: I) -> Result:
        """Scores, maps and regions in shown units; without a fitted scale, raw ones and no decision."""
        seen = self.evidence(raw, frame, inference)
        scale = scale_of(inference)
        limits = None if scale is None else HOT
        maps = {MAP: seen.map, **seen.maps}
        shown = maps if scale is None else {name: scale.shown_map(values) for name, values in maps.items()}
        heatmaps = {name: frame.heatmap(values, limits) for name, values in shown.items()}
        raw_scores = {SCORE: seen.score} | {f"{SCORE}_{name}": score for name, score in seen.scores.items()}
        scores = {name: score if scale is None else scale.shown(score) for name, score in raw_scores.items()}
        threshold = None if scale is None else inference.threshold
        regions: list[Annotation] = []
        if threshold is not None and scores[SCORE] > threshold:
            pixels = threshold if inference.pixel_threshold is None else inference.pixel_threshold
            regions = _regions(heatmaps[MAP].at_image_size(), pixels, inference.minimum_defect_area, labels[1])
            if inference.minimum_defect_area and not regions:
                scores[SCORE] = threshold  # nothing in it is large enough to be a defect
        bad = threshold is not None and scores[SCORE] > threshold
        label = "" if threshold is None else labels[1] if bad else labels[0]
        values = {**scores, "raw_score": seen.score, **seen.values}
        flags: dict[str, bool] = {}
        if threshold is not None:
            low, high = band_of(inference, threshold)
            flags = {"is_valid": not bad, "is_confident": low == high or not low <= scores[SCORE] <= high}
            values |= {"threshold": threshold} | ({} if low == high else {"threshold_1": low, "threshold_2": high})
        return Result(
            annotations=(Annotation(Whole(), label, scores[SCORE]), *regions),
            labels=labels,
            size=frame.size,
            heatmaps=heatmaps,
            values=values,
            flags=flags,
            pictures=seen.pictures,
            findings=seen.findings,
        )

    def metrics(self) -> Sequence[Metric]:
        return METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_anomaly(pairs, lambda sample: sample.label == labels[0], intervals=intervals)

    def figures(self, pairs: Sequence[Pair], labels: tuple[str, ...], inference: I) -> list[Figure]:
        return anomaly_figures(pairs, lambda sample: sample.label == labels[0], thresholds_of(inference))

    def truth(self, sample: Sample) -> str:
        return sample.label or ""

    def badness(self, pair: Pair) -> float:
        """How far on the wrong side of the threshold, from 0 to 1; 0.5 is on it."""
        result = pair.result
        score = result.values[SCORE]
        threshold = result.values.get("threshold")
        good = pair.sample.label == result.labels[0]
        if threshold is None:
            share = 0.5 if score > 0 else 0.0
        elif score <= threshold:
            share = 0.5 * score / threshold if threshold else 0.5
        else:
            share = 0.5 + 0.5 * (score - threshold) / (TOP - threshold)
        wrong = share if good else 1.0 - share
        if "is_valid" in result.flags and result.flags["is_valid"] != good:
            return max(wrong, float(np.nextafter(0.5, 1.0)))
        return wrong

    def calibrate(self, pairs: Sequence[Pair], labels: tuple[str, ...], training: T, inference: I) -> Calibration[I]:
        """The scale that shows the threshold as 50, and the uncertain band, from held-out images.

        The pairs may be answered with any settings: their ``raw_score`` is read.
        """
        scores: dict[bool, list[float]] = {True: [], False: []}
        for pair in pairs:
            scores[pair.sample.label == labels[0]].append(pair.result.values["raw_score"])
        good, bad = scores[True], scores[False]
        targets = {
            "target": training.false_reject_target / 100,
            "escape_target": training.escape_target / 100,
            "confidence": training.confidence_level / 100,
        }
        chosen = choose_threshold(
            good,
            bad,
            rule=training.threshold_rule,
            sigma=training.sigma_factor,
            escape_cost=training.escape_cost,
            false_reject_cost=training.false_reject_cost,
            defect_share=training.defect_share / 100 or None,
            **targets,
        )
        scale = ScoreScale.fitted(chosen.value, good)
        band = uncertain_band(good, bad, **targets)
        notes = chosen.sentences if band is None else (*chosen.sentences, *band.sentences)
        if inference.threshold not in (MIDDLE, None):
            notes += (f"The threshold stands at {inference.threshold:g}, not at 50, and promises nothing of this.",)
        return Calibration(
            inference.changed(
                score_centre=scale.centre,
                score_spread=scale.spread,
                uncertain_low=None if band is None else scale.shown(band.low),
                uncertain_high=None if band is None else scale.shown(band.high),
            ),
            facts={
                "threshold": chosen.to_dict(),
                "band": None if band is None else band.to_dict(),
                "good_images": len(good),
                "bad_images": len(bad),
            },
            notes=notes,
        )


def good_name(samples: Sequence[Sample]) -> str:
    """The class name that means good: a known word, else the only class of the training images."""
    found = {sample.label for sample in samples if sample.label}
    known = sorted(label for label in found if is_good(label))
    if known:
        return known[0]
    trained = {sample.label for sample in samples if sample.label and sample.split == "train"}
    return next(iter(trained)) if len(trained) == 1 else "good"


def highest_mean(values: FloatMap, frame: Frame, percent: float | None) -> float:
    """The mean of the highest values of a merged map, among the cells that show the image and its region of interest.

    Parameters
    ----------
    values : ``(h, w)`` over the network's whole input.
    percent : share of those cells that is averaged, 0 to 100; 0 takes the single highest, None takes `SCORE_AREA`.
    """
    cells = values[frame_cells(frame, (values.shape[0], values.shape[1]))]
    share = (SCORE_AREA if percent is None else percent) / 100
    count = max(round(share * len(cells)), 1)
    return float(np.partition(cells, len(cells) - count)[-count:].mean())


def scale_of(inference: DecisionInference) -> ScoreScale | None:
    """The scale that scores are shown on; None when none was fitted."""
    if inference.score_centre is None:
        return None
    return ScoreScale(inference.score_centre, inference.score_spread)


def band_of(inference: DecisionInference, threshold: float) -> tuple[float, float]:
    """T1 and T2 in shown units, widened to hold the threshold; both equal it when there is no band."""
    low, high = inference.uncertain_low, inference.uncertain_high
    if low is None or high is None:
        return threshold, threshold
    return min(low, threshold), max(high, threshold)


def thresholds_of(inference: DecisionInference) -> dict[str, float]:
    """T, and T1 and T2 where there is a band, by the names that plots give them."""
    if inference.score_centre is None or inference.threshold is None:
        return {}
    low, high = band_of(inference, inference.threshold)
    return {"T": inference.threshold} | ({} if low == high else {"T1": low, "T2": high})


def _regions(full: FloatMap, threshold: float, minimum_area: float, label: str) -> list[Annotation]:
    """Connected regions above the threshold that are large enough, strongest first."""
    above = (full > threshold).astype(np.uint8)
    count, components, statistics, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    found: list[Annotation] = []
    for index in range(1, count):
        x, y, width, height, area = (int(value) for value in statistics[index])
        if area < minimum_area:
            continue
        window = (slice(y, y + height), slice(x, x + width))
        pixels = components[window] == index
        found.append(Annotation(Mask(pixels, x, y), label, float(full[window][pixels].max())))
    return sorted(found, key=lambda item: -(item.score or 0.0))
