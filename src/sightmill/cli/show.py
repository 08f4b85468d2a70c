"""How the command line speaks: tables on stdout, progress and errors on stderr, JSON where it was asked for.

Colours and moving bars are for terminals only; ``NO_COLOR`` switches colours off there too. When JSON goes to
stdout, nothing else does.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from sightmill.errors import DataError

__all__ = [
    "INTERRUPTED",
    "NORMAL",
    "SAYS_NO",
    "STDOUT",
    "bar",
    "error",
    "json_text",
    "length_of",
    "note",
    "output",
    "program_name",
    "say",
    "table",
    "write_json",
    "write_text",
]

#: Exit codes: all is well; the work itself says no (data with errors, a model that fails its check); Ctrl-C.
NORMAL, SAYS_NO, INTERRUPTED = 0, 1, 130
#: The file name that stands for stdout.
STDOUT = "-"


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Let `main.run` end the program quietly, as it does for every other write."""
        raise BrokenPipeError


def output(*, to_stderr: bool = False) -> Console:
    """A console on the streams of this moment; words are printed as they are, without markup."""
    made = _Console(stderr=to_stderr, markup=False, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = 140  # tables in files and pipes: wide enough that nothing is folded
    return made


def say(words: str = "", *, style: str = "") -> None:
    """One line of the answer, on stdout."""
    output().print(words, style=style, soft_wrap=True)


def note(words: str) -> None:
    """One line beside the answer, on stderr."""
    output(to_stderr=True).print(words, style="dim", soft_wrap=True)


def error(words: str) -> None:
    """The one sentence that tells what went wrong, on stderr."""
    output(to_stderr=True).print(f"sightmill: {' '.join(words.split())}", style="red", soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table on stdout; numbers stand to the right, None is left empty."""
    content = [list(row) for row in rows]
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numeric = bool(content) and all(isinstance(row[index], int | float) for row in content)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in content:
        shown.add_row(*(_cell(value) for value in row))
    output().print(shown)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def program_name() -> str:
    """What to type to run this program again: its bare name where the shell finds it."""
    called = Path(sys.argv[0])
    if shutil.which("sightmill"):
        return "sightmill"
    return str(called) if called.name == "sightmill" else "python -m sightmill"


def length_of(seconds: float) -> str:
    """A length of time for people: ``48 s``, ``3 min 20 s``, ``1 h 5 min``."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


@contextmanager
def bar(what: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A progress bar with the time left, on stderr; the function it gives takes (done, total)."""
    console = output(to_stderr=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def json_text(value: Mapping[str, Any] | Sequence[Any], *, one_line: bool = False) -> str:
    """JSON that every reader takes: ASCII, and null where a number is not finite."""
    return json.dumps(_finite(value), indent=None if one_line else 1, allow_nan=False, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return _finite(value.tolist())
    if isinstance(value, float) and not (-float("inf") < value < float("inf")):
        return None
    return value


def write_json(value: Mapping[str, Any] | Sequence[Any], where: str | None) -> None:
    """Write JSON to a file, to stdout for ``-``, or nowhere for None."""
    if where == STDOUT:
        sys.stdout.write(json_text(value) + "\n")
        sys.stdout.flush()
    elif where is not None:
        write_text(Path(where), json_text(value) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, making its folder; raises `DataError` when the disk refuses."""
    try:
        if path.exists() and not path.is_file():  # a device such as /dev/null cannot be replaced
            path.write_text(text, encoding="utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
        try:
            beside.write_text(text, encoding="utf-8", newline="")
            beside.replace(path)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as refused:
        reason = refused.strerror or os.strerror(refused.errno or 0)
        raise DataError(f"the file could not be written ({reason.lower()})", where=path) from refused
