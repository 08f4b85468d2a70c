"""Foreign images are told: the distance in the network, the scale, the result, and every seam of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.drawing.regions import draw_result
from sightmill.errors import ModelError, SettingsError
from sightmill.evaluation.report import Pair
from sightmill.methods.classification.method import METHOD
from sightmill.methods.familiarity import FamiliarityInference, FamiliarityTraining, fit_familiarity, told_apart
from sightmill.nn.familiarity import Familiarity
from sightmill.project.evaluate import evaluated
from sightmill.runtime.model import Model
from sightmill.training.events import Finished
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

# What all of them share is made once: they stay in one process.
pytestmark = pytest.mark.xdist_group("familiarity")

EMPTY = Result((), ("a",), (8, 8))


def clouds(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two clouds of features that vary along few directions."""
    rng = torch.Generator().manual_seed(seed)
    group = torch.arange(count) % 2
    along = torch.randn(count, 3, generator=rng) @ torch.randn(3, 40, generator=torch.Generator().manual_seed(9)) * 3
    return along + 20 * group[:, None] + 0.1 * torch.randn(count, 40, generator=rng), group


def test_the_distance_is_about_one_within_and_large_outside():
    module = Familiarity(40, 2)
    features, group = clouds(400, 0)
    assert module.fit([(features[:150], group[:150]), (features[150:], group[150:])]) == 400
    near = module(clouds(100, 1)[0])
    between, beside = module(clouds(100, 1)[0][::2] + 10), module(clouds(100, 1)[0] + torch.randn(1, 40) * 8)
    assert 0.3 < float(near.mean()) < 1.5
    assert float(between.min()) > float(near.max())
    assert float(beside.min()) > float(near.max())


def test_a_group_without_images_attracts_nothing():
    module = Familiarity(40, 3)
    module.fit([clouds(400, 0)])
    zero = torch.zeros(1, 40) + 10  # nearer to the origin, where an empty group's mean would lie, than to any cloud
    assert float(module(zero)) > float(module(clouds(50, 1)[0]).max())


def scored(distance: float, inference: FamiliarityInference) -> Result:
    return told_apart(EMPTY, {"distance": np.array([0.1, distance], np.float32)}, inference)


def test_the_scale_puts_the_usual_image_at_0_and_the_limit_at_1():
    rng = np.random.default_rng(0)
    sample = Sample(np.zeros((8, 8), np.uint8))
    raw = FamiliarityInference()
    pairs = [Pair(sample, scored(value, raw)) for value in rng.normal(1, 0.1, 300).clip(0.2)]
    assert pairs[0].result.ood_score is None
    fitted, facts, notes = fit_familiarity(pairs, FamiliarityTraining(ood_false_alarms=5), raw)
    assert facts["ood_above_threshold"] / 300 == pytest.approx(0.05, abs=0.01)
    assert "5 % false alarms on 300 held-out images" in notes[0]
    assert scored(1.0, fitted).ood_score == pytest.approx(0, abs=0.1)
    usual, foreign = scored(1.05, fitted), scored(1.5, fitted)
    assert (usual.ood_result, foreign.ood_result) == (False, True)
    assert "unlike the training images" in foreign.findings[0]
    assert foreign.ood_score > 1 > usual.ood_score
    # The strangest tile speaks, the threshold is the user's to move, and an unfitted scale says nothing.
    assert scored(1.5, fitted.changed(ood_threshold=100)).ood_result is False
    assert told_apart(EMPTY, {}, fitted) is EMPTY
    assert fit_familiarity(pairs, FamiliarityTraining(out_of_distribution=False), raw)[0] is raw


def test_a_broken_scale_is_refused():
    with pytest.raises(SettingsError, match="ood_scale has 5 numbers"):
        FamiliarityInference.of({"ood_scale": (1.0, 2.0)})


def test_a_foreign_image_is_called_so_in_its_picture():
    image = np.full((200, 300, 3), 90, np.uint8)
    known = Result((Annotation(label="a", score=0.9),), ("a",), (300, 200), flags={"ood_result": False})
    foreign = Result(
        (Annotation(label="a", score=0.9),), ("a",), (300, 200), values={"ood_score": 2.0}, flags={"ood_result": True}
    )
    plain, marked = draw_result(image, known), draw_result(image, foreign)
    assert not np.array_equal(plain[:12], marked[:12])
    assert np.array_equal(plain[60:], marked[60:])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Crosses and discs, learnt in a moment."""
    output = tmp_path_factory.mktemp("familiar") / "model.sightmill"
    settings = METHOD.Training(
        network_depth=1, fine_tuning=False, iterations=1, steps_per_iteration=1, device="cpu", threads=1, image_size=64
    )
    *_, last = train(METHOD, toy_dataset("class", count=12), settings, output=output)
    assert isinstance(last, Finished)
    return Model.load(output)


@pytest.mark.slow
def test_a_trained_classifier_knows_noise_from_its_kind(model: Model):
    rng = np.random.default_rng(0)
    noise = [Sample(rng.integers(0, 255, (96, 96), np.uint8), f"noise/{index}") for index in range(8)]
    found = evaluated(model, toy_dataset("class", count=6), unknown=noise)
    assert found.report.metrics["ood_auroc"].value == 1
    assert found.report.metrics["ood_fpr95"].value == 0
    assert found.report.images == 12
    assert found.report.figures[-1].title == "Known and unknown images"
    known = model.predict(toy_dataset("class", count=6)[30].read())
    assert known.to_dict()["flags"]["ood_result"] is False


@pytest.mark.slow
def test_images_of_classes_that_were_not_learnt_count_as_unknown(model: Model):
    data = list(toy_dataset("class", count=4))
    rng = np.random.default_rng(0)
    strange = [
        Sample(rng.integers(0, 255, (96, 96), np.uint8), f"x{index}", (Annotation(label="star"),), "test")
        for index in range(4)
    ]
    report = evaluated(model, Dataset.of([*data, *strange])).report
    assert report.metrics["ood_auroc"].count == 12
    assert report.metrics["accuracy"].value <= 8 / 12


@pytest.mark.slow
def test_every_class_is_explained_when_asked(model: Model):
    image = toy_dataset("class")[0].read()
    assert list(model.predict(image).heatmaps) == ["heatmap"]
    maps = model.predict(image, inference={"heatmap_classes": ["all"]}).heatmaps
    assert len(maps) == 2
    assert all(one.at_image_size().shape == (96, 96) for one in maps.values())
    with pytest.raises(SettingsError, match="no such class"):
        model.predict(image, inference={"heatmap_classes": ["star"]})


@pytest.mark.slow
def test_a_model_that_cannot_tell_says_so(model: Model):
    deaf = model.with_inference(ood_scale=())
    with pytest.raises(ModelError, match="does not tell foreign images"):
        evaluated(deaf, toy_dataset("class"), unknown=[Sample(np.zeros((9, 9), np.uint8))])
    assert deaf.predict(np.zeros((9, 9), np.uint8)).ood_result is None


@pytest.mark.slow
def test_the_model_keeps_its_scale(model: Model, tmp_path: Path):
    manifest = model.manifest
    assert len(manifest.inference["ood_scale"]) == 5
    assert "distance" in manifest.outputs
    assert manifest.calibration["ood_images"] > 0
