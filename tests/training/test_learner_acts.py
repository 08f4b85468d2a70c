"""The optional acts of a learner: rows that are composed, and outputs that only the losses see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from sightmill.data.annotation import Annotation
from sightmill.data.sample import Sample
from sightmill.export.onnx import to_onnx
from sightmill.imaging.augment import Policy
from sightmill.imaging.view import Frame, View
from sightmill.methods.learner import Learner, Pixels
from sightmill.methods.training import Augmentation
from sightmill.runtime.session import Session
from sightmill.training.loading import Store, augmented_batches, passes, plain_batches


class Mean(nn.Module):
    """Says the mean, and to its losses the image too."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        scaled = images * self.gain
        return {"_scaled": scaled, "mean": scaled.mean((1, 2, 3))}


class Cropping(Learner):
    """Cuts a random quarter out of each image, and marks where it was left as it is."""

    def __init__(self) -> None:
        self.network = Mean()
        self.notes = []

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        return {"label": torch.ones(len(frame.tiles))}

    def compose(
        self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator | None
    ) -> tuple[Pixels, dict[str, Tensor]]:
        if rng is None:
            return image, targets | {"whole": torch.tensor(True)}
        y, x = rng.integers(16, size=2)
        return image[:, y : y + 16, x : x + 16], targets | {"whole": torch.tensor(False)}


def store(folder: Path) -> Store:
    rng = np.random.default_rng(0)
    samples = [
        Sample(rng.integers(0, 256, (32, 32), np.uint8), f"{number}.png", (Annotation(label="good"),), "train")
        for number in range(6)
    ]
    filled = Store(samples, View(width=32, height=32, channels=1), budget=1 << 20, scratch=folder)
    assert len(list(filled.fill(1))) == 6
    return filled


def test_training_rows_are_composed_alike_from_any_place_and_others_stay_whole(tmp_path: Path) -> None:
    images, device, learner = store(tmp_path), torch.device("cpu"), Cropping()
    policy = Policy.of(Augmentation(flip_left_right=True))
    straight = augmented_batches(images, learner, policy, 2, device, seed=3, first=0)
    batches = [next(straight) for _ in range(4)]
    straight.close()
    assert all(batch.images.shape == (2, 1, 16, 16) and not batch.targets["whole"].any() for batch in batches)
    resumed = augmented_batches(images, learner, policy, 2, device, seed=3, first=4)
    assert torch.equal(next(resumed).images, batches[2].images)
    resumed.close()
    calm = [
        *plain_batches(images, learner, 4, device),
        *passes(images, learner, policy, 4, device, seed=0, rounds=1),
    ]
    assert all(batch.images.shape[1:] == (1, 32, 32) and batch.targets["whole"].all() for batch in calm)


def test_what_only_the_losses_need_is_not_exported() -> None:
    session = Session(to_onnx(Mean(), View(width=32, height=32, channels=1), ("mean",)))
    assert tuple(session.outputs) == ("mean",)
    image = np.random.default_rng(0).random((1, 1, 32, 32), np.float32)
    assert np.allclose(session.run(image)["mean"], image.mean())
