"""The learner of global context anomaly detection: statistics of good images and of what is drawn on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sightmill.data.sample import Sample
from sightmill.errors import TrainingError
from sightmill.imaging.defects import KEPT_APART, PRACTISED, Kind
from sightmill.imaging.view import Frame, View
from sightmill.methods.drawn_defects import drawn_on
from sightmill.methods.global_context_anomaly_detection.inventory import ordinary, pieces_of, take_inventory
from sightmill.methods.global_context_anomaly_detection.network import (
    CONTEXTS,
    GRID,
    LEVELS,
    LOCAL,
    ContextNetwork,
    context_names,
)
from sightmill.methods.global_context_anomaly_detection.rearranging import KINDS, rearranged
from sightmill.methods.global_context_anomaly_detection.settings import ContextInference, ContextTraining
from sightmill.methods.global_context_anomaly_detection.shots import another_shot
from sightmill.methods.global_context_anomaly_detection.weighing import (
    FloatArray,
    Weighed,
    smooth_highest,
    sum_scale,
    weigh,
)
from sightmill.methods.learner import Batches, Learner, Pixels, inherit_matching
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.clusters import chosen_clusters, clusters
from sightmill.nn.gaussian import Moments, few_whitening
from sightmill.nn.patches import nearest
from sightmill.nn.places import PlaceJudge, marked_cells, patch_features
from sightmill.nn.reservoir import Reservoir

__all__ = ["ContextLearner"]

#: Good images that are learnt from, at most; how often each is shown, so that there are about `SHOTS` in all, and at
#: most. Bounds memory whatever the number of images.
MOST_IMAGES, SHOTS, MOST_COPIES = 400, 250, 6
#: Images of the first look, which finds the components, and images that texture of drawn defects is taken from.
FIRST, SOURCES = 32, 32
#: Places that components are found from, in so many directions; how many components are tried; how sharp their borders.
COMPONENT_PLACES, COMPONENT_DIRECTIONS, COMPONENT_COUNTS, SHARPNESS = 8000, 24, (6, 9, 12), 3.0
#: Good places and places of drawn defects that the local network is fitted to, and those that it remembers; the weight
#: of each map in the distance; defects drawn in all, and on one image at most; places taken of one.
PLACES, STRANGE, BANK, WEIGHTS = 20_000, 10_000, 2000, (0.6, 1.0, 1.0, 0.0)
ALL_DRAWN, MOST_DRAWN, OF_ONE = 120, 6, 200
#: Images that are held out to put the evidence on a scale: a share, and at most.
HELD_SHARE, MOST_HELD = 0.25, 40
#: Directions of the Gaussians over whole images, and the share of the mean variance that each is given.
CONTEXT_DIRECTIONS, FLOOR = 100, 0.05
#: Parts into which good images are dealt, each judged by the others, and images that are rearranged, at most.
FOLDS, MOST_REARRANGED = 5, 60


class ContextLearner(Learner):
    """See `Learner`. There is no descent: one pass finds the components, another gathers, a third weighs."""

    network: ContextNetwork

    def __init__(self, training: ContextTraining, *, labels: tuple[str, ...], view: View) -> None:
        self.training = training
        self.labels = labels
        self.notes: list[str] = []
        self.network = ContextNetwork(
            self.new_backbone(training, view.channels), networks=training.networks, size=(view.width, view.height)
        )

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """Which pixels lie in the image and its region of interest: ``(1, H, W)`` bool; the image is in one piece."""
        return {"valid": torch.from_numpy(frame.valid())[None]}

    def prepare(self, batches: Batches) -> None:
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))

    @torch.no_grad()
    def settle(self, batches: Batches) -> None:
        """What good images look like: single places, the whole, and the components that they are made of."""
        network, seed = self.network.eval(), self.training.seed
        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng([seed, 6])
        owners = sorted({row.owner for row in _rows(batches)})
        if not owners:
            raise TrainingError(
                "no part of the training images lies inside their regions of interest",
                remedy="enlarge the regions of interest, or remove them",
            )
        numbers = {int(owner): number for number, owner in enumerate(rng.permutation(owners)[:MOST_IMAGES])}
        count = len(numbers)
        first = [row for row in _rows(batches) if numbers.get(row.owner, FIRST) < FIRST][:FIRST]
        held = range(min(max(int(count * HELD_SHARE), 1), MOST_HELD)) if count > 1 else range(0)
        copies = int(np.clip(round(SHOTS / count) - 1, 1, MOST_COPIES))
        drawn = min(max(round(ALL_DRAWN / count), 1), MOST_DRAWN)
        local = LocalLesson(network, held, [row.pixels for row in first], drawn, seed, generator)
        whole = GlobalLesson(network, seed)
        if network.has_global:
            self._find_components(first, generator)
        for row in _rows(batches):
            if row.owner not in numbers:
                continue
            number = numbers[row.owner]
            others = [another_shot(row.image, row.valid, rng, shift=self.training.shift) for _ in range(copies)]
            for shot in (row, *(Row(*other, row.owner) for other in others)):
                maps = network.backbone(shot.tensor(network))
                if network.has_local:
                    local.see(shot, maps, number)
                if network.has_global:
                    whole.see(maps, number, plain=shot is row)
            if network.has_local:
                local.draw(row, number)
            if network.has_global:
                whole.rearrange(row, number)
        if network.has_local:
            judged = [row for row in _rows(batches) if numbers.get(row.owner, count) in held]
            local.taught(judged[:MOST_HELD] or first)
        if network.has_global:
            whole.taught()
            self.notes.append(f"The global network tells {len(network.centres)} components apart.")
        self.notes.append(f"{count} good images were learnt from, each shown {copies + 1} times.")

    def _find_components(self, rows: list[Row], generator: torch.Generator) -> None:
        """The usual values of the backbone's channels, and the clusters of places that become components."""
        network = self.network
        raw = [network.backbone.with_stem(row.tensor(network), levels=len(LEVELS))[1] for row in rows]
        for level in LEVELS:
            moments = Moments(raw[0][level].shape[1])
            for maps in raw:
                moments.add(maps[level].permute(0, 2, 3, 1).flatten(0, 2))
            mean, spread = moments.mean.reshape(-1, 1, 1), moments.spread.reshape(-1, 1, 1)
            network.remember(**{f"mean{level}": mean, f"spread{level}": spread})
        places = Reservoir(COMPONENT_PLACES, generator)
        for row, maps in zip(rows, raw, strict=True):
            vectors = network.component_vectors(maps)[0].cpu()
            places.add(vectors[row.cells(*vectors.shape[:2])])
        points = places.vectors
        projection = few_whitening(points, COMPONENT_DIRECTIONS, floor=0.0)[1]
        projection = projection / projection.norm(dim=0, keepdim=True)  # directions, of their own lengths
        projected = (points - points.mean(0)) @ projection
        wanted = self.training.components
        centres = (
            clusters(projected, wanted, generator)
            if wanted
            else chosen_clusters(projected, COMPONENT_COUNTS, generator)
        )
        near = nearest(projected, centres).square().mean().clamp(min=1e-9)
        network.remember(
            component_mean=points.mean(0),
            component_projection=projection,
            centres=centres,
            sharpness=SHARPNESS / near,
        )

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """The features of the earlier model; what is ordinary is learnt anew."""
        self.experienced = True
        features = {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}
        return [name for name in inherit_matching(self.network, features) if name.startswith("backbone.")]


