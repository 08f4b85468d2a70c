"""The folder `studio`, its build, and the tools it is tested with."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
STUDIO = ROOT / "studio"


def _module(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(f"sightmill_studio_{name}", STUDIO / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    """The module `studio/build.py`."""
    return _module("build")


@pytest.fixture(scope="session")
def hook() -> ModuleType:
    """The module `studio/hook.py`."""
    pytest.importorskip("hatchling")
    return _module("hook")


@pytest.fixture(scope="session")
def static(builder: ModuleType) -> Path:
    """The built pages, of the sources as they are."""
    try:
        builder.build()
    except builder.BuildError as error:
        pytest.skip(str(error))
    found: Path = builder.STATIC
    return found


@pytest.fixture(scope="session")
def node(builder: ModuleType) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Node in the folder of the studio, with all tools of its lock file."""
    try:
        found = builder.a_node()
        builder.install(found, tools=True)
    except builder.BuildError as error:
        pytest.skip(str(error))

    def run(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [str(found.program), *words], cwd=STUDIO, capture_output=True, text=True, check=False, **more
        )
        return done

    return run
