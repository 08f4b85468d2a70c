"""Whatever the description allows is answered as the description says, and never by a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from server_toys import draw, wrong_answers

from sightmill.data.formats import load
from sightmill.project.store.intake import add_dataset
from sightmill.project.store.project import Project
from sightmill.server.app import create_app
from sightmill.server.studio import Config

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A studio with a small project, by its own description."""
    folder = tmp_path_factory.mktemp("fuzz")
    draw(folder / "data", {"bar": 2, "disc": 2})
    with Project.create(folder / "projects" / "toys", name="Toys", method="classification") as project:
        add_dataset(project, load(folder / "data"), copy_files=True)
    app = create_app(Config(projects=folder / "projects", roots=(folder / "data",), hosts=("testserver",)))
    # Streams have no end, devices are the machine's own, and trainings would only take time.
    with TestClient(app, base_url="http://127.0.0.1"):
        yield (
            schemathesis.openapi.from_asgi("/api/openapi.json", app)
            .exclude(path_regex="/events$|/capture|/cameras")
            .exclude(operation_id=["remove_project", "start_run", "start_suggestions"])
        )


def test_every_operation_answers_as_described(described: Any) -> None:
    """One test for all: the description is only known once the application stands."""

    def placed(case: schemathesis.Case) -> None:
        if "project" in case.path_parameters:
            case.path_parameters["project"] = "toys"
        for name in ("image", "run", "finding", "job", "id"):
            if isinstance(case.path_parameters.get(name), int):
                case.path_parameters[name] = case.path_parameters[name] % 5 + 1

    seen, wrong = wrong_answers(described, examples=6, placed=placed)
    assert not wrong, "\n\n".join(wrong)
    assert seen > 55
