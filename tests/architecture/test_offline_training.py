"""The wheel on a machine that can train but reaches nobody: it starts from the features inside the wheel."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load

from sightmill.bundle import Bundle
from sightmill.data.formats import save
from sightmill.training.toys import toy_dataset

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")]

WEIGHTS = "sightmill/nn/weights"
#: Depths whose features must be in every wheel, and bytes that all may take.
CARRIED, MOST = (1, 2, 3), 40_000_000

ALONE = """
import socket, sys
def refuse(*given, **named):
    raise OSError("the test forbids connections")
for name in ("connect", "connect_ex", "sendto", "sendmsg", "bind"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
import sightmill
assert sightmill.__file__.startswith(sys.prefix), sightmill.__file__
from sightmill.cli.main import run
run(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def machine(new_machine: Callable[..., Path]) -> Path:
    """The Python of a machine that can train."""
    return new_machine("train")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    save(toy_dataset("anomaly"), folder / "anomaly", "mvtec")
    return folder / "anomaly"


def trains(machine: Path, data: Path, model: Path) -> subprocess.CompletedProcess[str]:
    words = ["train", "anomaly_detection", data, "-o", model, "--network-depth", "1"]
    return subprocess.run(
        [str(machine), "-I", "-c", ALONE, *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_the_features_with_their_cards_and_not_how_they_were_made(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {entry.filename: entry.file_size for entry in archive.infolist()}
        for depth in CARRIED:
            card = json.loads(archive.read(f"{WEIGHTS}/depth{depth}.json"))
            content = archive.read(f"{WEIGHTS}/depth{depth}.safetensors")
            assert hashlib.sha256(content).hexdigest() == card["sha256"]
            assert card["licence"] == "Apache-2.0" and card["teachers"] and card["images_seen"] > 0
    assert sum(size for name, size in inside.items() if name.startswith(f"{WEIGHTS}/")) <= MOST
    assert not [name for name in inside if "pretraining" in name or name.endswith((".npz", ".pt", ".onnx"))]


def test_a_training_that_reaches_nobody_starts_from_the_wheel(
    wheel: Path, machine: Path, data: Path, tmp_path: Path
) -> None:
    done = trains(machine, data, tmp_path / "m.sightmill")
    assert done.returncode == 0, done.stderr[-3000:]
    bundle = Bundle.open(tmp_path / "m.sightmill")
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(f"{WEIGHTS}/depth1.safetensors")
    files = {"depth1.safetensors": hashlib.sha256(content).hexdigest()}
    assert bundle.manifest.provenance["backbone"] == {"name": "Sightmill, depth 1", "sha256": files}
    # This method leaves the network as it was, so the model holds the very numbers of the wheel.
    learnt = load(bundle.weights())
    first = "stem.0.weight"  # summed over the colours for gray images
    for name, value in load(content).items():
        own = learnt[f"backbone.{name}"]
        expected = value.float()
        if name == first and own.shape[1] == 1:
            expected = expected.sum(1, keepdim=True)
        assert torch.equal(own, expected), name


def test_features_damaged_on_the_disk_are_one_sentence(machine: Path, data: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        [str(machine), "-I", "-c", "from sightmill.nn.pretrained import WEIGHTS; print(WEIGHTS)"],
        capture_output=True,
        text=True,
        check=True,
    )
    file = Path(found.stdout.strip()) / "depth1.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        done = trains(machine, data, tmp_path / "m.sightmill")
    finally:
        file.write_bytes(content)
    assert done.returncode != 0 and not (tmp_path / "m.sightmill").exists()
    told = " ".join(done.stderr.split())
    assert "pretrained parameters are damaged" in told and "Install Sightmill again" in told
    assert "Traceback" not in done.stderr
