"""What both applications, the studio's and the one that serves models, stand on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

import sightmill
from sightmill.server.guard import Access, Guard
from sightmill.server.refusals import REFUSED, add_refusals, operation_id

__all__ = ["guarded"]


def guarded(
    title: str,
    summary: str,
    access: Access,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """An application without routes yet: guarded, described, and refusing in sentences."""
    app = FastAPI(
        title=title,
        version=sightmill.__version__,
        summary=summary,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        responses=REFUSED,
    )
    app.add_middleware(Guard, access=access)
    add_refusals(app)
    return app
