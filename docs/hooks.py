"""What the documentation reads from the program, so that no fact is typed twice.

A page says ``<!-- settings: classification.Training -->`` and gets the table. The markers are the functions in
`MARKERS`; an unknown one, or a name that does not exist, stops the build. Methods bring their own pages: the
``about.md`` in a method's folder becomes ``methods/<id>.md``, those of installed plug-ins too.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import sightmill
from sightmill import errors
from sightmill.cli.main import program
from sightmill.data.formats import formats
from sightmill.methods.catalogue import methods, named
from sightmill.methods.contract import Method
from sightmill.methods.settings import allowed_values, describe

REPOSITORY = Path(__file__).parents[1]
PACKAGE = Path(sightmill.__file__).parent

_MARKER = re.compile(r"^<!-- (?P<what>[a-z-]+)(?:: (?P<name>[\w./ -]+?))? -->$", re.MULTILINE)
#: A fence's words for `docs/examples.py`, which the web page does not need.
_FENCE_WORDS = re.compile(r'^( *```[a-z]+)((?: (?:no-run "[^"\n]+"|varies|exits \d+))+)', re.MULTILINE)
#: How an ``about.md`` links to the documentation, so that the link also works where its source is read.
_FROM_A_METHOD = "](../../../../docs/"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the methods' pages into the navigation."""
    for entry in config.nav or []:
        if isinstance(entry, dict) and isinstance(entry.get("Methods"), list):
            entry["Methods"] += [{method.title: f"methods/{method.id}.md"} for method in methods().values()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the methods' pages."""
    for method in methods().values():
        name = f"methods/{method.id}.md"
        if files.get_file_from_path(name) is None:
            files.append(File.generated(config, name, content=about(method)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace the markers, and take out of the fences what is meant for the tests."""
    return _FENCE_WORDS.sub(r"\1", _MARKER.sub(_replaced, markdown))


def about(method: Method[Any, Any]) -> str:
    """A method's own page; its summary and settings when its folder holds none."""
    page = Path(inspect.getfile(type(method))).with_name("about.md")
    if not page.is_file():
        return (
            f"# {method.title}\n\n{method.summary}\n\n## Parameters\n\n<!-- settings: {method.id}.Training -->\n\n"
            f"<!-- settings: {method.id}.Inference -->\n"
        )
    return page.read_text(encoding="utf-8").replace(_FROM_A_METHOD, "](../")


def _replaced(match: re.Match[str]) -> str:
    what, name = match["what"], match["name"] or ""
    if what not in MARKERS:
        raise PluginError(f"unknown marker {match[0]}; there are: {', '.join(MARKERS)}")
    try:
        return MARKERS[what](name)
    except (KeyError, AttributeError, errors.SightmillError) as error:
        raise PluginError(f"{match[0]} names nothing that is there: {error}") from error


# --- tables --------------------------------------------------------------------------------------------------


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *(tuple(_cell(cell) for cell in row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text: str) -> str:
    """Words that are no Markdown."""
    return re.sub(r"([*_\[])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def _code(text: str) -> str:
    return f"`{text}`"


def _markdown(docstring: str) -> str:
    """The little reStructuredText that docstrings use, as Markdown."""
    return docstring.replace("``", "`")


def _first_sentence(docstring: str | None) -> str:
    paragraph = inspect.cleandoc(docstring or "").split("\n\n")[0]
    return _markdown(" ".join(paragraph.split())).rstrip(":")


# --- markers -------------------------------------------------------------------------------------------------


def settings(name: str) -> str:
    """``settings: classification.Training``: its parameters, a table to a group, the advanced ones last."""
    method_id, _, which = name.partition(".")
    groups: dict[str, list[tuple[str, ...]]] = {}
    for item in describe(getattr(named(method_id), which)):
        group = "Advanced" if item["advanced"] else item["group"] or "Parameters"
        row = (_code(item["name"]), _code(_default(item)), _allowed(item), _plain(item["help"]))
        groups.setdefault(group, []).append(row)
    for last in ("Augmentation", "Advanced"):
        if last in groups:
            groups[last] = groups.pop(last)
    columns = ("Parameter", "Default", "Allowed", "What it does")
    return "\n".join(f"**{group}**\n\n{_table(columns, rows)}" for group, rows in groups.items())


def _default(item: dict[str, Any]) -> str:
    value = item["default"]
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or value in ("", ()):
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(item: dict[str, Any]) -> str:
    if item["kind"] in ("text", "list"):
        return {"text": "text", "list": "text, several times"}[item["kind"]]
    return _plain(allowed_values(item))


def metrics(name: str) -> str:
    """``metrics: classification``: what a method is judged by; the first decides."""
    rows = [(_code(item.name), item.title, item.better) for item in named(name).metrics()]
    return _table(("Name in reports", "What it is", "Better when"), rows)


def method_table(name: str) -> str:
    """``methods``: the methods that there are; ``methods: methods/`` on a page that is not beside theirs."""
    rows = [
        (f"[{item.title}]({name}{item.id}.md)", _code(item.id), _code(item.learns_from), item.summary)
        for item in methods().values()
    ]
    return _table(("Method", "Id", "Learns from", "What it does"), rows)


def format_table(name: str) -> str:
    """``formats``: the data formats that there are."""
    rows = [(_code(item.id), item.title, _first_sentence(type(item).__doc__)) for _, item in sorted(formats().items())]
    return _table(("`--format`", "Name", "Layout"), rows)


def error_tree(name: str) -> str:
    """``errors``: the tree at the top of `sightmill.errors`, and a line to each."""
    tree = re.search(r"((?: {4}\S.*\n?)+)", errors.__doc__ or "")
    if tree is None:
        raise PluginError("the tree of errors is not where it was: at the top of sightmill/errors.py")
    rows = [(_code(item), _first_sentence(getattr(errors, item).__doc__)) for item in errors.__all__]
    return f"```text\n{inspect.cleandoc(tree[1])}\n```\n\n{_table(('Error', 'When'), rows)}"


def floors(name: str) -> str:
    """``floors``: the table that tests/architecture holds the imports to, highest first."""
    by_floor: dict[int, list[str]] = {}
    for room, floor in _architecture("FLOORS").items():
        if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file():
            by_floor.setdefault(floor, []).append(room)
    rows = [
        (str(floor), _code(room), _first_sentence(importlib.import_module(f"sightmill.{room}").__doc__))
        for floor, rooms in sorted(by_floor.items(), reverse=True)
        for room in rooms
    ]
    return _table(("Floor", "Room", "What it holds"), rows)


def doors(name: str) -> str:
    """``doors``: the files that may import the torch wing late."""
    return "".join(f"- `{door}`\n" for door in _architecture("DOORS"))


def _architecture(constant: str) -> Any:
    """A constant of tests/architecture/test_floors.py, read without running it."""
    source = (REPOSITORY / "tests" / "architecture" / "test_floors.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == constant:
            return ast.literal_eval(node.value)
    raise PluginError(f"tests/architecture/test_floors.py no longer names {constant}")


def commands(name: str) -> str:
    """``commands``: every command of the program with its options."""
    return "\n".join(_command_page(command, path, context) for command, path, context in _commands())


def _commands() -> Iterator[tuple[click.Command, str, click.Context]]:
    """Every command that does something, depth first, in the program's own order."""

    def below(command: click.Command, path: str, parent: click.Context | None) -> Iterator[Any]:
        context = click.Context(command, info_name=path.rpartition(" ")[2], parent=parent, terminal_width=200)
        if not isinstance(command, click.Group):
            yield command, path, context
            return
        if parent is not None:
            yield command, path, context
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from below(found, f"{path} {child}", context)

    yield from below(program, "sightmill", None)


def _command_page(command: click.Command, path: str, context: click.Context) -> str:
    level = "#" * (path.count(" ") + 1)
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    told = _help(command.help or "")
    parts = [f"{level} {path}\n", *([] if isinstance(command, click.Group) else [f"```text\n{usage}\n```\n"]), told]
    of_settings = set(getattr(getattr(command, "settings", None), "model_fields", {}))
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        told_above = isinstance(parameter, click.Argument) and not (record and record[1])
        if record and not told_above and parameter.name not in of_settings and "--help" not in parameter.opts:
            choices = [str(choice) for choice in getattr(parameter.type, "choices", ())]
            flags = record[0].replace(f"[{'|'.join(choices)}]", "CHOICE").replace("|", " or ")
            rows.append(
                (_code(flags), _plain(record[1]) + (f" One of: {', '.join(map(_code, choices))}." if choices else ""))
            )
    if rows and not isinstance(command, click.Group):
        parts.append(_table(("Option", "What it does"), rows))
    if of_settings:
        flags = ", ".join(_code("--" + item.replace("_", "-")) for item in getattr(command, "settings").model_fields)  # noqa: B009  only a SettingsCommand has it
        parts.append(f"Every [parameter of the method](../methods/{command.name}.md) is an option too: {flags}.\n")
    return "\n".join(parts)


def _help(text: str) -> str:
    """A command's help as Markdown; paragraphs after a backspace keep their lines, as click does."""
    parts = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            parts.append("```text\n" + paragraph.removeprefix("\b\n") + "\n```")
        else:
            parts.append(_plain(" ".join(paragraph.split())))
    return "\n\n".join(parts) + "\n"


MARKERS: dict[str, Callable[[str], str]] = {
    "settings": settings,
    "metrics": metrics,
    "methods": method_table,
    "formats": format_table,
    "errors": error_tree,
    "floors": floors,
    "doors": doors,
    "commands": commands,
}
