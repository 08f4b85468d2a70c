"""The torch half that methods share which answer for every pixel: windows over what is marked, and gentle features."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from torch import Tensor

from sightmill.methods.full_maps import MapTraining
from sightmill.methods.learner import Learner, Pixels, gentle_groups, inherit_matching, keep_stages
from sightmill.nn.map_network import MapNetwork

__all__ = ["MapLearner"]

#: A class that fewer than this share of the images show is shown more often: by the square root of what is missing.
COMMON = 0.25

BoolArray = npt.NDArray[np.bool_]


class MapLearner(Learner):
    """See `Learner`. A method says what its targets are (`encode`), where they are marked, and what is descended.

    Parameters
    ----------
    window : ``(height, width)`` of the windows of training; not larger than a tile.
    maps, exclusive, answer : of the `MapNetwork`.

    Class attributes
    ----------------
    gently : learning rate of learnt features, relative to that of the decoder.
    """

    network: MapNetwork
    gently: ClassVar[float] = 0.1

    def __init__(
        self,
        training: MapTraining,
        *,
        labels: tuple[str, ...],
        channels: int,
        window: tuple[int, int],
        exclusive: bool,
        answer: str,
    ) -> None:
        self.training = training
        self.labels = labels
        self.window = window
        self.notes: list[str] = []
        self.inherited = False
        self.network = MapNetwork(
            backbone=self.new_backbone(training, channels),
            channels=channels,
            maps=len(labels),
            exclusive=exclusive,
            answer=answer,
        )
        if self.experienced:
            keep_stages(self.network.backbone, training.kept_stages)

    @abstractmethod
    def marked(self, targets: dict[str, Tensor]) -> tuple[BoolArray, list[BoolArray]]:
        """Where one row of targets is judged ``(h, w)``, and the marked pixels of each class that is there."""

    def compose(
        self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator | None
    ) -> tuple[Pixels, dict[str, Tensor]]:
        """A window of the image: over a mark, or anywhere."""
        if rng is None:
            return image, targets
        rows, columns = self._placed(targets, rng)
        return image[:, rows, columns], {name: target[..., rows, columns] for name, target in targets.items()}

    def _placed(self, targets: dict[str, Tensor], rng: np.random.Generator) -> tuple[slice, slice]:
        valid, classes = self.marked(targets)
        place, chosen, look = rng.random(2), rng.random(2), rng.random()
        at: tuple[int, int] | None = None
        if classes and look < self.training.marked_windows / 100:
            # First a class, then one of its pixels: classes of few pixels are looked at as often as others.
            pixels = np.flatnonzero(classes[int(chosen[0] * len(classes))])
            row, column = divmod(int(pixels[int(chosen[1] * len(pixels))]), valid.shape[1])
            at = row, column
        height, width = self.window or valid.shape
        slices = []
        for axis, side in ((0, height), (1, width)):
            length = valid.shape[axis]
            lines = np.flatnonzero(valid.any(1 - axis))
            first, last = (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (0, length)
            low = min(first, length - side)
            high = max(last - side, low)
            wanted = low + int(place[axis] * (high - low + 1)) if at is None else at[axis] - int(place[axis] * side)
            start = min(max(wanted, low), high)
            slices.append(slice(start, start + side))
        return slices[0], slices[1]

    def show_rare(self, rows: Tensor) -> int:
        """Set how often each image is shown in a pass, by the classes that it shows ``(N, K)``, 0 or 1.

        As often as its rarest class needs it: Gupta et al., "LVIS: a dataset for large vocabulary instance
        segmentation" (2019), repeat factor sampling. Returns how many times more than once each.
        """
        share = rows.mean(0).clamp(min=1 / max(len(rows), 1))
        wanted = (rows * (COMMON / share).clamp(min=1).sqrt()).amax(1).clamp(min=1)
        self.repeats = [math.floor(float(value) + 0.5) for value in wanted]
        return sum(self.repeats) - len(self.repeats)

    def freeze(self) -> None:
        """Learnt features keep their statistics: those of small batches of windows would spoil them."""
        if self.experienced:
            self.network.backbone.eval()

    def parameter_groups(self) -> list[dict[str, object]]:
        return gentle_groups(self.network, self.network.backbone, self.gently if self.experienced else 1.0)

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """Features and decoder as they are; the last layer too while the classes are the same."""
        self.experienced = True
        kept = weights if labels == self.labels else {n: t for n, t in weights.items() if not n.startswith("maps.")}
        left = inherit_matching(self.network, kept)
        self.inherited = not left
        return [name for name in left if not name.startswith("maps.")]
