"""Running the command line inside the test's process, and toy data for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightmill.cli.main import run
from sightmill.data.image import write_image


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


def draw_shapes(folder: Path, counts: dict[str, int]) -> Path:
    """Class folders with toy images: bright discs and dark bars on noise, every image another."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[0:48, 0:64]
    for label, count in counts.items():
        for index in range(count):
            image = rng.integers(90, 130, (48, 64, 3), np.uint8)
            x, y = rng.integers(14, 50), rng.integers(12, 36)
            if label == "disc":
                image[np.hypot(columns - x, rows - y) < 9] = 230
            else:
                image[(abs(columns - x) < 3) & (abs(rows - y) < 11)] = 20
            place = folder / label
            place.mkdir(parents=True, exist_ok=True)
            write_image(place / f"{label} {index}.png", image)
    return folder


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A folder of two class folders, six images each, without splits."""
    return draw_shapes(tmp_path / "shapes", {"bar": 6, "disc": 6})