@dataclass(frozen=True, eq=False)
class Row:
    """One network input ``(C, H, W)``, which of its pixels count ``(H, W)``, and which image it is of."""

    image: Pixels
    valid: npt.NDArray[np.bool_]
    owner: int

    @property
    def pixels(self) -> Pixels:
        """The image ``(H, W, C)``."""
        return np.ascontiguousarray(self.image.transpose(1, 2, 0))

    def tensor(self, network: ContextNetwork) -> Tensor:
        """A batch of one, where the network is."""
        return torch.from_numpy(self.image)[None].to(network.device)

    def cells(self, height: int, width: int) -> Tensor:
        """Which cells of another grid count: bool ``(height, width)``."""
        return marked_cells(torch.from_numpy(self.valid), height, width)


class LocalLesson:
    """What single places look like, in good images and where a defect is drawn on them; then given to the network.

    Parameters
    ----------
    held : the images, by number, that judge rather than teach while the scale is found.
    sources : images ``(H, W, C)`` that texture of drawn defects is taken from.
    drawn : defects drawn on each image.
    """

    def __init__(
        self,
        network: ContextNetwork,
        held: range,
        sources: list[Pixels],
        drawn: int,
        seed: int,
        generator: torch.Generator,
    ) -> None:
        self.network = network
        self.held = held
        self.sources = sources
        self.drawn = drawn
        self.rng = np.random.default_rng([seed, 7])
        self.generator = generator
        # Of the images that teach, and of those held out.
        self.good = [Reservoir(PLACES, generator) for _ in range(2)]
        self.strange = [Reservoir(STRANGE, generator) for _ in range(2)]

    def see(self, row: Row, maps: list[Tensor], number: int) -> None:
        """Take in the places of one shot of image `number`."""
        self.good[number in self.held].add(_places(maps, row.valid))

    def draw(self, row: Row, number: int) -> None:
        """Draw defects on image `number`, and take in what they look like."""
        for _ in range(self.drawn):
            for shown, mask in self._damaged(row, PRACTISED):
                self._take(shown, mask, self.strange[number in self.held])

    def taught(self, rows: list[Row]) -> None:
        """Find the scale, by the images held out; then learn from all of them."""
        calm, struck = [], []
        judge = self._fitted(*([part[0].vectors] for part in (self.good, self.strange)))
        for row in rows:
            calm.append(self._evidence(judge, row))
            for shown, mask in self._damaged(row, KEPT_APART):
                struck.append(self._evidence(judge, shown))
                self._take(shown, mask, self.strange[True])
        good, bad = (np.array([_highest(part) for part in parts]).reshape(-1, len(LOCAL)) for parts in (calm, struck))
        found = weigh(good, bad)
        shift, gain = sum_scale(np.array([_highest(smooth_highest(found.placed(part))) for part in calm]))
        self.network.scale("local", *_tensors(found), shift=shift, gain=gain)
        judge = self._fitted(*([part.vectors for part in parts if part.seen] for parts in (self.good, self.strange)))
        self.network.judge = judge.to(self.network.device)

    def _damaged(self, row: Row, kinds: tuple[Kind, ...]) -> Iterator[tuple[Row, npt.NDArray[np.bool_]]]:
        """The image with a drawn defect, and where; none if nothing shows."""
        made = drawn_on(row.image, row.valid, self.rng, kinds=kinds, others=self.sources)
        if made.kind is not None:
            yield Row(made.image, row.valid, row.owner), made.mask

    def _take(self, row: Row, mask: npt.NDArray[np.bool_], into: Reservoir) -> None:
        found = _places(self.network.backbone(row.tensor(self.network)), mask, share=0.25)
        into.add(found[torch.randperm(len(found), generator=self.generator)[:OF_ONE]])

    def _evidence(self, judge: PlaceJudge, row: Row) -> FloatArray:
        """What a judge says of the places of an image ``(n, 2)``."""
        places = _places(self.network.backbone(row.tensor(self.network)), row.valid)
        return np.asarray(judge(places).double().numpy(), np.float64)

    def _fitted(self, good: list[Tensor], strange: list[Tensor]) -> PlaceJudge:
        places = torch.cat(good)
        judge = PlaceJudge(self.network.backbone.widths)
        judge.remember(places, WEIGHTS, min(BANK, len(places)), self.generator)
        if strange and len(torch.cat(strange)):
            judge.suspect(places, torch.cat(strange), self.generator)
        return judge


