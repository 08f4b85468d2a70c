"""Two processes under torchrun train one model (gloo, on the processor)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sightmill.data.formats import save
from sightmill.errors import SettingsError
from sightmill.methods.catalogue import named
from sightmill.runtime.model import Model
from sightmill.training.machine import Machine
from sightmill.training.toys import toy_dataset


def test_a_batch_too_small_for_its_processes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(SettingsError, match="every process needs an image"):
        Machine.choose(named("classification").Training(batch_size=3))


def test_threads_are_as_many_as_somebody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = named("classification").Training
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert (Machine.choose(settings()).threads, Machine.choose(settings(threads=5)).threads) == (3, 5)
    # torchrun sets it to 1 for each of its processes, whatever the machine has: that is nobody's wish.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert Machine.choose(settings()).threads == 4
    for nothing in ("", "0", "many", "100000"):
        monkeypatch.setenv("OMP_NUM_THREADS", nothing)
        monkeypatch.setenv("WORLD_SIZE", "1")
        assert Machine.choose(settings()).threads == 8


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path) -> None:
    save(toy_dataset("class", count=8, size=(64, 64)), tmp_path / "data", "class_folders")
    output = tmp_path / "model.sightmill"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *("-m", "sightmill", "train", "classification", str(tmp_path / "data"), "-o", str(output)),
            *("--network-depth", "1", "--iterations", "3", "--steps-per-iteration", "4", "--batch-size", "8"),
            *("--threads", "1", "--device", "cpu", "--events", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert (said.count("started"), said.count("finished")) == (1, 1), "only the first process speaks"
    model = Model.load(output)
    assert model.manifest.provenance["machine"]["world"] == 2
    assert model.verify().passed
