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
