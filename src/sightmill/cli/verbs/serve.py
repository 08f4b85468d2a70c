"""`sightmill serve`: models behind a REST interface."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from sightmill.cli import show
from sightmill.cli.flags import assignments, json_option, load_model, runtime_options
from sightmill.cli.listening import listening_options, server_room
from sightmill.errors import SettingsError
from sightmill.runtime.model import Model

__all__ = ["command"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="[NAME=]MODEL...")
@listening_options(8770, "SIGHTMILL_SERVE_TOKEN", "programs")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="[NAME:]SETTING=VALUE",
    help="Decide by another inference setting than the model's own: of all models, or of the one that is named. "
    "May be given several times.",
)
@runtime_options
@json_option
def command(
    models: tuple[str, ...],
    port: int,
    host: str,
    names: tuple[str, ...],
    token: str | None,
    changes: tuple[str, ...],
    json_file: str | None,
    **runtime: Any,
) -> None:
    """Answer images that programs send: a REST server for one or more models, until Ctrl-C.

    A model goes by its file's name, or by the NAME before it: top=runs/0001/model.sightmill. Images are posted to
    /api/models/NAME/predict, and answered as by sightmill predict --json; /api/openapi.json describes it all.

    It is served on this machine alone, unless --host says otherwise.
    """
    service = server_room("service", "serving models")
    files = _named(models)
    loaded: dict[str, Model] = {}
    for name, path in files.items():
        model = load_model(path, runtime)
        meant = assignments(_meant(name, tuple(files), changes), model.method.Inference)
        loaded[name] = model.with_inference(**meant)
        loaded[name].warm_up()
    access = service.access_of(host=host, token=token, names=names)
    made = access.token if token is None else None

    def tell(address: str) -> None:
        served = [
            {"name": name, "method": model.method.id, "predict": f"{address}/api/models/{name}/predict"}
            for name, model in loaded.items()
        ]
        show.write_json({"address": address, "token": made, "models": served}, json_file)
        if json_file == show.STDOUT:
            return
        show.table(("model", "method", "images go to"), [tuple(item.values()) for item in served])
        for name, model in loaded.items():
            for doubt in model.doubts:
                show.say(f"{name}: {doubt}", style="yellow")
        if made:
            show.say(f"Programs must send: Authorization: Bearer {made}")
        show.note("Ctrl-C ends it.")

    service.serve(loaded, access, host=host, port=port, started=tell)


def _named(words: tuple[str, ...]) -> dict[str, Path]:
    """The files by the names that they are served under; raises `SettingsError`."""
    found: dict[str, Path] = {}
    for word in words:
        name, equals, rest = word.partition("=")
        path = Path(word)
        if equals and not path.exists():
            path = Path(rest)
        else:
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).lstrip("-._") or "model"
        if not _NAME.fullmatch(name):
            raise SettingsError(
                "a model cannot be called so", got=name, allowed="letters, digits, dots, hyphens and underscores"
            )
        if name in found:
            raise SettingsError(
                "two models have the same name", got=name, remedy="name one of them otherwise: NAME=FILE"
            )
        found[name] = path
    return found


def _meant(name: str, names: tuple[str, ...], changes: tuple[str, ...]) -> tuple[str, ...]:
    """The changes that are for a model: those without a name, and those with its own; raises `SettingsError`."""
    found = []
    for word in changes:
        setting, equals, value = word.partition("=")
        whose, colon, rest = setting.rpartition(":")
        if colon and whose not in names:
            raise SettingsError("there is no such model", where="--set", got=whose, allowed=names)
        if not colon or whose == name:
            found.append(f"{rest}{equals}{value}")
    return tuple(found)
