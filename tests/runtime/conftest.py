"""The toy model of these tests, installed and on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_model import Toy, make_manifest, self_test, toy_network

from sightmill.bundle import write_bundle
from sightmill.methods import catalogue


@pytest.fixture(autouse=True)
def toy_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "methods", lambda: {"toy": Toy()})


@pytest.fixture
def toy_file(tmp_path: Path) -> Path:
    """A complete toy model on disk."""
    path = tmp_path / "toy.sightmill"
    network = toy_network()
    write_bundle(path, make_manifest(), network=network, weights=b"weights", self_tests=[self_test(network)])
    return path
