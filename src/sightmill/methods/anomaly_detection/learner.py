"""The learner of the fast variant: one pass over the good images, no descent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from sightmill.data.sample import Sample
from sightmill.errors import TrainingError
from sightmill.imaging.defects import KEPT_APART, PRACTISED, Kind
from sightmill.imaging.view import Frame
from sightmill.methods.anomaly_detection.apart import held_apart, thumbnail
from sightmill.methods.anomaly_detection.choice import Choice, Trial, chosen_of
from sightmill.methods.anomaly_detection.network import AnomalyNetwork
from sightmill.methods.anomaly_detection.recipes import CAPACITY, GRIDS, WEIGHTS, Recipe
from sightmill.methods.anomaly_detection.settings import AnomalyTraining
from sightmill.methods.borders import CELL, border_grid, frame_steps
from sightmill.methods.drawn_defects import drawn_on
from sightmill.methods.learner import Batches, Learner, Pixels, inherit_matching
from sightmill.methods.lighting import any_light
from sightmill.nn.backbones import FeatureExtractor, calibrate_statistics
from sightmill.nn.folding import folded
from sightmill.nn.places import PlaceJudge, marked_cells
from sightmill.nn.reservoir import Reservoir

__all__ = ["AnomalyLearner"]

#: Patches of good images that are kept while they stream by, for the distance and for the suspicion, and of drawn
#: defects. Bounds memory whatever the data set.
RESERVOIR, ORDINARY, STRANGE = 32_000, 12_000, 20_000

#: To choose a recipe: images that teach and that are held out, at most and at least, and defects drawn on the latter.
TAUGHT, HELD, FEWEST, DRAWN = 32, 40, 6, 2
#: So many times as many places are looked at as the reservoirs hold.
ENOUGH = 2
#: Good patches that the trial's judges are fitted to, and in their banks; and strange ones of one drawn defect.
TRIAL_PATCHES, TRIAL_BANK, OF_ONE = 12_000, 3000, 200
#: Defects drawn on an image that teaches, at most; and on all of them: so many pixels' worth, within these bounds.
MOST_DRAWN, DRAWN_PIXELS, LEAST_DRAWN, ALL_DRAWN = 4, 24_000_000, 48, 240


class AnomalyLearner(Learner):
    """See `Learner`. Memory is bounded: three reservoirs of patches, whatever the number and size of images."""

    network: AnomalyNetwork

    def __init__(self, training: AnomalyTraining, *, channels: int, reductions: tuple[int, ...]) -> None:
        self.training = training
        self.reductions = reductions
        self.notes: list[str] = []
        self.weights = WEIGHTS[training.sampling_density]
        self.network = AnomalyNetwork(
            backbone=self.new_backbone(training, channels),
            grid=GRIDS[training.sampling_density],
            reduction=reductions[0],
            placed=training.placed,
        )
        self.extract: FeatureExtractor = self.network.backbone
        size = training.bank_size or CAPACITY[training.sampling_density]
        self.gathered_bytes = _ceiling(self.network.judge)
        self.notes.append(
            f"Memory besides the images, whatever their number: at most {self.gathered_bytes / 1e6:.0f} MB for "
            f"{RESERVOIR + ORDINARY + STRANGE:,} patches while training; the model remembers at most {size:,} of them."
        )

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """Which places lie in the image and its region of interest: ``(T, h, w)`` bool; and how far each is from the
        border of that, in cells: ``border`` ``(T, h, w)``.
        """
        whole = frame.valid()
        steps = frame_steps(frame, border_grid(frame), (whole.shape[0], whole.shape[1]))
        valid, border = (torch.from_numpy(np.array(frame.cut(part), np.float32)) for part in (whole, steps))
        cells, far = (avg_pool2d(part[:, None], CELL, ceil_mode=True)[:, 0] for part in (valid, border))
        return {"valid": cells >= 0.5, "border": far}

    def prepare(self, batches: Batches) -> None:
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))

    @torch.no_grad()
    def settle(self, batches: Batches) -> None:
        network = self.network.eval()
        self.extract = folded(network.backbone)
        generator = torch.Generator().manual_seed(self.training.seed)
        rng = np.random.default_rng([self.training.seed, 1])
        choice, sources = self._choice(batches)
        network.reduction = choice.recipe.reduction
        known, good, strange = (Reservoir(size, generator) for size in (RESERVOIR, ORDINARY, STRANGE))
        share = self._drawn_on_each(batches) if sources else 0.0
        looked_at = self._looked_at(batches)
        places = 0
        for row in _rows(batches):
            lit = replace(row, image=(row.image * any_light(self.training, rng)).clamp(0, 1))
            coarse, fine, count = self._patches(lit, looked_at, generator)
            places += count
            known.add(coarse)
            if share:
                good.add(fine)
            for _ in range(int(share + rng.random())):
                strange.add(self._struck(row, rng, sources, generator, kinds=(*PRACTISED, *KEPT_APART)))
        if not known.seen:
            raise TrainingError(
                "no part of the training images lies inside their regions of interest",
                remedy="enlarge the regions of interest, or remove them",
            )
        ordinary = known.vectors
        size = min(self.training.bank_size or CAPACITY[self.training.sampling_density], len(ordinary))
        network.judge.remember(ordinary, choice.recipe.weights, size, generator)
        if strange.seen:
            network.judge.suspect(good.vectors, strange.vectors, generator)
        network.settle(choice.usual, choice.score_area)
        if choice.sentence:
            self.notes.append(choice.sentence)
        self.notes.append(
            f"The model remembers {size} of {places} patches of good images, in "
            f"{network.judge.projection.shape[1]} directions."
        )

    def _choice(self, batches: Batches) -> tuple[Choice, list[Pixels]]:
        """How to judge, by drawn defects on held-out good images, where there are enough of them; and source images.

        Which scales, how many pixels and which score area serve best differs from one surface to another by several
        points of AUROC, and drawn defects rank them much as real ones do. The defects that judge are of kinds that none
        of the judges was taught.
        """
        taught, held = self._gathered(batches) if self.training.adapt else ([], [])
        unchosen = Choice(Recipe(self.weights[0], self.reductions[0]))
        if len(held) < FEWEST or not taught:
            return unchosen, []
        rng = np.random.default_rng(self.training.seed)
        sources = [row.pixels for row in (*taught, *held)]
        drawn = [drawn for row in held for _ in range(DRAWN) for drawn, _ in _damaged(row, rng, KEPT_APART, sources)]
        if len(drawn) < FEWEST:  # nothing shows on these images
            return unchosen, []
        trials = [trial for reduction in self.reductions for trial in self._trials(reduction, taught, held, drawn)]
        return chosen_of(trials, good=len(held)), sources

    def _gathered(self, batches: Batches) -> tuple[list[Row], list[Row]]:
        """Some images that teach and some that are held out, none of them nearly alike; a tile counts as an image."""
        looks = np.stack([thumbnail(image.numpy()) for batch in batches() for image in batch.images.cpu()])
        held = min(HELD, len(looks) // 3)
        order = held_apart(looks, held, TAUGHT, np.random.default_rng(self.training.seed))
        chosen = {int(index): place for place, index in enumerate(order)}
        rows = {chosen[index]: row for index, row in enumerate(_rows(batches)) if index in chosen}
        ordered = [rows[place] for place in sorted(rows) if rows[place].valid.any()]
        return ordered[held:], ordered[:held]

    def _trials(self, reduction: int, taught: list[Row], held: list[Row], drawn: list[Row]) -> Iterator[Trial]:
        """What judges of one reduction, fitted to the images that teach, say of the others: one for each weighting."""
        self.network.reduction = reduction
        generator = torch.Generator().manual_seed(self.training.seed)
        rng = np.random.default_rng([self.training.seed, 2])
        sources = [row.pixels for row in taught]
        each = max(TRIAL_PATCHES // len(taught), 1)
        known, good, strange = [], [], []
        for row in taught:
            coarse, fine, _ = self._patches(row, 1.0, generator, most=each)
            known.append(coarse)
            good.append(fine)
            strange.append(self._struck(row, rng, sources, generator))
        judges = [PlaceJudge(self.network.judge.widths, placed=self.training.placed) for _ in self.weights]
        for judge, weights in zip(judges, self.weights, strict=True):
            judge.remember(torch.cat(known), weights, TRIAL_BANK, generator)
        judges[0].suspect(torch.cat(good), torch.cat(strange), generator)
        distances: list[list[npt.NDArray[np.float32]]] = [[] for _ in judges]
        suspicions, steps = [], []
        for row in (*held, *drawn):
            maps = self._maps(row)
            height, width = maps[self.network.grid].shape[2:]
            cells = row.cells(height, width)
            steps.append(row.steps(height, width)[cells].numpy())
            told = [self.network.judged(maps, judge) for judge in judges]
            suspicions.append(told[0][1][0][cells].numpy())  # the first alone was taught to suspect
            for (distance, _), found in zip(told, distances, strict=True):
                found.append(distance[0][cells].numpy())
        for weights, found in zip(self.weights, distances, strict=True):
            yield Trial(Recipe(weights, reduction), tuple(found), tuple(suspicions), tuple(steps))

    def _drawn_on_each(self, batches: Batches) -> float:
        """How many defects are drawn on each image that teaches, on average."""
        sizes = [image.shape[-2] * image.shape[-1] for batch in batches() for image in batch.images]
        wanted = min(max(DRAWN_PIXELS / float(np.mean(sizes)), LEAST_DRAWN), ALL_DRAWN)
        return min(wanted / len(sizes), MOST_DRAWN)

    def _struck(
        self,
        row: Row,
        rng: np.random.Generator,
        sources: list[Pixels],
        generator: torch.Generator,
        *,
        kinds: Sequence[Kind] = PRACTISED,
    ) -> Tensor:
        """Features ``(n, D)`` of places with a drawn defect."""
        for drawn, mask in _damaged(row, rng, kinds, sources):
            maps = self._maps(drawn)
            struck = marked_cells(mask, *maps[self.network.grid].shape[2:], share=0.25)
            return self.network.features_at(maps, _some(struck, OF_ONE, generator))
        return torch.zeros(0, len(self.network.judge.mean))

    def _looked_at(self, batches: Batches) -> float:
        """The share of all places that are looked at, so that the reservoirs have some to choose from."""
        side = self.network.reduction * 2 ** (2 + self.network.grid)
        places = sum(image.shape[-2] * image.shape[-1] for batch in batches() for image in batch.images) / side**2
        return float(min(ENOUGH * 4 * RESERVOIR / places, 1.0))

    def _patches(
        self, row: Row, share: float, generator: torch.Generator, *, most: int | None = None
    ) -> tuple[Tensor, Tensor, int]:
        """The features of this share of the places of one image that count ``(n, D)``, at most so many: as the distance
        sees them, and as they are; and how many places the distance sees.
        """
        maps = self._maps(row)
        size = maps[self.network.grid].shape[2:]
        cells = row.cells(*self.network.coarse_size(size)), row.cells(*size)
        counts = [int(part.sum()) for part in cells]
        asked = [min(math.ceil(share * count), most or count) for count in counts]
        coarse, fine = (_some(part, own, generator) for part, own in zip(cells, asked, strict=True))
        return self.network.coarse_at(maps, coarse), self.network.features_at(maps, fine), counts[0]

    def _maps(self, row: Row) -> list[Tensor]:
        images = row.image[None].to(self.network.usual.device, memory_format=torch.channels_last)
        return [features.float().cpu() for features in self.extract(self.network.reduced(images))]

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """The features of the earlier model; what is ordinary is learnt anew."""
        self.experienced = True
        features = {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}
        return [name for name in inherit_matching(self.network, features) if name.startswith("backbone.")]


@dataclass(frozen=True, eq=False)
class Row:
    """One network input ``(C, H, W)``, which of its places count ``(h, w)`` bool, and how far from the border they are
    ``(h, w)``, in cells of `CELL`.
    """

    image: Tensor
    valid: Tensor
    border: Tensor

    @property
    def pixels(self) -> Pixels:
        """The image ``(H, W, C)``."""
        return np.ascontiguousarray(self.image.permute(1, 2, 0).numpy())

    def cells(self, height: int, width: int) -> Tensor:
        """Which cells of another grid count: bool ``(height, width)``; at least one, if any place does."""
        return marked_cells(self.valid, height, width)

    def steps(self, height: int, width: int) -> Tensor:
        """How far the cells of another grid are from the border, in cells of that: float32 ``(height, width)``."""
        means = interpolate(self.border[None, None], (height, width), mode="area")[0, 0]
        return ((means + 0.5) * (height / self.border.shape[0]) - 0.5).clamp(min=0)


def _some(cells: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Rows and columns ``(n, 2)`` of cells that are marked ``(h, w)``: so many at most, drawn evenly."""
    marked = cells.nonzero()
    return marked[torch.randperm(len(marked), generator=generator)[:most].sort().values]


