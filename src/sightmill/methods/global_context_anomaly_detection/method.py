"""The face of global context anomaly detection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.result import Picture, Result
from sightmill.data.sample import Sample
from sightmill.errors import ModelError
from sightmill.evaluation.report import Pair
from sightmill.evaluation.scale import ScoreScale
from sightmill.imaging.view import Frame, View
from sightmill.methods.anomaly_face import AnomalyMethod, Evidence, highest_mean, scale_of
from sightmill.methods.borders import frame_cells, frame_steps
from sightmill.methods.contract import Calibration, RawOutputs
from sightmill.methods.global_context_anomaly_detection.inventory import take_inventory, told
from sightmill.methods.global_context_anomaly_detection.painting import COMPONENTS, draw_findings, painted
from sightmill.methods.global_context_anomaly_detection.settings import ContextInference, ContextTraining
from sightmill.methods.global_context_anomaly_detection.weighing import SIGNALS, smooth_highest
from sightmill.methods.usual import Usual
from sightmill.methods.viewing import ground_of, largest_sides, longer_side

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "GlobalContextAnomalyDetection"]

FloatMap = npt.NDArray[np.float32]

#: Longest side of the network's input by default; and how far smaller images are enlarged towards it, at most: small
#: defects on small parts cover too few places else. What would be enlarged by less than the last figure is not: that
#: blurs, and gains no places.
USUAL_SIDE, ENLARGED, WORTH = 384, 1.5, 1.15
#: Fewer held-out good images than this say little of how far good ones can lie; and what is far, in the numbers of the
#: network, in which training made good images score 0, give or take 1.
FEW, FAR = 20, 3.0


class GlobalContextAnomalyDetection(AnomalyMethod[ContextTraining, ContextInference]):
    """Learns from good images what each place looks like, and what belongs together."""

    id: ClassVar[str] = "global_context_anomaly_detection"
    title: ClassVar[str] = "Anomaly detection, global context"
    summary: ClassVar[str] = (
        "Learns from good images only; also finds missing, extra, misplaced or mismatched parts, and says which."
    )
    Training = ContextTraining
    Inference = ContextInference

    def resolve(self, samples: Sequence[Sample], training: ContextTraining) -> ContextTraining:
        if training.image_size:
            return training
        side = longer_side(samples, training.downsample)
        enlarged = min(ENLARGED * side, USUAL_SIDE)
        chosen = enlarged if enlarged >= WORTH * side else min(side, USUAL_SIDE)
        return training.changed(image_size=max(round(chosen), 32))

    def view(self, training: ContextTraining, samples: Sequence[Sample]) -> View:
        sides = largest_sides(samples)
        width, height = (max(math.ceil(training.image_size * side / max(sides) / 32 - 1e-6), 1) * 32 for side in sides)
        return View(
            width=width,
            height=height,
            fit="pad",
            downsample=training.downsample,
            grayscale=training.grayscale,
            **ground_of(samples, training.grayscale),
        )

    def evidence(self, raw: RawOutputs, frame: Frame, inference: ContextInference) -> Evidence:
        maps: dict[str, FloatMap] = {}
        scores: dict[str, float] = {}
        if "local" in raw and inference.networks != "global":
            told = frame.merge(raw["local"]).astype(np.float32)
            steps = frame_steps(frame, told.shape[:2])
            kinds = [np.ascontiguousarray(told[..., kind]) for kind in range(told.shape[2])]
            shift, gain = np.asarray(raw["local_scale"][0], np.float32)
            maps["local"] = (Usual.unpacked(raw["usual"][0]).added(kinds, steps, SIGNALS) - shift) * gain
            scores["local"] = _score(maps["local"], frame, inference)
        if "where" in raw and inference.networks != "local":
            scores["global"] = float(np.ravel(raw["context"])[0])
            maps["global"] = _lifted(frame.merge(raw["where"]).astype(np.float32), scores["global"], frame)
        if not maps:
            raise ModelError(
                "the model has no such network",
                where="networks",
                got=inference.networks,
                allowed="local" if "local" in raw else "global",
                remedy="choose all, or train with networks both",
            )
        rows, columns = next(iter(maps.values())).shape
        sized = [cv2.resize(part, (columns, rows), interpolation=cv2.INTER_LINEAR) for part in maps.values()]
        score = float(smooth_highest(list(scores.values())))
        pictures: dict[str, Picture] = {}
        if "global" in maps:
            shares = np.asarray(raw["components"][0], np.float32)
            pictures = {COMPONENTS: frame.picture(painted(shares))}
        scale = scale_of(inference)
        findings: tuple[str, ...] = ()
        if scale is not None and inference.threshold is not None and scale.shown(score) > inference.threshold:
            strange = {name: own for name, own in scores.items() if scale.shown(own) > inference.threshold}
            findings = _findings(raw, frame, maps, strange or scores)
        return Evidence(
            smooth_highest(np.stack(sized, -1)).astype(np.float32),
            score,
            maps=maps,
            scores=scores,
            pictures=pictures,
            findings=findings,
        )

    def calibrate(
        self,
        pairs: Sequence[Pair],
        labels: tuple[str, ...],
        training: ContextTraining,
        inference: ContextInference,
    ) -> Calibration[ContextInference]:
        """As of all anomaly methods; where next to no image was held out, the scale that training found has a say."""
        found = super().calibrate(pairs, labels, training, inference)
        good = [pair.result.values["raw_score"] for pair in pairs if pair.sample.label == labels[0]]
        centre = found.inference.score_centre
        if (
            len(good) >= FEW
            or len(good) < len(pairs)
            or centre is None
            or centre >= FAR
            or not _chosen_freely(training)
        ):
            return found
        scale = ScoreScale.fitted(FAR, good)
        facts = dict(found.facts) | {"threshold": {**found.facts["threshold"], "value": FAR}}
        note = (
            f"With {len(good)} held-out good images T would stand too low: it was raised to {FAR:g} deviations of good "
            "images, as training found them by judging each by the others."
        )
        changed = found.inference.changed(score_centre=scale.centre, score_spread=scale.spread)
        return Calibration(changed, facts=facts, notes=(*found.notes, note))

    def draw(self, image: npt.NDArray[Any], result: Result) -> npt.NDArray[np.uint8]:
        """The regions, the outlines of the components that a finding names, and the findings in words."""
        return draw_findings(super().draw(image, result), result)

    def learner(self, training: ContextTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.global_context_anomaly_detection.learner import ContextLearner

        return ContextLearner(training, labels=labels, view=view)


def _chosen_freely(training: ContextTraining) -> bool:
    """Whether the rule for the threshold leaves it to the program where there are good images only."""
    return training.threshold_rule in ("automatic", "good_only")


def _score(values: FloatMap, frame: Frame, inference: ContextInference) -> float:
    """Mean of the highest values of a map, the most extreme ones ignored."""
    if not inference.anomaly_score_tolerance:
        return highest_mean(values, frame, inference.score_area)
    cells = np.sort(values[frame_cells(frame, (values.shape[0], values.shape[1]))])
    left = max(len(cells) - round(inference.anomaly_score_tolerance / 100 * len(cells)), 1)
    count = max(round((inference.score_area or 0.0) / 100 * len(cells)), 1)
    return float(cells[max(left - count, 0) : left].mean())


def _lifted(where: FloatMap, score: float, frame: Frame) -> FloatMap:
    """A map that is highest where the image's score comes from: the image tells how strange, its places say where."""
    highest = highest_mean(where, frame, 0.0)
    if score <= 0 or highest <= 0:
        return np.full_like(where, score)
    return np.asarray(score * np.clip(where / highest, 0, 1), np.float32)


