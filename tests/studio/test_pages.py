"""The studio's own tests, its types against the server's, what the first page weighs, and the way in a browser."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUDIO = ROOT / "studio"
Node = Callable[..., subprocess.CompletedProcess[str]]

#: What a browser must fetch before it shows anything, compressed; a view is fetched when it is opened.
MOST_BYTES = 400_000


def weight(file: Path) -> int:
    """Bytes over the wire; fonts and pictures are compressed already."""
    content = file.read_bytes()
    return len(content) if file.suffix == ".woff2" else len(gzip.compress(content))


def needed(manifest: dict[str, dict[str, object]], *entries: str) -> set[str]:
    """The files of these entries with all that they import at once."""
    found: set[str] = set()
    waiting, seen = list(entries), set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        facts = manifest[key]
        found |= {str(facts["file"]), *map(str, facts.get("css", ()))}  # type: ignore[call-overload]  # lists of names
        waiting += facts.get("imports", ())  # type: ignore[arg-type]
    return found


@pytest.mark.slow
def test_the_first_page_is_light(static: Path, record_property: Callable[[str, object], None]) -> None:
    manifest = json.loads((static / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    latin = next(path for path in (static / "assets").iterdir() if path.name.startswith("inter-latin-wght"))
    start = needed(manifest, "index.html") | {latin.relative_to(static).as_posix()}
    views = [key for key, facts in manifest.items() if facts.get("isDynamicEntry")]
    assert len(views) >= 8
    for view in views:
        files = start | needed(manifest, view)
        total = sum(weight(static / name) for name in files)
        record_property(view, total)
        print(f"{view}: {total / 1000:.0f} kB")
        assert total < MOST_BYTES, view


@pytest.mark.slow
def test_nothing_in_the_pages_is_inline_or_from_elsewhere(static: Path) -> None:
    page = (static / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page and "http" not in page
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" crossorigin src=')
    assert "react-dom" in (static / "licences.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_types_are_those_of_the_server(node: Node) -> None:
    said = subprocess.run([sys.executable, "-m", "sightmill.server"], capture_output=True, text=True, check=True)
    done = node("api.mjs", "check", input=said.stdout)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.xdist_group("studio")
def test_documents_tools_and_forms(node: Node) -> None:
    done = node("node_modules/vitest/vitest.mjs", "run", "--reporter=dot")
    assert done.returncode == 0, done.stdout + done.stderr


def ways() -> list[str]:
    """The ways that are gone in a browser, each in a file."""
    return sorted(path.name for path in (STUDIO / "e2e").glob("*.spec.ts") if path.name != "pictures.spec.ts")


@pytest.fixture(scope="module")
def browser(node: Node) -> Iterator[str]:
    """A Chromium; where there is none, a sentence says how to get one (and .ci/run insists on it)."""
    found = node("e2e/browser.mjs")
    if found.returncode != 0:
        if os.environ.get("SIGHTMILL_NEEDS_BROWSER"):
            pytest.fail(found.stdout.strip() or found.stderr)
        pytest.skip(found.stdout.strip())
    yield found.stdout.strip()


@pytest.mark.slow
@pytest.mark.xdist_group("studio")
@pytest.mark.parametrize("way", ways())
def test_in_a_browser(way: str, browser: str, static: Path, node: Node) -> None:
    environment = {**os.environ, "SIGHTMILL_PYTHON": sys.executable, "SIGHTMILL_CHROMIUM": browser}
    words = ("test", "--config", "e2e/playwright.config.ts", way)
    done = node("node_modules/@playwright/test/cli.js", *words, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
