"""The application: routes, guard, and the front end's files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response

from sightmill.server.application import guarded
from sightmill.server.refusals import NotFound
from sightmill.server.routes import (
    capture,
    checks,
    classes,
    deploy,
    images,
    intake,
    judge,
    labels,
    projects,
    runs,
    serving,
    session,
    suggest,
)
from sightmill.server.studio import Config, Studio

__all__ = ["NOT_BUILT", "STATIC", "create_app"]

#: Where the front end's build puts its files; git does not carry them, the wheel does.
STATIC = Path(__file__).parent / "static"

#: What is said where the front end is missing: a checkout in which it was not built.
NOT_BUILT = (
    "The studio's pages are not built in this copy: type make studio in its source folder, or install the wheel."
)
_NOT_BUILT_PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sightmill studio</title></head>
<body><h1>Sightmill studio</h1><p>{NOT_BUILT} The API answers all the same:
<a href="/api/openapi.json">its description</a>.</p></body></html>
"""


def create_app(config: Config) -> FastAPI:
    """The application of a studio. The studio is closed when the application ends."""
    studio = Studio(config)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            studio.close()

    app = guarded("Sightmill studio", "Label, train, judge and deploy.", config, lifespan)
    app.state.studio = studio
    rooms = (session, projects, classes, images, labels, intake, checks, capture, runs, suggest, judge, deploy, serving)
    for room in rooms:
        app.include_router(room.router)

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        """A file of the front end; every other address is the front end's own business and gets its page."""
        if path.startswith("api/"):
            raise NotFound("there is nothing at this address", got=f"/{path}")
        root = STATIC.resolve()
        wanted = (root / path).resolve() if "\0" not in path else root
        if path and wanted.is_relative_to(root) and wanted.is_file():
            keep = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return FileResponse(wanted, headers={"cache-control": keep})
        index = root / "index.html"
        if path.startswith("assets/"):
            raise NotFound("there is nothing at this address", got=f"/{path}")
        if index.is_file():
            return FileResponse(index, headers={"cache-control": "no-cache"})
        return HTMLResponse(_NOT_BUILT_PAGE, status_code=503)

    return app
