"""The learner of classification: a linear head on frozen features first, then the whole network."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold, cross_val_score
from torch import Tensor, nn

from sightmill.data.sample import Sample
from sightmill.imaging.view import Frame
from sightmill.methods.classification.settings import ClassificationTraining
from sightmill.methods.image_learner import STRENGTHS, Features, ImageLearner, regression

__all__ = ["ClassificationLearner"]


class ClassificationLearner(ImageLearner):
    """See `ImageLearner`: one class for each image, cross entropy."""

    def __init__(self, training: ClassificationTraining, *, labels: tuple[str, ...], channels: int) -> None:
        super().__init__(training, labels=labels, channels=channels)
        self.weights = torch.ones(len(labels))

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        index = self.labels.index(sample.label) if sample.label in self.labels else -1
        return {"class": torch.full((max(len(frame.tiles), 1),), index, dtype=torch.int64)}

    @property
    def groups(self) -> int:
        return len(self.labels)

    def group_of(self, truth: Tensor) -> Tensor:
        return truth

    def weigh_classes(self, truth: Tensor) -> None:
        counts = torch.bincount(truth, minlength=len(self.labels)).float()
        # Share of the way from "every image alike" to "every class alike".
        share = self.training.balance / 100
        weights = (counts.mean() / counts.clamp(min=1)) ** share
        weights = weights / (weights * counts).sum() * counts.sum()
        self.weights = weights.to(next(self.network.parameters()).device)

    def strength(self, features: Features, truth: npt.NDArray[Any]) -> tuple[float, float]:
        folds = int(min(3, np.bincount(truth, minlength=len(self.labels))[np.unique(truth)].min()))
        if folds < 2:
            return STRENGTHS[1], np.inf
        split = StratifiedKFold(folds, shuffle=True, random_state=self.training.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores = [
                cross_val_score(regression(c, self._weights), features, truth, cv=split, scoring="neg_log_loss").mean()
                for c in STRENGTHS
            ]
        return STRENGTHS[int(np.argmax(scores))], -float(np.max(scores))

    def fit_head(self, features: Features, truth: npt.NDArray[Any], c: float) -> tuple[Features, Features]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = regression(c, self._weights).fit(features, truth)
        coefficients, intercepts = fitted.coef_, fitted.intercept_
        if len(fitted.classes_) == 2:  # scikit-learn keeps one row for two classes
            coefficients = np.stack([-coefficients[0], coefficients[0]]) / 2
            intercepts = np.array([-intercepts[0], intercepts[0]]) / 2
        rows = np.zeros((len(self.labels), features.shape[1]))
        offsets = np.full(len(self.labels), float(np.min(intercepts)) - 5.0)
        rows[fitted.classes_], offsets[fitted.classes_] = coefficients, intercepts
        return rows, offsets

    def shown(self, truth: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        return np.asarray(truth[:, None] == np.arange(len(self.labels)))

    def probabilities(self, logits: Features) -> Features:
        return torch.softmax(torch.from_numpy(logits), 1).numpy()

    @property
    def _weights(self) -> dict[int, float]:
        return {index: float(weight) for index, weight in enumerate(self.weights.cpu())}

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            "cross_entropy": nn.functional.cross_entropy(
                raw["logits"].float(), targets["class"], weight=self.weights, ignore_index=-1, label_smoothing=0.02
            )
        }

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        sure = 20 * nn.functional.one_hot(targets["class"], len(self.labels)).float()
        return {"logits": sure, "activation": sure[:, :, None, None].expand(-1, -1, 2, 2)}
