"""The examples in the documentation: found on a page, run in a folder, compared with what the page shows.

``tests/docs`` runs every page. By hand:

    python docs/examples.py docs/how-to/deploy.md

runs a page and writes what it prints into it.

What a fence says
    ```python                     run, a page in one namespace; a line ``# > words`` is what it prints
    ```python title="a/b.py"      written to that file (any language), for the blocks below
    ```console                    lines ``$ sightmill ...`` are run and must end with exit code 0; other commands are
                                  for the reader; what follows a command is what it prints, ``...`` leaves lines out
    ... varies                    run, but what is printed is not compared: it differs between machines or versions
    ... exits 2                   the commands must end with this exit code
    ... no-run "a reason"         not run
"""

from __future__ import annotations

import importlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

__all__ = ["Block", "Printed", "blocks_of", "pages", "prepare", "run_page", "updated"]

REPOSITORY = Path(__file__).parents[1]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)?(?P<words>.*)$")
_OPTIONS = re.compile(
    r'title="(?P<title>[^"]+)"|no-run(?: "(?P<reason>[^"]+)")?|(?P<varies>varies)|exits (?P<code>\d+)'
)
_TIME = re.compile(r"\b\d+ (?:h|min|s)\b(?: \d+ (?:min|s)\b)?")
_NUMBER = re.compile(r"\d[\d.]*(?:e[+-]?\d+)?")
_SHOWN = "# > "


class ExampleError(AssertionError):
    """An example does not do what its page says."""


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Parameters
    ----------
    line : of the page, where its body starts, counted from 1.
    title : a file's name; empty for a block that is run.
    reason : why it is not run; empty when it is.
    """

    language: str
    body: str
    line: int
    title: str = ""
    reason: str = ""
    varies: bool = False
    code: int = 0


@dataclass(frozen=True)
class Printed:
    """What a block's command (or the whole block of Python) printed, and what the page shows."""

    block: Block
    command: str
    shown: tuple[str, ...]
    actual: tuple[str, ...]


def pages() -> list[Path]:
    """Every page with examples: the documentation, the README, and the methods' own pages."""
    docs = sorted((REPOSITORY / "docs").rglob("*.md"))
    return [REPOSITORY / "README.md", *docs, *sorted((REPOSITORY / "src/sightmill/methods").glob("*/about.md"))]


def blocks_of(text: str, where: str = "") -> Iterator[Block]:
    """The fenced blocks of a page, in order; raises `ExampleError` for a fence that cannot be understood."""
    opened: tuple[re.Match[str], int] | None = None
    body: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, body = (fence, number + 1), []
        elif opened is not None and line.strip() == "```":
            yield _block(opened[0], dedent("\n".join(body) + "\n"), opened[1], where)
            opened = None
        elif opened is not None:
            body.append(line)
    if opened is not None:
        raise ExampleError(f"{where}:{opened[1]}: this block is not closed")


def _block(fence: re.Match[str], body: str, line: int, where: str) -> Block:
    words = fence["words"].strip()
    options: dict[str, Any] = {}
    for option in _OPTIONS.finditer(words):
        if option[0].startswith("title"):
            options["title"] = option["title"]
        elif option[0].startswith("no-run"):
            if not option["reason"]:
                raise ExampleError(f'{where}:{line - 1}: no-run needs a reason: ```python no-run "why"')
            options["reason"] = option["reason"]
        elif option["varies"]:
            options["varies"] = True
        else:
            options["code"] = int(option["code"])
    if _OPTIONS.sub("", words).strip():
        raise ExampleError(f"{where}:{line - 1}: unknown words in a fence: {words}")
    return Block(fence["language"] or "", body, line, **options)


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """Work in a folder whose modules can be imported and whose plug-ins are found; all is put back afterwards."""
    from sightmill.methods.catalogue import methods

    home, known, environment = Path.cwd(), set(sys.modules), dict(os.environ)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    methods.cache_clear()
    try:
        yield
    finally:
        os.chdir(home)
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(folder)):
                del sys.modules[name]
        os.environ.clear()
        os.environ.update(environment)
        methods.cache_clear()


