"""Good images in another light: the fast variant has seen them in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.methods.catalogue import named
from sightmill.runtime.model import Model
from sightmill.training.train import train


def plate(rng: np.random.Generator, light: float = 1.0) -> npt.NDArray[np.uint8]:
    """A brushed plate ``(96, 96)``, evenly lit."""
    lines = np.repeat(rng.normal(110, 14, (96, 1)), 96, axis=1)
    return np.clip((lines + rng.normal(0, 3, (96, 96))) * light, 0, 255).astype(np.uint8)


@pytest.mark.slow
def test_light_that_was_allowed_for_raises_no_score(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good = (Annotation(Whole(), "good"),)
    data = Dataset.of(Sample(plate(rng), f"{index}.png", good, "train") for index in range(16))
    method = named("anomaly_detection")
    lights = (0.7, 1.0, 1.3)
    seen = {light: [plate(np.random.default_rng(100 + index), light) for index in range(6)] for light in lights}
    rises = {}
    for exposure in (0, 40):
        file = tmp_path / f"{exposure}.sightmill"
        settings = method.Training.of({"exposure": exposure, "adapt": False, "network_depth": 1, "device": "cpu"})
        for _ in train(method, data, settings, output=file):
            pass
        model = Model.load(file)
        score = {light: np.mean([model.predict(one).values["raw_score"] for one in seen[light]]) for light in lights}
        rises[exposure] = max(score[0.7], score[1.3]) / score[1.0]
    assert rises[40] - 1 < 0.9 * (rises[0] - 1)
