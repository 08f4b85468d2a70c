"""How large objects are and how near to one another, from their labels."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sightmill.data.centres import extent_of
from sightmill.data.ignored import is_ignored
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import ImageError
from sightmill.evaluation.points import points_of
from sightmill.imaging.blob_scale import blob_strengths, standing_out

__all__ = ["has_sizes", "learnt_distance", "measured_size", "smallest_size"]

#: Slightly above the average, as the products advise.
ABOVE_AVERAGE = 1.1

#: Of the distances of neighbours the share that may be smaller than what is learnt, and the room left below it.
RARELY_NEARER, ROOM = 0.01, 0.8

#: Least distances that are learnt, in feature sizes.
DISTANCES = (0.15, 0.6)

#: Where nothing else tells the size: the distance of neighbours, at most this share of the shorter side.
USUAL_SHARE = 0.08

#: Images that are opened, and points that are looked at in each, where no region tells a size.
LOOKED_AT, POINTS_EACH = 24, 40


def measured_size(samples: Sequence[Sample]) -> float:
    """Feature size in pixels of the image.

    From the sizes of regions; else from the pictures at the points; else from the distances of points.
    """
    sizes = [size for own in _sizes(samples).values() for size in own]
    if sizes:
        return max(ABOVE_AVERAGE * float(np.mean(sizes)), 4.0)
    seen = _seen_sizes(samples)
    if seen:
        total = sum(count for _, count in seen.values())
        return max(ABOVE_AVERAGE * sum(size * count for size, count in seen.values()) / total, 4.0)
    usual = USUAL_SHARE * float(np.median([min(sample.size) for sample in samples]))
    spaces = [float(np.median(own)) for own in _spaces(samples)]
    # Points far apart say nothing about what they stand for.
    return max(min(float(np.median(spaces)), usual) if spaces else usual, 4.0)


def smallest_size(samples: Sequence[Sample]) -> float | None:
    """Usual size of the class whose objects are smallest; None where nothing tells."""
    usual = [float(np.median(own)) for own in _sizes(samples).values()]
    if not usual:
        usual = [size for size, _ in _seen_sizes(samples).values()]
    return min(usual) if usual else None


def has_sizes(samples: Sequence[Sample]) -> bool:
    """Whether any region says how large an object is."""
    return bool(_sizes(samples))


def learnt_distance(samples: Sequence[Sample], size: float) -> float:
    """The least distance that two points may have, in feature sizes, such that hardly a true pair is nearer."""
    spaces = [space for own in _spaces(samples) for space in own]
    if not spaces:
        return DISTANCES[1]
    nearest = float(np.quantile(spaces, RARELY_NEARER))
    return float(np.clip(ROOM * nearest / size, *DISTANCES))


def _sizes(samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Sizes of objects by class."""
    found: dict[str, list[float]] = {}
    for sample in samples:
        for item in sample.annotations:
            if item.label and not isinstance(item.region, Whole) and not is_ignored(item.label):
                size = extent_of(item.region, sample.size)
                if size > 0:
                    found.setdefault(item.label, []).append(size)
    return found


def _seen_sizes(samples: Sequence[Sample]) -> dict[str, tuple[float, int]]:
    """By class how large its objects look, pixels, and how many points said so; without classes that do not tell."""
    marked = [sample for sample in samples if points_of(sample)]
    by_class: dict[str, list[npt.NDArray[np.float64]]] = {}
    for sample in marked[:: max(len(marked) // LOOKED_AT, 1)]:
        for name, strengths in _looks(sample).items():
            by_class.setdefault(name, []).append(strengths)
    found = {}
    for name, parts in by_class.items():
        size = standing_out(np.concatenate(parts))
        if size is not None:
            found[name] = size, sum(len(part) for part in parts)
    return found


#: What was seen in an image, as long as somebody holds it: settings are resolved several times.
_seen: WeakKeyDictionary[Sample, dict[str, npt.NDArray[np.float64]]] = WeakKeyDictionary()


def _looks(sample: Sample) -> dict[str, npt.NDArray[np.float64]]:
    """How much the points of each class stand out at each size, for some points of an image."""
    if sample not in _seen:
        points = points_of(sample)
        chosen = points[:: max(len(points) // POINTS_EACH, 1)]
        try:
            image = sample.read()
        except ImageError:  # reading the images for training will say so
            return {}
        strengths = blob_strengths(image, np.array([(x, y) for _, x, y in chosen]))
        names = np.array([name for name, *_ in chosen])
        _seen[sample] = {name: strengths[names == name] for name in sorted(set(names.tolist()))}
    return _seen[sample]


def _spaces(samples: Sequence[Sample]) -> list[np.ndarray]:
    """Of each image the distances from each point to its nearest neighbour."""
    found = []
    for sample in samples:
        xy = np.array([(x, y) for _, x, y in points_of(sample)])
        if len(xy) >= 2:
            away = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
            np.fill_diagonal(away, np.inf)
            found.append(away.min(axis=1))
    return found
