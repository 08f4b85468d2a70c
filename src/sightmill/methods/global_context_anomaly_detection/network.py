"""The network of global context anomaly detection: what each place looks like, and what the image is made of."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, relu, softmax

from sightmill.methods.global_context_anomaly_detection.weighing import SHARES, SHARPNESS
from sightmill.methods.usual import Usual
from sightmill.nn.backbones import FeatureExtractor
from sightmill.nn.heads import sized
from sightmill.nn.patches import nearest_of
from sightmill.nn.places import PlaceJudge

__all__ = ["CONTEXTS", "GRID", "LEVELS", "WEIGHTS", "Context", "ContextNetwork"]

#: The map whose places the local network's judges look at: index into those at strides 4 to 32. A judge at stride 4
#: gained two hundredths of AUROC on drawn cables, for four times the time and memory.
GRID = 1
#: The weight of each map in the distance, by judge: fine ones tell a scratch from a thread, coarse ones know parts.
WEIGHTS = ((1.0, 1.0, 0.3, 0.0), (0.5, 1.0, 1.0, 0.0))
#: The backbone's maps that components are clusters of, and their weights.
LEVELS, COMPONENT_WEIGHTS = (0, 1, 2), (0.6, 1.0, 1.0)
#: The map that the place of a logical anomaly is told on.
WHERE = 1


class Context(NamedTuple):
    """Mean features of one map, over the whole image (1 cell) or over each of `cells` x `cells` parts of it.

    With `spread`, their standard deviations over the image, too: two cables of half the colour are not one.
    """

    level: int
    cells: int
    spread: bool = False

    @property
    def name(self) -> str:
        """As its buffers are called."""
        return f"context{4 * 2**self.level}_{self.cells}"

    def of(self, maps: list[Tensor]) -> Tensor:
        """The numbers of the image ``(B, D)``: means first, channel by channel."""
        features = maps[self.level]
        means = _pooled(features, self.cells).flatten(1)
        if not self.spread:
            return means
        deviations = features - features.mean((2, 3), keepdim=True)
        return torch.cat([means, (deviations.square().mean((2, 3)) + 1e-6).sqrt()], 1)

    def numbers(self, widths: tuple[int, ...]) -> int:
        """How many there are."""
        return widths[self.level] * (self.cells**2 + self.spread)


#: What an image as a whole is judged by.
CONTEXTS = (Context(1, 1, True), Context(2, 1, True), Context(3, 1), Context(1, 2), Context(2, 2), Context(3, 2))


class ContextNetwork(nn.Module):
    """Images ``(B, C, H, W)`` in [0, 1] -> evidence of the networks that it has.

    Local: ``local`` ``(B, H/8, W/8, 3)``, how strange each place looks: the distances of its fine and of its coarse
    features to the nearest of good places, and how much it looks like a drawn defect (`PlaceJudge`). What is made of it
    depends on where the image's border lies; so what that takes is answered too, the same for all: ``usual`` ``(B, 3,
    FACTS)``, `Usual.packed`, and ``local_scale`` ``(B, 2)``, shift and gain of the sum.

    Global: ``context`` ``(B,)``, how strange the image is as a whole: distances of its mean features, over all of it
    and over its parts, from Gaussians over good images. ``where`` ``(B, H/8, W/8)``, >= 0: how
    much each place contributes to that. ``components`` ``(B, K, H/4, W/4)``: how much of each place belongs to each
    component. ``ordinary`` ``(B, K, 9)``: what good images hold of each, the same for all.

    What each network says is shifted and scaled so that good images score 0, give or take 1.

    Sources: Bergmann et al., "Beyond dents and scratches: logical constraints in unsupervised anomaly detection and
    localization" (2022), a local and a global branch; Sugawara & Imamura, "PUAD: frustratingly simple method for robust
    anomaly detection" (2024), Gaussians over mean features; Liu et al., "Component-aware anomaly detection framework"
    (2023), components by clustering and their counts. How they are put together, and where, is ours.

    Parameters
    ----------
    networks : ``both``, ``local`` or ``global``.
    size : ``(width, height)`` of the input.
    """

    # Buffers, for the type checker.
    usual: Tensor
    local_scale: Tensor
    component_mean: Tensor
    component_projection: Tensor
    centres: Tensor
    sharpness: Tensor
    ordinary: Tensor
    context_centre: Tensor
    context_weight: Tensor
    context_shift: Tensor
    context_gain: Tensor

    def __init__(self, backbone: FeatureExtractor, *, networks: str, size: tuple[int, int]) -> None:
        super().__init__()
        self.has_local, self.has_global = networks != "global", networks != "local"
        self.backbone = backbone
        for parameter in backbone.parameters():
            parameter.requires_grad_(False)
        widths = backbone.widths
        if self.has_local:
            self.judges = nn.ModuleList(PlaceJudge(widths) for _ in WEIGHTS)
            self._keep(usual=torch.from_numpy(Usual.unknown(SHARES).packed()), local_scale=torch.tensor([0.0, 1.0]))
        if self.has_global:
            joint = sum(widths[level] for level in LEVELS)
            for level in LEVELS:
                self._keep(**{f"mean{level}": torch.zeros(widths[level], 1, 1)})
                self._keep(**{f"spread{level}": torch.ones(widths[level], 1, 1)})
            self._keep(
                component_mean=torch.zeros(joint),
                component_projection=torch.eye(joint),
                centres=torch.zeros(2, joint),
                sharpness=torch.ones(()),
                ordinary=torch.full((2, 9), -1.0),
            )
            for level in sorted({context.level for context in CONTEXTS}):
                rows, columns = (-(-side // (4 * 2**level)) for side in reversed(size))
                self._keep(**{f"usual{level}": torch.zeros(widths[level], rows, columns)})
            for context in CONTEXTS:
                self._keep_gaussian(context.name, context.numbers(widths))
            self._keep(
                context_centre=torch.zeros(len(CONTEXTS)),
                context_weight=torch.ones(len(CONTEXTS)),
                context_shift=torch.zeros(()),
                context_gain=torch.ones(()),
            )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        # Sizes are asked of `shape`: after a `len` the exporter takes the batch for fixed, and has to start again.
        maps = self.backbone(images)
        answer: dict[str, Tensor] = {}
        if self.has_local:
            judges = [cast(PlaceJudge, judge) for judge in self.judges]
            seen = [judge.of_maps(maps, GRID) for judge in judges]
            told = [nearest_of(points, judge.bank) for judge, (points, _) in zip(judges, seen, strict=True)]
            told.append(seen[0][1])  # the first one suspects
            answer |= {
                "local": torch.stack(told, -1),  # (B, h, w, 3)
                "usual": self.usual.expand(images.shape[0], *self.usual.shape),
                "local_scale": self.local_scale.expand(images.shape[0], 2),
            }
        if self.has_global:
            placed = {context.name: self._placed(context.name, context.of(maps)) for context in CONTEXTS}
            contexts = torch.stack([place.square().sum(1).sqrt() for place in placed.values()], 1)
            answer |= {
                "context": self._combined(contexts),
                "where": self._where(maps, placed),
                "components": self.shares(maps),
                "ordinary": self.ordinary.expand(images.shape[0], *self.ordinary.shape),
            }
        return answer

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return next(self.backbone.parameters()).device

    def standardised(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps of `LEVELS`, every channel of unit variance in good images."""
        return [(maps[level] - self.get_buffer(f"mean{level}")) / self.get_buffer(f"spread{level}") for level in LEVELS]

    def component_vectors(self, maps: list[Tensor]) -> Tensor:
        """Features that components are clusters of ``(B, h, w, D)`` at stride 4."""
        parts = []
        for features, weight in zip(self.standardised(maps), COMPONENT_WEIGHTS, strict=True):
            local = avg_pool2d(features, 3, stride=1, padding=1, count_include_pad=False)
            parts.append(sized(local, maps[0].shape[2:]) * (weight / features.shape[1] ** 0.5))
        return torch.cat(parts, 1).permute(0, 2, 3, 1)

    def shares(self, maps: list[Tensor]) -> Tensor:
        """How much of each place belongs to each component ``(B, K, h, w)`` at stride 4."""
        points = (self.component_vectors(maps) - self.component_mean) @ self.component_projection
        away = points.square().sum(-1, keepdim=True) + self.centres.square().sum(1) - 2 * points @ self.centres.T
        return softmax(-away * self.sharpness, -1).permute(0, 3, 1, 2)

    def _placed(self, name: str, vectors: Tensor) -> Tensor:
        """Whitened deviations from good images ``(B, P)``: their length is the distance."""
        deviations: Tensor = (vectors - self.get_buffer(f"{name}_mean")) @ self.get_buffer(f"{name}_whitening")
        return deviations

    def _where(self, maps: list[Tensor], placed: dict[str, Tensor]) -> Tensor:
        """How much each place contributes to the distances ``(B, h, w)``.

        A squared distance is linear in the features of the places that were averaged, given the direction of the
        deviation: so it is the sum of what the places deviate from the usual there, in that direction. (The part of
        standard deviations is left out.)
        """
        size = maps[WHERE].shape[2:]
        total = torch.zeros_like(maps[WHERE][:, 0])
        weights = self.context_weight
        for index, context in enumerate(CONTEXTS):
            features = maps[context.level]
            place = placed[context.name]
            direction = place @ self.get_buffer(f"{context.name}_whitening").T
            means = direction[:, : features.shape[1] * context.cells**2]
            direction = means.reshape(features.shape[0], features.shape[1], -1)  # (B, C, cells ** 2)
            cells = _cells(context.cells, features) * features.shape[2] * features.shape[3]
            strange = features - self.get_buffer(f"usual{context.level}")
            share = (strange.flatten(2) * (direction @ cells)).sum(1).reshape(features.shape[0], 1, *features.shape[2:])
            length = place.square().sum(1).sqrt().clamp(min=1e-6)[:, None, None]
            total = total + sized(share, size)[:, 0] * weights[index] / length
        return relu(avg_pool2d(total[:, None], 3, stride=1, padding=1, count_include_pad=False))[:, 0]

    def _combined(self, evidence: Tensor) -> Tensor:
        """Contexts on the last axis -> one number: 0 in good images, give or take 1."""
        together = _smooth_highest((evidence - self.context_centre) * self.context_weight)
        return (together - self.context_shift) * self.context_gain

    def remember(self, **tensors: Tensor) -> None:
        """Replace what was learnt from good images: tensors by the names of the network's buffers."""
        for name, tensor in tensors.items():
            device = self.get_buffer(name).device
            setattr(self, name, tensor.float().contiguous().to(device))

    def _keep(self, **tensors: Tensor) -> None:
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)

    def _keep_gaussian(self, name: str, numbers: int) -> None:
        self._keep(**{f"{name}_mean": torch.zeros(numbers), f"{name}_whitening": torch.zeros(numbers, 1)})


