"""Opening the studio: who may reach it, the project to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sightmill.data.formats import load
from sightmill.errors import SettingsError
from sightmill.project.store.intake import add_dataset
from sightmill.project.store.project import FILE, Project
from sightmill.project.store.runs import add_model, all_runs
from sightmill.server.app import NOT_BUILT, STATIC, create_app
from sightmill.server.guard import names_of
from sightmill.server.listening import address_of, listen, token_for
from sightmill.server.studio import Config, Studio, slug

__all__ = ["begin_with", "config_of", "missing_pages", "serve"]


def config_of(
    *,
    host: str,
    token: str | None,
    projects: Path,
    roots: Sequence[Path],
    names: Sequence[str] = (),
    first: Path | None = None,
) -> Config:
    """How the studio is started: on another address than this machine's own, a token is demanded.

    Parameters
    ----------
    host : the address to listen on.
    token : None makes one where it is needed.
    names : further names that browsers may call this server by.

    Raises
    ------
    SettingsError : a token that could be guessed.
    """
    return Config(
        projects=projects.absolute(),
        roots=tuple(root.absolute() for root in roots),
        token=token_for(host, token),
        hosts=(*names_of([host]), *names),
        first=None if first is None else first.absolute(),
    )


def missing_pages() -> str | None:
    """The sentence for a copy whose front end was not built; None where it is there."""
    return None if (STATIC / "index.html").is_file() else NOT_BUILT


def begin_with(
    folder: Path, *, method: str | None, data: Path | None, format: str | None, models: Sequence[Path]
) -> None:
    """Make the project that the studio shall start with, if it is not there; and fill it.

    Parameters
    ----------
    folder : of the project.
    method : what a new project is for.
    data : images and annotations for a new project, used where they are.
    models : trained models to bring in, unless there are runs already; the first is in use then.

    Raises
    ------
    SettingsError : the project is new and no method is named.
    DataError : data or models cannot be used.
    """
    new = not (folder / FILE).is_file()
    if new:
        if method is None:
            raise SettingsError(
                "there is no project in this folder yet", got=folder, remedy="name what it is for: --method METHOD"
            )
        project = Project.create(folder, name=folder.absolute().name, method=method)
    else:
        project = Project(folder)
    with project:
        if new and data is not None:
            add_dataset(project, load(data, format=format, learns_from=project.method.learns_from), copy_files=False)
        if models and not all_runs(project):
            brought = [add_model(project, path, path.stem) for path in models]
            with project.writing() as connection:
                project.put(connection, {"active_run": brought[0].id})


def serve(config: Config, *, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve the studio until the process is told to end.

    Parameters
    ----------
    port : 0 takes a free one.
    started : called with the address to open, once it answers.

    Raises
    ------
    DeviceError : the address or the port cannot be had.
    """
    app = create_app(config)
    studio: Studio = app.state.studio
    try:
        listen(
            app,
            host=host,
            port=port,
            started=lambda taken: started(_address(host, taken, config)),
            ending=studio.end_streams,
        )
    finally:
        studio.close()


def _address(host: str, port: int, config: Config) -> str:
    """What to open. The token stands behind #, so that it is in no log and no request."""
    path = f"/projects/{slug(config.first.name)}" if config.first else "/"
    return address_of(host, port) + path + (f"#token={config.token}" if config.token else "")