def _findings(raw: RawOutputs, frame: Frame, maps: dict[str, FloatMap], scores: dict[str, float]) -> tuple[str, ...]:
    """What is wrong, in sentences, by the networks that have these scores; the surer one speaks first."""
    found: list[str] = []
    for name in sorted(scores, key=lambda key: -scores[key]):
        x, y = _highest_place(maps[name], frame)
        if name == "local":
            found.append(f"at x {x}, y {y}: a place that looks like none in good images")
            continue
        table = np.asarray(raw["ordinary"][0], np.float64)
        known = np.where(table[:, :-1] < 0, np.nan, table[:, :-1])
        said = told(take_inventory(np.asarray(raw["components"][0], np.float32), table[:, -1]), known)
        found += said or (f"at x {x}, y {y}: parts that do not belong together like this in good images",)
    return tuple(found)


def _highest_place(values: FloatMap, frame: Frame) -> tuple[int, int]:
    """Where a map is highest within the image, in pixels of the image."""
    rows, columns = values.shape
    inside = frame_cells(frame, (rows, columns))
    row, column = np.unravel_index(np.argmax(np.where(inside, values, -np.inf)), values.shape)
    width, height = frame.input_size
    place = np.array([(column + 0.5) / columns * width, (row + 0.5) / rows * height, 1.0])
    x, y = frame.matrix_back @ place
    return int(np.clip(x, 0, frame.size[0] - 1)), int(np.clip(y, 0, frame.size[1] - 1))


METHOD = GlobalContextAnomalyDetection()
