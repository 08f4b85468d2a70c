"""Several labels for an image: what is said, with which threshold, and what is told about data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Whole
from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.evaluation.report import Pair
from sightmill.methods.learner import Batch
from sightmill.methods.multi_label_classification.method import METHOD

LABELS = ("blue", "green", "red")
IMAGE = np.zeros((40, 60), np.uint8)


def sample(*shown: str, **given) -> Sample:
    return Sample(IMAGE, annotations=tuple(Annotation(Whole(), name) for name in shown), split="train", **given)


def answered(logits, inference=None, *, activation=None):
    """The result of these logits."""
    view = METHOD.view(METHOD.Training(image_size=64), [sample()])
    raw = {
        "logits": np.array([logits], np.float32),
        "activation": np.zeros((1, 3, 4, 4), np.float32) if activation is None else activation,
    }
    return METHOD.decode(raw, view.frame((60, 40)), LABELS, inference or METHOD.Inference())


def test_each_class_is_decided_by_itself():
    result = answered([3.0, -2.0, 0.5])
    assert [item.label for item in result.annotations] == ["blue", "red"]
    assert list(result.confidences) == ["blue", "red", "green"]
    assert result.confidences["blue"] == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert METHOD.answer(result) == "blue; red"
    nothing = answered([-3.0, -2.0, -5.0])
    assert (nothing.annotations, METHOD.answer(nothing), nothing.label) == ((), "(none)", None)


def test_thresholds_are_the_learnt_ones_or_the_users():
    learnt = METHOD.Inference(class_thresholds=(0.99, 0.1, 0.5))
    assert METHOD.answer(answered([3.0, -2.0, -0.5], learnt)) == "green"
    assert METHOD.answer(answered([3.0, -2.0, -0.5], learnt.changed(threshold=0.01))) == "blue; green; red"
    near = answered([3.0, -5.0, 0.1], METHOD.Inference(minimum_margin=0.05))
    assert near.flags["is_confident"] is False
    assert answered([3.0, -5.0, 2.0], METHOD.Inference(minimum_margin=0.05)).flags["is_confident"] is True


def test_heatmaps_are_those_of_what_is_there_and_of_what_is_asked_for():
    activation = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
    assert list(answered([3.0, -2.0, 0.5], activation=activation).heatmaps) == ["heatmap", "heatmap:red"]
    asked = METHOD.Inference(heatmap_classes=("green",))
    assert list(answered([3.0, -2.0, -0.5], asked, activation=activation).heatmaps) == ["heatmap", "heatmap:green"]
    everything = answered([-3.0, -2.0, -5.0], METHOD.Inference(heatmap_classes=("all",)))
    assert list(everything.heatmaps) == ["heatmap", "heatmap:blue", "heatmap:red"]
    with pytest.raises(SettingsError, match="no such class"):
        answered([0.0, 0.0, 0.0], METHOD.Inference(heatmap_classes=("pink",)))


def calibrated(rule: str, **given):
    """Settings fitted to images on which blue is told surely, green hardly, and red is never shown."""
    rng = np.random.default_rng(0)
    pairs = []
    for index in range(60):
        shown = [name for name, there in (("blue", index % 2), ("green", index % 3 == 0)) if there]
        blue = 4.0 if "blue" in shown else -4.0
        green = rng.normal(1.0 if "green" in shown else -1.0, 1.0)
        pairs.append(Pair(sample(*shown), answered([blue, green, -6.0])))
    training = METHOD.Training(threshold_rule=rule, **given)
    return METHOD.calibrate(pairs, LABELS, training, METHOD.Inference()), pairs


def test_thresholds_are_fitted_class_by_class():
    fitted, _ = calibrated("f1")
    blue, green, red = fitted.inference.class_thresholds
    assert blue == 0.5
    assert 0 < green < 1
    assert red == 0.5
    assert any("red" in note and "add held-out images" in note for note in fitted.notes)
    assert fitted.facts["images"] == 60


def test_few_misses_or_few_false_alarms_as_wanted():
    def rates(rule: str, **given: float) -> tuple[float, float]:
        fitted, pairs = calibrated(rule, **given)
        said = [answered([pair.result.values[f"logit:{name}"] for name in LABELS], fitted.inference) for pair in pairs]
        there = np.array(["green" in pair.sample.labels for pair in pairs])
        green = np.array(["green" in {item.label for item in result.annotations} for result in said])
        return float((~green & there).sum() / there.sum()), float((green & ~there).sum() / (~there).sum())

    assert rates("misses", miss_target=15.0)[0] <= 0.15
    assert rates("false_alarms", false_alarm_target=10.0)[1] <= 0.10
    assert rates("misses", miss_target=15.0)[1] > rates("false_alarms", false_alarm_target=10.0)[1]


def test_what_cannot_be_learnt_is_told():
    training = METHOD.Training()
    (nothing,) = METHOD.check([sample(), sample()], training)
    assert (nothing.level, nothing.code) == ("error", "too_few_classes")
    everywhere = METHOD.check([sample("blue", "red"), sample("blue")], training)
    assert ("warning", "class_everywhere") in [(finding.level, finding.code) for finding in everywhere]
    assert METHOD.check([sample("blue")] * 6, training)[0].level == "error"
    assert METHOD.check([sample("blue")] * 6 + [sample()], training) == []


def test_regions_count_as_what_the_image_shows():
    boxed = Sample(IMAGE, annotations=(Annotation(Box(1, 1, 5, 5), "red"), Annotation(Box(8, 8, 9, 9), "red")))
    assert METHOD.truth(boxed) == "red"
    assert METHOD.labels([boxed, sample("blue")], METHOD.Training()) == ("blue", "red")
    assert METHOD.badness(Pair(boxed, answered([-5.0, -5.0, 5.0]))) < 0.5
    assert METHOD.badness(Pair(boxed, answered([5.0, -5.0, 5.0]))) > 0.5


def test_small_images_are_enlarged_and_large_ones_reduced():
    sides = [
        METHOD.resolve([Sample(np.zeros((side, side), np.uint8))] * 8, METHOD.Training()).image_size
        for side in (40, 96, 150, 260, 900)
    ]
    assert sides == [96, 192, 192, 256, 320]
    assert METHOD.resolve([Sample(IMAGE)], METHOD.Training(image_size=77)).image_size == 77


def prepared(placed: bool):
    """A learner whose head was fitted to squares: on the left, the right or both; or rather bright and dark ones."""
    rng = np.random.default_rng(4)
    images, there = [], []
    for _ in range(48):
        shown = rng.random(2) < 0.5
        image = rng.normal(0.5, 0.02, (1, 96, 96)).astype(np.float32)
        for index, wanted in enumerate(shown):
            x, y = (56 * index if placed else rng.integers(0, 60)) + rng.integers(4, 20), rng.integers(8, 70)
            if wanted:
                image[0, y : y + 16, x : x + 16] = 1.0 if placed or index else 0.0
        images.append(image)
        there.append(shown)
    training = METHOD.Training(network_depth=1, image_size=96)
    learner = METHOD.learner(training, ("first", "second"), METHOD.view(training, [sample()]))
    targets = {"class": torch.tensor(np.array(there), dtype=torch.float32)}
    batch = Batch(torch.from_numpy(np.stack(images)), targets, tuple(range(48)))
    learner.network.eval()
    learner.prepare(lambda: [batch])
    return learner, batch


@pytest.mark.parametrize("placed", [True, False])
def test_where_things_are_counts_only_where_it_tells_the_classes_apart(placed):
    learner, batch = prepared(placed)
    network = learner.network
    quarters = network.feature_scale[network.common :]
    assert bool((quarters > 0).all()) is placed
    assert bool((network.head.weight[:, network.common :] != 0).any()) is placed
    assert any("quarters" in note for note in learner.notes) is placed
    said = network(batch.images)["logits"] > 0
    assert bool((said == (batch.targets["class"] > 0)).all())
