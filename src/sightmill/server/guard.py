"""Who may talk to the server, and how much they may say.

Four things are held against each request before a route sees it: it names this server (``Host``: a page of another
name that points here is refused), a change comes from the server's own pages (``Origin``), it carries the token
where one is demanded, and its body is not larger than what may come.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightmill.errors import SightmillError
from sightmill.server.refusals import Forbidden, TooLarge, answered

__all__ = ["COOKIE", "Access", "Guard", "cookie_of", "knows_token", "names_of"]

COOKIE = "sightmill_session"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HOME = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; font-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


@dataclass(frozen=True, kw_only=True)
class Access:
    """What those who ask are held to.

    Parameters
    ----------
    token : what other machines must know; None when only this machine is served.
    hosts : names that this server may be called by; empty for those of this machine.
    open : addresses that answer without the token.
    files, file_bytes, request_bytes, json_bytes, pixels : what may come: files in a request, bytes of each, of a
        request with files and of one without; pixels of an image.
    """

    token: str | None = None
    hosts: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    files: int = 1000
    file_bytes: int = 512 << 20
    request_bytes: int = 2 << 30
    json_bytes: int = 64 << 20
    pixels: int = 250_000_000


class Unknown(SightmillError):  # noqa: N818  named after what it answers
    """It is not known who asks."""


def cookie_of(token: str) -> str:
    """What the cookie holds: derived from the token, so that the token itself is not kept by browsers."""
    return hmac.new(token.encode(), b"sightmill studio session", hashlib.sha256).hexdigest()


def knows_token(access: Access, headers: Headers) -> bool:
    """Whether a request carries the token, in its cookie or as ``Authorization: Bearer``."""
    if access.token is None:
        return True
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return False
    held = jar[COOKIE].value if COOKIE in jar else ""
    scheme, _, said = headers.get("authorization", "").partition(" ")
    bearer = said.strip() if scheme.lower() == "bearer" else ""
    by_cookie = hmac.compare_digest(held.encode(), cookie_of(access.token).encode())
    by_header = hmac.compare_digest(bearer.encode(), access.token.encode())
    return by_cookie or by_header


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._hosts = frozenset(host.casefold() for host in access.hosts) | _HOME

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    own.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    own.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            error, status = refusal
            await answered(error, status)(scope, receive, protected)
            return
        limit = self._limit(headers)
        length = headers.get("content-length")
        if length is not None and (not length.isdigit() or int(length) > limit):
            await answered(_too_large(limit), 413)(scope, receive, protected)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, "this is more than the server takes at once")
            return message

        await self._app(scope, counted, protected)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[SightmillError, int] | None:
        host = headers.get("host", "")
        if not self._known(host):
            return (
                Forbidden(
                    "this server is not called so",
                    where="Host",
                    got=host or "nothing",
                    remedy="use the address that it printed when it started, or start it with --name NAME",
                ),
                403,
            )
        if scope["method"] not in _SAFE:
            origin = headers.get("origin")
            if origin is not None and origin.partition("://")[2].casefold() != host.casefold():
                return Forbidden("a page of another site may not change anything here", where="Origin", got=origin), 403
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                return Forbidden("a page of another site may not change anything here", where="Sec-Fetch-Site"), 403
        path = scope["path"]
        if path.startswith("/api/") and path not in self._access.open and not knows_token(self._access, headers):
            return (
                Unknown(
                    "this server asks for its token",
                    remedy="give the token that it printed when it started; programs send it as Authorization: Bearer "
                    "TOKEN",
                ),
                401,
            )
        return None

    def _known(self, host: str) -> bool:
        """Whether a ``Host`` header means this server."""
        name = _name_of(host)
        if name in self._hosts:
            return True
        # Bound to every address of the machine, it is called by any of them; a name could be anybody's.
        return "*" in self._hosts and _is_address(name)

    def _limit(self, headers: Headers) -> int:
        kind = headers.get("content-type", "")
        return self._access.request_bytes if kind.startswith("multipart/") else self._access.json_bytes


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "this is more than the server takes at once", allowed=f"{limit >> 20} MiB", remedy="send less at once"
    )


def _name_of(host: str) -> str:
    """The name in a ``Host`` header, without the port; empty when it is malformed."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?", host)
    return (found[1] or found[2]).casefold() if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def names_of(hosts: Iterable[str]) -> tuple[str, ...]:
    """What a server that is bound to these addresses is called by; ``*`` for any address."""
    return tuple("*" if host in ("0.0.0.0", "::", "") else host for host in hosts)
