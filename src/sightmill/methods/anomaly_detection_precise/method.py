"""The face of anomaly detection, precise variant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask
from sightmill.data.sample import Sample
from sightmill.imaging.defects import KEPT_APART, damage
from sightmill.imaging.view import Frame, View
from sightmill.methods.anomaly_detection_precise.kinds import kinds_of, signals_of
from sightmill.methods.anomaly_detection_precise.settings import PreciseInference, PreciseTraining
from sightmill.methods.anomaly_face import AnomalyMethod, Evidence, good_name, highest_mean
from sightmill.methods.borders import border_grid, frame_steps
from sightmill.methods.contract import RawOutputs
from sightmill.methods.usual import Usual
from sightmill.methods.viewing import ground_of, largest_sides, longer_side, median_sides, settled_sizes, usual_sides

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "AnomalyDetectionPrecise"]

#: Feature size in the network's own pixels: the image is scaled so that a feature is this large.
CANONICAL_FEATURE = 64
#: Longest side of the network's input by default: of a local and of a global view.
USUAL_SIDE = {"local": 640, "global": 256}
#: Largest side of a tile, in the network's pixels; larger inputs are cut up.
LARGEST_TILE = 640
#: Smallest and largest extent of trials, network pixels: about as large as what the feature size is chosen for.
TRIAL_EXTENT = (16.0, 96.0)
#: How far trials stand out from the texture: as clearly as a defect that an inspector would reject.
TRIAL_CLEAR = 1.5
#: Held-out images with a synthetic defect that a descent is judged by, at most, and the bytes they may take.
TRIALS, TRIAL_BYTES = 32, 256 << 20
#: The most trials that are made of one image.
MOST_REPEATS = 3


class AnomalyDetectionPrecise(AnomalyMethod[PreciseTraining, PreciseInference]):
    """Learns sharp heatmaps from good images and synthetic defects, and from real ones as they come."""

    id: ClassVar[str] = "anomaly_detection_precise"
    title: ClassVar[str] = "Anomaly detection, precise"
    summary: ClassVar[str] = (
        "Learns from good images, and labelled defects if any; gives sharp heatmaps and the expected image."
    )
    Training = PreciseTraining
    Inference = PreciseInference

    def prepared(self, samples: Iterable[Sample], split: str, training: PreciseTraining) -> list[Sample]:
        """Defective images of the training split are learnt from, unless `labelled_defects` is off."""
        given = list(samples)
        if not training.labelled_defects:
            return super().prepared(given, split, training)
        return [sample for sample in given if sample.split == split and sample.label]

    def resolve(self, samples: Sequence[Sample], training: PreciseTraining) -> PreciseTraining:
        return settled_sizes(_scaled(samples, training), samples, LARGEST_TILE)

    def view(self, training: PreciseTraining, samples: Sequence[Sample]) -> View:
        ground = ground_of(samples, training.grayscale)
        one = training.sizes == "one"
        if training.approach == "global":
            sides = median_sides(samples) if one else largest_sides(samples)
            width, height = (_multiple(training.image_size * side / max(sides)) for side in sides)
            return View(
                width=width,
                height=height,
                fit="stretch" if one else "pad",
                downsample=training.downsample,
                grayscale=training.grayscale,
                **ground,
            )
        scale = CANONICAL_FEATURE / training.feature_size
        width, height = (
            min(_multiple(scale * side / 2**training.downsample), LARGEST_TILE)
            for side in (median_sides(samples) if one else usual_sides(samples))
        )
        return View(
            width=width,
            height=height,
            fit="stretch" if one else "scale",
            scale=scale,
            downsample=training.downsample,
            grayscale=training.grayscale,
            **ground,
        )

    def trials(self, samples: Sequence[Sample], training: PreciseTraining, view: View) -> list[Sample]:
        """Held-out good images with a synthetic defect of a kind that is never trained on."""
        good = training.good_label or good_name(samples)
        known = [sample for sample in samples if sample.label == good]
        if not known:
            return []
        most = max(min(TRIALS, int(TRIAL_BYTES // max(_bytes(sample) for sample in known))), 2)
        spread = known[:: math.ceil(len(known) / most)]
        repeats = max(min(most // len(spread), MOST_REPEATS), 1)
        return [
            _trial(sample, np.random.default_rng([training.seed, 5, index]), view)
            for index, sample in enumerate(spread * repeats)
        ]

    def evidence(self, raw: RawOutputs, frame: Frame, inference: PreciseInference) -> Evidence:
        merged = frame.merge(raw["evidence"].transpose(0, 2, 3, 1)).astype(np.float32)
        steps = frame_steps(frame, border_grid(frame), merged.shape[:2])
        kinds = [np.ascontiguousarray(merged[..., kind]) for kind in range(merged.shape[2])]
        signals = signals_of(kinds_of(len(kinds) // 2 - 1))
        strange = Usual.unpacked(raw["usual"][0]).added(kinds, steps, signals)
        return Evidence(
            strange,
            highest_mean(strange, frame, inference.score_area),
            pictures={"reconstructed": frame.picture(frame.merge(raw["expected"].transpose(0, 2, 3, 1)))},
        )

    def learner(self, training: PreciseTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.anomaly_detection_precise.learner import PreciseLearner

        return PreciseLearner(training, labels=labels, view=view)


def _scaled(samples: Sequence[Sample], training: PreciseTraining) -> PreciseTraining:
    """With `feature_size` and `image_size`, of which each follows from the other and from the images."""
    side = longer_side(samples, training.downsample)
    if training.feature_size and training.image_size:
        return training
    wanted = training.image_size or min(side, USUAL_SIDE[training.approach])
    feature = training.feature_size
    if not feature:
        feature = max(round(CANONICAL_FEATURE * side / wanted), 8)
    image_size = training.image_size
    if not image_size:
        local = round(side * CANONICAL_FEATURE / feature)
        image_size = min(max(local if training.approach == "local" else round(wanted), 32), 4096)
    return training.changed(feature_size=feature, image_size=image_size)


def _multiple(side: float) -> int:
    """A side of the network's input: a multiple of 32."""
    return max(math.ceil(side / 32 - 1e-6), 1) * 32


