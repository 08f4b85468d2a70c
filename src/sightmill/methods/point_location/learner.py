"""The learner of point location: bells at the points, learnt by a light decoder on the features."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from sightmill.data.sample import Sample
from sightmill.evaluation.points import points_of
from sightmill.imaging.view import Frame, View
from sightmill.methods.learner import Batches, Learner, gentle_groups, inherit_matching, keep_stages
from sightmill.methods.point_location.decoding import bells
from sightmill.methods.point_location.settings import PointTraining
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.losses import peak_loss
from sightmill.nn.peaks import STRIDE, PeakNetwork

__all__ = ["PointLearner"]

#: Learning rate of learnt features, relative to that of the decoder.
GENTLY = 0.1

#: Weight of the offsets beside the peaks.
OFFSET_WEIGHT = 1.0


class PointLearner(Learner):
    """See `Learner`."""

    network: PeakNetwork

    def __init__(self, training: PointTraining, *, labels: tuple[str, ...], view: View) -> None:
        self.training = training
        self.labels = labels
        self.notes: list[str] = []
        self.size = training.feature_size * view.scale / 2**view.downsample  # pixels of the input
        self.channels = view.channels
        self.network = self.build()
        if self.experienced:
            if self.take_head(self.network):
                self.notes.append("Its decoder has learnt from procedural scenes where the middles of things are.")
            keep_stages(self.network.backbone, training.kept_stages)
        self.weights = torch.ones(len(labels))
        self.inherited = False

    def build(self) -> PeakNetwork:
        """The network."""
        return PeakNetwork(
            backbone=self.new_backbone(self.training, self.channels),
            classes=len(self.labels),
            feature_size=self.size,
            distance=self.training.min_distance_ratio,
        )

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        width, height = frame.input_size[0] // STRIDE, frame.input_size[1] // STRIDE
        placed = [(x, y, self.labels.index(name)) for name, x, y in points_of(sample) if name in self.labels]
        table = np.array(placed, np.float64).reshape(-1, 3)
        cells = (table[:, :2] @ frame.matrix[:, :2].T + frame.matrix[:, 2]) / STRIDE
        heat, offset, known = bells(
            cells, table[:, 2].astype(np.int64), (height, width), len(self.labels), self.size / STRIDE
        )
        # What lies outside of the image repeats its inside, objects and all: it must not be learnt as empty.
        valid = frame.valid()[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE][:height, :width].astype(np.float32)
        if not sample.annotated:
            valid[:] = 0
        return {
            "heat": torch.from_numpy(np.ascontiguousarray(np.moveaxis(frame.cut(heat), -1, 1))),  # (T, K, h, w)
            "offset": torch.from_numpy(np.ascontiguousarray(np.moveaxis(frame.cut(offset), -1, 1))),
            "known": torch.from_numpy(np.array(frame.cut(known * valid))),
            "valid": torch.from_numpy(np.array(frame.cut(valid))),
        }

    def prepare(self, batches: Batches) -> None:
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))
        if not self.inherited:
            self.network.backbone.eval()
            calibrate_statistics(self.network.head, (self.network.backbone(batch.images) for batch in batches()))
        counts = torch.zeros(len(self.labels))
        for batch in batches():
            counts += ((batch.targets["heat"] >= 1) & (batch.targets["valid"][:, None] > 0)).sum((0, 2, 3)).cpu()
        share = self.training.balance / 100
        weights = (counts.mean() / counts.clamp(min=1)) ** share
        self.weights = weights / (weights * counts).sum().clamp(min=1e-6) * counts.sum()
        self.notes.append(
            f"{int(counts.sum())} points are learnt, with a feature size of {self.size:.0f} input pixels."
        )

    def freeze(self) -> None:
        """Learnt features keep their statistics: those of a few look-alike images would spoil them."""
        if self.experienced:
            self.network.backbone.eval()

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = self.weights.to(targets["valid"].device)[:, None, None] * targets["valid"][:, None]  # (B, K, h, w)
        wrong = smooth_l1_loss(raw["offset"].float(), targets["offset"], reduction="none", beta=0.2).sum(1)
        known = targets["known"]
        return {
            "peaks": peak_loss(raw["_logits"].float(), targets["heat"], weights),
            "offset": OFFSET_WEIGHT * (wrong * known).sum() / known.sum().clamp(min=1),
        }

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        scale = self.network.scale[None].expand(len(targets["heat"]), 2)
        return {"heat": targets["heat"], "offset": targets["offset"], "scale": scale}

    def parameter_groups(self) -> list[dict[str, object]]:
        return gentle_groups(self.network, self.network.backbone, GENTLY if self.experienced else 1.0)

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """All that fits; the last layer anew where the classes are others. The scale is that of the new labels."""
        self.experienced = self.inherited = True
        dropped = ("scale",) if labels == self.labels else ("scale", "head.last.weight", "head.last.bias")
        kept = {name: tensor for name, tensor in weights.items() if name not in dropped}
        return [name for name in inherit_matching(self.network, kept) if name.startswith("backbone.")]
