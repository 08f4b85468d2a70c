"""How exactly objects are turned: the angle between an answer and the object it stands for.

Where the model tells a direction (attribute ``direction``: degrees clockwise from +x, over the full turn), angles
differ by up to 180 degrees. Else a half turn changes nothing, and the longer side counts; of nearly square objects not
even a quarter turn changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.outlines import FloatArray
from sightmill.data.regions import Box
from sightmill.evaluation.objects import METRICS, is_ignored, measure_objects, objects_of
from sightmill.evaluation.overlap import as_turned, region_iou
from sightmill.evaluation.report import Estimate, Histogram, Metric, Pair

__all__ = [
    "DIRECTION",
    "ORIENTED_METRICS",
    "angle_errors",
    "angle_histogram",
    "direction_of",
    "has_direction",
    "measure_oriented",
]

#: Attribute of a turned box whose direction is known.
DIRECTION = "direction"

ORIENTED_METRICS = (
    *METRICS[:6],
    Metric("mean_angle_error_deg", "Mean angle error of objects found, degrees", better="lower", limit=0.0),
    *METRICS[6:],
)

#: Longer side over shorter side, below which an object counts as a square.
_SQUARE = 1.15
#: Overlap from which on an answer stands for an object.
_FOUND = 0.5


def has_direction(item: Annotation) -> bool:
    """Whether it is said which of the two ways along its box an object points."""
    try:
        return bool(np.isfinite(float(item.attributes[DIRECTION])))
    except (KeyError, ValueError):
        return False


def direction_of(item: Annotation) -> float:
    """The direction of an object in degrees: its attribute, or the angle of its box."""
    return float(item.attributes[DIRECTION]) if has_direction(item) else as_turned(item.region).angle


def angle_errors(pair: Pair) -> FloatArray:
    """Degrees ``(M,)`` between each object that was found (IoU 0.5, right class) and its answer.

    Answers without orientation (upright boxes) are left out.
    """
    truth = [item for item in objects_of(pair.sample.annotations) if not is_ignored(item)]
    said = [item for item in objects_of(pair.result.annotations) if not isinstance(item.region, Box)]
    overlap = region_iou(
        [item.region for item in said], [item.region for item in truth], pair.sample.size, "rotated_box"
    )
    alike = np.array([[one.label == other.label for other in truth] for one in said]).reshape(overlap.shape)
    overlap = np.where(alike, overlap, 0.0)
    errors = []
    for row in np.argsort([-(item.score or 0.0) for item in said], kind="stable"):
        best = int(overlap[row].argmax()) if len(truth) else -1
        if best >= 0 and overlap[row, best] >= _FOUND:
            overlap[:, best] = 0.0
            errors.append(_error(said[row], truth[best]))
    return np.array(errors, np.float64)


def measure_oriented(pairs: Sequence[Pair], labels: Sequence[str], *, intervals: bool = True) -> dict[str, Estimate]:
    """The figures of `ORIENTED_METRICS`."""
    found = measure_objects(pairs, labels, "rotated_box", intervals=intervals)
    errors = np.concatenate([angle_errors(pair) for pair in pairs]) if pairs else np.zeros(0)
    if len(errors):
        half = 1.96 * float(errors.std()) / np.sqrt(len(errors))
        mean = float(errors.mean())
        low, high = (max(mean - half, 0.0), mean + half) if intervals else (None, None)
        found["mean_angle_error_deg"] = Estimate(mean, low, high, len(errors))
    order = [metric.name for metric in ORIENTED_METRICS]
    return {name: found[name] for name in order if name in found}


def angle_histogram(pairs: Sequence[Pair]) -> Histogram | None:
    """How many objects were found with which error of the angle; None without any."""
    errors = np.concatenate([angle_errors(pair) for pair in pairs]) if pairs else np.zeros(0)
    if not len(errors):
        return None
    edges = np.linspace(0.0, max(float(errors.max()), 1.0), 19)
    return Histogram(
        "Errors of the angle",
        f"Of {len(errors)} objects that were found; the mean is {errors.mean():.1f} degrees, the median "
        f"{np.median(errors):.1f}. A few large ones are objects whose ends look alike.",
        x_label="Error of the angle, degrees",
        edges=edges,
        groups={"objects": np.histogram(errors, edges)[0].astype(np.int64)},
    )


def _error(said: Annotation, truth: Annotation) -> float:
    if has_direction(said):
        return _between(direction_of(said), direction_of(truth), 360.0)
    answer, object_ = as_turned(said.region), as_turned(truth.region)
    long, short = max(object_.width, object_.height), min(object_.width, object_.height)
    first, second = (box.angle + (90.0 if box.height > box.width else 0.0) for box in (answer, object_))
    return _between(first, second, 90.0 if long < _SQUARE * short else 180.0)


def _between(first: float, second: float, period: float) -> float:
    away = (first - second) % period
    return min(away, period - away)
