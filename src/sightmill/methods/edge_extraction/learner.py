"""The learner of edge extraction: the distance to the true edges, taught as a bell."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import transform_points
from sightmill.data.ignored import is_ignored
from sightmill.data.lines import distance_to_lines
from sightmill.data.regions import Polyline, Region
from sightmill.data.sample import Sample
from sightmill.data.thinning import chains_of, thinned
from sightmill.evaluation.label_maps import AREAS
from sightmill.imaging.coverage import covered_pixels
from sightmill.imaging.view import Frame
from sightmill.methods.edge_extraction.settings import EdgeTraining
from sightmill.methods.learner import Batches
from sightmill.methods.map_learner import MapLearner
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.map_losses import class_weights, independent_entropy, likeness_loss

__all__ = ["BELL", "CENTRE", "OUTLINE", "EdgeLearner"]

#: What the network's output is called: edges are outlines and drawn lines, or centre lines and drawn lines.
OUTLINE, CENTRE = "outline", "centre"
#: Standard deviation of the bell that an edge is taught as, and how far it reaches; network pixels.
BELL, REACH = 1.0, 4.0
#: A pixel with at least this much of the bell is on the edge.
ON_EDGE = 0.5

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


class EdgeLearner(MapLearner):
    """See `MapLearner`."""

    weights: Tensor

    def __init__(
        self, training: EdgeTraining, *, labels: tuple[str, ...], channels: int, window: tuple[int, int]
    ) -> None:
        self.centres = training.areas == "centre_lines"
        super().__init__(
            training,
            labels=labels,
            channels=channels,
            window=window,
            exclusive=False,
            answer=CENTRE if self.centres else OUTLINE,
        )
        self.weights = torch.ones(1)
        # The centre lines of areas, which are the same for each augmentation; by the identity of the region.
        self._centre_lines: dict[int, tuple[Region, list[npt.NDArray[np.float64]]]] = {}

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """One row per tile: ``edge`` ``(T, 1, h, w)``, a bell over the edges, and ``valid`` ``(T, h, w)`` bool."""
        width, height = frame.input_size
        valid = shown = frame.valid()
        away = np.full((height, width), REACH, np.float32)
        for item in sample.annotations:
            if is_ignored(item.label):
                if isinstance(item.region, AREAS):
                    valid = valid & ~covered_pixels(frame, item.region)
                continue
            np.minimum(away, self._away(item, frame, shown), out=away)
        edge = np.where(away < REACH, np.exp(away**2 * np.float32(-0.5 / BELL**2)), 0).astype(np.float32)
        return {
            "edge": torch.from_numpy(np.ascontiguousarray(frame.cut(edge)[:, None])),
            "valid": torch.from_numpy(np.ascontiguousarray(frame.cut(valid))),
        }

    def _away(self, item: Annotation, frame: Frame, shown: BoolArray) -> FloatArray:
        """How far each pixel ``(H_in, W_in)`` is from the edges of one annotation, at most `REACH`."""
        width, height = frame.input_size
        region = item.region
        if isinstance(region, Polyline):
            moved = [transform_points(part, frame.matrix) for part in region.parts]
            return distance_to_lines(moved, width, height, reach=REACH)
        if not isinstance(region, AREAS):
            return np.full((height, width), REACH, np.float32)
        if self.centres:
            moved = [transform_points(part, frame.matrix) for part in self._middle(region, frame)]
            return distance_to_lines(moved, width, height, reach=REACH)
        return _from_outline(covered_pixels(frame, region), shown)

    def _middle(self, region: Region, frame: Frame) -> list[npt.NDArray[np.float64]]:
        """The centre lines of an area, in pixels of the image."""
        known = self._centre_lines.get(id(region))
        if known is None:
            chains = chains_of(thinned(region.mask(*frame.size)))
            known = self._centre_lines[id(region)] = (
                region,
                [np.asarray(chain[:, ::-1] + 0.5, np.float64) for chain in chains],
            )
        return known[1]

    def marked(self, targets: dict[str, Tensor]) -> tuple[BoolArray, list[BoolArray]]:
        valid = targets["valid"].numpy()
        on = (targets["edge"][0].numpy() >= ON_EDGE) & valid
        return valid, [on] if on.any() else []

    def prepare(self, batches: Batches) -> None:
        """How much of the images are edges."""
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))
        pixels = torch.zeros(2)
        shown: list[Tensor] = []
        for batch in batches():
            on = (batch.targets["edge"] >= ON_EDGE) & batch.targets["valid"][:, None]
            counts = on.flatten(1).sum(1).cpu()
            pixels[1] += counts.sum()
            pixels[0] += float(batch.targets["valid"].sum()) - counts.sum()
            shown.append((counts > 0)[:, None])
        more = self.show_rare(torch.cat(shown).float())
        device = next(self.network.parameters()).device
        balance, most = self.training.balance / 100, self.training.largest_weight
        self.weights = class_weights(pixels, balance=balance, most=most)[1:].to(device)
        share = float(pixels[1] / pixels.sum().clamp(min=1))
        if not self.inherited:
            self.network.maps.expect(torch.logit(torch.tensor([share]).clamp(0.005, 0.5)).to(device))
        self.notes.append(
            f"{100 * share:.2g} % of the pixels are on an edge. Images with edges are shown {more} times more per pass."
        )

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        edge, valid = targets["edge"], targets["valid"][:, None].float()
        return {
            "entropy": independent_entropy(raw["_logits"].float(), edge, valid, self.weights),
            "likeness": likeness_loss(raw[self.network.answer].float(), edge, valid),
        }

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return {self.network.answer: targets["edge"]}


def _from_outline(covered: BoolArray, shown: BoolArray) -> FloatArray:
    """How far pixels ``(H, W)`` are from the outline of an area, at most `REACH`.

    The outline runs between the pixels. Where the image ends (``shown`` is False) nobody knows how the area goes on, so
    there is none.
    """
    away = np.full(covered.shape, REACH, np.float32)
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    if not len(rows):
        return away
    margin = int(REACH) + 1
    window = (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )
    inside, known = covered[window], shown[window]
    if (inside | ~known).all():
        return away
    to_outside, to_inside = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) - np.float32(0.5)
        for part in (inside | ~known, ~inside)
    )
    away[window] = np.minimum(np.where(inside, to_outside, to_inside), REACH)
    return away
