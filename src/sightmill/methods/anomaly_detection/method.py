"""The face of anomaly detection, fast variant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.imaging.view import Frame, View
from sightmill.methods.anomaly_detection.choice import SIGNALS
from sightmill.methods.anomaly_detection.settings import AnomalyInference, AnomalyTraining
from sightmill.methods.anomaly_face import AnomalyMethod, Evidence, highest_mean
from sightmill.methods.borders import frame_steps
from sightmill.methods.contract import RawOutputs
from sightmill.methods.usual import Usual
from sightmill.methods.viewing import ground_of, largest_sides, longer_side, median_sides, settled_sizes, usual_sides

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "AnomalyDetection"]

#: Feature size in the network's own pixels: the image is scaled so that a feature is this large.
CANONICAL_FEATURE = 64
#: Largest side of a tile, in the network's pixels; larger inputs are cut up.
LARGEST_TILE = 1024
#: Longer side of the network's input where nothing is chosen by the data, and its least share where it is.
USUAL_SIDE, LEAST = 256, 0.7
#: By how much the network may shrink what it gets: the first that leaves enough, and all after it.
COARSER = (4, 3, 2)


class AnomalyDetection(AnomalyMethod[AnomalyTraining, AnomalyInference]):
    """Learns from good images what is ordinary, and marks what is not."""

    id: ClassVar[str] = "anomaly_detection"
    title: ClassVar[str] = "Anomaly detection"
    summary: ClassVar[str] = (
        "Learns from good images only; gives a score, a heatmap, defect regions and a good/bad decision."
    )
    Training = AnomalyTraining
    Inference = AnomalyInference

    def resolve(self, samples: Sequence[Sample], training: AnomalyTraining) -> AnomalyTraining:
        return settled_sizes(_scaled(samples, training), samples, LARGEST_TILE)

    def view(self, training: AnomalyTraining, samples: Sequence[Sample]) -> View:
        scale = min(training.image_size / max(longer_side(samples, training.downsample), 1.0), 8.0)  # what a view takes
        multiple = max(16 * max(_reductions(training, scale)), 32)
        one = training.sizes == "one"
        sides = median_sides(samples) if one else largest_sides(samples) if training.placed else usual_sides(samples)
        width, height = (
            min(max(math.ceil(scale * side / 2**training.downsample / multiple - 1e-6), 1) * multiple, LARGEST_TILE)
            for side in sides
        )
        if (
            training.placed
            and not one
            and max(width, height) == LARGEST_TILE
            and scale * max(largest_sides(samples)) > LARGEST_TILE
        ):
            raise SettingsError(
                "placed needs each image in one piece, but at this feature size images are cut into tiles",
                got=training.feature_size,
                remedy="make feature_size larger, or leave placed off",
            )
        return View(
            width=width,
            height=height,
            fit="stretch" if one else "scale",
            scale=scale,
            downsample=training.downsample,
            grayscale=training.grayscale,
            multiple=multiple,
            **ground_of(samples, training.grayscale),
        )

    def evidence(self, raw: RawOutputs, frame: Frame, inference: AnomalyInference) -> Evidence:
        merged = frame.merge(raw["evidence"]).astype(np.float32)
        steps = frame_steps(frame, merged.shape[:2])
        strange = Usual.unpacked(raw["usual"][0]).added((merged[..., 0], merged[..., 1]), steps, SIGNALS)
        learnt = float(np.ravel(raw["score_area"])[0])
        area = learnt if inference.score_area is None else inference.score_area
        return Evidence(strange, highest_mean(strange, frame, area))

    def learner(self, training: AnomalyTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.anomaly_detection.learner import AnomalyLearner

        return AnomalyLearner(training, channels=view.channels, reductions=_reductions(training, view.scale))


def _scaled(samples: Sequence[Sample], training: AnomalyTraining) -> AnomalyTraining:
    """With `feature_size` and `image_size`, of which each follows from the other and from the images."""
    if training.feature_size and training.image_size:
        return training
    side = longer_side(samples, training.downsample)
    size = training.image_size or CANONICAL_FEATURE * side / max(training.feature_size, 1)
    if not training.feature_size and not training.image_size:
        own = min(32 * round(side / 32), LARGEST_TILE) if training.adapt else USUAL_SIDE
        return training.changed(
            feature_size=max(round(side * CANONICAL_FEATURE / USUAL_SIDE), 8),
            image_size=max(own, USUAL_SIDE),
        )
    return training.changed(
        feature_size=training.feature_size or max(round(CANONICAL_FEATURE * side / size), 8),
        image_size=min(max(round(size), 32), 4096),
    )


def _reductions(training: AnomalyTraining, scale: float) -> tuple[int, ...]:
    """By how much the network may shrink its input, the most first: down to the feature size's own resolution."""
    most = scale * training.feature_size / CANONICAL_FEATURE
    fitting = [factor for factor in COARSER if training.adapt and most > LEAST * factor]
    return (*fitting[:1], *((2,) if fitting[:1] and fitting[0] > 2 else ()), 1)


METHOD = AnomalyDetection()