def run_page(page: Path, folder: Path) -> list[Printed]:
    """Run a page's examples from top to bottom in a folder.

    Raises
    ------
    ExampleError : a command ends with another exit code than the page says.
    Exception : what an example raises; its trace names the page and line.
    """
    where = page.name
    printed: list[Printed] = []
    names: dict[str, Any] = {"__name__": "__example__"}
    with at_home(folder):
        for block in blocks_of(page.read_text(encoding="utf-8"), where):
            if block.reason:
                continue
            if block.title:
                _write(folder / block.title, block.body)
            elif block.language == "python":
                printed.append(_run_python(block, names, page))
            elif block.language == "console":
                printed += _run_commands(block, where)
    return printed


def _write(file: Path, body: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body, encoding="utf-8")
    if file.name == "pyproject.toml":
        _install(file)


def _install(project: Path) -> None:
    """What ``pip install`` of this project would leave for Python to find: its name and entry points."""
    import tomllib

    from sightmill.methods.catalogue import methods

    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    facts = project.parent / f"{told['name'].replace('-', '_')}-{told['version']}.dist-info"
    facts.mkdir(exist_ok=True)
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n", encoding="utf-8"
    )
    groups = told.get("entry-points", {})
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in named.items())
        for group, named in groups.items()
    ]
    (facts / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    importlib.invalidate_caches()
    methods.cache_clear()


def _run_python(block: Block, names: dict[str, Any], page: Path) -> Printed:
    said = io.StringIO()
    code = compile("\n" * (block.line - 1) + block.body, str(page), "exec")
    with redirect_stdout(said), redirect_stderr(said):
        exec(code, names)
    shown = [line.partition(_SHOWN)[2] for line in block.body.splitlines() if line.lstrip().startswith(_SHOWN)]
    return Printed(block, "", tuple(shown), tuple(said.getvalue().splitlines()))


def _run_commands(block: Block, where: str) -> Iterator[Printed]:
    for command, shown in _commands(block.body):
        words = shlex.split(command)
        if words[:1] != ["sightmill"]:
            continue
        if {"|", ">", "&&"} & set(words):
            raise ExampleError(f"{where}:{block.line}: no shell runs the examples: {command}")
        code, said = _run_sightmill(words[1:])
        if code != block.code:
            raise ExampleError(f"{where}:{block.line}: exit code {code} of: {command}\n{said}")
        yield Printed(block, command, shown, tuple(line.rstrip() for line in said.splitlines()))


def _commands(body: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each command of a console block with the lines shown under it."""
    found: list[tuple[str, list[str]]] = []
    continued = False
    for line in body.splitlines():
        if continued:
            found[-1] = (found[-1][0] + " " + line.strip().removesuffix("\\").strip(), [])
            continued = line.endswith("\\")
        elif line.startswith("$ "):
            found.append((line[2:].removesuffix("\\").strip(), []))
            continued = line.endswith("\\")
        elif found:
            found[-1][1].append(line.rstrip())
    return [(command, tuple(shown)) for command, shown in found]


def _run_sightmill(words: list[str]) -> tuple[int, str]:
    """The program in this process; what it says on both streams, in order."""
    from sightmill.cli.main import run

    os.environ.update(COLUMNS="100", NO_COLOR="1")
    said, called = io.StringIO(), sys.argv
    sys.argv = ["sightmill", *words]
    try:
        with redirect_stdout(said), redirect_stderr(said):
            run(words)
    except SystemExit as ended:
        return int(ended.code or 0), said.getvalue()
    finally:
        sys.argv = called


def differences(printed: Printed) -> str:
    """What the page shows and the program does not print, in words; empty when all is well.

    Python must print exactly what is shown. Of commands, numbers, lengths of time and the width of gaps are not
    compared, and the lines shown must come in their order.
    """
    if printed.block.varies or not printed.shown:
        return ""
    if printed.block.language == "python":
        return "" if printed.shown == printed.actual else _told(printed, printed.shown)
    actual = [_masked(line) for line in printed.actual]
    at = 0
    for line in printed.shown:
        if line.strip() in ("", "..."):
            continue
        wanted = _masked(line)
        while at < len(actual) and actual[at] != wanted:
            at += 1
        if at == len(actual):
            return _told(printed, (line,))
        at += 1
    return ""


def _told(printed: Printed, missing: tuple[str, ...]) -> str:
    lines = "\n".join(missing)
    return f"line {printed.block.line} shows\n{lines}\nbut this is printed:\n" + "\n".join(printed.actual)


def _masked(line: str) -> str:
    return " ".join(_NUMBER.sub("#", _TIME.sub("<time>", line)).split())


def updated(text: str, printed: list[Printed]) -> str:
    """A page's text with what its examples print now in place of what they printed once."""
    lines = text.splitlines()
    for done in reversed(printed):
        if not done.shown:
            continue
        first = done.block.line - 1
        last = first + len(done.block.body.splitlines())
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())] if lines[first].strip() else ""
        if done.block.language == "python":
            at = [index for index in range(first, last) if lines[index].lstrip().startswith(_SHOWN)]
            if len(at) == len(done.actual):
                for index, words in zip(at, done.actual, strict=True):
                    lines[index] = lines[index].partition(_SHOWN)[0] + _SHOWN + words
            continue
        start = next(
            index
            for index in range(first, last)
            if tuple(line.strip() for line in lines[index : index + len(done.shown)])
            == tuple(line.strip() for line in done.shown)
        )
        lines[start : start + len(done.shown)] = [indent + line for line in _elided(done)]
    return "\n".join(lines) + "\n"


