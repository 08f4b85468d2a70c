"""Listening on an address until the process is told to end: what the studio and the model server have in common."""

from __future__ import annotations

import ipaddress
import logging
import secrets
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from sightmill.errors import DeviceError, SettingsError

__all__ = ["address_of", "is_home", "listen", "token_for"]

#: A token that is given must be this long where others can try.
_SHORTEST = 16
#: Seconds that open streams get to end when the server goes down.
_PATIENCE = 2


def token_for(host: str, token: str | None) -> str | None:
    """The token to demand: the one given, else a new one on any address but this machine's own.

    Raises
    ------
    SettingsError : a token that could be guessed.
    """
    if token is not None and len(token) < _SHORTEST:
        raise SettingsError(
            "the token could be guessed", where="--token", got=f"{len(token)} letters", allowed=f"at least {_SHORTEST}"
        )
    if token is not None and not (token.isascii() and token.isprintable()):
        raise SettingsError("the token cannot be sent in a header", where="--token", allowed="ASCII letters and marks")
    if token is None and not is_home(host):
        return secrets.token_urlsafe(32)
    return token


def is_home(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(host: str, port: int) -> str:
    """What programs on this machine call a server that listens there, ``http://127.0.0.1:8765``."""
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def listen(
    app: FastAPI, *, host: str, port: int, started: Callable[[int], None], ending: Callable[[], None] = lambda: None
) -> None:
    """Serve an application until the process is told to end.

    Parameters
    ----------
    port : 0 takes a free one.
    started : called with the port, once it answers.
    ending : called when it is to end, before open requests are waited for.

    Raises
    ------
    DeviceError : the address or the port cannot be had.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
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
    try:
        _Server(settings, started, ending).run()
    except SystemExit as error:
        raise DeviceError(
            "nothing can listen there",
            where=f"{host}:{port}",
            remedy="stop what listens there, or choose another port with --port (0 takes a free one)",
        ) from error


class _Server(uvicorn.Server):
    """Tells when it answers, and when it is about to end."""

    def __init__(self, config: uvicorn.Config, started: Callable[[int], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._told, self._ending = started, ending

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._told(int(self.servers[0].sockets[0].getsockname()[1]))

    async def shutdown(self, sockets: Any = None) -> None:
        self._ending()
        await super().shutdown(sockets)
