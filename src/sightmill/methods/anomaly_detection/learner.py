"""The learner of the fast variant: one pass over the good images, no descent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from sightmill.data.sample import Sample
from sightmill.errors import TrainingError
from sightmill.evaluation.curves import auc
from sightmill.imaging.defects import KEPT_APART, PRACTISED, damage
from sightmill.imaging.view import Frame
from sightmill.methods.anomaly_detection.network import CAPACITY, RECIPES, AnomalyNetwork, Recipe
from sightmill.methods.anomaly_detection.settings import AnomalyTraining
from sightmill.methods.learner import Batches, Learner, inherit_matching
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.patches import block_diagonal, blocks, coreset, nearest

__all__ = ["AnomalyLearner"]

#: Patches kept while the images stream by; the bank is chosen from them. Bounds memory whatever the data set's size.
RESERVOIR = 60_000
#: Directions that each scale's features are projected on, at most, and the weight of the place beside them.
DIRECTIONS, PLACE = 96, 2.5
#: Stride at which the learner is told which places count.
VALID_STRIDE = 8

#: To choose a recipe: images that teach and that are held out, at most and at least, and defects drawn on each.
TAUGHT, HELD, FEWEST, DRAWN = 32, 40, 6, 2
#: Patches that the trial's projection is fitted to, and patches in its bank.
TRIAL_PATCHES, TRIAL_BANK = 20_000, 1000
#: Sizes of drawn defects, in shares of the longer side.
EXTENT = (0.03, 0.3)
#: Shares of highest values that are tried for the score, in percent.
AREAS = (0.3, 1.0, 2.0, 5.0, 10.0)

Figures = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """A recipe, the score area that goes with it, and why."""

    recipe: Recipe
    score_area: float
    sentence: str


class AnomalyLearner(Learner):
    """See `Learner`. Memory is bounded: `RESERVOIR` patches, whatever the number and size of images."""

    network: AnomalyNetwork

    def __init__(self, training: AnomalyTraining, *, channels: int, reductions: tuple[int, ...]) -> None:
        self.training = training
        self.reductions = reductions
        self.notes: list[str] = []
        first = RECIPES[training.sampling_density][0]
        self.network = AnomalyNetwork(
            backbone=self.new_backbone(training, channels),
            recipe=Recipe(first.levels, first.weights, reductions[0]),
            placed=training.placed,
        )
        size = training.bank_size or CAPACITY[training.sampling_density]
        widths = self.network.backbone.widths
        most = max(sum(widths[level] for level in recipe.levels) for recipe in self._recipes())
        self.notes.append(
            f"Memory besides the images, whatever their number: at most {RESERVOIR * most * 20 / 1e6:.0f} MB for "
            f"{RESERVOIR:,} patches while training; the model remembers at most {size:,} of them."
        )

    def _recipes(self) -> tuple[Recipe, ...]:
        return RECIPES[self.training.sampling_density]

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """Which places lie in the image and its region of interest: ``(T, h, w)`` bool."""
        valid = torch.from_numpy(frame.valid())
        width, height = frame.tile_size
        tiles = torch.stack([valid[y : y + height, x : x + width] for x, y in frame.tiles])
        cells = avg_pool2d(tiles[:, None].float(), VALID_STRIDE, ceil_mode=True)[:, 0]
        return {"valid": cells >= 0.5}

    def prepare(self, batches: Batches) -> None:
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))

    @torch.no_grad()
    def settle(self, batches: Batches) -> None:
        network = self.network.eval()
        generator = torch.Generator().manual_seed(self.training.seed)
        choice = self._choice(batches)
        network.recipe = choice.recipe
        patches = self._reservoir(batches, generator)  # (N, D)
        mean, projection = self._projection(patches, choice.recipe)
        projected = (patches - mean) @ projection
        size = min(self.training.bank_size or CAPACITY[self.training.sampling_density], len(projected))
        chosen = coreset(projected, size, generator)
        device = network.mean.device
        network.remember(
            mean=mean.to(device),
            projection=projection.to(device),
            bank=projected[chosen].contiguous().to(device),
            score_area=choice.score_area,
        )
        if choice.sentence:
            self.notes.append(choice.sentence)
        self.notes.append(
            f"The model remembers {size} of {self.seen} patches of good images, in {projection.shape[1]} directions."
        )

    def _projection(self, patches: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
        """Mean ``(D,)`` and projection ``(D, P)`` of patches ``(N, D)`` made by a recipe."""
        widths = [self.network.backbone.widths[level] for level in recipe.levels]
        width = sum(widths)
        mean = patches.mean(0)
        mean[width:] = 0.0  # coordinates
        projection = blocks((patches - mean)[:, :width], widths, recipe.weights, directions=DIRECTIONS)
        places = patches.shape[1] - width
        return mean, block_diagonal([projection, PLACE * torch.eye(places)])

    def _choice(self, batches: Batches) -> Choice:
        """The recipe and the score area: by drawn defects on held-out good images, where there are enough of them.

        Which scales, how many pixels and which score area serve best differs from one surface to another by several
        points of AUROC, and drawn defects rank them much as real ones do.
        """
        candidates = [
            Recipe(recipe.levels, recipe.weights, reduction)
            for reduction in self.reductions
            for recipe in self._recipes()
        ]
        taught, held = self._gathered(batches) if self.training.adapt else ([], [])
        if len(held) < FEWEST or not taught:
            return Choice(candidates[0], 1.0, "")
        drawn = self._drawn(held)
        scores = np.concatenate(
            [
                self._trials([recipe for recipe in candidates if recipe.reduction == reduction], taught, held, drawn)
                for reduction in self.reductions
            ]
        )  # (recipes, areas, images)
        figures = np.array([[_parted(images, len(held)) for images in areas] for areas in scores])
        best = 0
        for index in range(1, len(candidates)):
            one, other = (scores[place, figures[place].argmax()] for place in (index, best))
            if _clearly_better(one, other, len(held)):
                best = index
        alike = [index for index, recipe in enumerate(candidates) if recipe.reduction == candidates[best].reduction]
        area = AREAS[int(figures[alike].mean(0).argmax())]  # of all recipes, as one alone is noisier
        reduction = candidates[best].reduction
        pixels = "every pixel" if reduction == 1 else f"one value for {reduction} x {reduction} pixels"
        scales = " and ".join(f"1/{stride}" for stride in candidates[best].strides)
        return Choice(
            candidates[best],
            area,
            f"Chosen among {len(candidates)} ways by {len(drawn)} defects drawn on {len(held)} held-out good images "
            f"(AUROC from {figures.max(1).min():.2f} to {figures.max():.2f}): {pixels} of the network's input, "
            f"features at {scales} of it, score from the highest {area:g} % of the image.",
        )

    def _gathered(self, batches: Batches) -> tuple[list[Row], list[Row]]:
        """Some images that teach and some that are held out; a tile counts as an image."""
        count = sum(len(batch.images) for batch in batches())
        order = np.random.default_rng(self.training.seed).permutation(count)
        held = min(HELD, count // 3)
        chosen = {int(index): place for place, index in enumerate(order[: held + TAUGHT])}
        rows = {chosen[index]: row for index, row in enumerate(_rows(batches)) if index in chosen}
        ordered = [rows[place] for place in sorted(rows) if rows[place].valid.any()]
        return ordered[held:], ordered[:held]

    def _drawn(self, held: list[Row]) -> list[Row]:
        """Every held-out image with a defect drawn on it, `DRAWN` times."""
        rng = np.random.default_rng(self.training.seed)
        pictures = [row.image.permute(1, 2, 0).numpy() for row in held]
        found = []
        for picture, row in zip(pictures, held, strict=True):
            high, wide = picture.shape[:2]
            inside = interpolate(row.valid[None, None].float(), (high, wide))[0, 0].numpy() > 0
            rows, columns = inside.any(1).sum(), inside.any(0).sum()
            side = float(max(rows, columns))
            for _ in range(DRAWN):
                drawn = damage(
                    picture,
                    rng,
                    extent=(EXTENT[0] * side, EXTENT[1] * side),
                    kinds=(*PRACTISED, *KEPT_APART),
                    others=[pictures[int(rng.integers(len(pictures)))]],
                    inside=inside,
                )
                if drawn.kind is not None:
                    found.append(Row(torch.from_numpy(drawn.image).permute(2, 0, 1).contiguous(), row.valid))
        return found

    def _trials(self, recipes: list[Recipe], taught: list[Row], held: list[Row], drawn: list[Row]) -> Figures:
        """Scores by recipes of one reduction ``(recipes, areas, images)``: good images first, drawn defects then."""
        generator = torch.Generator().manual_seed(self.training.seed)
        share = max(TRIAL_PATCHES // len(taught), 1)
        seen: list[list[Tensor]] = [[] for _ in recipes]
        for row in taught:
            for place, patches in enumerate(self._patches(row, recipes)):
                seen[place].append(patches[torch.randperm(len(patches), generator=generator)[:share]])
        fitted = []
        for recipe, parts in zip(recipes, seen, strict=True):
            patches = torch.cat(parts)
            mean, projection = self._projection(patches, recipe)
            some = torch.randperm(len(patches), generator=generator)[:TRIAL_BANK]
            fitted.append((mean, projection, (patches[some] - mean) @ projection))
        scores = np.zeros((len(recipes), len(AREAS), len(held) + len(drawn)))
        for index, row in enumerate((*held, *drawn)):
            for place, patches in enumerate(self._patches(row, recipes)):
                mean, projection, bank = fitted[place]
                distances = nearest((patches - mean) @ projection, bank).sort(descending=True).values
                for column, area in enumerate(AREAS):
                    highest = distances[: max(round(len(distances) * area / 100), 1)]
                    scores[place, column, index] = float(highest.mean())
        return scores

    def _patches(self, row: Row, recipes: list[Recipe]) -> Iterator[Tensor]:
        """The features of all places of one image that count, by recipes of one reduction: ``(n, D)`` each."""
        images = row.image[None].to(self.network.mean.device)
        maps = self.network.maps(images, recipes[0].reduction)
        for recipe in recipes:
            features = self.network.features(maps, recipe)[0].float().cpu()
            yield features[row.cells(features.shape[0], features.shape[1])]

    def _reservoir(self, batches: Batches, generator: torch.Generator) -> Tensor:
        """A uniform sample of all valid patches: each gets a random key, the largest keys stay."""
        parts: list[Tensor] = []
        keys: list[Tensor] = []
        self.seen = held = 0
        for row in _rows(batches):
            (fresh,) = self._patches(row, [self.network.recipe])
            parts.append(fresh)
            keys.append(torch.rand(len(fresh), generator=generator))
            self.seen += len(fresh)
            held += len(fresh)
            if held > 2 * RESERVOIR:  # now and then: thinning out after every image would copy all of it each time
                patches, left = _largest(torch.cat(parts), torch.cat(keys))
                parts, keys, held = [patches], [left], len(patches)
        if not self.seen:
            raise TrainingError(
                "no part of the training images lies inside their regions of interest",
                remedy="enlarge the regions of interest, or remove them",
            )
        return _largest(torch.cat(parts), torch.cat(keys))[0]

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """The features of the earlier model; what is ordinary is learnt anew."""
        self.experienced = True
        features = {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}
        return [name for name in inherit_matching(self.network, features) if name.startswith("backbone.")]


@dataclass(frozen=True, eq=False)
class Row:
    """One network input ``(C, H, W)`` and which of its places count ``(h, w)`` bool."""

    image: Tensor
    valid: Tensor

    def cells(self, height: int, width: int) -> Tensor:
        """Which cells of another grid count: bool ``(height, width)``."""
        shares = interpolate(self.valid[None, None].float(), (height, width), mode="area")[0, 0]
        return shares >= min(0.5, float(shares.max()))  # at least one, however small the part that counts


def _parted(scores: Figures, good: int) -> float:
    """AUROC of scores whose first `good` are of good images."""
    return float(auc(scores, np.arange(len(scores)) >= good))


def _clearly_better(one: Figures, other: Figures, good: int) -> bool:
    """Whether the AUROC of one score is above another's on the same images by more than its standard error.

    Source: DeLong et al., "Comparing the areas under two or more correlated ROC curves" (1988).
    """
    variance = 0.0
    wins = [np.sign(scores[good:, None] - scores[None, :good]) / 2 + 0.5 for scores in (one, other)]  # (bad, good)
    difference = wins[0] - wins[1]
    gain = float(difference.mean())
    for axis in (0, 1):
        share = difference.mean(axis)
        variance += float(share.var(ddof=1)) / len(share)
    return bool(gain > variance**0.5)


def _rows(batches: Batches) -> Iterator[Row]:
    for batch in batches():
        for image, valid in zip(batch.images.cpu(), batch.targets["valid"].cpu(), strict=True):
            yield Row(image, valid)


def _largest(kept: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """The patches with the `RESERVOIR` largest keys, in their order."""
    if len(keys) <= RESERVOIR:
        return kept, keys
    top = keys.topk(RESERVOIR).indices.sort().values
    return kept[top], keys[top]
