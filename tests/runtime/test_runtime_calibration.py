"""A model knows for which runtime its thresholds hold, and can be fitted to another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_model import LABELS, Toy, ToyInference, in_memory, make_manifest, self_test, skip_without_openvino, toy_network

from sightmill.bundle import Bundle, write_bundle
from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.errors import DataError, ModelError, SettingsError
from sightmill.evaluation.report import Pair
from sightmill.methods import catalogue
from sightmill.methods.contract import Calibration
from sightmill.methods.training import Training
from sightmill.project.calibrate import calibrate, save
from sightmill.runtime.calibration import calibrated
from sightmill.runtime.model import Model


class Fitted(Toy):
    """Bright is what is brighter than the mean of the held-out images, less what the seed says: a wish to be fitted."""

    calibrated_by = ("seed",)

    def truth(self, sample: Sample) -> str:
        return sample.label or ""

    def calibrate(
        self, pairs: Sequence[Pair], labels: tuple[str, ...], training: Training, inference: ToyInference
    ) -> Calibration[ToyInference]:
        mean = float(np.mean([pair.result.values["mean"] for pair in pairs]))
        threshold = mean - training.seed / 100
        return Calibration(inference.changed(threshold=threshold), {"mean": mean}, (f"The mean is {mean:.2f}.",))


@pytest.fixture
def fitted_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that was calibrated with ONNX Runtime in float32."""
    monkeypatch.setattr(catalogue, "methods", lambda: {"toy": Fitted()})
    path, network = tmp_path / "fitted.sightmill", toy_network()
    manifest = make_manifest(
        training=Training().model_dump(mode="json"),
        calibration={"runtime": {"engine": "onnxruntime", "precision": "float32"}},
        provenance={"trained": ["train 0.png"], "validated": ["train 1.png", "train 2.png"]},
    )
    write_bundle(path, manifest, network=network, weights=b"weights", self_tests=[self_test(network)])
    return path


def images(**greys: Sequence[int]) -> Dataset:
    """Plain images of these greys, by split."""
    return Dataset.of(
        Sample(np.full((32, 32, 3), grey, np.uint8), f"{split} {index}.png", (Annotation(label=LABELS[0]),), split)
        for split, values in greys.items()
        for index, grey in enumerate(values)
    )


def test_the_runtime_it_was_calibrated_with_raises_no_doubt(fitted_file: Path) -> None:
    assert Model.load(fitted_file).doubts == ()
    assert in_memory().doubts == ()
    assert in_memory(calibration={"runtime": "a stranger's words"}).doubts == ()


def test_another_runtime_is_told_with_what_to_do(fitted_file: Path) -> None:
    skip_without_openvino()
    model = Model.load(fitted_file, engine="openvino")
    (doubt,) = model.doubts
    assert "calibrated with onnxruntime in float32, and openvino in float32 is serving" in doubt
    assert "sightmill calibrate MODEL DATA --engine openvino --precision float32" in doubt
    found = calibrate(model, images(validation=[102, 153]))
    assert found.model.doubts == ()
    assert found.model.inference.threshold == pytest.approx(0.5, abs=1e-3)


def test_a_calibrated_model_is_saved_with_all_it_had(fitted_file: Path, tmp_path: Path) -> None:
    model = Model.load(fitted_file)
    found = calibrate(model, images(validation=[51, 51]))
    assert found.notes[0] == "Calibrated with onnxruntime in float32 on 2 images."
    assert found.notes[-1] == "The mean is 0.20."
    save(found.model, tmp_path / "again.sightmill")
    again = Model.load(tmp_path / "again.sightmill")
    assert again.verify().passed
    assert again.inference.threshold == pytest.approx(0.2, abs=1e-3)
    assert again.manifest.calibration["runtime"]["engine"] == "onnxruntime"
    assert again.manifest.calibration["images"] == 2
    assert Bundle.open(tmp_path / "again.sightmill").weights() == b"weights"
    assert model.inference.threshold == 0.5


def test_the_models_own_validation_images_are_taken_first_and_trained_ones_never(fitted_file: Path) -> None:
    model = Model.load(fitted_file)
    own = calibrate(model, images(train=[0, 51, 51], validation=[255]))
    assert (own.images, own.model.inference.threshold) == (2, pytest.approx(0.2, abs=1e-3))
    every = calibrate(model, images(train=[0, 51, 51], test=[153]), split="all")
    assert every.images == 3
    assert "1 images that the model was trained on were left out." in every.notes
    assert any("no longer tell" in note for note in every.notes)
    with pytest.raises(DataError, match=r"no train image .* not trained on.* --split"):
        calibrate(model, images(train=[0]), split="train")
    with pytest.raises(DataError, match="no validation image"):
        calibrate(model, images(test=[0]))


def test_other_wishes_are_fitted_and_kept(fitted_file: Path) -> None:
    model = Model.load(fitted_file)
    found = calibrate(model, images(validation=[51]), fit={"seed": "10"})
    assert found.model.inference.threshold == pytest.approx(0.1, abs=1e-3)
    assert found.model.manifest.training["seed"] == 10
    for fit, words in (({"image_size": 32}, r"no calibration reads.*image_size.*seed"), ({"seed": -1}, "seed")):
        with pytest.raises(SettingsError, match=words):
            calibrate(model, images(validation=[51]), fit=fit)


def test_a_method_without_a_fit_and_a_model_without_a_file_are_refused(tmp_path: Path) -> None:
    model: Any = in_memory()
    with pytest.raises(ModelError, match="nothing to calibrate"):
        calibrated(model, images(validation=[51]))
    with pytest.raises(ModelError, match="no file"):
        save(model, tmp_path / "m.sightmill")
