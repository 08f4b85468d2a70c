"""Two processes under torchrun train one model (gloo, on the processor)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sightmill.data.formats import save
from sightmill.runtime.model import Model
from sightmill.training.contract_check import toy_dataset


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path) -> None:
    save(toy_dataset("class", count=8, size=(64, 64)), tmp_path / "data", "class_folders")
    output = tmp_path / "model.sightmill"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *("-m", "sightmill", "train", "classification", str(tmp_path / "data"), "-o", str(output)),
            *("--network-depth", "1", "--iterations", "3", "--steps-per-iteration", "4", "--batch-size", "8"),
            *("--threads", "1", "--device", "cpu", "--quiet"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    model = Model.load(output)
    assert model.manifest.provenance["machine"]["world"] == 2
    assert model.verify().passed
