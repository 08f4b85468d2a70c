"""The torch half that methods share which judge an image as a whole: features, a first head, fine-tuning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn.functional import interpolate

from sightmill.methods.flips import FLIPS, dealt, drawn_evenly, is_harmless
from sightmill.methods.learner import Batches, Learner, gentle_groups, inherit_matching, keep_stages
from sightmill.methods.unlikely_changes import LOOKED_AT, SIDE, mirrors_unlike_data
from sightmill.methods.whole_image import WholeImageTraining
from sightmill.nn.backbones import calibrate_statistics
from sightmill.nn.pooled import PooledNetwork

__all__ = ["STRENGTHS", "Features", "ImageLearner", "regression"]

Features = npt.NDArray[np.float64]

#: Strengths of the first head's weight decay to choose from, strongest first (scikit-learn's C).
STRENGTHS = (0.003, 0.03, 0.3, 3.0)

#: So many images, changed ones among them, are enough to know what the training images look like.
MOST_SEEN = 2000

#: So many images are enough to choose how a head is fitted.
MOST_TRIED = 1000

#: So many images are enough to see what a reflection does to the classes.
MOST_REFLECTED = 200

#: Features of the image's quarters are used where they lower the loss to less than this share.
CLEARLY = 0.85

#: Root mean square length that features are brought to before a head is fitted, so that C means the same everywhere.
LENGTH = 10.0


class ImageLearner(Learner):
    """See `Learner`. The first head is kept as iteration 0: validation chooses whether fine-tuning beats it.

    A method says what its targets are (`encode`), how a head is fitted to frozen features (`fit_head`), and what is
    descended afterwards (`losses`).
    """

    network: PooledNetwork

    def __init__(self, training: WholeImageTraining, *, labels: tuple[str, ...], channels: int) -> None:
        self.training = training
        self.labels = labels
        self.notes: list[str] = []
        self.network = PooledNetwork(
            backbone=self.new_backbone(training, channels),
            classes=len(labels),
            groups=self.groups if training.out_of_distribution else 0,
        )
        self.head_inherited = False
        if self.experienced:
            keep_stages(self.network.backbone, training.kept_stages)
        if not training.fine_tuning:
            for parameter in self.network.backbone.parameters():
                parameter.requires_grad_(False)

    @property
    @abstractmethod
    def groups(self) -> int:
        """How many groups of training images are told apart when foreign ones are looked for; see `group_of`."""

    @abstractmethod
    def group_of(self, truth: Tensor) -> Tensor:
        """The group of each image ``(N,)`` by its targets ``class``; below 0 for one that belongs to none."""

    @abstractmethod
    def weigh_classes(self, truth: Tensor) -> None:
        """Set the weights of the loss from the targets ``class`` of all training images ``(N, ...)``."""

    @abstractmethod
    def strength(self, features: Features, truth: npt.NDArray[Any]) -> tuple[float, float]:
        """One of `STRENGTHS` for a linear head, and its loss on images it was not fitted to; inf if not known."""

    @abstractmethod
    def fit_head(self, features: Features, truth: npt.NDArray[Any], c: float) -> tuple[Features, Features]:
        """A linear head for features ``(N, D)``: weights ``(K, D)`` and offsets ``(K,)``."""

    @abstractmethod
    def shown(self, truth: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which classes each image shows ``(N, K)``, by the targets ``class``."""

    @abstractmethod
    def probabilities(self, logits: Features) -> Features:
        """What the logits ``(N, K)`` of a head mean."""

    def prepare(self, batches: Batches) -> None:
        network = self.network
        if not self.experienced:
            calibrate_statistics(network.backbone, (batch.images for batch in batches()))
        network.eval()
        pooled, classes, looks = [], [], []
        with torch.no_grad():
            for batch in batches():
                pooled.append(network.pooled(batch.images).float().cpu())
                classes.append(batch.targets["class"].cpu())
                looks.append(interpolate(batch.images.mean(1, keepdim=True), (SIDE, SIDE), mode="area")[:, 0].cpu())
        features, truth = torch.cat(pooled), torch.cat(classes)
        self.weigh_classes(truth)
        mean, spread = features.mean(0), features.std(0)
        scale = 1 / (spread + 0.05 * spread.mean() + 1e-6)
        x, y = ((features - mean) * scale).double().numpy(), truth.numpy()
        some = np.random.default_rng([self.training.seed, 5]).permutation(len(x))[:MOST_TRIED]
        choices = {width: self._strength_for(x[some, :width], y[some]) for width in (network.common, x.shape[1])}
        further = np.zeros((0, x.shape[1])), y[:0]
        if self.training.choose_flips and self.experienced:
            few = drawn_evenly(self.shown(y), MOST_REFLECTED, np.random.default_rng([self.training.seed, 7]))

            def reflected(*axes: int) -> Features:
                return ((self._pooled(batches, few, axes) - mean) * scale).double().numpy()

            unlike = mirrors_unlike_data(torch.cat(looks)[some[:LOOKED_AT]].numpy())
            further = self._reflect(x[few], y[few], choices[x.shape[1]][0], unlike, reflected)
        if self.head_inherited:
            return
        network.feature_mean.copy_(mean)
        width = network.common
        if choices[x.shape[1]][1] < CLEARLY * choices[width][1]:
            width = x.shape[1]
            self.notes.append("Where in the image things are tells the classes apart: the quarters are looked at too.")
        c = choices[width][0]
        scale[width:] = 0
        network.feature_scale.copy_(scale)
        rows = np.zeros((len(self.labels), x.shape[1]))
        all_x, all_y = (np.concatenate(pair) for pair in zip((x, y), further, strict=True))
        rows[:, :width], offsets = self._head(all_x[:, :width], all_y, c * len(x) / len(all_x))
        with torch.no_grad():
            network.head.weight.copy_(torch.from_numpy(rows).float())
            network.head.bias.copy_(torch.from_numpy(offsets).float())
        self.notes.append(f"A linear head on {width} frozen features was fitted to {len(x)} images (C = {c:g}).")

    def _reflect(
        self,
        x: Features,
        y: npt.NDArray[Any],
        c: float,
        unlike: Collection[str],
        reflected: Callable[..., Features],
    ) -> tuple[Features, npt.NDArray[Any]]:
        """Choose the flips that change no class; the features and targets of the images that are reflected so.

        Parameters
        ----------
        x, y : features ``(N, D)`` of images, and their targets.
        c : how a head is fitted to them.
        unlike : flips that show images as none are.
        reflected : features of the same images, reflected round these axes.
        """
        shown = self.shown(y)
        parts = dealt(shown, np.random.default_rng([self.training.seed, 6]))
        asked = {name: axis for name, axis in FLIPS.items() if not (getattr(self.training, name) or name in unlike)}
        if parts is None or not asked:
            return x[:0], y[:0]
        seen = {(axis,): reflected(axis) for axis in asked.values()}
        told = {axes: np.zeros(shown.shape) for axes in ((), *seen)}
        for part in np.unique(parts):
            held = parts == part
            rows, offsets = self._head(x[~held], y[~held], c)
            for axes, features in (((), x), *seen.items()):
                told[axes][held] = self.probabilities(features[held] @ rows.T + offsets)
        harmless = {name: axis for name, axis in asked.items() if is_harmless(told[()], told[axis,], shown)}
        if not harmless:
            return x[:0], y[:0]
        self.harmless_changes = dict.fromkeys(harmless, True)
        kept = [seen[axis,] for axis in harmless.values()]
        if len(harmless) > 1:
            kept.append(reflected(*harmless.values()))
        self.notes.append(
            f"Images are also reflected ({', '.join(harmless)}): {len(x)} held-out images were told as well so. Switch "
            "choose_flips off if production shows parts one way round only."
        )
        return np.concatenate(kept), np.concatenate([y] * len(kept))

    def _pooled(self, batches: Batches, rows: npt.NDArray[np.int64], axes: tuple[int, ...]) -> Tensor:
        """Features ``(n, D)`` of these rows of a pass, in its order, reflected round these axes."""
        found, first = [], 0
        with torch.no_grad():
            for batch in batches():
                mine = rows[(rows >= first) & (rows < first + len(batch.images))] - first
                first += len(batch.images)
                if len(mine):
                    found.append(self.network.pooled(batch.images[mine].flip(axes)).float().cpu())
        return torch.cat(found)

    def _head(self, features: Features, truth: npt.NDArray[Any], c: float) -> tuple[Features, Features]:
        """A linear head for features ``(N, D)`` of any length: weights ``(K, D)`` and offsets ``(K,)``."""
        shown, back = _short(features)
        rows, offsets = self.fit_head(shown, truth, c)
        return rows @ back, offsets

    def _strength_for(self, features: Features, truth: npt.NDArray[Any]) -> tuple[float, float]:
        return self.strength(_short(features)[0], truth)

    def settle(self, batches: Batches) -> None:
        """What the training images look like, as they are and slightly changed, so that foreign ones are told."""
        network = self.network
        if network.familiarity is None:
            return
        network.eval()

        def seen() -> Iterator[tuple[Tensor, Tensor]]:
            rows, last, changed = 0, -1, False
            for batch in batches():
                # The images as they are come first, in order; of the changed ones so many as there is time for.
                changed = changed or batch.owners[0] < last
                if changed and rows >= MOST_SEEN:
                    return
                rows, last = rows + len(batch.owners), batch.owners[-1]
                yield network.pooled(batch.images)[:, : network.common], self.group_of(batch.targets["class"])

        network.familiarity.fit(seen())

    def freeze(self) -> None:
        """Learnt features keep their statistics: those of a small batch of look-alikes would spoil them."""
        if self.experienced or not self.training.fine_tuning:
            self.network.backbone.eval()

    def parameter_groups(self) -> list[dict[str, object]]:
        # Learnt features follow as fast as the head: at 0.3 of its rate, held-out boards lose seven points of accuracy.
        return gentle_groups(self.network, self.network.backbone, 1.0)

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """The backbone as it is; the head too while the classes are the same, else it is fitted anew."""
        self.experienced = True
        if labels != self.labels:
            weights = {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}
        left = inherit_matching(self.network, weights)
        self.head_inherited = not left
        return [name for name in left if name.startswith("backbone.")]


def _short(features: Features) -> tuple[Features, Features]:
    """Features ``(N, D)`` brought to a usual length, in no more directions than there are images; and the way back.

    A head with quadratic weight decay lies in the span of the images, so nothing is lost. ``rows @ back`` turns the
    weights ``(K, M)`` of a head for the short features into those for the features that were given.
    """
    factor = LENGTH / (float(np.sqrt((features**2).sum(axis=1).mean())) or 1.0)
    if len(features) >= features.shape[1]:
        return factor * features, factor * np.eye(features.shape[1])
    images, sizes, directions = np.linalg.svd(factor * features, full_matrices=False)
    return images * sizes, factor * directions


def regression(c: float, weights: dict[int, float]) -> LogisticRegression:
    """A logistic regression of this strength and class weights."""
    return LogisticRegression(C=c, class_weight=weights, max_iter=200)