def _smooth_highest(values: Tensor) -> Tensor:
    """`weighing.smooth_highest`, in the network."""
    together: Tensor = (torch.logsumexp(SHARPNESS * values, -1) - math.log(values.shape[-1])) / SHARPNESS
    return together


def _pooled(maps: Tensor, cells: int) -> Tensor:
    """Means over each of `cells` x `cells` parts of the image ``(B, C, cells ** 2)``."""
    return maps.flatten(2) @ _cells(cells, maps).T


def _cells(cells: int, maps: Tensor) -> Tensor:
    """Weights ``(cells ** 2, h * w)`` of the mean over each part; a place on a border counts to both sides."""
    rows, columns = (_parts(cells, side, maps) for side in maps.shape[2:])
    return torch.einsum("ih,jw->ijhw", rows, columns).flatten(0, 1).flatten(1)


def _parts(cells: int, side: int, like: Tensor) -> Tensor:
    """Weights ``(cells, side)`` of the mean over each part of a side."""
    starts = torch.arange(side, device=like.device, dtype=like.dtype)
    ends = torch.arange(cells, device=like.device, dtype=like.dtype)[:, None] * side / cells
    covered = (torch.minimum(starts + 1, ends + side / cells) - torch.maximum(starts, ends)).clamp(min=0)
    return covered / covered.sum(1, keepdim=True)
