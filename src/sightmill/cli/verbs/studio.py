"""`sightmill studio`: the whole work in a browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from sightmill.cli import show
from sightmill.cli.flags import format_option
from sightmill.cli.listening import listening_options, server_room

__all__ = ["command", "open_studio"]


@click.command()
@click.argument("project", type=click.Path(path_type=Path, file_okay=False), required=False)
@listening_options(8765, "SIGHTMILL_STUDIO_TOKEN", "browsers")
@click.option(
    "--projects",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("projects"),
    show_default=True,
    metavar="FOLDER",
    help="Where new projects are made.",
)
@click.option(
    "--root",
    "roots",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    metavar="FOLDER",
    help="A folder that may be read from the browser. May be given several times.  [default: the current folder]",
)
@click.option("--method", metavar="METHOD", help="What PROJECT is for, when it is new.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    metavar="DATA",
    help="Images and annotations for PROJECT, when it is new; they are used where they are.",
)
@click.option(
    "--model",
    "models",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="A trained model for PROJECT, when it has none. May be given several times.",
)
@format_option
@click.option("--open", "browse", is_flag=True, help="Open it in the browser of this machine.")
def command(
    project: Path | None,
    port: int,
    host: str,
    names: tuple[str, ...],
    token: str | None,
    projects: Path,
    roots: tuple[Path, ...],
    method: str | None,
    data: Path | None,
    models: tuple[Path, ...],
    format: str | None,
    browse: bool,
) -> None:
    """Label, train, judge and deploy in the browser; PROJECT is the folder of a project.

    It is served on this machine alone, unless --host says otherwise. Ctrl-C ends it; what was labelled is on
    disk at every moment, and a training that runs can be resumed.
    """
    server = server_room("opening", "the studio")
    if project is None and (method or data or models):
        raise click.UsageError("--method, --data and --model are for a PROJECT: name its folder.")
    if project is not None:
        server.begin_with(project, method=method, data=data, format=format, models=models)
    config = server.config_of(
        host=host, token=token, projects=projects, roots=roots or (Path.cwd(),), names=names, first=project
    )
    if said := server.missing_pages():
        show.note(said)
    server.serve(config, host=host, port=port, started=_browsing if browse else _tell)


def open_studio(project: Path, *, method: str, data: Path, model: Path) -> None:
    """Open the studio on a project, made anew where it is not there, until Ctrl-C; on a port that is free."""
    words = [str(project), "--method", method, "--data", str(data), "--model", str(model), "--port", "0", "--open"]
    command.main(words, standalone_mode=False)


def _tell(address: str) -> None:
    show.say(f"The studio is open: {address}")
    show.note("Ctrl-C ends it.")


def _browsing(address: str) -> None:
    _tell(address)
    webbrowser.open(address)
