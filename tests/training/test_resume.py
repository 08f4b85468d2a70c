"""A training that is killed goes on as if nothing had happened: the same weights, bit for bit."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sightmill.bundle import Bundle
from sightmill.data.formats import save
from sightmill.errors import TrainingError
from sightmill.methods.catalogue import named
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

FLAGS = [
    *("--network-depth", "1", "--iterations", "5", "--steps-per-iteration", "6", "--batch-size", "8"),
    *("--iterations-without-improvement", "0", "--seed", "3", "--threads", "1", "--rotation", "10", "--noise", "3"),
]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "shapes"
    save(toy_dataset("class", count=8, size=(64, 64)), folder, "class_folders")
    return folder


def command(data: Path, output: Path, *more: str) -> list[str]:
    line = [sys.executable, "-m", "sightmill", "train", "classification", str(data), "-o", str(output)]
    return [*line, *FLAGS, "--events", "json", *more]


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed_it_ends_with_the_same_weights(shapes: Path, tmp_path: Path) -> None:
    straight = tmp_path / "straight.sightmill"
    subprocess.run(command(shapes, straight), check=True, capture_output=True)
    chance = random.Random(11)
    output = tmp_path / "killed.sightmill"
    kills = 0
    for _ in range(3):
        process = subprocess.Popen(
            command(shapes, output, "--resume"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:  # let it learn a little, then kill it in the middle of whatever it does
            if json.loads(line)["event"] == "step":
                break
        time.sleep(chance.uniform(0.0, 1.0))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        process.stdout.close()
    assert kills, "every run ended before it was killed: make the training longer"
    subprocess.run(command(shapes, output, "--resume"), check=True, capture_output=True)
    assert Bundle.open(output).weights() == Bundle.open(straight).weights()
    assert not (tmp_path / "killed.sightmill.checkpoint").exists()
    assert not list(tmp_path.glob(".*")), "a killed training left files behind that nobody will remove"


def test_a_checkpoint_of_other_settings_is_refused_by_name(tmp_path: Path) -> None:
    method = named("classification")
    short = method.Training(network_depth=1, iterations=2, steps_per_iteration=1, batch_size=4, image_size=32)
    events = train(method, toy_dataset("class"), short, output=tmp_path / "m.sightmill")
    checkpoint = tmp_path / "m.sightmill.checkpoint"
    for _ in events:
        if checkpoint.exists():
            break
    kept = checkpoint.read_bytes()
    events.close()
    checkpoint.write_bytes(kept)
    other = short.changed(learning_rate=0.5)
    with pytest.raises(TrainingError, match="different learning_rate"):
        list(train(method, toy_dataset("class"), other, output=tmp_path / "m.sightmill", resume=True))


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint", b"\x80\x04\x95pickle"])
def test_a_damaged_checkpoint_is_one_sentence(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.sightmill.checkpoint").write_bytes(damage)
    method = named("classification")
    with pytest.raises(TrainingError, match=r"checkpoint is damaged.*Delete this file"):
        list(train(method, toy_dataset("class"), output=tmp_path / "m.sightmill", resume=True))
