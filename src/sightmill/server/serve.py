"""Starting the server: addresses, token, the project to begin with."""

from __future__ import annotations

import ipaddress
import logging
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from sightmill.data.formats import load
from sightmill.errors import DeviceError, SettingsError
from sightmill.project.store.intake import add_dataset
from sightmill.project.store.project import FILE, Project
from sightmill.project.store.runs import add_model, all_runs
from sightmill.server.app import NOT_BUILT, STATIC, create_app
from sightmill.server.guard import names_of
from sightmill.server.studio import Config, slug

__all__ = ["begin_with", "config_of", "missing_pages", "serve"]

#: A token that is given must be this long where others can try.
_SHORTEST = 16
#: Seconds that open streams get to end when the server goes down.
_PATIENCE = 2


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
    home = _is_home(host)
    if token is not None and len(token) < _SHORTEST:
        raise SettingsError(
            "the token could be guessed", where="--token", got=f"{len(token)} letters", allowed=f"at least {_SHORTEST}"
        )
    if token is None and not home:
        token = secrets.token_urlsafe(32)
    return Config(
        projects=projects.absolute(),
        roots=tuple(root.absolute() for root in roots),
        token=token,
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
    models : trained models to bring in, unless there are runs already.

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
            for path in models:
                add_model(project, path, path.stem)


def serve(config: Config, *, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until the process is told to end.

    Parameters
    ----------
    port : 0 takes a free one.
    started : called with the address to open, once it answers.

    Raises
    ------
    DeviceError : the address or the port cannot be had.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    app = create_app(config)
    settings = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE,
        h11_max_incomplete_event_size=64 << 10,
    )
    server = _Server(settings, lambda taken: started(_address(host, taken, config)))
    try:
        server.run()
    except SystemExit as error:
        app.state.studio.close()
        raise DeviceError(
            "the studio cannot listen there",
            where=f"{host}:{port}",
            remedy="stop what listens there, or choose another port with --port (0 takes a free one)",
        ) from error


class _Server(uvicorn.Server):
    """Tells when it answers, and lets streams end before it waits for them."""

    def __init__(self, config: uvicorn.Config, started: Callable[[int], None]) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # sockets are not opened here
        await super().startup()
        if self.started:
            self._told(int(self.servers[0].sockets[0].getsockname()[1]))

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # as above
        app = self.config.app
        for project in app.state.studio.opened():  # type: ignore[union-attr]  # the app was made above
            project.hub.close()
        await super().shutdown()


def _is_home(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(host: str, port: int, config: Config) -> str:
    """What to open. The token stands behind #, so that it is in no log and no request."""
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host
    path = f"/projects/{slug(config.first.name)}" if config.first else "/"
    return f"http://{name}:{port}{path}" + (f"#token={config.token}" if config.token else "")
