"""The wheel on a machine that has only the base requirements: everything but training works there.

The machine is a fresh virtual environment with the wheel, unpacked, and the base requirements' own files, linked
from this environment; so the test needs no package index.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sightmill.data.formats import save
from sightmill.methods.catalogue import named
from sightmill.training.contract_check import toy_dataset
from sightmill.training.train import train

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")]


def base_requirements() -> set[str]:
    """Names of the base requirements and of all that they require, extras left out."""
    waiting, found = ["sightmill"], set()
    while waiting:
        for line in distribution(waiting.pop()).requires or []:
            requirement = Requirement(line)
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                found.add(name)
                waiting.append(name)
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment that holds the wheel and its base requirements, and nothing else."""
    folder = tmp_path_factory.mktemp("machine")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    where = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = Path(where.stdout.strip())
    for name in base_requirements():
        installed = distribution(name)
        for top in {file.parts[0] for file in installed.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(installed.locate_file(top))))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    return python


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
    assert not [name for name in names if name.startswith(("tests/", "pretraining/"))]
