"""Flags: those that verbs share, and those that are made from a method's settings.

A parameter is declared once, as a field of a `Settings`; its flag, default, range and help are read there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from sightmill.data.formats import formats
from sightmill.errors import SettingsError
from sightmill.methods.settings import Settings, allowed_values, describe, from_text
from sightmill.runtime.engines import ENGINES, PRECISIONS
from sightmill.runtime.model import Model

__all__ = [
    "SettingsCommand",
    "assignments",
    "flag_of",
    "format_option",
    "images_option",
    "json_option",
    "load_model",
    "options_of",
    "runtime_options",
    "set_option",
    "settings_from",
]

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])
AnySettings = TypeVar("AnySettings", bound=Settings)

_METAVARS = {"int": "NUMBER", "float": "NUMBER", "text": "TEXT", "list": "TEXT"}


def flag_of(name: str) -> str:
    """``network_depth`` -> ``--network-depth``."""
    return "--" + name.replace("_", "-")


def _json_file(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Only stdout and ``*.json``: a misplaced image or annotation file is never written over."""
    if value is None or value == "-" or value.lower().endswith(".json") or value.startswith("/dev/"):
        return value
    raise click.BadParameter(f"{value!r} does not end in .json (--json alone prints to stdout).", context, option)


def json_option(command: AnyCommand) -> AnyCommand:
    """``--json``: on stdout and nothing else there; ``--json FILE`` writes the file."""
    return click.option(
        "--json",
        "json_file",
        is_flag=False,
        flag_value="-",
        default=None,
        metavar="[FILE]",
        callback=_json_file,
        help="Print the answer as JSON on stdout, and nothing else there; with a name that ends in "
        ".json, write that file.",
    )(command)


def format_option(command: AnyCommand) -> AnyCommand:
    """``--format``: how to read the data."""
    return click.option(
        "--format",
        "format",
        metavar="FORMAT",
        help=f"How to read DATA: {', '.join(formats())}.  [default: found by itself]",
    )(command)


def images_option(command: AnyCommand) -> AnyCommand:
    """``--images``: where the images of an annotation file are."""
    return click.option(
        "--images",
        "images",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Where the images are that an annotation file names.  [default: beside it]",
    )(command)


def set_option(command: AnyCommand) -> AnyCommand:
    """``--set``: inference settings other than those in the model."""
    return click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="NAME=VALUE",
        help="Decide by another inference setting than the model's own (see: sightmill methods METHOD). "
        "May be given several times.",
    )(command)


def runtime_options(command: AnyCommand) -> AnyCommand:
    """What a model runs on: ``--engine``, ``--precision``, ``--device``, ``--threads``; see `load_model`."""
    for decorate in (
        click.option(
            "--threads",
            type=int,
            default=0,
            help="Processor threads; 0 takes one per core.  [default: 0]",
        ),
        click.option("--device", default="cpu", show_default=True, metavar="NAME", help="See: sightmill devices."),
        click.option(
            "--precision",
            type=click.Choice(PRECISIONS),
            default="float32",
            show_default=True,
            help="Arithmetic.",
        ),
        click.option(
            "--engine",
            type=click.Choice(list(ENGINES)),
            default="onnxruntime",
            show_default=True,
            help="What computes.",
        ),
    ):
        command = decorate(command)
    return command


def load_model(path: Path, runtime: Mapping[str, Any]) -> Model:
    """The model in a file, opened as `runtime_options` say; warming it up is left to the first image."""
    return Model.load(path, warm_up=False, **runtime)


def options_of(settings: type[Settings]) -> list[click.Option]:
    """One option for each field; a flag that is not given is None, and the settings' own default holds."""
    return [_option(described) for described in describe(settings)]


def _option(described: Mapping[str, Any]) -> click.Option:
    flag, kind = flag_of(described["name"]), described["kind"]
    names = [described["name"], flag]
    shared: dict[str, Any] = {"help": _help(described), "default": None}
    if kind == "bool":
        names = [described["name"], f"{flag}/--no-{flag.removeprefix('--')}"]
    elif kind == "choice":
        shared["type"] = click.Choice([str(choice) for choice in described["choices"]])
    else:
        shared["metavar"] = _METAVARS[kind]
        shared["multiple"] = kind == "list"
    return click.Option(names, **shared)


def _help(described: Mapping[str, Any]) -> str:
    default = described["default"]
    if described["kind"] == "bool":
        facts = ["on" if default else "off"]
    elif default is None or default == "" or default == ():
        facts = ["none"]
    else:
        facts = [f"{default:g}" if isinstance(default, float) else str(default)]
    if described["kind"] in ("int", "float"):
        facts.append(allowed_values(described).removeprefix("whole number "))
    text = described["help"]
    if described["kind"] == "list":
        text += " May be given several times."
    return f"{text}  [default: {'; '.join(facts)}]"


def settings_from(settings: type[AnySettings], given: Mapping[str, Any]) -> AnySettings:
    """Settings from flags; those not given keep their defaults. Errors name the flag."""
    values = {
        name: value
        for name, value in given.items()
        if name in settings.model_fields and value is not None and value != ()
    }
    try:
        return settings.of(values)
    except SettingsError as error:
        where = flag_of(error.where) if error.where in settings.model_fields else error.where
        raise SettingsError(
            error.what, where=where, got=error.got, allowed=error.allowed, remedy=error.remedy
        ) from error


def assignments(words: tuple[str, ...], settings: type[Settings]) -> dict[str, Any]:
    """``name=value`` words as a dictionary; ``none`` is None where the parameter allows it, ``;`` parts a list."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise SettingsError(
                "--set takes NAME=VALUE", got=word, allowed=[f"{item}=..." for item in settings.model_fields]
            )
        found[name] = from_text(settings, name, value)
    return found


class SettingsCommand(click.Command):
    """A command whose help shows the settings' flags under their groups, the advanced ones last."""

    def __init__(self, *arguments: Any, settings: type[Settings], **options: Any) -> None:
        self.settings = settings
        options["params"] = [*(options.get("params") or []), *options_of(settings)]
        super().__init__(*arguments, **options)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups = {
            item["name"]: "Advanced" if item["advanced"] else item["group"] or "Parameters"
            for item in describe(self.settings)
        }
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for group in groups.values():
            sections.setdefault(group, [])
        for last in ("Augmentation", "Advanced"):
            sections[last] = sections.pop(last, [])
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections[groups.get(parameter.name or "", "Options")].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
