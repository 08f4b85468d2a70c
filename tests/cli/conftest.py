"""Running the command line inside the test's process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_toys import draw_shapes

from sightmill.cli.main import run


@dataclass(frozen=True)
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout holds, which must be JSON and nothing else."""
        return json.loads(self.out)


Runs = Callable[..., Ended]


@pytest.fixture
def sightmill(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Run ``sightmill WORDS...``; bad input must end in one sentence, never in a stack trace."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def runs(*words: object) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([str(word) for word in words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return runs


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A folder of two class folders, six images each, without splits."""
    return draw_shapes(tmp_path / "shapes", {"bar": 6, "disc": 6})
