"""The learner of global context anomaly detection: statistics of good images, place by place and as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sightmill.data.sample import Sample
from sightmill.errors import TrainingError
from sightmill.imaging.defects import KEPT_APART, PRACTISED
from sightmill.imaging.view import Frame, View
from sightmill.methods.borders import border_steps
from sightmill.methods.drawn_defects import drawn_on
from sightmill.methods.global_context_anomaly_detection.inventory import ordinary, pieces_of, take_inventory
from sightmill.methods.global_context_anomaly_detection.network import (
    CONTEXTS,
    GRID,
    LEVELS,
    WEIGHTS,
    ContextNetwork,
)
from sightmill.methods.global_context_anomaly_detection.settings import ContextInference, ContextTraining
from sightmill.methods.global_context_anomaly_detection.shots import another_shot
from sightmill.methods.global_context_anomaly_detection.weighing import (
    SHARES,
    SIGNALS,
    smooth_highest,
    sum_scale,
    weigh,
)
from sightmill.methods.learner import Batches, Learner, Pixels, inherit_matching
from sightmill.methods.usual import Usual, highest
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
#: Images of the first look, which finds the components.
FIRST = 32
#: Places that components are found from, in so many directions; how many components are tried; how sharp their borders.
COMPONENT_PLACES, COMPONENT_DIRECTIONS, COMPONENT_COUNTS, SHARPNESS = 8000, 24, (6, 9, 12), 3.0
#: Good places that each judge of the local network is fitted to, at most, and of one shot; those that it remembers.
PLACES, OF_ONE, BANK = 64_000, 250, 10_000
#: The same while its scale is found: places, and those remembered.
TRIAL_PLACES, TRIAL_BANK = 48_000, 5000
#: Defects drawn on good images to learn suspicion from, at most; and places of one, and of all.
DRAWN, OF_DEFECT, STRANGE = 200, 100, 12_000
#: To put the evidence on a scale, images are judged by judges that did not learn from them: about so many images, in as
#: many of so many parts as that takes.
MOST_HELD, PARTS = 40, 4
#: Directions of the Gaussians over whole images, and the share of the mean variance that each is given.
CONTEXT_DIRECTIONS, FLOOR = 100, 0.05
#: Parts into which good images are dealt, each judged by the others.
FOLDS = 5


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
        self.gathered_bytes = _ceiling(self.network, view, components=max(training.components, *COMPONENT_COUNTS))

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
        copies = int(np.clip(round(SHOTS / count) - 1, 1, MOST_COPIES))
        local = LocalLesson(network, count, generator, [row.pixels for row in first])
        whole = GlobalLesson(network)
        if network.has_global:
            self._find_components(first, generator)
        for row in _rows(batches):
            if row.owner not in numbers:
                continue
            number = numbers[row.owner]
            if network.has_local and number < DRAWN:
                local.see_damaged(row, rng)
            others = [another_shot(row.image, row.valid, rng, shift=self.training.shift) for _ in range(copies)]
            for shot in (row, *(Row(*other, row.owner) for other in others)):
                maps = network.backbone(shot.tensor(network))
                if network.has_local:
                    local.see(shot, maps, number)
                if network.has_global:
                    whole.see(maps, number, plain=shot is row)
        if network.has_local:
            local.taught((row, numbers[row.owner]) for row in _rows(batches) if numbers.get(row.owner) in local.judging)
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
            places.add(vectors[marked_cells(torch.from_numpy(row.valid), vectors.shape[0], vectors.shape[1])])
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


class LocalLesson:
    """What single places look like in good images; then given to the network.

    Parameters
    ----------
    count : of the images; they have the numbers below it.
    sources : images ``(H, W, C)`` that drawn defects take texture from.

    Attributes
    ----------
    parts : into which the images are dealt by their numbers.
    judging : the numbers of the images by which the scale is found, each judged by what was learnt from other parts.
    """

    def __init__(
        self, network: ContextNetwork, count: int, generator: torch.Generator, sources: Sequence[Pixels]
    ) -> None:
        self.network = network
        self.parts = min(PARTS, count)
        most = max(round(MOST_HELD * self.parts / count), 1)  # parts whose images judge
        self.judging = frozenset([number for number in range(count) if number % self.parts < most][:MOST_HELD])
        self.generator = generator
        self.sources = sources
        # Of each part's images; and of drawn defects.
        self.good = [Reservoir(PLACES // self.parts, generator) for _ in range(self.parts)]
        self.strange = Reservoir(STRANGE, generator)

    def see(self, row: Row, maps: list[Tensor], number: int) -> None:
        """Take in the places of one shot of image `number`."""
        # A fair part of each shot: all of them would only be copied and thrown away.
        self.good[number % self.parts].add(self._some(_places(maps, row.valid), OF_ONE))

    def see_damaged(self, row: Row, rng: np.random.Generator) -> None:
        """Take in the places of a defect that is drawn on an image; none if nothing shows on it."""
        drawn = drawn_on(row.image, row.valid, rng, kinds=(*PRACTISED, *KEPT_APART), others=self.sources)
        if drawn.kind is not None:
            maps = self.network.backbone(Row(drawn.image, row.valid, row.owner).tensor(self.network))
            self.strange.add(self._some(_places(maps, drawn.mask, share=0.25), OF_DEFECT))

    def taught(self, rows: Iterable[tuple[Row, int]]) -> None:
        """Find the scale by the images that are `judging`, given with their numbers, then learn from all."""
        trial: dict[int, list[PlaceJudge]] = {}
        told: list[list[npt.NDArray[np.float32]]] = [[] for _ in SHARES]
        steps: list[npt.NDArray[np.float32]] = []
        for row, number in rows:
            own = number % self.parts
            if own not in trial:
                trial[own] = self._fitted(self._some(self._gathered(without=own), TRIAL_PLACES), TRIAL_BANK)
            judges = trial[own]
            features = patch_features(self.network.backbone(row.tensor(self.network)), GRID)[0].float().cpu()
            size = features.shape[0], features.shape[1]
            cells = marked_cells(torch.from_numpy(row.valid), *size)
            witnesses = [*(judge.distance for judge in judges), judges[0].suspicion]
            for witness, found in zip(witnesses, told, strict=True):
                found.append(witness(features[cells]).numpy())
            steps.append(border_steps(row.valid, size)[cells.numpy()])
        percent = ContextInference().score_area
        usual = Usual.of(told, steps, percent=percent, share=SHARES)
        pairs = zip(zip(*told, strict=True), steps, strict=True)
        scores = np.array([highest(usual.added(kinds, near, SIGNALS), percent) for kinds, near in pairs])
        self.network.remember(usual=torch.from_numpy(usual.packed()), local_scale=torch.tensor(sum_scale(scores)))
        for index, judge in enumerate(self._fitted(self._gathered(), BANK)):
            self.network.judges[index] = judge.to(self.network.device)

    def _fitted(self, places: Tensor, bank: int) -> list[PlaceJudge]:
        """A judge for each of `WEIGHTS`; the first one suspects, too."""
        judges = [PlaceJudge(self.network.backbone.widths) for _ in WEIGHTS]
        for judge, weights in zip(judges, WEIGHTS, strict=True):
            judge.remember(places, weights, min(bank, len(places)), self.generator)
        if self.strange.seen:
            judges[0].suspect(places, self.strange.vectors, self.generator)
        return judges

    def _gathered(self, without: int | None = None) -> Tensor:
        """The good places of all parts, or of all but one; of that one where no other has any."""
        seen = [index for index, part in enumerate(self.good) if part.seen]
        chosen = [index for index in seen if index != without] or seen
        return torch.cat([self.good[index].vectors for index in chosen])

    def _some(self, places: Tensor, most: int) -> Tensor:
        return places[torch.randperm(len(places), generator=self.generator)[:most]]


class GlobalLesson:
    """What good images are like as a whole, and what they hold; then given to the network."""

    def __init__(self, network: ContextNetwork) -> None:
        self.network = network
        self.vectors: dict[str, list[Tensor]] = {context.name: [] for context in CONTEXTS}
        # Of the vectors: of which image, and whether of its own shot.
        self.numbers: list[int] = []
        self.plain: list[bool] = []
        self.shares: list[Tensor] = []
        self.usual: dict[int, Tensor] = {}

    def see(self, maps: list[Tensor], number: int, *, plain: bool) -> None:
        """Take in one shot of image `number`; its own, or another."""
        for context in CONTEXTS:
            self.vectors[context.name].append(context.of(maps)[0].float().cpu())
        self.numbers.append(number)
        self.plain.append(plain)
        for level, features in enumerate(maps):
            self.usual[level] = self.usual.get(level, torch.zeros(())) + features[0].float().cpu()
        if plain:
            self.shares.append(self.network.shares(maps)[0].half().cpu())

    def taught(self) -> None:
        """The Gaussians, their scale by images that each was not fitted to, what is usual where, and the inventory."""
        network = self.network
        own, plain = np.array(self.numbers), np.array(self.plain)
        folds = min(FOLDS, len(set(self.numbers)))
        columns = []
        for name, given in self.vectors.items():
            vectors = torch.stack(given)
            # What is learnt about an image never judges it: each is judged by the images of the other folds.
            away = np.zeros(int(plain.sum()))
            for fold in range(folds):
                others = own % folds != fold if folds > 1 else np.ones(len(own), np.bool_)
                mean, whitening = few_whitening(vectors[torch.from_numpy(others)], CONTEXT_DIRECTIONS, floor=FLOOR)
                judged = vectors[torch.from_numpy(plain & (own % folds == fold))]
                away[own[plain] % folds == fold] = ((judged - mean) @ whitening).norm(dim=1).numpy()
            mean, whitening = few_whitening(vectors, CONTEXT_DIRECTIONS, floor=FLOOR)
            network.remember(**{f"{name}_mean": mean, f"{name}_whitening": whitening})
            columns.append(away)
        scores = np.stack(columns, 1)
        found = weigh(scores)
        shift, gain = sum_scale(smooth_highest(found.placed(scores)))
        network.remember(
            context_centre=torch.from_numpy(found.centre),
            context_weight=torch.from_numpy(found.weight),
            context_shift=torch.tensor(shift),
            context_gain=torch.tensor(gain),
        )
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


def _ceiling(network: ContextNetwork, view: View, *, components: int) -> int:
    """Bytes that what is gathered takes at most, whatever the number of images.

    Places are held once, once more as those of all parts, and as a centred copy while they are learnt from.
    """
    widths = network.backbone.widths
    local = 4 * 3 * sum(widths) * (PLACES + STRANGE)
    shots = max(2 * MOST_IMAGES, SHOTS + MOST_IMAGES)
    cells = (view.width // 4) * (view.height // 4)
    whole = 4 * 2 * sum(context.numbers(widths) for context in CONTEXTS) * shots + 2 * components * cells * MOST_IMAGES
    return local * network.has_local + whole * network.has_global


def _rows(batches: Batches) -> Iterator[Row]:
    """Every shown image that has something in its region of interest."""
    for batch in batches():
        pairs = zip(batch.images.cpu(), batch.targets["valid"].cpu(), batch.owners, strict=True)
        for image, valid, owner in pairs:
            if valid.any():
                yield Row(np.ascontiguousarray(image.numpy()), valid.numpy(), owner)


def _places(maps: list[Tensor], marked: npt.NDArray[np.bool_], *, share: float = 0.5) -> Tensor:
    """Features ``(n, D)`` of the places of one image of which so much is marked, ``(H, W)``."""
    features = patch_features(maps, GRID)[0].float().cpu()
    return features[marked_cells(torch.from_numpy(marked), features.shape[0], features.shape[1], share=share)]