def _bytes(sample: Sample) -> int:
    width, height = sample.size
    return width * height * sample.info.channels * np.dtype(sample.info.dtype).itemsize


def _trial(sample: Sample, rng: np.random.Generator, view: View) -> Sample:
    """The sample with one synthetic defect, drawn at the image's own size."""
    image = sample.read()
    pixels = image.reshape(*image.shape[:2], -1).astype(np.float32)
    pixels = np.clip((pixels - view.black) / (view.white - view.black), 0, 1).astype(np.float32)
    matrix = view.frame(sample.size, sample.roi).matrix
    scale = abs(float(np.linalg.det(matrix[:, :2]))) ** 0.5
    damaged = damage(
        pixels,
        rng,
        extent=(TRIAL_EXTENT[0] / scale, TRIAL_EXTENT[1] / scale),
        kinds=KEPT_APART,
        clear=TRIAL_CLEAR,
        inside=None if sample.roi is None else sample.roi.mask(*sample.size),
    )
    changed = damaged.image * (view.white - view.black) + view.black
    # Only what was damaged changes: elsewhere the image stays as it was, to the bit.
    touched = damaged.mask | (np.abs(damaged.image - pixels).max(2) > 1e-6)
    levels = changed if image.dtype == np.float32 else np.rint(changed)
    merged = np.where(touched[:, :, None], levels, image.reshape(levels.shape)).astype(image.dtype)
    region = Mask.of(damaged.mask)
    annotations = [Annotation(label="synthetic"), *([] if region is None else [Annotation(region, "synthetic")])]
    return Sample(
        merged.reshape(image.shape),
        f"{sample.name}, synthetic",
        tuple(annotations),
        sample.split,
        sample.roi,
        attributes={"synthetic": " ".join(damaged.kind or ())},
    )


METHOD = AnomalyDetectionPrecise()
