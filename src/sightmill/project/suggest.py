"""Settings suggested from the labels, each with its reason, within the time that an image may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sightmill.data.centres import extent_of
from sightmill.data.dataset import Dataset
from sightmill.data.findings import refuse_errors
from sightmill.data.ignored import is_ignored
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.imaging.view import View
from sightmill.methods.contract import Method
from sightmill.methods.training import Training
from sightmill.methods.viewing import longer_side

__all__ = ["Plan", "Suggestion", "Timed", "Timing", "suggest"]

#: Milliseconds for one image, as `sightmill.training.timing.time_network` measures them.
Timing = Callable[[Method[Any, Any], Training, tuple[str, ...], View, tuple[int, int]], float]

#: Objects smaller than this in the network's input are doubtful, pixels.
LEAST_OBJECT = 8.0

#: Training images up to which a depth is enough, and the depth for more.
ENOUGH = ((60, 2), (3000, 3))
DEEPEST = 4

#: The depths that are suggested when nobody says which ones have learnt features.
USUAL_DEPTHS = (1, 2, 3)

#: The most halvings that are suggested.
MOST_HALVINGS = 2

#: Settings that `Method.resolve` fills in, and what each follows from.
_RESOLVED = {
    "feature_size": "the images: no label tells how large anything is",
    "image_size": "the images and what has to be seen in them",
    "tile_size": "the image size and what fits into memory",
    "min_distance_ratio": "the distances of neighbours in the labels",
    "areas": "how thin and long the marked areas are",
}


@dataclass(frozen=True)
class Suggestion:
    """One setting with its suggested value and the reason, a sentence."""

    name: str
    value: float | int | str
    reason: str


@dataclass(frozen=True)
class Timed:
    """How long an image takes with these settings; `objects` is how large small objects then are for the network."""

    network_depth: int
    downsample: int
    image_size: int
    milliseconds: float
    objects: float | None


@dataclass(frozen=True)
class Plan:
    """What is suggested for a training.

    Parameters
    ----------
    method : id of the method.
    suggestions : the settings, in the order to be read.
    timed : what was measured on the way.
    notes : sentences, above all when the budget cannot be kept.
    """

    method: str
    suggestions: tuple[Suggestion, ...]
    timed: tuple[Timed, ...]
    notes: tuple[str, ...]

    @property
    def flags(self) -> list[str]:
        """The suggestions as words of the command line."""
        return [
            word
            for item in self.suggestions
            for word in (
                f"--{item.name.replace('_', '-')}",
                f"{item.value:g}" if isinstance(item.value, float) else str(item.value),
            )
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "flags": self.flags}


def suggest(
    method: Method[Any, Any],
    dataset: Dataset,
    *,
    budget_ms: float | None = None,
    timing: Timing | None = None,
    depths: Sequence[int] = USUAL_DEPTHS,
) -> Plan:
    """Suggest settings for training a method on a data set.

    Parameters
    ----------
    budget_ms : time that an image may take on this machine; None sets no limit.
    timing : measures an untrained network; None measures nothing, and the budget is then not looked at.
    depths : the network depths to choose from: those that come with learnt features.

    Raises
    ------
    DataError : the data does not allow this method at all.
    """
    samples = list(dataset)
    if all(sample.split is None for sample in samples):
        samples = [sample.with_split("train") for sample in samples]
    plain = method.Training()
    learnt = method.prepared(samples, "train", plain)
    findings = method.check(learnt, plain)
    refuse_errors(findings)
    labels = method.labels(learnt, plain)
    sizes = _object_sizes(learnt)
    small = float(np.quantile(sizes, 0.1)) if len(sizes) else None
    usual = _usual_size(learnt)

    wanted, because = _depth_for(len(learnt), depths)
    choices = [
        (depth, halvings)
        for halvings in range(MOST_HALVINGS + 1)
        for depth in sorted((depth for depth in depths if depth <= wanted), reverse=True)
    ]
    timed: list[Timed] = []
    training = _resolved(method, learnt, *choices[0])
    notes = []
    if timing is not None:
        plans = [_resolved(method, learnt, *choice) for choice in (choices if budget_ms is not None else choices[:1])]
        for plan in plans:
            timed.append(_timed(method, learnt, labels, plan, usual, small, timing))
            if budget_ms is None or timed[-1].milliseconds <= budget_ms:
                training = plan
                break
        else:
            best = min(range(len(timed)), key=lambda index: timed[index].milliseconds)
            training = plans[best]
            notes.append(
                f"No choice keeps {budget_ms:g} ms here; the fastest takes {timed[best].milliseconds:.1f} ms. A region "
                "of interest, a faster processor or a GPU would help."
            )
    chosen = next((item for item in timed if _same(item, training)), None)
    full = _resolved(method, learnt, training.network_depth, 0)
    suggestions = [
        *_depth_suggestion(training.network_depth, wanted, because, timed, budget_ms),
        *_halving_suggestion(training, full, small, chosen, budget_ms),
        *_resolved_suggestions(method, training, full, learnt, sizes, budget_ms),
    ]
    notes += [f"{finding.what}: {finding.remedy}." for finding in findings]
    if small is not None and chosen is not None and chosen.objects is not None and chosen.objects < LEAST_OBJECT:
        notes.append(
            f"Small objects ({small:.0f} px in the image) are only {chosen.objects:.0f} px in the network's input: "
            "expect some to be missed, or give a larger image_size."
        )
    return Plan(method.id, tuple(suggestions), tuple(timed), tuple(notes))


def _depth_for(images: int, depths: Sequence[int]) -> tuple[int, str]:
    enough = next((depth for most, depth in ENOUGH if images <= most), DEEPEST)
    depth = max((known for known in depths if known <= enough), default=min(depths))
    if depth < enough:
        return depth, f"{images} training images would fill a deeper network, but none comes with learnt features"
    if depth < DEEPEST:
        return depth, f"{images} training images do not fill a deeper network"
    return depth, f"{images} training images"


def _resolved(method: Method[Any, Any], samples: Sequence[Sample], depth: int, halvings: int) -> Training:
    """Resolved settings under which the network sees the images so many times halved."""
    plain: Training = method.resolve(samples, method.Training.of({"network_depth": depth}))
    if not halvings:
        return plain
    halved: Training = method.resolve(samples, method.Training.of({"network_depth": depth, "downsample": halvings}))
    if _pixels(method, samples, halved) < _pixels(method, samples, plain):
        return halved
    # What the network sees does not follow from the size of the image here: it is made smaller itself.
    least = max(plain.image_size >> halvings, 32)
    smaller: Training = method.resolve(samples, method.Training.of({"network_depth": depth, "image_size": least}))
    return smaller


def _pixels(method: Method[Any, Any], samples: Sequence[Sample], training: Training) -> int:
    """How many pixels the network sees of an image of the usual size, all tiles together."""
    view = method.view(training, samples)
    return len(view.frame(_usual_size(samples)).tiles) * view.width * view.height


def _usual_size(samples: Sequence[Sample]) -> tuple[int, int]:
    return _median([sample.size[0] for sample in samples]), _median([sample.size[1] for sample in samples])


def _timed(
    method: Method[Any, Any],
    samples: Sequence[Sample],
    labels: tuple[str, ...],
    training: Training,
    usual: tuple[int, int],
    small: float | None,
    timing: Timing,
) -> Timed:
    view = method.view(training, samples)
    objects = None if small is None else small * float(np.hypot(*view.frame(usual).matrix[:, 0]))
    spent = timing(method, training, labels, view, usual)
    return Timed(training.network_depth, training.downsample, training.image_size, spent, objects)


def _same(item: Timed, training: Training) -> bool:
    return (item.network_depth, item.downsample, item.image_size) == (
        training.network_depth,
        training.downsample,
        training.image_size,
    )


def _depth_suggestion(
    depth: int, wanted: int, because: str, timed: Sequence[Timed], budget: float | None
) -> list[Suggestion]:
    if depth < wanted and timed:
        before = timed[0]
        because = (
            f"depth {before.network_depth} would take {before.milliseconds:.1f} ms for an image, more than the "
            f"{budget:g} ms allowed"
        )
    return [Suggestion("network_depth", depth, because)]


def _halving_suggestion(
    training: Training, full: Training, small: float | None, chosen: Timed | None, budget: float | None
) -> list[Suggestion]:
    if training.downsample:
        kept = f"; small objects keep {chosen.objects:.0f} px" if chosen and chosen.objects else ""
        reason = f"without it an image takes longer than {budget:g} ms{kept}"
        return [Suggestion("downsample", training.downsample, reason)]
    if training.image_size < full.image_size:  # made smaller instead
        return [Suggestion("downsample", 0, "a smaller image_size saves the time")]
    small_words = f"small objects are {small:.0f} px, " if small is not None else ""
    return [Suggestion("downsample", 0, f"{small_words}and the time allows full detail")]


def _resolved_suggestions(
    method: Method[Any, Any],
    training: Training,
    full: Training,
    samples: Sequence[Sample],
    sizes: np.ndarray,
    budget: float | None,
) -> list[Suggestion]:
    found = []
    for name, source in _RESOLVED.items():
        field = method.Training.model_fields.get(name)
        value = getattr(training, name, None)
        if field is None or not value or value == field.default:
            continue
        reason = f"from {source}"
        if name == "feature_size" and len(sizes):
            low, high = np.quantile(sizes, [0.1, 0.9])
            reason = f"objects are {low:.0f} to {high:.0f} px large (eight in ten), {sizes.mean():.0f} px on average"
        elif name == "image_size":
            side = longer_side(samples, 0)
            reason = f"the longer side of the images is {side:.0f} px (median), from {source}"
            if training.image_size < full.image_size:
                reason = (
                    f"with {full.image_size} px, the size for full detail, an image takes longer than {budget:g} ms"
                )
        found.append(Suggestion(name, value, reason))
    return found


def _object_sizes(samples: Sequence[Sample]) -> np.ndarray:
    """Sizes of all labelled regions, pixels of the image."""
    sizes = [
        extent_of(item.region, sample.size)
        for sample in samples
        for item in sample.annotations
        if not isinstance(item.region, Whole) and not is_ignored(item.label)
    ]
    return np.array([size for size in sizes if size > 0])


def _median(values: Sequence[int]) -> int:
    return max(round(float(np.median(values))), 1)
