"""The learner that the methods which find objects have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sightmill.data.sample import Sample
from sightmill.evaluation.overlap import Kind
from sightmill.imaging.view import Frame, View
from sightmill.methods.detecting.pasting import Pasting
from sightmill.methods.detecting.settings import DetectingTraining
from sightmill.methods.detecting.truth import Asked, TileTruth, tile_truth
from sightmill.methods.detecting.windows import window_of
from sightmill.methods.learner import Batches, Learner, Pixels, gentle_groups, inherit_matching, keep_stages
from sightmill.nn.assignment import Assignment, Grid, assign
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.box_losses import box_overlap, generalised_overlap, quality_loss, turned_overlap
from sightmill.nn.detectors import CHANNELS, Detector
from sightmill.nn.instances import MARGIN

__all__ = ["DetectingLearner"]

#: Learning rate of learnt features, relative to that of pyramid and head. Of 0.25, 0.6 and 1.0 the middle one was best
#: on held-out boards; with the least, boxes became coarser again towards the end.
GENTLY = 0.6
#: Weights of the losses.
BOX_WEIGHT, TURN_WEIGHT = 2.0, 0.5
#: Usual size of objects that a level answers for, in its strides.
USUAL_STRIDES = 6.0
#: Share of the windows of training that show an object for certain.
OVER_OBJECTS = 0.8
#: An ideal answer is as sure as a float can say.
SURE = 20.0


class DetectingLearner(Learner):
    """See `Learner`.

    Parameters
    ----------
    kind : what is learnt of the objects.
    turns : see `Detector`.
    unoriented : class names without orientation.
    """

    network: Detector

    def __init__(
        self,
        training: DetectingTraining,
        *,
        labels: tuple[str, ...],
        view: View,
        kind: Kind,
        turns: int = 0,
        unoriented: Sequence[str] = (),
    ) -> None:
        self.training = training
        self.labels = labels
        self.view = view
        self.turns = turns
        self.notes: list[str] = []
        self.asked = Asked(
            kind=kind,
            turns=turns,
            unoriented=frozenset(unoriented),
            capacity=math.ceil(1.5 * training.most_objects) + 8,
            stride=4 if training.small_objects == "on" else 8,
        )
        self.window = window_of(training, view)
        self.pasting = Pasting(self.window or (view.height, view.width), turns=turns, margin=MARGIN, seed=training.seed)
        if training.pasted_objects:
            self.gathered_bytes = self.pasting.ceiling(classes=len(labels), channels=view.channels)
        self.network = self.build()
        if self.experienced:
            if self.take_head(self.network):
                self.notes.append("Its pyramid and towers have learnt from procedural scenes what things look like.")
            keep_stages(self.network.backbone, training.kept_stages)

    def build(self) -> Detector:
        """The network."""
        return Detector(
            backbone=self.new_backbone(self.training, self.view.channels),
            finest=self.asked.stride,
            channels=CHANNELS[self.training.network_depth],
            classes=len(self.labels),
            turns=self.turns,
            unoriented=[label in self.asked.unoriented for label in self.labels],
        )

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        return self.targets_of(tile_truth(sample, frame, self.labels, self.asked))

    def aim(self, sample: Sample, frame: Frame, rng: np.random.Generator) -> tuple[int, int, int, int] | None:
        """A window with an object, or anywhere: first a class, then one of its objects, so rare ones are not missed."""
        if self.window is None:
            return None
        look, drawn, place = rng.random(), rng.random(2), rng.random(2)
        truth = tile_truth(sample, frame, self.labels, self.asked)
        there = truth.classes[0] >= 0
        boxes, classes = truth.boxes[0][there], truth.classes[0][there]
        lows = np.zeros(2)
        highs = np.array(frame.tile_size, np.float64) - self.window[::-1]
        if len(boxes) and look < OVER_OBJECTS:
            known = np.unique(classes)
            own = boxes[classes == known[int(drawn[0] * len(known))]]
            box = own[int(drawn[1] * len(own))]
            # Anywhere, as long as the object is in it; one that is larger than the window is looked at in parts.
            ends = box[:2] + box[2:4] / 2 - self.window[::-1], box[:2] - box[2:4] / 2
            lows, highs = (np.clip(side, lows, highs) for side in (np.minimum(*ends), np.maximum(*ends)))
        left, top = (int(value) for value in np.floor(lows + place * (highs - lows + 1e-6)))
        return left, top, left + self.window[1], top + self.window[0]

    def targets_of(self, truth: TileTruth) -> dict[str, Tensor]:
        """The targets of the tiles."""
        targets = {"boxes": truth.boxes, "classes": truth.classes, "shown": truth.shown}
        if self.turns:
            targets["turns"] = truth.turns
        return {name: torch.from_numpy(values) for name, values in targets.items()}

    def compose(
        self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator | None
    ) -> tuple[Pixels, dict[str, Tensor]]:
        """With objects of other images in some of the windows."""
        if rng is None or rng.random() >= self.training.pasted_objects / 100:
            return image, targets
        flips = self.training.flip_up_down, self.training.flip_left_right
        shown, found = self.pasting.changed(image, _arrays(targets), rng, flips=flips)
        return shown, {name: torch.from_numpy(values) for name, values in found.items()}

    def prepare(self, batches: Batches) -> None:
        """Measure the usual sizes of objects at each level, and keep some objects for `compose`."""
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))
        objects = []
        for batch in batches():
            objects.append((batch.targets, batch.targets["classes"] >= 0))
            if self.training.pasted_objects:
                targets = _arrays(batch.targets)
                for row, image in enumerate(batch.images.cpu().numpy()):
                    self.pasting.gather(image, {name: values[row] for name, values in targets.items()})
        sides = torch.cat([targets["boxes"][there][:, 2:4].cpu() for targets, there in objects])
        classes = torch.cat([targets["classes"][there].cpu() for targets, there in objects])
        if not len(sides):
            return
        sizes = torch.log(sides.clamp(min=1))
        usual = torch.tensor([math.log(USUAL_STRIDES * stride) for stride in self.network.strides])
        level = (sizes.mean(1, keepdim=True) - usual).abs().argmin(1)
        for index in range(len(usual)):
            # Every class counts alike: many large objects would else hide how small the rare ones are.
            parts = [sizes[(level == index) & (classes == label)] for label in range(len(self.labels))]
            own = [part for part in parts if len(part)]
            if own:
                prior = torch.exp(torch.stack([part.mean(0) for part in own]).mean(0))
                self.network.prior[index] = prior.to(self.network.prior.device)

    def freeze(self) -> None:
        """Learnt features keep their statistics: those of a few look-alike images would spoil them."""
        if self.experienced:
            self.network.backbone.eval()

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.matched_losses(raw, targets)[0]

    def matched_losses(
        self, raw: dict[str, Tensor], targets: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], Assignment]:
        """The losses, and which place answers for which object."""
        logits, boxes = raw["_logits"].float(), raw["boxes"].float()
        truth, classes = targets["boxes"], targets["classes"]
        if self.turns:
            boxes = torch.cat([boxes, raw["_turns"].float()], 2)
            truth = torch.cat([truth, targets["turns"]], 2)
        grid = self.grid_of(targets)
        found = assign(grid, logits, boxes, truth, classes, self._alike)
        image, place = (found.owner >= 0).nonzero(as_tuple=True)
        owner, quality = found.owner[image, place], found.quality[image, place]
        own = classes[image, owner]
        sure = torch.zeros_like(logits)
        sure[image, place, own] = quality
        weights = self._known(targets["shown"], grid).to(logits.dtype)
        weights[image, place] = 1.0
        total = quality.sum().clamp(min=1.0)
        losses = {"class": quality_loss(logits, sure, weights) / total}
        answers, objects = boxes[image, place], truth[image, owner]
        # Each place counts alike, not by its overlap: the first boxes of small objects hardly overlap, and are far off.
        places = max(len(owner), 1)
        if self.turns:
            told = answers
            oriented = self.network.oriented[own]
            # What an object without orientation is told of its angle does not matter.
            turn = torch.where(oriented[:, None] > 0, answers[:, 4:], objects[:, 4:])
            answers = torch.cat([answers[:, :4], turn], 1)
            likeness = turned_overlap(answers, objects, turns=self.turns)
            wrong = ((told[:, 4:] - objects[:, 4:]) ** 2).sum(1) * oriented
            losses["turn"] = TURN_WEIGHT * wrong.sum() / places
        else:
            likeness = generalised_overlap(answers, objects)
        losses["box"] = BOX_WEIGHT * (1 - likeness).sum() / places
        return losses, found

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        logits, numbers, _ = self.ideal_numbers(targets)
        told = self.network.told(logits, numbers, self.grid_of(targets))
        return {name: values.detach() for name, values in told.items() if name[0] != "_"}

    def ideal_numbers(self, targets: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, numbers, and the owner of each place ``(B, A)``: each object told by a free place near it."""
        grid = self.grid_of(targets)
        boxes, classes = targets["boxes"], targets["classes"]
        count = len(grid.strides)
        logits = torch.full((len(boxes), count, len(self.labels)), -SURE)
        numbers = torch.zeros((len(boxes), count, self.network.numbers + self.network.extra))
        owner = torch.full((len(boxes), count), -1)
        for image, number in (classes >= 0).nonzero().tolist():
            away = (grid.centres - boxes[image, number, :2]).norm(dim=1) + 1e9 * (owner[image] >= 0)
            place = away.argmin()
            owner[image, place] = number
            logits[image, place, classes[image, number]] = SURE
            told = self.network.numbers_of(boxes[image, number][None], place[None], grid)
            numbers[image, place, :4] = told[0]
            if self.turns:
                numbers[image, place, 4:6] = targets["turns"][image, number]
        return logits, numbers, owner

    def parameter_groups(self) -> list[dict[str, object]]:
        return gentle_groups(self.network, self.network.backbone, GENTLY if self.experienced else 1.0)

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """All that fits; the classes anew where they are others."""
        self.experienced = True
        if labels != self.labels:
            weights = {name: tensor for name, tensor in weights.items() if "class_logits" not in name}
        return [name for name in inherit_matching(self.network, weights) if name.startswith("backbone.")]

    def grid_of(self, targets: dict[str, Tensor]) -> Grid:
        """The places of the inputs that these targets are for."""
        rows, columns = targets["shown"].shape[1:3]
        return self.network.grid(rows * self.asked.stride, columns * self.asked.stride)

    def _alike(self, answers: Tensor, objects: Tensor) -> Tensor:
        if self.turns:
            return turned_overlap(answers, objects, turns=self.turns).clamp(0, 1)
        return box_overlap(answers, objects)

    def _known(self, shown: Tensor, grid: Grid) -> Tensor:
        """Of which places it is known what is there ``(B, A)``."""
        parts = []
        for stride, rows, columns in grid.levels:
            step = stride // self.asked.stride
            parts.append(shown[:, step // 2 :: step, step // 2 :: step][:, :rows, :columns].flatten(1))
        return torch.cat(parts, 1)


def _arrays(targets: dict[str, Tensor]) -> dict[str, npt.NDArray[Any]]:
    return {name: values.cpu().numpy() for name, values in targets.items()}