def _rows(batches: Batches) -> Iterator[Row]:
    for batch in batches():
        targets = (batch.targets[name].cpu() for name in ("valid", "border"))
        for image, valid, border in zip(batch.images.cpu(), *targets, strict=True):
            yield Row(image, valid, border)


def _damaged(
    row: Row, rng: np.random.Generator, kinds: Sequence[Kind], sources: Sequence[Pixels]
) -> Iterator[tuple[Row, Tensor]]:
    """The image with a defect drawn on what counts of it, and the defect's mask ``(H, W)``; none if nothing shows."""
    inside = interpolate(row.valid[None, None].float(), row.image.shape[1:])[0, 0].numpy() > 0
    if inside.any():
        drawn = drawn_on(row.image.numpy(), inside, rng, kinds=kinds, others=sources)
        if drawn.kind is not None:
            yield replace(row, image=torch.from_numpy(drawn.image)), torch.from_numpy(drawn.mask)


def _ceiling(judge: PlaceJudge) -> int:
    """Bytes that the patches take at most while they are gathered and learnt from, whatever the number of images.

    Each reservoir is held once, once more while a batch joins it, and as a centred copy while it is learnt from; the
    trial before it holds less.
    """
    return 4 * len(judge.mean) * (RESERVOIR + ORDINARY + STRANGE) * 4
