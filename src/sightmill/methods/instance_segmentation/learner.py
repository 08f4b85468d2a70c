"""The learner of instance segmentation."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from sightmill.data.sample import Sample
from sightmill.evaluation.objects import objects_of
from sightmill.imaging.view import Frame, View
from sightmill.methods.detecting.learner import DetectingLearner
from sightmill.methods.detecting.outlines import mask_grids
from sightmill.methods.detecting.truth import tile_truth
from sightmill.methods.instance_segmentation.settings import InstanceSegmentationTraining
from sightmill.nn.detectors import CHANNELS
from sightmill.nn.instances import GRID, MARGIN, MASK_STRIDE, MOST, PATTERNS, InstanceDetector, mask_loss

__all__ = ["InstanceSegmentationLearner"]

#: Weight of the masks' loss.
MASK_WEIGHT = 2.0
#: A vote that falls on no object, pixels.
NOWHERE = 1e5


class InstanceSegmentationLearner(DetectingLearner):
    """See `DetectingLearner`."""

    network: InstanceDetector

    def __init__(self, training: InstanceSegmentationTraining, *, labels: tuple[str, ...], view: View) -> None:
        super().__init__(training, labels=labels, view=view, kind="mask")

    def build(self) -> InstanceDetector:
        return InstanceDetector(
            backbone=self.new_backbone(self.training, self.view.channels),
            finest=self.asked.stride,
            channels=CHANNELS[self.training.network_depth],
            classes=len(self.labels),
        )

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        truth = tile_truth(sample, frame, self.labels, self.asked)
        objects = objects_of(sample.annotations)
        grids = mask_grids(objects, truth.source, truth.boxes, frame, points=GRID, margin=MARGIN)
        return {**self.targets_of(truth), "masks": torch.from_numpy(grids)}

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        losses, found = self.matched_losses(raw, targets)
        image, place = (found.owner >= 0).nonzero(as_tuple=True)
        if len(image) > MOST:  # evenly, so that no image is left out
            kept = torch.linspace(0, len(image) - 1, MOST, device=image.device).long()
            image, place = image[kept], place[kept]
        owner, quality = found.owner[image, place], found.quality[image, place]
        wrong = mask_loss(
            raw["fields"].float(),
            raw["boxes"].float()[image, place].detach(),
            raw["mixes"].float()[image, place],
            targets["boxes"][image, owner],
            image,
            owner,
            targets["masks"],
        )
        return {**losses, "mask": MASK_WEIGHT * (wrong * quality).sum() / quality.sum().clamp(min=1.0)}

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """Each pixel votes for the object it lies on, the surer the more of it lies there."""
        logits, numbers, _ = self.ideal_numbers(targets)
        found = self.network.told(logits, numbers, self.grid_of(targets))
        rows, columns = (side * self.asked.stride // MASK_STRIDE for side in targets["shown"].shape[1:3])
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        pixels = (torch.stack([x, y], -1) + 0.5) * MASK_STRIDE  # (h, w, 2)
        fields = torch.zeros((len(logits), 2 + PATTERNS, rows, columns))
        fields[:, 0] = NOWHERE
        for image in range(len(logits)):
            best = torch.full((rows, columns), -1.0)
            for number in (targets["classes"][image] >= 0).nonzero()[:, 0].tolist():
                box = targets["boxes"][image, number]
                places = 2 * (pixels - box[:2]) / (box[2:] * (1 + 2 * MARGIN))
                mask = targets["masks"][image, number].float()[None, None]
                share = grid_sample(mask, places[None], align_corners=False)[0, 0]
                share = torch.where(places.abs().amax(-1) <= 1.2, share, torch.full_like(share, -1.0))
                better = share > best
                best = torch.where(better, share, best)
                # A vote at distance d of half a side makes the logit 3 (1 - d^2): nought where half of a pixel is own.
                away = (2 - 2 * share.clamp(0, 1)).sqrt()[..., None]  # (h, w, 1)
                vote = box[:2] - pixels + away * self._way_out(targets, image, number) * box[2:] / 2
                fields[image, :2] = torch.where(better, vote.permute(2, 0, 1), fields[image, :2])
        told = {name: values.detach() for name, values in found.items() if name[0] != "_"}
        return {**told, "fields": fields}

    @staticmethod
    def _way_out(targets: dict[str, Tensor], image: int, number: int) -> Tensor:
        """The direction ``(2,)`` in which votes leave an object without falling on its neighbours."""
        there = (targets["classes"][image] >= 0).nonzero()[:, 0]
        others = targets["boxes"][image, there[there != number]]
        box = targets["boxes"][image, number]
        turn = torch.arange(8) * (torch.pi / 4)
        ways = torch.stack([torch.cos(turn), torch.sin(turn)], 1)  # (8, 2)
        if not len(others):
            return ways[0]
        ends = box[:2] + ways * box[2:] / 2**0.5  # as far as any vote goes
        apart = (2 * (ends[:, None] - others[None, :, :2]) / others[None, :, 2:]).norm(dim=2).amin(1)
        return ways[apart.argmax()]