def _elided(done: Printed) -> list[str]:
    """As many lines before and after ``...`` as the page had."""
    actual = [line for line in done.actual if line.strip()] if "" not in done.shown else list(done.actual)
    if "..." not in done.shown:
        return actual
    before = done.shown.index("...")
    after = len(done.shown) - 1 - before
    if before + after >= len(actual):
        return actual
    return [*actual[:before], "...", *(actual[-after:] if after else [])]


def prepare(folder: Path) -> None:
    """What pages other than the first tutorial start from: its files, made small and fast.

    ``parts/`` (images), ``flange.sightmill`` (anomaly detection) and ``defects.sightmill`` (classification).
    """
    from sightmill.data.formats import load
    from sightmill.methods.catalogue import named
    from sightmill.project.parts import draw_inspection_set
    from sightmill.training.train import train

    folder.mkdir(parents=True, exist_ok=True)
    parts = draw_inspection_set(folder / "parts", train_good=10, test_good=4, per_defect=5)
    small: dict[str, Any] = {"network_depth": 1, "device": "cpu", "precision": "float32", "threads": 1}
    for name, id, more in (
        ("flange", "anomaly_detection", {"sampling_density": "low", "image_size": 64}),
        ("defects", "classification", {"iterations": 1, "steps_per_iteration": 1, "image_size": 48}),
    ):
        method = named(id)
        dataset = load(parts, learns_from=method.learns_from)
        settings = method.Training.of({**small, **more})
        for _ in train(method, dataset, settings, output=folder / f"{name}.sightmill"):
            pass


def main() -> None:
    """Run the pages named on the command line, and write what they print into them."""
    for page in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place).resolve() / "work"
            if needs_files(page):
                prepare(folder)
            folder.mkdir(exist_ok=True)
            printed = run_page(page.resolve(), folder)
        page.write_text(updated(page.read_text(encoding="utf-8"), printed), encoding="utf-8")
        sys.stdout.write(f"{page}: {len(printed)} examples\n")


def needs_files(page: Path) -> bool:
    """Whether a page starts from the first tutorial's files: all but that tutorial do."""
    return page.name != "first-model.md"


def copy_files(source: Path, folder: Path, page: Path) -> None:
    """Give a page its own copy of what `prepare` made; the README calls them by names of its own."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if page.name == "README.md":
        (folder / "parts").rename(folder / "DATA")
        shutil.copy(folder / "DATA" / "test" / "good" / "000.png", folder / "part.png")


if __name__ == "__main__":
    main()
