"""What verbs that serve share: where to listen, and the way into the server, which the command line does not know."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

import click

from sightmill.errors import MissingExtraError

__all__ = ["listening_options", "server_room"]

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])

_PARTS = ("fastapi", "uvicorn", "sqlalchemy", "starlette", "multipart", "python_multipart")


def listening_options(port: int, token_variable: str, asking: str) -> Callable[[AnyCommand], AnyCommand]:
    """``--port``, ``--host``, ``--name`` and ``--token``.

    Parameters
    ----------
    port : the default.
    token_variable : the environment variable that a token may stand in.
    asking : who calls this server, in words: ``browsers``.
    """

    def decorate(command: AnyCommand) -> AnyCommand:
        for option in (
            click.option(
                "--token",
                envvar=token_variable,
                metavar="TEXT",
                help=f"What {asking} must know; 16 letters or more. {token_variable} in the environment says it too.  "
                "[default: made anew where it is needed, and printed once]",
            ),
            click.option(
                "--name",
                "names",
                multiple=True,
                metavar="NAME",
                help=f"A name that {asking} may call this server by, beside its address. May be given several times.",
            ),
            click.option(
                "--host",
                default="127.0.0.1",
                show_default=True,
                metavar="ADDRESS",
                help="Address to listen on. Any but this machine's own is reached from other machines, and demands a "
                "token.",
            ),
            click.option(
                "--port", type=click.IntRange(0, 65535), default=port, show_default=True, help="0 takes a free one."
            ),
        ):
            command = option(command)
        return command

    return decorate


def server_room(module: str, what: str) -> Any:
    """A module of the server, found by its name.

    Parameters
    ----------
    what : what it is needed for, in words.

    Raises
    ------
    MissingExtraError : a library of the server is not installed.
    """
    try:
        return importlib.import_module(f"sightmill.server.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PARTS:
            raise
        raise MissingExtraError(what, "studio") from error
