"""`sightmill train METHOD`: a command for every method, its flags made from the method's settings."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

import sightmill
from sightmill.cli import show
from sightmill.cli.flags import SettingsCommand, format_option, images_option, json_option, settings_from
from sightmill.cli.training_lines import JsonLines, Lines, Silence
from sightmill.errors import DataError, SettingsError, SightmillError

__all__ = ["command"]


class _Methods(click.Group):
    """The methods of the catalogue; a command is made when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from sightmill.methods.catalogue import methods

        return list(methods())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        from sightmill.methods.catalogue import named

        return _command(named(cmd_name.replace("-", "_")))


@click.group(cls=_Methods)
def command() -> None:
    """Train a model; METHOD says what it is to do.

    The model is one file, kept at its best iteration. Ctrl-C stops after the current step and keeps what is
    best so far; a second Ctrl-C aborts, and --resume then goes on from the last whole iteration.
    """


def _command(method: Any) -> SettingsCommand:
    def callback(**given: Any) -> int:
        return _train(method, given)

    for decorate in reversed(_OPTIONS):
        callback = decorate(callback)
    return SettingsCommand(
        method.id,
        callback=callback,
        settings=method.Training,
        params=_taken(callback),
        help=f"{method.title}: {method.summary}\n\nDATA is a folder or an annotation file.",
        short_help=method.summary,
    )


def _taken(callback: Any) -> list[click.Parameter]:
    """The parameters that click's decorators have left on a function, in reading order."""
    params: list[click.Parameter] = callback.__click_params__
    return params[::-1]


_OPTIONS: tuple[Any, ...] = (
    click.argument("data", type=click.Path(path_type=Path)),
    click.option(
        "-o",
        "--output",
        required=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The model, usually named *.sightmill.",
    ),
    format_option,
    images_option,
    click.option(
        "--resume",
        is_flag=True,
        help="Go on from the checkpoint beside the output; start when there is none.",
    ),
    click.option(
        "--from",
        "start_from",
        type=click.Path(path_type=Path),
        metavar="MODEL",
        help="Start from the weights of a trained model instead of the ones in the package.",
    ),
    click.option(
        "--events",
        type=click.Choice(["json"]),
        help="Print every event of the training as one JSON line on stdout, for programs that watch.",
    ),
    click.option(
        "--settings",
        "settings_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Parameters as a JSON object in a file; flags that are given win.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong."),
    json_option,
)


def _train(method: Any, given: dict[str, Any]) -> int:
    from_file = _settings_of(given["settings_file"])
    method.Training.of(from_file)  # names that are no parameter are told, not passed over
    settings = settings_from(method.Training, {**from_file, **_given(method, given)})
    output: Path = given["output"]
    if given["events"] and given["json_file"] == show.STDOUT:
        raise click.UsageError("--events json and --json both want stdout: give --json a file.")
    if output.is_dir():
        raise DataError("the output is a folder", got=str(output), remedy="name a file, such as model.sightmill")
    follows = os.environ.get("RANK", "0") != "0"  # of several processes under torchrun only the first speaks
    silent = follows or given["quiet"] or given["json_file"] == show.STDOUT
    lines = JsonLines() if given["events"] and not follows else Silence() if silent else Lines()
    try:
        return _run(method, settings, output, given, lines)
    except SightmillError as error:
        if given["events"]:
            lines.take({"event": "failed", "kind": type(error).__name__, "sentence": str(error), **vars(error)})
        raise


def _given(method: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The flags of parameters that were given."""
    named = method.Training.model_fields
    return {name: value for name, value in given.items() if name in named and value is not None and value != ()}


def _settings_of(file: Path | None) -> dict[str, Any]:
    """Parameters from a file; raises `SettingsError` when it holds something else."""
    if file is None:
        return {}
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise SettingsError("the settings are no JSON", where=file, got=str(error)) from error
    if not isinstance(said, dict):
        raise SettingsError("the settings must be a JSON object", where=file, allowed='{"iterations": 10, ...}')
    return said


def _run(method: Any, settings: Any, output: Path, given: dict[str, Any], lines: Silence) -> int:
    train = sightmill.train  # torch is loaded here; a sentence says what to install where it is missing
    from sightmill.data.formats import load
    from sightmill.training.train import StopRequest

    dataset = load(given["data"], format=given["format"], learns_from=method.learns_from, images=given["images"])
    stop = StopRequest()
    started: dict[str, Any] = {}
    finished: dict[str, Any] | None = None
    with lines, _stopped_by_signals(stop, lines):
        for note in dataset.notes:
            lines.remark(note)
        events = train(
            method,
            dataset,
            settings,
            output=output,
            resume=given["resume"],
            start_from=given["start_from"],
            stop=stop,
        )
        for event in events:
            said = event.to_dict()
            lines.take(said)
            if said["event"] == "started":
                started = said
            elif said["event"] == "finished":
                finished = said
    if finished is None and not stop:
        return show.NORMAL  # one of several processes, and not the one that writes the model
    if finished is None:
        show.error("the training was stopped before there was a model to keep.")
        return show.INTERRUPTED
    facts = {name: started.get(name) for name in ("method", "labels", "images", "device", "precision", "settings")}
    show.write_json({**facts, **{name: finished[name] for name in finished if name != "event"}}, given["json_file"])
    if isinstance(lines, Lines):
        _tell(finished, given["data"])
    return show.NORMAL


@contextmanager
def _stopped_by_signals(stop: Any, lines: Silence) -> Iterator[None]:
    """The first Ctrl-C (or polite kill) asks for a stop, the second aborts."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.set()
        lines.remark("stopping after this step, keeping the best model (again: abort)")

    # Windows cannot send SIGINT to another process: there a program that watches sends SIGBREAK.
    heeded = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        heeded.append(signal.SIGBREAK)
    before = {number: signal.signal(number, on_signal) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(finished: dict[str, Any], data: Path) -> None:
    show.say(
        f"{finished['path']}: finished in {show.length_of(finished['seconds'])}, "
        f"stopped by {finished['stopped_by'].replace('_', ' ')}"
    )
    show.table(("on validation images", "value"), list(finished["metrics"].items()))
    for note in finished["notes"]:
        show.say(note)
    show.note(f"Next: {show.program_name()} evaluate {finished['path']} {data} --html report.html")
