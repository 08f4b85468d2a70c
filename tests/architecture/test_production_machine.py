"""The wheel on a machine that has only the base requirements: everything but training works there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sightmill.data.formats import save
from sightmill.methods.catalogue import named
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")]


@pytest.fixture(scope="module")
def machine(new_machine: Callable[..., Path]) -> Path:
    """The Python of a machine that cannot train."""
    return new_machine()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    data = toy_dataset("anomaly")
    save(data, folder / "data", "mvtec")
    method = named("anomaly_detection")
    list(train(method, data, method.Training(network_depth=1), output=folder / "m.sightmill"))
    return folder / "m.sightmill"


def says(machine: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(machine), "-m", "sightmill", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_there_is_no_torch_on_it(machine: Path) -> None:
    done = subprocess.run([str(machine), "-c", "import torch"], capture_output=True, text=True, check=False)
    assert "No module named 'torch'" in done.stderr


def test_it_evaluates_predicts_and_verifies(machine: Path, model: Path, tmp_path: Path) -> None:
    data = model.parent / "data"
    assert says(machine, "verify", model).returncode == 0
    done = says(machine, "evaluate", model, data, "--split", "test", "--html", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    assert "<html" in (tmp_path / "r.html").read_text(encoding="utf-8")
    done = says(machine, "predict", model, data / "test", "--save-images", tmp_path / "drawn")
    assert done.returncode == 0, done.stderr
    assert says(machine, "data", "check", data).returncode == 0
    assert says(machine, "methods").returncode == 0


def test_training_says_what_to_install(machine: Path, model: Path, tmp_path: Path) -> None:
    done = says(machine, "train", "anomaly_detection", model.parent / "data", "-o", tmp_path / "m.sightmill")
    assert done.returncode == 2
    assert 'pip install "sightmill[train]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wheel_carries_what_pages_need_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "sightmill/project/page.css" in names
    assert "sightmill/py.typed" in names
    assert {Path(name).parts[0].split("-")[0] for name in names} == {"sightmill"}
