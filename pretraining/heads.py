"""What learns from procedural scenes before frozen features: the heads that methods put behind a backbone.

A head has one or several *pupils*; each learns from scenes with things of its own sizes, in targets of its own.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pretraining.scenes import FAMILIES, Scene
from sightmill.imaging.view import View
from sightmill.methods.learner import Learner
from sightmill.methods.oriented_detection.learner import OrientedDetectionLearner
from sightmill.methods.oriented_detection.settings import OrientedDetectionTraining
from sightmill.methods.point_location.decoding import bells
from sightmill.methods.point_location.learner import PointLearner
from sightmill.methods.point_location.settings import PointTraining
from sightmill.nn.detectors import Detector
from sightmill.nn.peaks import STRIDE, PeakNetwork
from sightmill.nn.pretrained import shared_part

__all__ = ["HEADS", "SIDE", "Pupil", "Subject", "told_boxes", "told_points"]

SIDE = 256  # pixels of a scene
MOST_BOXES, MOST_POINTS = 48, 64  # things of a scene that are learnt
FEATURE = 24.0  # size of the things that points stand for, pixels: about the middle of theirs

#: An image ``(3, SIDE, SIDE)`` float32, and targets by name.
Told = tuple[npt.NDArray[np.float32], dict[str, npt.NDArray[np.generic]]]


class Subject(NamedTuple):
    """What one pupil learns: its name, the usual lengths of its things in pixels and how many there are at most, its
    targets of a scene, and the learner of a depth that has learnt nothing yet.
    """

    name: str
    smallest: float
    largest: float
    most: int
    told: Callable[[Scene], Told]
    learner: Callable[[int], Learner]


class Pupil(nn.Module):
    """A network before frozen features, and the moving average of its head."""

    def __init__(self, depth: int, subject: Subject) -> None:
        super().__init__()
        self.learner = subject.learner(depth)
        network = self.learner.network
        assert isinstance(network, Detector | PeakNetwork)
        self.network = network
        self.network.backbone.requires_grad_(False)
        self.average = copy.deepcopy(self.network).requires_grad_(False)

    def losses(self, images: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """See `Learner.losses`."""
        self.network.train()
        self.network.backbone.eval()
        return self.learner.losses(self.network(images), targets)

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Move the average towards the network; a young average forgets faster."""
        share = max(9 / (steps + 10), 0.001)
        now = shared_part(self.network)
        for name, value in shared_part(self.average).items():
            value.lerp_(now[name], share)


def told_boxes(stride: int, made: Scene) -> Told:
    """Targets of a detector with this finest stride, as `methods.detecting.truth` makes them."""
    count = len(made.boxes)
    boxes, turns = np.ones((MOST_BOXES, 4), np.float32), np.tile(np.float32([1, 0]), (MOST_BOXES, 1))
    classes = np.full(MOST_BOXES, -1, np.int64)
    twice = 2 * np.radians(made.angles)
    boxes[:count], classes[:count] = made.boxes, made.families
    turns[:count] = np.stack([np.cos(twice), np.sin(twice)], 1)
    return _planes(made), {"boxes": boxes, "turns": turns, "classes": classes, "shown": _shown(made, stride)}


def told_points(made: Scene) -> Told:
    """Targets of point location, as `PointLearner.encode` makes them: bells at the middles of things."""
    side = SIDE // STRIDE
    places = made.boxes[:, :2].astype(np.float64) / STRIDE
    heat, offset, known = bells(places, made.families, (side, side), len(FAMILIES), FEATURE / STRIDE)
    valid = _shown(made, STRIDE).astype(np.float32)
    heat, offset = (np.ascontiguousarray(np.moveaxis(maps, -1, 0)) for maps in (heat, offset))
    return _planes(made), {"heat": heat, "offset": offset, "known": known * valid, "valid": valid}


def _planes(made: Scene) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(made.image.transpose(2, 0, 1), np.float32) / 255


def _shown(made: Scene, stride: int) -> npt.NDArray[np.bool_]:
    """Which cells show nothing that is cut off."""
    shown = np.ones((SIDE // stride, SIDE // stride), np.bool_)
    for left, top, right, bottom in (made.unknown / stride).tolist():
        shown[int(top) : math.ceil(bottom), int(left) : math.ceil(right)] = False
    return shown


def _detecting(stride: int, depth: int) -> Learner:
    """The learner of a detector with this finest stride."""
    training = OrientedDetectionTraining(
        network_depth=depth,
        small_objects="on" if stride == 4 else "off",
        most_objects=MOST_BOXES,
        image_size=SIDE,
        tile_size=SIDE,
        window_size=SIDE,
    )
    learner = OrientedDetectionLearner(training, labels=FAMILIES, view=View(width=SIDE, height=SIDE))
    learner.network = learner.build()
    learner.network.prior.copy_(torch.tensor([[7.0 * step, 5.0 * step] for step in learner.network.strides]))
    return learner


def _locating(depth: int) -> Learner:
    """The learner of points."""
    training = PointTraining(network_depth=depth, feature_size=FEATURE, min_distance_ratio=0.5)
    learner = PointLearner(training, labels=FAMILIES, view=View(width=SIDE, height=SIDE))
    learner.network = learner.build()
    return learner


#: Head -> what its pupils learn. A head's tensors are packaged as ``{head}{depth}.safetensors``.
HEADS: dict[str, tuple[Subject, ...]] = {
    "detector": (
        Subject("stride4", 7, 70, MOST_BOXES, partial(told_boxes, 4), partial(_detecting, 4)),
        Subject("stride8", 16, 140, MOST_BOXES, partial(told_boxes, 8), partial(_detecting, 8)),
    ),
    "points": (Subject("points", 10, 48, MOST_POINTS, told_points, _locating),),
}
