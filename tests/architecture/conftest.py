"""The wheel, and machines that hold it and some of what it requires, and nothing else.

A machine is a fresh virtual environment with the wheel, unpacked, and its requirements' own files, linked from this
environment; so no test needs a package index.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def requirements(*extras: str) -> set[str]:
    """Names of the requirements with these extras, and of all that they require, their own extras left out."""
    waiting, found = [("sightmill", ("", *extras))], set()
    while waiting:
        owner, wanted = waiting.pop()
        for line in distribution(owner).requires or []:
            requirement = Requirement(line)
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            marker = requirement.marker
            if name not in found and (marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted)):
                found.add(name)
                waiting.append((name, ("",)))
    return found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def new_machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Extras -> the Python of a virtual environment with the wheel, its requirements, and nothing else."""

    def install(*extras: str) -> Path:
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
        for name in requirements(*extras):
            installed = distribution(name)
            for top in {file.parts[0] for file in installed.files or [] if file.parts[0] not in ("..", "__pycache__")}:
                link = packages / top
                if not link.exists():
                    link.symlink_to(Path(str(installed.locate_file(top))))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
        return python

    return install
