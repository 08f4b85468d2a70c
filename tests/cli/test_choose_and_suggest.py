"""Which method, and with which settings: asked on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.regions import Box
from sightmill.data.sample import Sample
from sightmill.methods.catalogue import named
from sightmill.project.suggest import suggest


def test_answers_lead_to_a_method(sightmill):
    ended = sightmill("choose", "things", "position")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "point_location"
    found = sightmill("choose", "class", "several", "--json").json
    assert found["method"] == "multi_label_classification"
    assert found["learns_from"] == "multi_label"
    assert found["installed"]


def test_without_a_terminal_the_next_question_is_printed(sightmill):
    ended = sightmill("choose", "things")
    assert ended.code == 0
    assert "outline" in ended.out
    assert [choice["answer"] for choice in sightmill("choose", "things", "--json").json["choices"]] == [
        "position",
        "box",
        "outline",
    ]


def test_a_wrong_answer_is_bad_input(sightmill):
    ended = sightmill("choose", "things", "smell")
    assert ended.code == 2
    assert "allowed: position, box, outline" in ended.err


def test_in_a_terminal_three_questions_are_asked(sightmill, monkeypatch):
    said = iter(["things", "colour", "2", "yes"])
    asked = []

    def answers(prompt: str) -> str:
        asked.append(prompt)
        return next(said)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", answers)
    ended = sightmill("choose")
    assert ended.code == 0
    assert len(asked) == 4  # the wrong answer is asked again
    assert "allowed: position, box, outline" in ended.err
    assert ended.out.count("?") == 3 + 1
    assert "oriented_detection" in ended.out.splitlines()


def boxes(side: float, images: int = 6) -> Dataset:
    """Images with boxes of one size."""
    return Dataset.of(
        Sample(
            np.zeros((300, 400), np.uint8),
            f"{index}.png",
            tuple(Annotation(Box(x, y, x + side, y + side), "nut") for x in (20, 150, 280) for y in (30, 160)),
            "train",
        )
        for index in range(images)
    )


def slow(method, training, labels, view, size) -> float:
    """A machine on which depth d takes 10 d ms for so many pixels; each halving a quarter."""
    return 10.0 * training.network_depth / 4**training.downsample


@pytest.mark.parametrize(
    ("budget", "depth", "halvings"), [(None, 2, 0), (25, 2, 0), (12, 1, 0), (6, 2, 1), (3, 1, 1), (0.1, 1, 2)]
)
def test_depth_gives_way_before_detail(budget, depth, halvings):
    plan = suggest(named("point_location"), boxes(60), budget_ms=budget, timing=slow)
    told = {item.name: item.value for item in plan.suggestions}
    assert (told["network_depth"], told["downsample"]) == (depth, halvings)
    assert bool(plan.notes) == (budget == 0.1)
    assert all(item.reason for item in plan.suggestions)
    if budget == 6:
        assert "6 ms" in next(item.reason for item in plan.suggestions if item.name == "downsample")


def test_sizes_come_from_the_labels():
    plan = suggest(named("point_location"), boxes(60))
    told = {item.name: item for item in plan.suggestions}
    assert told["feature_size"].value == pytest.approx(66)
    assert "60 to 60 px" in told["feature_size"].reason
    assert plan.timed == ()
    words = plan.flags
    training = named("point_location").Training.of(
        {words[i].removeprefix("--").replace("-", "_"): words[i + 1] for i in range(0, len(words), 2)}
    )
    assert training.feature_size == told["feature_size"].value
    json.dumps(plan.to_dict())


@pytest.mark.slow
def test_suggest_measures_and_says_what_to_type(sightmill, tmp_path):
    from sightmill.data.formats import save

    save(boxes(60), tmp_path / "data", "coco")
    found = sightmill("suggest", "point-location", tmp_path / "data", "--budget-ms", "100000", "--json")
    assert found.code == 0
    assert found.json["timed"][0]["milliseconds"] > 0
    assert "--feature-size" in found.json["flags"]
    shown = sightmill("suggest", "point_location", tmp_path / "data", "--budget-ms", "100000")
    assert "sightmill train point_location" in " ".join(shown.out.split()).replace("python -m ", "")
