"""The learner of multi-label classification: a head for each class on frozen features, then the whole network."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold, cross_val_score
from torch import Tensor

from sightmill.data.sample import Sample
from sightmill.evaluation.multi_label import labels_of
from sightmill.imaging.view import Frame
from sightmill.methods.image_learner import STRENGTHS, Features, ImageLearner, regression
from sightmill.methods.multi_label_classification.settings import MultiLabelTraining
from sightmill.nn.losses import asymmetric_loss

__all__ = ["MultiLabelLearner"]


class MultiLabelLearner(ImageLearner):
    """See `ImageLearner`: classes that are there or not, each for itself."""

    training: MultiLabelTraining

    def __init__(self, training: MultiLabelTraining, *, labels: tuple[str, ...], channels: int) -> None:
        super().__init__(training, labels=labels, channels=channels)
        self.weights = torch.ones(len(labels), 2)

    @property
    def groups(self) -> int:
        return 1

    def group_of(self, truth: Tensor) -> Tensor:
        return torch.zeros(len(truth), dtype=torch.int64)

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        shown = set(labels_of(sample))
        there = [float(name in shown) if sample.annotated else -1.0 for name in self.labels]
        return {"class": torch.tensor(there).expand(max(len(frame.tiles), 1), -1)}

    def weigh_classes(self, truth: Tensor) -> None:
        counts = torch.stack([(truth == 0).sum(0), (truth > 0).sum(0)], 1).float()  # (K, 2) absent, there
        # Share of the way from "every image alike" to "there and absent alike, and every class alike".
        share = self.training.balance / 100
        weights = (counts.sum(1, keepdim=True) / 2 / counts.clamp(min=1)) ** share
        weights = weights / (weights * counts).sum() * counts.sum()
        self.weights = weights.to(next(self.network.parameters()).device)

    def strength(self, features: Features, truth: npt.NDArray[Any]) -> tuple[float, float]:
        """One strength for all classes: few images of one class cannot choose theirs alone."""
        there = truth > 0.5
        losses = []
        for index in self._taught(there):
            folds = int(min(3, there[:, index].sum(), (~there[:, index]).sum()))
            if folds < 2:
                continue
            split = StratifiedKFold(folds, shuffle=True, random_state=self.training.seed)
            weights = self._weights_of(index)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                losses.append(
                    [
                        -cross_val_score(
                            regression(c, weights), features, there[:, index], cv=split, scoring="neg_log_loss"
                        ).mean()
                        for c in STRENGTHS
                    ]
                )
        if not losses:
            return STRENGTHS[1], np.inf
        mean = np.mean(losses, axis=0)
        return STRENGTHS[int(np.argmin(mean))], float(np.min(mean))

    def fit_head(self, features: Features, truth: npt.NDArray[Any], c: float) -> tuple[Features, Features]:
        there = truth > 0.5
        # A class that all images show, or none, has nothing to be told from: its offset says so.
        rows, offsets = np.zeros((len(self.labels), features.shape[1])), np.where(there.mean(axis=0) > 0.5, 5.0, -5.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for index in self._taught(there):
                fitted = regression(c, self._weights_of(index)).fit(features, there[:, index])
                rows[index], offsets[index] = fitted.coef_[0], fitted.intercept_[0]
        return rows, offsets

    def shown(self, truth: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        return np.asarray(truth > 0.5)

    def probabilities(self, logits: Features) -> Features:
        return torch.sigmoid(torch.from_numpy(logits)).numpy()

    @staticmethod
    def _taught(there: npt.NDArray[np.bool_]) -> list[int]:
        """The classes that some images show and others do not."""
        return [index for index, share in enumerate(there.mean(axis=0)) if 0 < share < 1]

    def _weights_of(self, index: int) -> dict[int, float]:
        absent, there = self.weights[index].tolist()
        return {0: absent, 1: there}

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = self.weights.to(raw["logits"].device)
        return {
            "presence": asymmetric_loss(
                raw["logits"].float(), targets["class"], weights, focus=self.training.absent_focus
            )
        }

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        sure = 40 * targets["class"].clamp(min=0) - 20
        return {"logits": sure, "activation": sure[:, :, None, None].expand(-1, -1, 2, 2)}
