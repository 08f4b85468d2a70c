"""The learner of classification: a linear head on frozen features first, then the whole network."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from torch import Tensor, nn

from sightmill.data.sample import Sample
from sightmill.imaging.view import Frame
from sightmill.methods.classification.network import ClassificationNetwork
from sightmill.methods.classification.settings import ClassificationTraining
from sightmill.methods.learner import Batches, Learner, inherit_matching
from sightmill.nn.backbones import calibrate_statistics

__all__ = ["ClassificationLearner"]

#: Learning rate of learnt features, relative to that of the head.
GENTLY = 0.3

#: Strengths of the first head's weight decay to choose from, strongest first (scikit-learn's C).
STRENGTHS = (0.003, 0.03, 0.3, 3.0)


class ClassificationLearner(Learner):
    """See `Learner`. The first head is kept as iteration 0: validation chooses whether fine-tuning beats it."""

    network: ClassificationNetwork

    def __init__(self, training: ClassificationTraining, *, labels: tuple[str, ...], channels: int) -> None:
        self.training = training
        self.labels = labels
        self.notes: list[str] = []
        self.network = ClassificationNetwork(backbone=self.new_backbone(training, channels), classes=len(labels))
        self.head_inherited = False
        self.weights = torch.ones(len(labels))
        if not training.fine_tuning:
            for parameter in self.network.backbone.parameters():
                parameter.requires_grad_(False)

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        index = self.labels.index(sample.label) if sample.label in self.labels else -1
        return {"class": torch.full((max(len(frame.tiles), 1),), index, dtype=torch.int64)}

    def prepare(self, batches: Batches) -> None:
        network = self.network
        device = next(network.parameters()).device
        if not self.experienced:
            calibrate_statistics(network.backbone, (batch.images for batch in batches()))
        network.eval()
        pooled, classes = [], []
        with torch.no_grad():
            for batch in batches():
                pooled.append(network.pooled(batch.images).float().cpu())
                classes.append(batch.targets["class"].cpu())
        features, truth = torch.cat(pooled), torch.cat(classes)
        counts = torch.bincount(truth, minlength=len(self.labels)).float()
        # Share of the way from "every image alike" to "every class alike".
        share = self.training.balance / 100
        self.weights = (counts.mean() / counts.clamp(min=1)) ** share
        self.weights = (self.weights / (self.weights * counts).sum() * counts.sum()).to(device)
        if self.head_inherited:
            return
        mean, spread = features.mean(0), features.std(0)
        network.feature_mean.copy_(mean)
        network.feature_scale.copy_(1 / (spread + 0.05 * spread.mean() + 1e-6))
        self._fit_head((features - mean) * network.feature_scale.cpu(), truth)

    def _fit_head(self, features: Tensor, truth: Tensor) -> None:
        x, y = features.double().numpy(), truth.numpy()
        # A chosen C must not depend on how many features there are: scale them to unit length on average.
        length = float(np.sqrt((x**2).sum(axis=1).mean())) or 1.0
        x = x / length * 10
        folds = int(min(3, np.bincount(y, minlength=len(self.labels))[np.unique(y)].min()))
        weights = {index: float(weight) for index, weight in enumerate(self.weights.cpu())}
        best = STRENGTHS[1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            if folds >= 2:
                split = StratifiedKFold(folds, shuffle=True, random_state=self.training.seed)
                scores = [
                    cross_val_score(_regression(c, weights), x, y, cv=split, scoring="neg_log_loss").mean()
                    for c in STRENGTHS
                ]
                best = STRENGTHS[int(np.argmax(scores))]
            fitted = _regression(best, weights).fit(x, y)
        coefficients, intercepts = fitted.coef_, fitted.intercept_
        if len(fitted.classes_) == 2:  # scikit-learn keeps one row for two classes
            coefficients = np.stack([-coefficients[0], coefficients[0]]) / 2
            intercepts = np.array([-intercepts[0], intercepts[0]]) / 2
        with torch.no_grad():
            self.network.head.weight.zero_()
            self.network.head.bias.fill_(float(np.min(intercepts)) - 5.0)
            for row, index in enumerate(fitted.classes_):
                self.network.head.weight[index] = torch.from_numpy(coefficients[row] / length * 10).float()
                self.network.head.bias[index] = float(intercepts[row])
        self.notes.append(
            f"A linear head on {x.shape[1]} frozen features was fitted to {len(y)} images (C = {best:g})."
        )

    def freeze(self) -> None:
        """Learnt features keep their statistics: those of a small batch of look-alikes would spoil them."""
        if self.experienced or not self.training.fine_tuning:
            self.network.backbone.eval()

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            "cross_entropy": nn.functional.cross_entropy(
                raw["logits"].float(), targets["class"], weight=self.weights, ignore_index=-1, label_smoothing=0.02
            )
        }

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        sure = 20 * nn.functional.one_hot(targets["class"], len(self.labels)).float()
        return {"logits": sure, "activation": sure[:, :, None, None].expand(-1, -1, 2, 2)}

    def parameter_groups(self) -> list[dict[str, object]]:
        """Learnt features move more slowly than the head; gains and offsets are not decayed."""
        groups: list[dict[str, object]] = []
        for part, scale in ((self.network.backbone, GENTLY if self.experienced else 1.0), (self.network.head, 1.0)):
            trained = [weight for weight in part.parameters() if weight.requires_grad]
            for decayed in (True, False):
                weights = [weight for weight in trained if (weight.ndim > 1) == decayed]
                if weights:
                    groups.append({"params": weights, "lr_scale": scale, "undecayed": not decayed})
        return groups

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """The backbone as it is; the head too while the classes are the same, else it is fitted anew."""
        self.experienced = True
        if labels != self.labels:
            weights = {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}
        left = inherit_matching(self.network, weights)
        self.head_inherited = not left
        return [name for name in left if name.startswith("backbone.")]


def _regression(c: float, weights: dict[int, float]) -> LogisticRegression:
    return LogisticRegression(C=c, class_weight=weights, max_iter=200)
