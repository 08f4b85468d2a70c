"""The learner of semantic segmentation: pixel entropy and overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sightmill.data.ignored import is_ignored
from sightmill.data.sample import Sample
from sightmill.evaluation.label_maps import AREAS
from sightmill.imaging.coverage import covered_pixels
from sightmill.imaging.view import Frame
from sightmill.methods.learner import Batches, Pixels
from sightmill.methods.map_learner import MapLearner
from sightmill.methods.pasting import Piece, Pieces, pasted
from sightmill.methods.semantic_segmentation.pasting import gather
from sightmill.methods.semantic_segmentation.settings import SegmentationTraining
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.map_losses import NOWHERE, class_weights, exclusive_entropy, independent_entropy, overlap_loss

__all__ = ["EXCLUSIVE", "INDEPENDENT", "SegmentationLearner"]

#: What the network's output is called when a pixel has one class at most, and when it may have several.
EXCLUSIVE, INDEPENDENT = "probability", "independent"
#: The untrained network expects no class more seldom than this.
SELDOM = 0.005


class SegmentationLearner(MapLearner):
    """See `MapLearner`."""

    training: SegmentationTraining
    weights: Tensor

    def __init__(
        self, training: SegmentationTraining, *, labels: tuple[str, ...], channels: int, window: tuple[int, int]
    ) -> None:
        self.overlapping = training.overlapping
        super().__init__(
            training,
            labels=labels,
            channels=channels,
            window=window,
            exclusive=not training.overlapping,
            answer=INDEPENDENT if training.overlapping else EXCLUSIVE,
        )
        self.weights = torch.ones(len(labels) + (not training.overlapping))
        self.pieces: Pieces[Piece] = Pieces(window, np.random.default_rng([training.seed, 7]))
        if training.pasted_regions:
            self.gathered_bytes = self.pieces.ceiling(classes=len(labels), channels=channels)

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """One row per tile.

        Exclusive classes: ``classes`` ``(T, h, w)`` uint8, 0 for the background, `NOWHERE` for what does not count.
        Overlapping ones: ``there`` ``(T, K, h, w)`` and ``valid`` ``(T, h, w)``, bool.
        """
        width, height = frame.input_size
        valid = frame.valid()
        there = np.zeros((len(self.labels) if self.overlapping else 0, height, width), np.bool_)
        index = np.zeros((height, width), np.uint8)
        for item in sample.annotations:
            if not isinstance(item.region, AREAS):
                continue
            if is_ignored(item.label):
                valid &= ~covered_pixels(frame, item.region)
            elif item.label in self.labels:
                place = self.labels.index(item.label)
                covered = covered_pixels(frame, item.region)
                if self.overlapping:
                    there[place] |= covered
                else:
                    index[covered] = place + 1
        if self.overlapping:
            tiles = frame.cut(np.ascontiguousarray(there.transpose(1, 2, 0))).transpose(0, 3, 1, 2)
            return {"there": _tensor(tiles), "valid": _tensor(frame.cut(valid))}
        index[~valid] = NOWHERE
        return {"classes": _tensor(frame.cut(index))}

    def marked(self, targets: dict[str, Tensor]) -> tuple[npt.NDArray[np.bool_], list[npt.NDArray[np.bool_]]]:
        if self.overlapping:
            valid = targets["valid"].numpy()
            maps = [part & valid for part in targets["there"].numpy()]
        else:
            index = targets["classes"].numpy()
            valid = index != NOWHERE
            maps = [index == number for number in np.unique(index[valid]) if number]
        return valid, [part for part in maps if part.any()]

    def compose(
        self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator | None
    ) -> tuple[Pixels, dict[str, Tensor]]:
        """As of all maps, with a region of another image in some of the windows."""
        shown, cut = super().compose(image, targets, rng)
        if rng is None or rng.random() >= self.training.pasted_regions / 100:
            return shown, cut
        piece = self.pieces.drawn(rng, flips=(self.training.flip_up_down, self.training.flip_left_right))
        if piece is None:
            return shown, cut
        there, valid = (part[0].numpy() for part in self._stacked({name: part[None] for name, part in cut.items()}))
        found = pasted(shown, valid & ~there.any(0), piece, rng)
        if found is None:
            return shown, cut
        shown, (top, left) = found
        height, width = piece.mask.shape
        place = (slice(top, top + height), slice(left, left + width))
        cut = {name: part.clone() for name, part in cut.items()}
        if self.overlapping:
            cut["there"][piece.number - 1][place] |= _tensor(piece.mask)
        else:
            cut["classes"][place][_tensor(piece.mask)] = piece.number
        return shown, cut

    def prepare(self, batches: Batches) -> None:
        """How common each class is: in pixels for the losses, in images for how often they are shown. And what may be
        pasted.
        """
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))
        pixels = torch.zeros(len(self.labels) + 1)
        counted = 0
        shown: list[Tensor] = []
        for batch in batches():
            there, valid = self._stacked(batch.targets)
            if self.training.pasted_regions:
                for image, maps in zip(batch.images.cpu().numpy(), there.cpu().numpy(), strict=True):
                    gather(self.pieces, image, [(number, part) for number, part in enumerate(maps, 1) if part.any()])
            covered = (there & valid[:, None]).flatten(2).sum(2).cpu()  # (B, K)
            pixels[1:] += covered.sum(0)
            pixels[0] += int((valid & ~there.any(1)).sum())
            counted += int(valid.sum())
            shown.append(covered > 0)
        more = self.show_rare(torch.cat(shown).float())
        device = next(self.network.parameters()).device
        weights = class_weights(pixels, balance=self.training.balance / 100, most=self.training.largest_weight)
        self.weights = (weights[1:] if self.overlapping else weights).to(device)
        share = pixels / max(counted, 1)
        if not self.inherited:
            seldom = share.clamp(min=SELDOM, max=1 - SELDOM)
            self.network.maps.expect((torch.logit(seldom[1:]) if self.overlapping else torch.log(seldom)).to(device))
        told = ", ".join(
            f"{label} {100 * float(part):.2g} %" for label, part in zip(self.labels, share[1:], strict=True)
        )
        self.notes.append(
            f"Share of the pixels: {told}. Images with rare classes are shown {more} times more per pass."
        )

    def _stacked(self, targets: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Targets of a batch as bool ``(B, K, H, W)`` and ``(B, H, W)``."""
        if self.overlapping:
            return targets["there"].bool(), targets["valid"].bool()
        index = targets["classes"]
        numbers = torch.arange(1, len(self.labels) + 1, device=index.device, dtype=index.dtype)
        return index[:, None] == numbers[:, None, None], index != NOWHERE

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        logits = raw["_logits"].float()
        there, valid = self._stacked(targets)
        full, counted = there.float(), valid[:, None].float()
        if self.overlapping:
            entropy = independent_entropy(logits, full, counted, self.weights)
        else:
            entropy = exclusive_entropy(logits, targets["classes"].long(), self.weights)
        return {"entropy": entropy, "overlap": overlap_loss(raw[self.network.answer].float(), full, counted)}

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return {self.network.answer: self._stacked(targets)[0].float()}


def _tensor(values: npt.NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
