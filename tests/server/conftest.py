"""A studio inside the test's process, and the toys it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason='the studio needs the extra: pip install "sightmill[studio]"')

from fastapi.testclient import TestClient
from server_toys import HOME, P, draw, finished

from sightmill.server.app import create_app
from sightmill.server.studio import Config


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A folder of two class folders without splits."""
    return draw(tmp_path / "data" / "shapes", {"bar": 6, "disc": 6})


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Starts studios: the settings of `Config` that differ, an address to be called by."""
    clients: list[TestClient] = []

    def start(base_url: str = HOME, **changes: Any) -> TestClient:
        (tmp_path / "data").mkdir(exist_ok=True)
        given: dict[str, Any] = {"projects": tmp_path / "projects", "roots": (tmp_path / "data",), **changes}
        client = TestClient(create_app(Config(**given)), base_url=base_url)
        client.__enter__()
        clients.append(client)
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def studio(started: Callable[..., TestClient]) -> TestClient:
    """A studio with one empty project, ``toys``, for classification."""
    client = started()
    answer = client.post("/api/projects", json={"name": "Toys", "method": "classification"})
    assert answer.status_code == 201, answer.text
    return client


@pytest.fixture
def filled(studio: TestClient, shapes: Path) -> TestClient:
    """The project with the shapes in it, used where they are."""
    done = finished(studio, studio.post(f"{P}/imports", json={"path": str(shapes)}))
    assert done["result"]["ids"] == 12
    return studio
