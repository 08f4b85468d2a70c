"""Every example in the documentation does what its page says, from top to bottom, in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import examples
import pytest


def name_of(page: Path) -> str:
    return page.relative_to(examples.REPOSITORY).as_posix()


def with_examples() -> list[Any]:
    """The pages that hold anything to run; most of them train, or start from models that were trained for them."""
    found = []
    for page in examples.pages():
        blocks = examples.blocks_of(page.read_text(encoding="utf-8"), name_of(page))
        if any(block.language in ("python", "console") and not block.reason for block in blocks):
            found.append(pytest.param(page, id=name_of(page), marks=pytest.mark.slow))
    return found


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that pages start from, made once."""
    folder = tmp_path_factory.mktemp("documentation") / "files"
    examples.prepare(folder)
    return folder


@pytest.mark.parametrize("page", with_examples())
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if examples.needs_files(page):
        examples.copy_files(request.getfixturevalue("files"), tmp_path, page)
    printed = examples.run_page(page, tmp_path)
    assert not (wrong := [words for done in printed if (words := examples.differences(done))]), "\n\n".join(wrong)


def test_there_are_examples_to_run() -> None:
    assert len(with_examples()) >= 10


@pytest.mark.parametrize(
    ("fence", "what"),
    [
        ("```python no-run\npass\n```", "no-run needs a reason"),
        ("```python norun\npass\n```", "unknown words in a fence: norun"),
        ("```python\npass\n", "not closed"),
    ],
)
def test_a_fence_that_would_hide_an_example_is_refused(fence: str, what: str) -> None:
    with pytest.raises(examples.ExampleError, match=what):
        list(examples.blocks_of(fence, "page.md"))


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("```python\nprint(1)\n# > 2\n```", "line 2 shows"),
        ("```console\n$ sightmill --version\nsightmill version\n```", "but this is printed"),
    ],
)
def test_a_page_that_shows_what_is_not_printed_is_told(page: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (done,) = examples.run_page(tmp_path / "page.md", tmp_path)
    assert what in examples.differences(done)
    (tmp_path / "page.md").write_text(mended := examples.updated(page, [done]), encoding="utf-8")
    (done,) = examples.run_page(tmp_path / "page.md", tmp_path)
    assert not examples.differences(done), mended


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```console\n$ sightmill verify nothing.sightmill\n```", encoding="utf-8")
    with pytest.raises(examples.ExampleError, match="exit code 2 of: sightmill verify nothing"):
        examples.run_page(tmp_path / "page.md", tmp_path)
