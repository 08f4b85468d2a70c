"""The site builds without a warning, holds every command and setting, links rightly, and loads nothing from outside."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import examples
import pytest

import sightmill
from sightmill.cli.flags import flag_of
from sightmill.data.formats import formats
from sightmill.methods.catalogue import methods
from sightmill.methods.contract import Method

# What all of them share is made once: they stay in one process.
pytestmark = pytest.mark.xdist_group("site")

ROOT = examples.REPOSITORY
#: Attributes that make a browser fetch something when the page is opened (a link waits for a click).
FETCHED = {"src", "srcset", "poster", "data"}
FETCHING_LINKS = {
    "stylesheet",
    "icon",
    "shortcut icon",
    "preconnect",
    "preload",
    "prefetch",
    "dns-prefetch",
    "manifest",
}


class Read(HTMLParser):
    """What a page links to, fetches, and names."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetches: list[str] = []
        self.names: set[str] = set()
        self.words: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.names |= {given[name] for name in ("id", "name") if name in given}
        self.fetches += [given[name] for name in FETCHED & set(given) if tag != "object" or name != "data"]
        if tag == "link" and given.get("rel", "") in FETCHING_LINKS:
            self.fetches.append(given["href"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does."""
    pytest.importorskip("mkdocs", reason="the documentation needs the extra sightmill[docs]")
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, Read]:
    """Every page of the site by its path; the page for missing ones is not part of it."""
    return {page.relative_to(site).as_posix(): Read(page) for page in site.rglob("*.html") if page.name != "404.html"}


def test_every_page_is_built(pages: dict[str, Read]) -> None:
    written = {
        page.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for page in (ROOT / "docs").rglob("*.md")
    }
    assert set(pages) == written | {f"methods/{name}.html" for name in methods()}


def test_every_command_and_its_options_are_told(pages: dict[str, Read]) -> None:
    import hooks

    text = pages["reference/cli.html"].text
    for command, path, _ in hooks._commands():
        assert path in text, f"{path} is not on the page of the command line"
        for parameter in command.params:
            for flag in parameter.opts if parameter.param_type_name == "option" else ():
                assert flag in text, f"{path} {flag} is not on the page of the command line"


@pytest.mark.parametrize("method", methods().values(), ids=methods())
def test_every_setting_is_on_its_methods_page(method: Method, pages: dict[str, Read]) -> None:  # type: ignore[type-arg]  # any settings
    text = pages[f"methods/{method.id}.html"].text
    for settings in (method.Training, method.Inference):
        for name, field in settings.model_fields.items():
            assert name in text and (field.description or "") in text, f"{method.id}: {name} is not on its page"
    for metric in method.metrics():
        assert metric.name in text, f"{method.id}: {metric.name} is not on its page"
    cli = pages["reference/cli.html"].text
    assert all(flag_of(name) in cli for name in method.Training.model_fields)


def test_every_format_is_on_the_page_of_data(pages: dict[str, Read]) -> None:
    assert all(name in pages["concepts/data.html"].text for name in formats())


def test_no_marker_and_no_fence_word_is_left_over(site: Path, pages: dict[str, Read]) -> None:
    for name, page in pages.items():
        assert "```" not in page.text, f"{name} shows a fence that is not understood"
        assert "no-run" not in page.text or name == "how-to/add-a-method.html", name
        assert not re.search(r"\\[<*_\[]", page.text), f"{name} shows a backslash that was meant for Markdown"
        assert not re.search(r"<!-- [a-z]+(:|  *-->)", (site / name).read_text(encoding="utf-8")), name


def test_links_lead_somewhere(site: Path, pages: dict[str, Read]) -> None:
    for name, page in pages.items():
        for link in {*page.links, *page.fetches}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{name} links to {link}, which is not there"
            key = target.resolve().relative_to(site.resolve()).as_posix()
            if parts.fragment and key in pages:
                assert unquote(parts.fragment) in pages[key].names, f"{name} links to {link}: no such heading"


def test_pages_load_nothing_from_outside(site: Path, pages: dict[str, Read]) -> None:
    for name, page in pages.items():
        for link in page.fetches:
            assert not urlsplit(link).scheme or link.startswith("data:"), f"{name} loads {link}"
            assert not link.startswith("//"), f"{name} loads {link}"
        html = (site / name).read_text(encoding="utf-8")
        # The theme's script fetches these only for diagrams and for a repository's stars.
        assert 'class="mermaid"' not in html and "md-source" not in html, name
    for sheet in site.rglob("*.css"):
        for url in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            assert not url.startswith(("http:", "https:", "//")), f"{sheet.name} loads {url}"


def test_the_links_of_the_sources_lead_somewhere() -> None:
    for page in [*(ROOT / "src").rglob("about.md"), ROOT / "README.md"]:
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if urlsplit(link).scheme:
                continue
            target = (page.parent / link).resolve()
            generated = target.parent == ROOT / "docs" / "methods" and target.stem in methods()
            assert target.exists() or generated, f"{page.relative_to(ROOT)} links to {link}, which is not there"


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "images").rglob("*.*"):
        assert picture.stat().st_size < 200_000, f"{picture.name} is too large for the repository"


def test_names_on_the_page_of_python_exist() -> None:
    text = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(sightmill(?:\.\w+)+)", text))
    for name in told:
        parts = name.split(".")
        for depth in range(len(parts), 0, -1):
            try:
                found = importlib.import_module(".".join(parts[:depth]))
            except ModuleNotFoundError:
                continue
            for part in parts[depth:]:
                known = hasattr(found, part) or part in getattr(found, "__dataclass_fields__", {})
                assert known, f"{name} is on the page and not in the package"
                found = getattr(found, part, None)
            break
    assert {f"sightmill.{name}" for name in sightmill.__all__} <= told, "a public name is not on the page"
