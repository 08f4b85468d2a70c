"""The wheel on a machine without Node: the studio is there. The source distribution: it can be built from it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")]


def test_the_studio_opens_from_the_wheel_without_node(
    wheel: Path, new_machine: Callable[..., Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.removeprefix("sightmill/server/static/") for name in archive.namelist()}
    if "index.html" not in names:
        pytest.skip("the studio's pages could not be built here (no Node, or no npm registry)")
    assert "licences.txt" in names and not any("node_modules" in name for name in names)
    python = new_machine("studio")
    (tmp_path / "bin").mkdir()
    with subprocess.Popen(
        [str(python), "-m", "sightmill", "studio", "--port", "0", "--projects", str(tmp_path / "projects")],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path / "bin")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        watch = threading.Timer(60, server.kill)
        watch.start()
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert address is not None, said + server.stdout.read()
            with urllib.request.urlopen(f"{address[0]}/projects/any/images") as answer:
                page = answer.read().decode()
            script = re.search(r'src="(/assets/[^"]+\.js)"', page)
            assert script is not None
            with urllib.request.urlopen(address[0] + script[1]) as answer:
                assert answer.status == 200 and "javascript" in answer.headers["content-type"]
            with urllib.request.urlopen(f"{address[0]}/api/session") as answer:
                assert json.load(answer)["can_train"] is False
        finally:
            watch.cancel()
            server.kill()


def test_without_pages_the_studio_says_so_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    from sightmill.server import opening

    monkeypatch.setattr(opening, "STATIC", tmp_path)
    said = opening.missing_pages()
    assert said is not None and "not built" in said and "make studio" in said
    (tmp_path / "index.html").write_text("<html>")
    assert opening.missing_pages() is None


def test_the_source_distribution_has_the_studio_and_nothing_that_was_built(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("package-lock.json", "package.json", "build.py", "hook.py", "index.html", "src/main.tsx", "api.mjs"):
        assert f"studio/{name}" in names
    assert not any(name.startswith(("studio/node_modules", "src/sightmill/server/static")) for name in names)
