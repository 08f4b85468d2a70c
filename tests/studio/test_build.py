"""The build of the studio's pages: with which Node, when, and when not."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder that looks like the studio's."""
    folder = tmp_path / "studio"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.ts").write_text("let a = 1\n")
    (folder / "src" / "main.test.ts").write_text("test\n")
    (folder / "index.html").write_text("<html>")
    return folder


def fake_node(folder: Path, version: str) -> None:
    """Programs called node and npm, of which the first says a version."""
    folder.mkdir(exist_ok=True)
    (folder / "npm-cli.js").write_text("")
    (folder / "node").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "node").chmod(0o755)
    (folder / "npm-cli.js").chmod(0o755)
    (folder / "npm").unlink(missing_ok=True)
    (folder / "npm").symlink_to(folder / "npm-cli.js")


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v18.20.1", False),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("nonsense", False),
    ],
)
def test_which_versions_of_node_will_do(builder: ModuleType, version: str, enough: bool) -> None:
    assert builder.is_new_enough(version) is enough


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for Node are shell scripts")
def test_the_node_on_the_path_is_used_if_it_is_new_enough(
    builder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/bin")
    fake_node(tools, "v22.12.0")
    found = builder.node_on_path()
    assert found.program == tools / "node" and found.npm == tools / "npm-cli.js"
    fake_node(tools, "v18.1.0")
    assert builder.node_on_path() is None


def test_without_a_node_the_package_index_has_one(
    builder: ModuleType, hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(builder, "is_built", lambda: False)
    assert builder.requirements() == [builder.NODE_PACKAGE]
    monkeypatch.setattr(builder, "node_of_package", lambda: None)
    with pytest.raises(builder.BuildError, match="pip install"):
        builder.a_node()
    monkeypatch.setenv(builder.WITHOUT, "1")
    assert builder.requirements() == []


def test_the_package_build_knows_the_hook(builder: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What pip is told to install before it builds; the hook runs in a copy in which nothing was built."""
    wheel = pytest.importorskip("hatchling.builders.wheel")
    copy = tmp_path / "copy"
    (copy / "studio").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "studio/hook.py", "studio/build.py", "studio/index.html"):
        shutil.copy(ROOT / name, copy / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delitem(sys.modules, "sightmill_studio_build", raising=False)
    assert wheel.WheelBuilder(str(copy)).config.dependencies == [builder.NODE_PACKAGE]


def test_an_editable_install_goes_on_without_pages_and_a_wheel_does_not(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Screen:
        said = ""

        def display_warning(self, words: str) -> None:
            self.said = words

    screen = Screen()
    made = hook.StudioHook(str(ROOT), {}, None, None, str(tmp_path), "wheel", screen)
    inner = hook._builder()

    def fails() -> bool:
        raise inner.BuildError("no Node here")

    monkeypatch.setattr(inner, "build", fails)
    made.initialize("editable", {})
    assert screen.said == "no Node here"
    with pytest.raises(SystemExit, match="no Node here"):
        made.initialize("standard", {})
    monkeypatch.setenv(inner.WITHOUT, "1")
    made.initialize("standard", {})


def test_pages_are_built_again_when_a_source_changes(builder: ModuleType, sources: Path, tmp_path: Path) -> None:
    static = tmp_path / "static"
    assert not builder.is_built(sources, static)
    static.mkdir()
    (static / "index.html").write_text("<html>")
    (static / "sources.sha256").write_text(builder.digest(sources))
    assert builder.is_built(sources, static)
    (sources / "src" / "main.test.ts").write_text("another test\n")
    assert builder.is_built(sources, static)
    (sources / "src" / "main.ts").write_text("let a = 2\n")
    assert not builder.is_built(sources, static)


def test_packages_are_fetched_only_where_they_are_missing(builder: ModuleType, sources: Path) -> None:
    assert builder.missing_packages(sources, tools=False)
    lock = {
        "packages": {
            "": {},
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/b": {"version": "2.0.0", "dev": True},
            "node_modules/c": {"version": "3.0.0", "optional": True},
        }
    }
    (sources / "package-lock.json").write_text(json.dumps(lock))
    (sources / "node_modules").mkdir()
    there = {"packages": {"node_modules/a": {"version": "1.0.0"}}}
    (sources / "node_modules" / ".package-lock.json").write_text(json.dumps(there))
    assert not builder.missing_packages(sources, tools=False)
    assert builder.missing_packages(sources, tools=True)
    lock["packages"]["node_modules/a"]["version"] = "1.0.1"
    (sources / "package-lock.json").write_text(json.dumps(lock))
    assert builder.missing_packages(sources, tools=False)


def test_every_package_is_locked_by_its_content() -> None:
    """Also those for other systems, whose files a registry may hide when the lock is written."""
    locked = json.loads((ROOT / "studio" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    loose = [
        name for name, facts in locked.items() if name and not str(facts.get("integrity", "")).startswith("sha512-")
    ]
    assert not loose
    assert any("win32" in name for name in locked) and any("darwin" in name for name in locked)
