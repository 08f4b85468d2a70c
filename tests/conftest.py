"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Tests run side by side, a process for each core: threads of theirs would wait for one another, and spin meanwhile.
# Said before a library reads it, and to every process that a test starts; who tests in one process keeps all cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The project's development images, which a customer's clone does not have."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development images (shared/data) are not on this machine; the toy tests cover the code")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser first: what it shows is seen by one process, one way after the other, and takes longest."""
    items.sort(key=lambda item: "studio" not in item.path.parts)
