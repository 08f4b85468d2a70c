"""The whole way from the command line: train, evaluate, predict, verify; stopping and going on."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest
from cli_toys import draw_shapes

from sightmill.cli.main import run
from sightmill.data.image import read_image, write_image

# What all of them share is made once: they stay in one process.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("trained")]

SMALL = ("--network-depth", "1", "--image-size", "32", "--steps-per-iteration", "2", "--threads", "1")


def training(*words: object) -> list[str]:
    return [sys.executable, "-m", "sightmill", "train", "classification", *map(str, words), *SMALL]


@pytest.fixture(scope="session")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Toy classes with a train and a test split."""
    place = tmp_path_factory.mktemp("toys")
    shapes = draw_shapes(place / "shapes", {"bar": 12, "disc": 12})
    out = place / "divided"
    words = ("--train", "70", "--validation", "0", "--test", "30", "--to", "csv", "--json", str(place / "d.json"))
    with pytest.raises(SystemExit) as ended:
        run(["data", "split", str(shapes), str(out), *words])
    assert not ended.value.code
    return out


@pytest.fixture(scope="session")
def trained(divided: Path) -> tuple[Path, list[dict[str, Any]], dict[str, Any]]:
    """A model of the toys, the events of its training, and the JSON summary."""
    model, summary = divided.parent / "toys.sightmill", divided.parent / "summary.json"
    words = (divided, "-o", model, "--iterations", 2, "--seed", 1, "--events", "json", "--json", summary)
    ended = subprocess.run(training(*words), capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    return model, [json.loads(line) for line in ended.stdout.splitlines()], json.loads(summary.read_text())


@pytest.fixture
def model(trained: tuple[Path, Any, Any]) -> Path:
    return trained[0]


def test_every_event_is_one_line_of_json(trained):
    model, events, summary = trained
    assert events[0]["event"] == "started"
    assert events[-1]["event"] == "finished"
    assert {"step", "scored", "kept"} <= {event["event"] for event in events}
    assert events[-1]["path"] == summary["path"] == str(model)
    assert summary["method"] == "classification"
    assert summary["labels"] == ["bar", "disc"]
    assert summary["settings"]["network_depth"] == 1


def test_evaluate_writes_json_and_a_page(sightmill, model, divided, tmp_path):
    words = ("--json", tmp_path / "report.json", "--html", tmp_path / "report.html")
    ended = sightmill("evaluate", model, divided, *words)
    assert ended.code == 0
    assert "accuracy" in ended.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["images"] == len(report["samples"]) == 7
    assert not report["trained_on"]
    low, high = report["intervals"]["accuracy"]
    assert 0 <= low <= report["metrics"]["accuracy"] <= high <= 1
    badness = [sample["badness"] for sample in report["samples"]]
    assert badness == sorted(badness, reverse=True)
    right = sum(sample["truth"] == sample["answer"] for sample in report["samples"])
    assert sum(not sample["wrong"] for sample in report["samples"]) == right
    assert "<html" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("split", ["train", "all"])
def test_figures_on_training_images_are_called_so(sightmill, model, divided, split):
    report = sightmill("evaluate", model, divided, "--split", split, "--json").json
    assert report["trained_on"]
    assert "taught the model" in report["notes"][0]


def test_a_split_that_is_not_there_is_told_with_those_there_are(sightmill, model, divided):
    ended = sightmill("evaluate", model, divided, "--split", "validation")
    assert ended.code == 2
    assert "allowed: train, test, all" in ended.err


def test_an_unreadable_image_is_left_out_and_named(sightmill, model, divided, tmp_path):
    data = shutil.copytree(divided, tmp_path / "data")
    report = sightmill("evaluate", model, data, "--json").json
    victim = next(data.rglob(Path(report["samples"][0]["name"]).name))
    victim.write_bytes(victim.read_bytes()[:100])
    after = sightmill("evaluate", model, data, "--json").json
    assert after["images"] == report["images"] - 1
    assert any("could not be read" in note for note in after["notes"])


def test_inference_settings_can_be_set(sightmill, model, divided):
    images = divided.parent / "shapes" / "bar"
    flags = [
        item["flags"]["is_confident"]
        for item in sightmill("predict", model, images, "--set", "minimum-confidence=1", "--json").json["results"]
    ]
    assert not any(flags)
    ended = sightmill("predict", model, images, "--set", "patience=1")
    assert ended.code == 2
    assert "minimum_confidence" in ended.err


def test_predict_searches_folders_and_goes_on_after_a_bad_image(sightmill, model, divided, tmp_path):
    images = shutil.copytree(divided.parent / "shapes", tmp_path / "images")
    (images / "disc" / "broken.png").write_bytes(b"no picture")
    (images / "notes.txt").write_text("not asked for")
    ended = sightmill("predict", model, images, "--json")
    assert ended.code == 1
    assert len(ended.json["results"]) == 24
    assert [Path(item["image"]).name for item in ended.json["errors"]] == ["broken.png"]
    assert len(ended.err.strip().splitlines()) == 1
    first = ended.json["results"][0]
    assert first["label"] in ("bar", "disc")
    assert abs(sum(first["confidences"].values()) - 1) < 1e-6


def test_pictures_never_share_a_name_nor_replace_an_image(sightmill, model, divided, tmp_path):
    images = tmp_path / "images"
    for name in ("a/part.png", "b/part.png", "b/part.heatmap.png"):
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(next((divided.parent / "shapes" / "bar").iterdir()), images / name)
    (images / "b" / "part.bmp").write_bytes((images / "b" / "part.png").read_bytes())
    before = {path: path.read_bytes() for path in images.rglob("*.*")}
    ended = sightmill("predict", model, images, "--save-images", images, "--json")
    assert ended.code == 0
    written = [item[name] for item in ended.json["results"] for name in ("picture", "heatmap_picture")]
    assert len(set(written)) == 8
    assert all(path.read_bytes() == content for path, content in before.items())
    assert all(read_image(Path(name)).shape == (48, 64, 3) for name in written)


def test_predict_writes_a_table(sightmill, model, divided, tmp_path):
    images = divided.parent / "shapes" / "disc"
    assert sightmill("predict", model, images, "--csv", tmp_path / "answers.csv").code == 0
    with (tmp_path / "answers.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 12
    assert {"image", "answer", "label", "class_id", "score", "confidences.bar"} <= set(rows[0])
    assert all(row["answer"] == row["label"] for row in rows)


def test_predict_in_a_region_of_interest(sightmill, model, divided):
    image = next((divided.parent / "shapes" / "disc").iterdir())
    whole, part = (
        sightmill("predict", model, image, *words, "--json").json["results"][0]["confidences"]
        for words in ((), ("--roi", "0 0 10 10"))
    )
    assert whole != part


@pytest.mark.parametrize("words", [("no such file.png",), ("empty",)])
def test_nothing_to_predict_is_bad_input(sightmill, model, tmp_path, monkeypatch, words):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert sightmill("predict", model, *words).code == 2


def test_verify(sightmill, model, tmp_path):
    assert sightmill("verify", model).code == 0
    assert sightmill("verify", model, "--json").json["passed"]
    damaged = bytearray(model.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    (tmp_path / "damaged.sightmill").write_bytes(damaged)
    ended = sightmill("verify", tmp_path / "damaged.sightmill")
    assert ended.code in (1, 2)
    assert not sightmill("verify", tmp_path / "damaged.sightmill", "--json").out.count("\x1b")


def test_calibrate_fits_a_model_to_another_runtime(sightmill, model, divided, tmp_path):
    if find_spec("openvino") is None:
        pytest.skip("OpenVINO is not installed; the same is tested with onnxruntime")
    new = tmp_path / "new.sightmill"
    image = next((divided.parent / "shapes" / "bar").iterdir())
    doubtful = sightmill("predict", model, image, "--engine", "openvino", "--json").json["notes"]
    assert len(doubtful) == 1
    assert "calibrated with onnxruntime in float32" in doubtful[0]
    assert "onnxruntime" in sightmill("evaluate", model, divided, "--engine", "openvino").out
    ended = sightmill("calibrate", model, divided, "-o", new, "--engine", "openvino", "--json").json
    assert ended["runtime"]["engine"] == "openvino"
    assert ended["images"] == ended["calibration"]["images"] > 0
    assert sightmill("predict", new, image, "--engine", "openvino", "--json").json["notes"] == []
    assert len(sightmill("predict", new, image, "--json").json["notes"]) == 1
    assert sightmill("verify", new).code == 0


def test_calibrate_refuses_in_a_sentence(sightmill, model, divided, tmp_path):
    ended = sightmill("calibrate", model, divided, "-o", tmp_path / "new.sightmill", "--fit", "batch_size=2")
    assert ended.code == 2
    assert "no calibration reads this setting" in ended.err
    assert sightmill("calibrate", model, divided, "-o", tmp_path).code == 2
    assert (
        "--split" in sightmill("calibrate", model, divided, "-o", tmp_path / "n.sightmill", "--split", "validation").err
    )
    assert not (tmp_path / "n.sightmill").exists()


def test_an_engine_that_is_not_there_is_told(sightmill, model, divided):
    ended = sightmill("evaluate", model, divided, "--device", "tpu")
    assert ended.code == 2
    assert "tpu" in ended.err


def test_train_refuses_a_folder_as_output(sightmill, divided, tmp_path):
    ended = sightmill("train", "classification", divided, "-o", tmp_path)
    assert ended.code == 2
    assert "name a file" in ended.err.lower()


def test_bad_data_is_told_in_the_events_too(divided, tmp_path):
    words = (divided / "images", "-o", tmp_path / "m.sightmill", "--format", "voc", "--events", "json")
    ended = subprocess.run(training(*words), capture_output=True, text=True, timeout=600)
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    (event,) = [json.loads(line) for line in ended.stdout.splitlines()]
    assert event["event"] == "failed"
    assert event["sentence"] in ended.stderr


def _interrupted(divided: Path, output: Path, signals: int, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Train without end, interrupt after the first validation, and read how it ended."""
    command = training(divided, "-o", output, "--iterations", 0, "--iterations-without-improvement", 0,
                       "--epochs", 90_000, "--events", "json", *words)  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        rescue = Timer(300, process.kill)  # a training that cannot be stopped must not hold up the suite
        rescue.start()
        events = []
        for line in process.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "scored" and events[-1]["iteration"] == 1:
                for _ in range(signals):
                    process.send_signal(signal.SIGINT)
                break
        events += [json.loads(line) for line in process.stdout]
        said = process.stderr.read()
        rescue.cancel()
        return process.wait(timeout=200), events, said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child alone")
def test_ctrl_c_keeps_the_best_model(sightmill, divided, tmp_path):
    code, events, said = _interrupted(divided, tmp_path / "m.sightmill", 1)
    assert code == 0, said
    assert events[-1]["event"] == "finished"
    assert sightmill("verify", tmp_path / "m.sightmill").code == 0


def test_resume_starts_when_there_is_no_checkpoint_and_from_takes_a_model(divided, model, tmp_path):
    words = (divided, "-o", tmp_path / "m.sightmill", "--iterations", 1, "--resume", "--from", model, "--json")
    ended = subprocess.run(training(*words), capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["path"] == str(tmp_path / "m.sightmill")


def test_foreign_images_are_measured(sightmill, model, divided, tmp_path):
    rng = np.random.default_rng(0)
    for index in range(4):
        write_image(tmp_path / "unknown" / f"{index}.png", rng.integers(0, 255, (48, 48), np.uint8))
    ended = sightmill("evaluate", model, divided, "--unknown", tmp_path / "unknown", "--json")
    assert ended.code == 0, ended.err
    found = ended.json
    assert found["metrics"]["ood_auroc"] == 1
    assert found["metrics"]["ood_fpr95"] == 0
    assert "Known and unknown images" in [figure["title"] for figure in found["figures"]]
    shown = sightmill("evaluate", model, divided, "--unknown", tmp_path / "unknown")
    assert "ood_auroc" in shown.out
    assert sightmill("evaluate", model, divided, "--unknown", tmp_path / "nothing").code == 2


def test_a_picture_explains_every_class_that_is_asked_for(sightmill, model, divided, tmp_path):
    image = next(divided.rglob("*.png"))
    words = ("predict", model, image, "--save-images", tmp_path / "out", "--set", "heatmap_classes=all", "--json")
    ended = sightmill(*words)
    assert ended.code == 0, ended.err
    (answer,) = ended.json["results"]
    written = {name: Path(file) for name, file in answer.items() if name.endswith("_picture")}
    assert len(written) == 2
    assert all(file.is_file() for file in written.values())