class GlobalLesson:
    """What good images are like as a whole, and what they hold; then given to the network."""

    def __init__(self, network: ContextNetwork, seed: int) -> None:
        self.network = network
        self.rng = np.random.default_rng([seed, 8])
        self.vectors: dict[str, list[Tensor]] = {name: [] for name in context_names()}
        self.rearranged: dict[str, list[Tensor]] = {name: [] for name in context_names()}
        # Of the vectors: of which image, and whether of its own shot; of the rearranged ones: of which image.
        self.numbers: list[int] = []
        self.plain: list[bool] = []
        self.moved: list[int] = []
        self.shares: list[Tensor] = []
        self.usual: dict[int, Tensor] = {}

    def see(self, maps: list[Tensor], number: int, *, plain: bool) -> None:
        """Take in one shot of image `number`; its own, or another."""
        shares = self._take(maps, self.vectors)
        self.numbers.append(number)
        self.plain.append(plain)
        for level, features in enumerate(maps):
            self.usual[level] = self.usual.get(level, torch.zeros(())) + features[0].float().cpu()
        if plain:
            self.shares.append(shares[0].half().cpu())

    def rearrange(self, row: Row, number: int) -> None:
        """Cover up, double or swap something in image `number`, and take in what it is like then."""
        if len(self.moved) < MOST_REARRANGED:
            changed, where = rearranged(row.pixels, KINDS[len(self.moved) % len(KINDS)], self.rng)
            if where.any():
                shown = Row(np.ascontiguousarray(changed.transpose(2, 0, 1)), row.valid, row.owner)
                self._take(self.network.backbone(shown.tensor(self.network)), self.rearranged)
                self.moved.append(number)

    def _take(self, maps: list[Tensor], into: dict[str, list[Tensor]]) -> Tensor:
        shares = self.network.shares(maps)
        for name, vector in self.network.vectors(maps, shares).items():
            into[name].append(vector[0].float().cpu())
        return shares

    def taught(self) -> None:
        """The Gaussians, their scale by images that each was not fitted to, what is usual where, and the inventory."""
        network = self.network
        own, moved, plain = (np.array(part) for part in (self.numbers, self.moved, self.plain))
        good, bad = [], []
        for name, given in self.vectors.items():
            vectors = torch.stack(given)
            strange = torch.stack(self.rearranged[name]) if self.moved else vectors[:0]
            # What is learnt about an image never judges it: each is judged by the images of the other folds.
            folds = min(FOLDS, len(set(self.numbers)))
            calm, struck = np.zeros(int(plain.sum())), np.zeros(len(strange))
            for fold in range(folds):
                others = torch.from_numpy(own % folds != fold) if folds > 1 else torch.ones(len(own), dtype=torch.bool)
                gaussian = few_whitening(vectors[others], CONTEXT_DIRECTIONS, floor=FLOOR)
                calm[own[plain] % folds == fold] = _away(vectors[plain & (own % folds == fold)], gaussian)
                if len(strange):
                    struck[moved % folds == fold] = _away(strange[moved % folds == fold], gaussian)
            mean, whitening = few_whitening(vectors, CONTEXT_DIRECTIONS, floor=FLOOR)
            network.remember(**{f"{name}_mean": mean, f"{name}_whitening": whitening})
            good.append(calm)
            bad.append(struck)
        found = weigh(np.stack(good, 1), np.stack(bad, 1))
        shift, gain = sum_scale(smooth_highest(found.placed(np.stack(good, 1))))
        network.scale("context", *_tensors(found), shift=shift, gain=gain)
        for level in {context.level for context in CONTEXTS}:
            network.remember(**{f"usual{level}": self.usual[level] / len(own)})
        self._inventory()

    def _inventory(self) -> None:
        """How many pieces of each component good images hold, how much, and where."""
        shares = [part.float().numpy() for part in self.shares]
        count, cells = shares[0].shape[0], shares[0][0].size
        pieces = np.zeros(count)
        for index in range(count):
            areas = np.sort(np.concatenate([pieces_of(part.argmax(0) == index) for part in shares]))
            # The usual piece, not the usual speck: half of what is covered lies in larger ones.
            if len(areas):
                pieces[index] = areas[np.searchsorted(areas.cumsum(), areas.sum() / 2)] / cells
        known = ordinary([take_inventory(part, pieces) for part in shares])
        table = np.where(np.isfinite(known), known, -1.0)
        self.network.remember(ordinary=torch.from_numpy(np.column_stack([table, pieces])))


