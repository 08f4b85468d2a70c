"""What the tests of the methods that find objects share."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Region
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.methods.contract import Method
from sightmill.methods.learner import Learner


def picture(
    regions: list[tuple[str, Region]], size: tuple[int, int] = (160, 128), *, roi: Region | None = None, **said: str
) -> Sample:
    """A dark image on which the regions are bright; `said` are attributes of all objects."""
    image = np.full((size[1], size[0]), 40, np.uint8)
    for _, region in regions:
        image[region.mask(*size)] = 220
    annotations = tuple(Annotation(region, label, attributes=said) for label, region in regions)
    return Sample(image, "picture.png", annotations, "train", roi=roi)


def learner_of(method: Method[Any, Any], samples: list[Sample], **values: object) -> tuple[Any, Learner, Any]:
    """Resolved settings, an untrained learner, and the view."""
    given = method.Training.of({"network_depth": 1, "pretrained": False, **values})
    training = method.resolve(samples, given)
    view = method.view(training, samples)
    torch.manual_seed(0)
    return training, method.learner(training, method.labels(samples, training), view), view


def told_back(method: Method[Any, Any], sample: Sample, **values: object) -> Result:
    """What decode makes of the answer of a perfect network."""
    training, learner, view = learner_of(method, [sample], **values)
    frame = view.frame(sample.size, sample.roi)
    ideal = learner.ideal(learner.encode(sample, frame))
    raw = {name: tensor.numpy() for name, tensor in ideal.items()}
    return method.decode(raw, frame, method.labels([sample], training), method.Inference())


def raw_boxes(boxes: list[tuple[float, float, float, float, float, int]], classes: int = 2) -> dict[str, np.ndarray]:
    """Raw outputs of one tile that say ``(x1, y1, x2, y2, score, class)``."""
    scores = np.zeros((1, len(boxes), classes), np.float32)
    told = np.zeros((1, len(boxes), 4), np.float32)
    for index, (x1, y1, x2, y2, score, label) in enumerate(boxes):
        scores[0, index, label] = score
        told[0, index] = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]
    return {"scores": scores, "boxes": told}


def as_numbers(result: Result) -> list[tuple[float, ...]]:
    """The boxes of a result, sorted."""
    return sorted(
        tuple(round(value, 2) for value in (box.x1, box.y1, box.x2, box.y2))
        for box in (item.region.bounds(*result.size) for item in result.annotations)
    )


def square(x: float, y: float, side: float) -> Box:
    return Box(x, y, x + side, y + side)
