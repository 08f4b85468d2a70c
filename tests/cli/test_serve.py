"""`sightmill serve` before it serves: what cannot be served is told in a sentence. (tests/server hold the rest.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("nothing.sightmill",), "nothing.sightmill"),
        (("a/part.sightmill", "b/part.sightmill"), "two models have the same name; got part"),
        (("x=a.sightmill", "x=b.sightmill"), "Name one of them otherwise: NAME=FILE"),
        (("-x=a.sightmill",), "-x"),
        (("a b=a.sightmill",), "a model cannot be called so; got a b"),
    ],
)
def test_models_that_cannot_be_served(sightmill, words: tuple[str, ...], what: str) -> None:
    pytest.importorskip("fastapi")
    ended = sightmill("serve", *words)
    assert ended.code == 2 and what in ended.err


def test_a_name_before_a_file_is_no_part_of_its_path(sightmill, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    (tmp_path / "odd=name.sightmill").write_bytes(b"no model")
    ended = sightmill("serve", tmp_path / "odd=name.sightmill")
    assert ended.code == 2 and "odd=name.sightmill" in ended.err
    ended = sightmill("serve", f"good={tmp_path / 'none.sightmill'}")
    assert ended.code == 2 and "none.sightmill" in ended.err and "good=" not in ended.err


def test_without_the_extra_it_says_what_to_install() -> None:
    """In a process of its own: a server that was imported already would not miss its library."""
    code = "import sys; sys.modules['uvicorn'] = None; sys.argv[1:] = ['serve', 'm']; import sightmill.__main__"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and 'pip install "sightmill[studio]"' in ended.stderr


def test_it_never_loads_torch() -> None:
    code = "import sys; import sightmill.server.service, sightmill.cli.verbs.serve; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
