"""`sightmill studio` before it serves: what is missing is told in a sentence. (tests/server hold the rest.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_a_new_project_needs_a_method(sightmill, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    ended = sightmill("studio", tmp_path / "new")
    assert ended.code == 2 and "--method" in ended.err


def test_data_without_a_project_is_bad_usage(sightmill, shapes: Path) -> None:
    pytest.importorskip("fastapi")
    ended = sightmill("studio", "--data", shapes)
    assert ended.code == 2 and "name its folder" in ended.err


def test_a_token_that_could_be_guessed_is_refused(sightmill, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    ended = sightmill("studio", "--projects", tmp_path, "--host", "0.0.0.0", "--token", "secret")
    assert ended.code == 2 and "guessed" in ended.err


def test_without_the_extra_it_says_what_to_install() -> None:
    """In a process of its own: a server that was imported already would not miss its library."""
    code = "import sys; sys.modules['uvicorn'] = None; sys.argv[1:] = ['studio']; import sightmill.__main__"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and 'pip install "sightmill[studio]"' in ended.stderr


def test_settings_come_from_a_file_and_flags_win(sightmill, shapes: Path, tmp_path: Path) -> None:
    for content, what in (
        ("{", "no JSON"),
        ("[]", "JSON object"),
        ('{"itterations": 1}', "unknown parameter"),
        ('{"network_depth": 9}', "1 to 5"),
    ):
        (tmp_path / "s.json").write_text(content)
        words = ("train", "classification", shapes, "-o", tmp_path / "m.sightmill", "--settings", tmp_path / "s.json")
        ended = sightmill(*words)
        assert ended.code == 2 and what in ended.err
    (tmp_path / "s.json").write_text('{"network_depth": 1}')
    ended = sightmill(*words, "--network-depth", "7")
    assert ended.code == 2 and "got 7" in ended.err
