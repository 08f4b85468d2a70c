"""How things that do not work are answered: a status and a `Failure`, never a stack trace."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from sightmill.errors import (
    DeviceError,
    MissingExtraError,
    SightmillError,
)
from sightmill.project.store.labels import StaleError
from sightmill.server.messages.common import Failure

__all__ = [
    "REFUSED",
    "Busy",
    "Conflict",
    "Forbidden",
    "NotFound",
    "TooLarge",
    "add_refusals",
    "answered",
    "failure",
    "operation_id",
]

#: What every operation may answer besides what it is for, as FastAPI describes it.
REFUSED: dict[int | str, dict[str, Any]] = {
    code: {"model": Failure} for code in (400, 401, 403, 404, 409, 413, 422, 500, 503)
}

_log = logging.getLogger("sightmill.server")


class NotFound(SightmillError):  # noqa: N818  named after the HTTP status it becomes
    """What the address names is not there."""


class Conflict(SightmillError):  # noqa: N818  named after the HTTP status it becomes
    """It cannot be done as things stand."""


class Forbidden(SightmillError):  # noqa: N818  named after the HTTP status it becomes
    """It may not be done from there."""


class TooLarge(SightmillError):  # noqa: N818  named after the HTTP status it becomes
    """More than the server takes."""


class Busy(SightmillError):  # noqa: N818  named after the HTTP status it becomes
    """It works on something else."""


_STATUS: tuple[tuple[type[SightmillError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (StaleError, 409),
    (Busy, 409),
    (Forbidden, 403),
    (TooLarge, 413),
    (MissingExtraError, 503),
    (DeviceError, 503),
)


def failure(error: SightmillError, *, kind: str | None = None) -> Failure:
    """The message for an error."""
    return Failure(
        sentence=str(error),
        kind=kind or ("Conflict" if isinstance(error, StaleError) else type(error).__name__),
        what=error.what,
        where=error.where,
        got=error.got,
        allowed=error.allowed,
        remedy=error.remedy,
    )


def answered(error: SightmillError, status: int | None = None) -> JSONResponse:
    """The response for an error."""
    code = status or next((code for kind, code in _STATUS if isinstance(error, kind)), 422)
    return JSONResponse(failure(error).model_dump(), status_code=code)


def operation_id(route: APIRoute) -> str:
    """In the description, an operation is called as its function is."""
    return route.name


def add_refusals(app: FastAPI) -> None:
    """Answer all that can go wrong in the same form."""

    @app.exception_handler(SightmillError)
    def said(request: Request, error: SightmillError) -> JSONResponse:
        return answered(error)

    @app.exception_handler(LookupError)
    def missing(request: Request, error: LookupError) -> JSONResponse:
        if not isinstance(error, LookupError) or isinstance(error, KeyError | IndexError):
            return fault(request, error)
        return answered(NotFound("there is no such thing in this project", got=request.url.path))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = dict(error.errors()[0])
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        got = first.get("input")
        shown = got if isinstance(got, str | int | float | bool) else None
        if first["type"] == "missing":
            return answered(SightmillError("this has to be sent", where=place or "the body"), 422)
        return answered(
            SightmillError("this value is not allowed", where=place or None, got=shown, allowed=first["msg"]), 422
        )

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        kinds = {404: NotFound("there is nothing at this address", got=request.url.path)}
        known = kinds.get(error.status_code) or SightmillError(str(error.detail).lower(), where=request.url.path)
        response = answered(known, error.status_code)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    @app.exception_handler(Exception)
    def fault(request: Request, error: Exception) -> JSONResponse:
        _log.error("fault at %s %s", request.method, request.url.path, exc_info=error)
        sentence = SightmillError(
            f"this is a fault in Sightmill, not in your data: {type(error).__name__}",
            remedy="look at what the server printed, and please report it",
        )
        return answered(sentence, 500)
