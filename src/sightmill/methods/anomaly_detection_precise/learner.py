"""The learner of precise anomaly detection: statistics, then student and head together, weighed on held-out images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import TrainingError
from sightmill.imaging.defects import PRACTISED, damage
from sightmill.imaging.view import Frame, View
from sightmill.methods.anomaly_detection_precise.kinds import prior_of, signals_of
from sightmill.methods.anomaly_detection_precise.network import LEVELS, WEIGHTS, PreciseNetwork
from sightmill.methods.anomaly_detection_precise.settings import PreciseInference, PreciseTraining
from sightmill.methods.anomaly_detection_precise.weighing import weigh_evidence
from sightmill.methods.borders import border_grid, border_steps
from sightmill.methods.drawn_defects import drawn_on
from sightmill.methods.learner import Batch, Batches, Learner, Pixels, inherit_matching
from sightmill.methods.lighting import any_light, gain
from sightmill.methods.usual import Usual, counted, highest
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.gaussian import Moments
from sightmill.nn.losses import bag_loss, dice_loss, focal_loss
from sightmill.nn.places import marked_cells
from sightmill.nn.reservoir import Reservoir

__all__ = ["PreciseLearner"]

#: A local model is trained on windows of this side, network pixels.
WINDOW = 256
#: Smallest and largest extent of the synthetic defects that are trained on, network pixels.
EXTENT = (5.0, 80.0)
#: Training images that synthetic defects take their texture from.
SOURCES = 32
#: Places of good images, and of defects, that a judge is fitted to, and good ones that it remembers, at most.
RESERVOIR, STRANGE, BANK = 30_000, 20_000, 4000
#: Defects drawn for the judges: on all images, and on one, at most; and places taken of one.
ALL_DRAWN, MOST_DRAWN, OF_ONE = 240, 4, 200
#: Longer side of the image that the low-resolution judge sees, network pixels; it must be smaller than this share.
LOW_SIDE, CLEARLY_LOWER = 256, 0.8
#: Largest random offset of training images, beside their change of light.
OFFSET = 0.05
#: Batches of held-out images that the student's usual errors are taken from.
SCALED_ON = 2
#: Good held-out tiles that the evidence is weighed on, at most: more would not move the shares, and take time. And the
#: stride at which it is.
WEIGHED_ON, WEIGHED_AT = 40, 4


class PreciseLearner(Learner):
    """See `Learner`."""

    network: PreciseNetwork

    def __init__(self, training: PreciseTraining, *, labels: tuple[str, ...], view: View) -> None:
        self.training = training
        self.labels = labels
        self.notes: list[str] = []
        self.whole = training.approach == "global"
        self.inherited = False
        self.sources: list[Pixels] = []
        self.windowed = not self.whole
        self.network = PreciseNetwork(
            backbone=self.new_backbone(training, view.channels),
            channels=view.channels,
            whole=(view.width, view.height) if self.whole else None,
            low=_low(training.image_size),
        )
        width = sum(self.network.backbone.widths)
        # Good, drawn and labelled places of each judge; once more while they are joined, and whitened to learn from.
        self.gathered_bytes = 3 * 4 * width * (RESERVOIR + 2 * STRANGE) * len(self.network.judges)

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """One row per tile.

        ``valid`` ``(T, h, w)``: in the image and its region of interest, with a truth that is known. ``mask``
        ``(T, h, w)``: 1 on defects. ``weak`` ``(T,)``: 1 for an image known as bad, nobody said where. ``good``
        ``(T,)``: 1 for a tile without defects. ``synthetic`` ``(T,)``: 1 for a trial. ``steps`` ``(T, h/4, w/4)``: how
        far from the border of what counts, in cells of `borders.CELL`.
        """
        width, height = frame.input_size
        valid = frame.valid()
        mask = np.zeros((height, width), np.bool_)
        bad = sample.label != self.labels[0]
        regions = [item.region for item in sample.annotations if bad and not isinstance(item.region, Whole)]
        for region in regions:
            mask |= frame.to_input(region).mask(width, height)
        tiles = len(frame.tiles)
        steps = border_steps(valid, border_grid(frame), (height // WEIGHED_AT, width // WEIGHED_AT))
        weak = bad and not regions and tiles == 1
        if bad and not regions and not weak:
            valid = np.zeros_like(valid)  # which of the tiles is bad cannot be known
        masks = torch.from_numpy(np.ascontiguousarray(frame.cut(mask & valid)))
        return {
            "valid": torch.from_numpy(np.ascontiguousarray(frame.cut(valid))),
            "mask": masks.float(),
            "weak": torch.full((tiles,), float(weak)),
            "good": (~masks.flatten(1).any(1)).float() * (0.0 if bad and not regions else 1.0),
            "synthetic": torch.full((tiles,), float("synthetic" in sample.attributes)),
            "steps": torch.from_numpy(np.ascontiguousarray(frame.cut(steps))),
        }

    def compose(
        self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator | None
    ) -> tuple[Pixels, dict[str, Tensor]]:
        """A window of the image in another light, damaged or not; ``clean`` is the same window undamaged.

        Adds ``clean`` ``(C, h, w)``, ``known`` ``(h, w)``: where clean is known, and ``damaged`` 0 or 1.
        """
        targets = dict(targets)
        known = targets["valid"] & (targets["mask"] == 0) & bool(targets["weak"] == 0)
        if rng is None:
            damaged = torch.tensor(0.0)
            return image, targets | {"clean": torch.from_numpy(image), "known": known, "damaged": damaged}
        rows, columns = self._window(image, targets, rng)
        factor, offset = gain(self.training, rng), OFFSET * rng.uniform(-1, 1)
        clean = np.clip(image[:, rows, columns] * np.float32(factor) + np.float32(offset), 0, 1)
        shown, mask = clean, targets["mask"][rows, columns]
        valid = targets["valid"][rows, columns]
        is_good = bool(targets["good"] > 0)
        if is_good and rng.random() < self.training.synthetic_defects / 100:
            shown, changed = self._damaged(clean, valid.numpy(), rng)
            mask = torch.from_numpy(changed).float()
        targets |= {"mask": mask, "valid": valid, "known": known[rows, columns], "clean": torch.from_numpy(clean)}
        targets["damaged"] = torch.tensor(float(shown is not clean))
        return shown, targets

    def _window(self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator) -> tuple[slice, slice]:
        """Where to look: at random, and two times out of three at a labelled defect, if there is one."""
        place = rng.random(2)
        seen = targets["mask"].nonzero()
        chosen, look = rng.random(), rng.random()
        slices = []
        for axis, length in enumerate(image.shape[1:]):
            if not self.windowed or length <= WINDOW:
                slices.append(slice(0, length))
                continue
            first, last = _reach(targets["valid"], axis)  # not into the padding
            low = min(first, length - WINDOW)
            start = low + int(place[axis] * (max(last - WINDOW, low) - low + 1))
            if len(seen) and look < 2 / 3:
                at = int(seen[int(chosen * len(seen)), axis])
                start = min(max(at - int(place[axis] * WINDOW), 0), length - WINDOW)
            slices.append(slice(start, start + WINDOW))
        return slices[0], slices[1]

    def _damaged(
        self, clean: Pixels, inside: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> tuple[Pixels, npt.NDArray[np.bool_]]:
        """One to three synthetic defects on an image ``(C, h, w)``; its mask ``(h, w)``."""
        pixels = np.ascontiguousarray(clean.transpose(1, 2, 0))
        mask = np.zeros(pixels.shape[:2], np.bool_)
        extent = EXTENT if not self.whole else (EXTENT[0], max(EXTENT[1], max(pixels.shape[:2]) / 2))
        for _ in range(int(rng.integers(1, 4))):
            made = damage(pixels, rng, extent=extent, kinds=PRACTISED, others=self.sources, inside=inside)
            pixels, mask = made.image, mask | made.mask
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)), mask

    @torch.no_grad()
    def prepare(self, batches: Batches) -> None:
        """What is usual of the teacher's features, and the judges of them; texture for synthetic defects."""
        network = self.network.eval()
        if not self.experienced:
            calibrate_statistics(network.backbone, (batch.images for batch in batches()))
        rng = np.random.default_rng([self.training.seed, 4])
        levels = [Moments(network.backbone.widths[level]) for level in LEVELS]
        self.sources, seen, weak = [], 0, False
        for batch in batches():
            weak |= bool((batch.targets["weak"] > 0).any())
            _, maps = network.backbone.with_stem(batch.images, levels=len(LEVELS))
            usable = _usable(batch)
            for moments, features in zip(levels, maps, strict=True):
                moments.add(_chosen(features.permute(0, 2, 3, 1), usable))
            for row in np.flatnonzero(batch.targets["good"].cpu().numpy() > 0):
                seen += 1
                place = len(self.sources) if len(self.sources) < SOURCES else int(rng.integers(seen))
                if place < SOURCES:
                    source = batch.images[int(row)].permute(1, 2, 0).cpu().contiguous().numpy()
                    self.sources[place : place + 1] = [source]
        if not levels[0].count:
            raise TrainingError(
                "no part of the good training images lies inside their regions of interest",
                remedy="enlarge the regions of interest, or remove them",
            )
        self.windowed = not self.whole and not weak
        if not self.inherited:
            network.standardise([moments.mean for moments in levels], [moments.spread for moments in levels])
        self._teach_judges(batches, min(ALL_DRAWN / max(seen, 1), MOST_DRAWN), rng)

    def _teach_judges(self, batches: Batches, drawn_on_each: float, rng: np.random.Generator) -> None:
        """Good places, places with drawn defects and places that were labelled as defects, for each judge."""
        network, generator = self.network, torch.Generator().manual_seed(self.training.seed)
        scales = range(len(network.judges))
        good = [Reservoir(RESERVOIR, generator) for _ in scales]
        strange, labelled = ([Reservoir(STRANGE, generator) for _ in scales] for _ in range(2))
        for batch in batches():
            usable = _usable(batch)
            lit = torch.tensor([any_light(self.training, rng) for _ in batch.images]).to(batch.images)
            images = (batch.images * lit[:, None, None, None]).clamp(0, 1)
            for scale, features in enumerate(network.features(images)):
                good[scale].add(_chosen(features, usable))
                for row, mask in enumerate(batch.targets["mask"]):
                    labelled[scale].add(_marked(features[row], mask, generator))
            for image, valid, is_good in zip(
                batch.images.cpu().numpy(), batch.targets["valid"].cpu().numpy(), batch.targets["good"], strict=True
            ):
                for _ in range(int(drawn_on_each + rng.random()) if is_good and valid.any() else 0):
                    made = drawn_on(image, valid, rng, kinds=PRACTISED, others=self.sources)
                    seen = network.features(torch.from_numpy(made.image[None]).to(batch.images.device))
                    for scale, features in enumerate(seen):
                        strange[scale].add(_marked(features[0], torch.from_numpy(made.mask), generator))
        for judge, kept, *bad in zip(network.place_judges, good, strange, labelled, strict=True):
            ordinary = kept.vectors
            judge.remember(ordinary, WEIGHTS, min(BANK, len(ordinary)), generator)
            known = [part.vectors for part in bad if part.seen]
            if known:
                # Real defects are few: shown as often as all drawn ones, not as often as they are many.
                most = max(len(part) for part in known)
                judge.suspect(ordinary, torch.cat([part.repeat(most // len(part), 1) for part in known]), generator)

    def freeze(self) -> None:
        self.network.backbone.eval()

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """``student``: features of the undamaged image. ``picture``: its pixels. ``head``: where the defects are."""
        known = targets["known"][:, None].float()
        clean = self._clean(raw, targets)
        student = torch.zeros((), device=known.device)
        for level, taught in zip(LEVELS, clean, strict=True):
            there = interpolate(known, size=taught.shape[2:], mode="area")
            student = student + _mean((raw[f"_told{level}"].float() - taught).square().mean(1, keepdim=True), there)
        half = interpolate(known, size=raw["expected"].shape[2:], mode="area")
        pixels = avg_pool2d(targets["clean"], 2)
        logits = raw["evidence"][:, -1].float()
        mask = max_pool2d(targets["mask"][:, None], 2)[:, 0]
        told = avg_pool2d(targets["valid"][:, None].float(), 2)[:, 0] * (1 - targets["weak"][:, None, None])
        found = {
            "student": student / len(LEVELS),
            "picture": 4 * _mean((raw["expected"].float() - pixels).abs().mean(1, keepdim=True), half),
            "head": focal_loss(logits, mask, told) + dice_loss(logits, mask, told),
        }
        if bool((targets["weak"] > 0).any()):
            valid = avg_pool2d(targets["valid"][:, None].float(), 2)[:, 0]
            found["labelled"] = bag_loss(logits, targets["weak"], valid)
        return found

    @torch.no_grad()
    def _clean(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> list[Tensor]:
        """The teacher's maps of the undamaged images; those of rows that were not damaged are there already."""
        maps = [raw[f"_seen{level}"].float() for level in LEVELS]
        rows = (targets["damaged"] > 0).nonzero()[:, 0]
        if len(rows):
            fresh = self.network.taught(targets["clean"][rows])
            maps = [old.index_copy(0, rows, new.float()) for old, new in zip(maps, fresh, strict=True)]
        return maps

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        strange = max_pool2d(targets["mask"][:, None], 2)[:, 0] + targets["weak"][:, None, None]
        batch, height, width = strange.shape
        kinds = len(self.network.kinds)
        alone = Usual.unknown([1.0] + [0.0] * (kinds - 1))
        return {
            "evidence": torch.stack([strange] + [torch.zeros_like(strange)] * (kinds - 1), 1),
            "expected": torch.zeros(batch, self.network.channels, height, width),
            "usual": torch.from_numpy(alone.packed()).expand(batch, -1, -1),
        }

    def weigh(self, batches: Batches) -> None:
        """How much each kind of evidence says, from held-out good images against defects never trained on."""
        network = self.network
        self._scale_errors(batches)
        percent = PreciseInference().score_area
        found: list[npt.NDArray[np.float32]] = []  # (K, n)
        steps: list[npt.NDArray[np.float32]] = []
        bad: list[bool] = []
        real: list[bool] = []
        for batch in batches():
            good = batch.targets["good"] > 0
            chosen = ~good | (bad.count(False) + good.cumsum(0) <= WEIGHED_ON)
            if not bool(chosen.any()):
                continue
            evidence = avg_pool2d(network(batch.images[chosen])["evidence"].float(), WEIGHED_AT // 2)  # (B, K, h, w)
            valid = batch.targets["valid"][chosen, None].float()
            shown = interpolate(valid, size=evidence.shape[2:], mode="area") >= 0.5
            for row, index in enumerate(chosen.nonzero()[:, 0].tolist()):
                places = evidence[row][:, shown[row, 0]]  # (K, n)
                if places.shape[1]:
                    found.append(places.cpu().numpy())
                    steps.append(batch.targets["steps"][index][shown[row, 0]].cpu().numpy())
                    bad.append(not bool(good[index]))
                    real.append(bool(batch.targets["synthetic"][index] == 0))
        calm = [index for index, is_bad in enumerate(bad) if not is_bad]
        kinds, prior = range(len(network.kinds)), prior_of(len(network.judges))
        calm_places = [[found[index][kind] for index in calm] for kind in kinds]
        usual = Usual.of(calm_places, [steps[index] for index in calm], percent=percent, share=prior)
        signals = signals_of(network.kinds)
        scores = [
            [highest(counted(usual.standing(kind, places[kind], near), signals[kind]), percent) for kind in kinds]
            for places, near in zip(found, steps, strict=True)
        ]
        weighing = weigh_evidence(np.reshape(scores, (len(found), len(kinds))), bad, real, prior=prior)
        usual = replace(usual, share=np.asarray(weighing.share / weighing.scale, np.float32))
        network.usual.copy_(torch.from_numpy(usual.packed()))

    def _scale_errors(self, batches: Batches) -> None:
        """Set what the student's errors usually are, from the first good held-out images."""
        total, count = torch.zeros(len(LEVELS)), 0
        for number, batch in enumerate(batches()):
            good = batch.targets["good"] > 0
            if bool(good.any()):
                answers = self.network(batch.images[good])
                wrong = [answers[f"_told{level}"] - answers[f"_seen{level}"] for level in LEVELS]
                total += torch.stack([part.square().mean().float().cpu() for part in wrong]) * int(good.sum())
                count += int(good.sum())
            if number >= SCALED_ON and count:
                break
        if count:
            self.network.error_scale.copy_(total / count + 1e-6)

    def settle(self, batches: Batches) -> None:
        share = Usual.unpacked(self.network.usual.cpu()).share
        percent = (100 * share / share.sum()).tolist()
        shares = ", ".join(f"{name} {part:.0f} %" for name, part in zip(self.network.kinds, percent, strict=True))
        self.notes.append(f"What the heatmap rests on, weighed on held-out images: {shares}.")

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """Everything but the judges, who learn anew from the images given."""
        self.experienced = self.inherited = True
        left = inherit_matching(self.network, weights)
        return [name for name in left if not name.startswith("judges.")]


def _low(side: float) -> float | None:
    """The second judge's resolution for images of this longer side, network pixels."""
    share = LOW_SIDE / side
    return share if share < CLEARLY_LOWER else None


def _usable(batch: Batch) -> Tensor:
    """Where good is known ``(B, 1, H, W)``."""
    return batch.targets["known"][:, None].float() * batch.targets["good"][:, None, None, None]


def _marked(features: Tensor, mask: Tensor, generator: torch.Generator) -> Tensor:
    """Some of the features ``(h, w, D)`` that a mask ``(H, W)`` marks ``(n, D)``."""
    if not bool(mask.any()):
        return features.new_zeros(0, features.shape[2])
    found = features[marked_cells(mask.to(features.device), *features.shape[:2], share=0.25)]
    return found[torch.randperm(len(found), generator=generator)[:OF_ONE]]


def _reach(valid: Tensor, axis: int) -> tuple[int, int]:
    """First and last + 1 of the rows (axis 0) or columns (axis 1) that hold anything valid."""
    places = valid.any(1 - axis).nonzero()
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, valid.shape[axis])


def _chosen(vectors: Tensor, usable: Tensor) -> Tensor:
    """The vectors ``(N, D)`` of a map ``(B, h, w, D)`` that lie where `usable` ``(B, 1, H, W)`` is 1."""
    there = interpolate(usable, size=vectors.shape[1:3], mode="area")[:, 0] >= 0.5
    return vectors[there]


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1)