def _rows(batches: Batches) -> Iterator[Row]:
    """Every shown image that has something in its region of interest."""
    for batch in batches():
        pairs = zip(batch.images.cpu(), batch.targets["valid"].cpu(), batch.owners, strict=True)
        for image, valid, owner in pairs:
            if valid.any():
                yield Row(np.ascontiguousarray(image.numpy()), valid.numpy(), owner)


def _places(maps: list[Tensor], inside: npt.NDArray[np.bool_], *, share: float = 0.5) -> Tensor:
    """Features ``(n, D)`` of the places of one image that a mask ``(H, W)`` covers."""
    features = patch_features(maps, GRID)[0].float().cpu()
    return features[marked_cells(torch.from_numpy(inside), *features.shape[:2], share=share)]


def _highest(evidence: FloatArray) -> FloatArray:
    """Mean of the highest of ``(n, ...)`` on the first axis, as many as the score of an image regards."""
    count = max(round(ContextInference().score_area / 100 * len(evidence)), 1)
    return np.asarray(np.sort(evidence, 0)[-count:].mean(0), np.float64)


def _away(vectors: Tensor, gaussian: tuple[Tensor, Tensor]) -> FloatArray:
    mean, whitening = gaussian
    return np.asarray(((vectors - mean) @ whitening).norm(dim=1).numpy(), np.float64)


def _tensors(found: Weighed) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(found.centre).float(), torch.from_numpy(found.weight).float()
