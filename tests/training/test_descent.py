"""The visible loop: stopping, schedules, and what is kept."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load

from sightmill.bundle import Bundle
from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample
from sightmill.errors import DataError, DeviceError, SettingsError, TrainingError
from sightmill.evaluation.report import Metric
from sightmill.methods.catalogue import named
from sightmill.methods.training import Descent
from sightmill.runtime.model import Model
from sightmill.training.averaging import Average
from sightmill.training.events import Finished, Kept, Scored, Started, Step
from sightmill.training.machine import StopRequest
from sightmill.training.schedule import hyper_parameters
from sightmill.training.stopping import Standing, planned_iterations, stopped_by
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

METRIC = Metric("accuracy", "Accuracy")
CLASSIFICATION = named("classification")
QUICK = {"network_depth": 1, "iterations": 3, "steps_per_iteration": 2, "batch_size": 4, "image_size": 32}


def standing(**changed: Any) -> Standing:
    return Standing(**{"iteration": 5, "epoch": 2.5, "since_best": 3, "seconds": 90.0, "score": 0.9, **changed})


@pytest.mark.parametrize(
    ("settings", "because"),
    [
        ({"iterations": 5}, "iterations"),
        ({"iterations": 6, "iterations_without_improvement": 0}, None),
        ({"iterations": 0, "epochs": 2.5}, "epochs"),
        ({"iterations": 9, "iterations_without_improvement": 3}, "iterations_without_improvement"),
        ({"iterations": 9, "iterations_without_improvement": 0, "minutes": 1.5}, "minutes"),
        ({"iterations": 9, "iterations_without_improvement": 0, "validation_accuracy": 90}, "validation_accuracy"),
        ({"iterations": 9, "iterations_without_improvement": 0, "validation_error": 10}, "validation_error"),
        ({"iterations": 9, "iterations_without_improvement": 0, "validation_error": 9}, None),
    ],
)
def test_the_first_condition_that_is_met_stops(settings: dict[str, Any], because: str | None) -> None:
    assert stopped_by(Descent(**settings), METRIC, standing()) == because


def test_a_training_without_any_end_is_refused() -> None:
    with pytest.raises(SettingsError, match="stopping condition"):
        Descent.of({"iterations": 0, "iterations_without_improvement": 0})


def test_the_shortest_limit_counts_for_the_schedule() -> None:
    assert planned_iterations(Descent(iterations=30, epochs=4), steps=10, steps_per_epoch=20) == 8
    assert planned_iterations(Descent(iterations=0, minutes=3), steps=10, steps_per_epoch=20) == 0


def test_the_rate_warms_up_and_falls_down_a_cosine() -> None:
    settings = Descent(learning_rate=1.0, warm_up=10)
    rates = [hyper_parameters(settings, step, 100, 0.0)["learning_rate"] for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.01 + 0.99 * (1 + math.cos(math.pi * 0.5)) / 2)
    assert rates[-1] < 0.02
    assert np.all(np.diff(rates[10:]) <= 0)


def test_a_change_strategy_replaces_the_schedule() -> None:
    settings = Descent.of({"changes": ["learning_rate@2=0.5,4=0.1", "momentum@3=0.5"], "learning_rate": 1.0})
    seen = [hyper_parameters(settings, 0, 100, epoch) for epoch in (0, 1.9, 2, 3, 4.5)]
    assert [values["learning_rate"] for values in seen] == [1.0, 1.0, 0.5, 0.5, 0.1]
    assert [values["momentum"] for values in seen] == [0.9, 0.9, 0.9, 0.5, 0.5]


@pytest.mark.parametrize("words", ["learning_rate", "learning_rate@1", "speed@1=2", "learning_rate@4=1,2=1", "@="])
def test_a_change_strategy_that_makes_no_sense_is_refused(words: str) -> None:
    with pytest.raises(SettingsError):
        Descent.of({"changes": [words]})


def test_events_tell_the_story_in_order_and_the_best_iteration_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "m.sightmill"
    events = list(train(CLASSIFICATION, toy_dataset("class"), CLASSIFICATION.Training(**QUICK), output=output))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert events[-1].stopped_by == "iterations"
    scored = [event for event in events if isinstance(event, Scored)]
    assert [event.iteration for event in scored] == [0, 1, 2, 3]
    assert len([event for event in events if isinstance(event, Step)]) == 6
    kept = [event for event in events if isinstance(event, Kept)][-1]
    ranks = [(event.metrics["accuracy"], -(event.validation_loss or 0)) for event in scored]
    assert kept.iteration == scored[int(max(range(4), key=lambda index: ranks[index]))].iteration
    provenance = Bundle.open(output).manifest.provenance
    assert provenance["best_iteration"] == kept.iteration
    assert len(provenance["history"]) == 4
    assert len(provenance["data_hash"]) == 64


def test_learnt_features_are_adapted_with_the_scale_of_their_normalisations_absorbed(tmp_path: Path) -> None:
    output = tmp_path / "m.sightmill"
    list(train(CLASSIFICATION, toy_dataset("class"), CLASSIFICATION.Training(**QUICK), output=output))
    learnt = load(Bundle.open(output).weights())
    ours = {name: value for name, value in learnt.items() if name.startswith("backbone.") and "running_var" in name}
    assert ours and all(float((value - 1).abs().max()) < 1e-3 for value in ours.values())


def test_a_stop_request_keeps_the_best_model_and_says_so(tmp_path: Path) -> None:
    stop = StopRequest()
    events = []
    settings = CLASSIFICATION.Training(**{**QUICK, "iterations": 500})
    for event in train(CLASSIFICATION, toy_dataset("class"), settings, output=tmp_path / "m.sightmill", stop=stop):
        events.append(event)
        if isinstance(event, Step):
            stop.set()
    assert isinstance(events[-1], Finished)
    assert events[-1].stopped_by == "manual stop"
    assert Model.load(tmp_path / "m.sightmill").labels == ("cross", "disc")


def test_a_stop_request_before_there_is_a_model_is_one_sentence(tmp_path: Path) -> None:
    method = named("anomaly_detection")
    stop = StopRequest()
    stop.set()
    with pytest.raises(TrainingError, match="stopped before there was a model"):
        list(train(method, toy_dataset("anomaly"), output=tmp_path / "m.sightmill", stop=stop))
    assert not list(tmp_path.iterdir())


def test_closing_the_generator_keeps_the_best_model(tmp_path: Path) -> None:
    settings = CLASSIFICATION.Training(**{**QUICK, "iterations": 500})
    events = train(CLASSIFICATION, toy_dataset("class"), settings, output=tmp_path / "m.sightmill")
    for event in events:
        if isinstance(event, Scored) and event.iteration == 1:
            break
    events.close()
    assert Bundle.open(tmp_path / "m.sightmill").manifest.provenance["stopped_by"] == "closing"


def test_a_rate_that_explodes_is_one_sentence_with_a_remedy(tmp_path: Path) -> None:
    wild = CLASSIFICATION.Training(
        **{**QUICK, "learning_rate": 10.0, "weight_prior": 1.0, "warm_up": 0, "steps_per_iteration": 80}
    )
    with pytest.raises(TrainingError, match=r"diverged.*Lower learning_rate"):
        list(train(CLASSIFICATION, toy_dataset("class"), wild, output=tmp_path / "m.sightmill"))


@pytest.mark.parametrize(
    "changed",
    [
        {"optimiser": "sgd", "learning_rate": 0.01},
        {"batch_size_multiplier": 2},
        {"schedule": "constant", "iterations": 0, "epochs": 1.0},
        {"fine_tuning": False},
        {"memory_budget": 16, "image_size": 256},
        {"grayscale": True, "downsample": 1, "resize": "stretch"},
        {"gaussian_blur": 5, "flip_left_right": True, "horizontal_shear": 5, "noise": 4},
    ],
)
def test_settings_do_what_they_say_without_breaking_the_way(changed: dict[str, Any], tmp_path: Path) -> None:
    settings = CLASSIFICATION.Training(**{**QUICK, "iterations": 1, **changed})
    *_, last = train(CLASSIFICATION, toy_dataset("class", count=6), settings, output=tmp_path / "m.sightmill")
    assert isinstance(last, Finished)


def test_retraining_starts_from_an_earlier_model_also_with_another_class_list(tmp_path: Path) -> None:
    data = toy_dataset("class")
    settings = CLASSIFICATION.Training(**{**QUICK, "iterations": 2})
    list(train(CLASSIFICATION, data, settings, output=tmp_path / "first.sightmill"))
    more = Dataset.of(
        [
            *data,
            *(
                Sample(255 - sample.read(), f"negative/{sample.name}", (Annotation(label="negative"),), sample.split)
                for sample in data.where(lambda sample: sample.label == "disc")
            ),
        ]
    )
    for name, dataset in (("same", data), ("more", more)):
        output = tmp_path / f"{name}.sightmill"
        *_, last = train(CLASSIFICATION, dataset, settings, output=output, start_from=tmp_path / "first.sightmill")
        assert isinstance(last, Finished)
        ancestor = Bundle.open(output).manifest.provenance["ancestor"]
        assert ancestor["labels"] == ["cross", "disc"]
    assert Model.load(tmp_path / "more.sightmill").labels == ("cross", "disc", "negative")
    with pytest.raises(TrainingError, match="network_depth"):
        deeper = settings.changed(network_depth=2)
        list(train(CLASSIFICATION, data, deeper, output=tmp_path / "x.sightmill", start_from=output))


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ([], "two classes"),
        ([Sample(np.zeros((9, 9), np.uint8), "a", (Annotation(label="x"),), "train")], "two classes"),
    ],
)
def test_data_that_cannot_be_learnt_is_refused_before_anything_is_read(
    samples: list[Sample], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=sentence):
        list(train(CLASSIFICATION, Dataset.of(samples), output=tmp_path / "m.sightmill"))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_or_device_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="does not exist"):
        list(train(CLASSIFICATION, toy_dataset("class"), output=tmp_path / "none" / "m.sightmill"))
    with pytest.raises(DeviceError, match="cuda:9"):
        settings = CLASSIFICATION.Training(**QUICK, device="cuda:9")
        list(train(CLASSIFICATION, toy_dataset("class"), settings, output=tmp_path / "m.sightmill"))


def test_images_of_mixed_depth_are_refused(tmp_path: Path) -> None:
    samples = list(toy_dataset("class"))
    deep = Sample(samples[0].read().astype(np.uint16) * 257, "deep", samples[0].annotations, "train")
    with pytest.raises(DataError, match="depth"):
        list(train(CLASSIFICATION, Dataset.of([*samples, deep]), output=tmp_path / "m.sightmill"))


def test_twelve_bits_of_sixteen_keep_their_depth(tmp_path: Path) -> None:
    samples = [
        Sample(sample.read().astype(np.uint16) * 16, sample.name, sample.annotations, sample.split)
        for sample in toy_dataset("class")
    ]
    settings = CLASSIFICATION.Training(**QUICK)
    list(train(CLASSIFICATION, Dataset.of(samples), settings, output=tmp_path / "m.sightmill"))
    view = Model.load(tmp_path / "m.sightmill").view
    assert (view.dtype, view.white) == ("uint16", 4095)


def test_the_average_follows_the_weights_and_lends_itself_for_a_while() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    average = Average(network)
    for step in range(1, 41):
        with torch.no_grad():
            network.weight.fill_(step)
        average.follow(network, step)
    assert 30 < float(average.tensors["weight"]) < 38  # about the last tenth, and a little of what was before
    with average.standing_in(network):
        assert torch.equal(network.weight, average.tensors["weight"])
        with torch.no_grad():
            network.weight.add_(1)  # what is learnt of the average stays with it
    assert float(network.weight.detach()) == 40 and float(average.tensors["weight"]) > 31
