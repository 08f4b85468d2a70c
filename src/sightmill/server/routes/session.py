"""The studio itself: signing in, methods, formats, devices, folders of the server."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

import sightmill
from sightmill.data.formats import formats
from sightmill.data.image import IMAGE_SUFFIXES, read_image
from sightmill.methods.catalogue import methods
from sightmill.methods.contract import Method
from sightmill.methods.settings import describe
from sightmill.project.store.pictures import as_jpeg, fitted, shown
from sightmill.runtime.devices import devices
from sightmill.server.guard import COOKIE, cookie_of, knows_token
from sightmill.server.messages.common import Parameter
from sightmill.server.messages.session import (
    DeviceFacts,
    Folder,
    FormatFacts,
    Limits,
    Login,
    MethodFacts,
    MetricFacts,
    Session,
)
from sightmill.server.refusals import Forbidden
from sightmill.server.studio import TheStudio, slug
from sightmill.server.training import training_missing

router = APIRouter(prefix="/api", tags=["session"])

#: Region kinds to draw, by what a method learns from (`sightmill.data.check` knows what it can use).
_TOOLS = {
    "class": ["whole"],
    "multi_label": ["whole"],
    "anomaly": ["whole", "polygon", "mask"],
    "box": ["box"],
    "rotated_box": ["rotated_box"],
    "polygon": ["polygon", "mask"],
    "mask": ["mask", "polygon"],
    "instance": ["polygon", "mask"],
    "edge": ["polyline", "mask", "polygon"],
    "point": ["point"],
    "text": ["rotated_box", "box"],
}

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


@router.get("/session")
def session_facts(request: Request, studio: TheStudio) -> Session:
    """What this server is, and whether the browser is signed in. Answers without a token, and then says less."""
    config = studio.config
    known = knows_token(config, request.headers)
    remedy = training_missing()
    return Session(
        version=sightmill.__version__,
        signed_in=known,
        token_needed=config.token is not None,
        projects_folder=str(config.projects) if known else "",
        roots=[str(root) for root in studio.places.roots] if known else [],
        limits=Limits(
            files=config.files,
            file_bytes=config.file_bytes,
            request_bytes=config.request_bytes,
            pixels=config.pixels,
            image_suffixes=list(IMAGE_SUFFIXES),
        ),
        can_train=remedy is None,
        training_remedy=remedy,
        first_project=slug(config.first.name) if config.first and known else None,
    )


@router.post("/session", status_code=204)
def sign_in(body: Login, studio: TheStudio, response: Response) -> None:
    """Sign in with the token that the server printed; the browser gets a cookie that its scripts cannot read."""
    token = studio.config.token
    if token is None:
        return
    if not hmac.compare_digest(body.token.strip().encode(), token.encode()):
        raise Forbidden("this is not the token", remedy="copy it from where the studio was started")
    response.set_cookie(COOKIE, cookie_of(token), httponly=True, samesite="strict", path="/")


@router.get("/methods")
def list_methods() -> list[MethodFacts]:
    """The methods there are, with all that their forms need."""
    return [_method(method) for method in methods().values()]


@router.get("/formats")
def list_formats() -> list[FormatFacts]:
    """The data formats that are read and written."""
    return [FormatFacts(id=item.id, title=item.title) for item in formats().values()]


@router.get("/devices")
def list_devices() -> list[DeviceFacts]:
    """What models can run on here."""
    return [DeviceFacts(**device.to_dict()) for device in devices()]


@router.get("/files")
def browse(studio: TheStudio, path: Annotated[str | None, Query(max_length=4096)] = None) -> Folder:
    """What is in a folder on the server; without a path, the folders that may be read."""
    return studio.places.listing(path)


@router.get("/files/picture", response_class=Response, responses=_JPEG)
async def file_picture(studio: TheStudio, path: Annotated[str, Query(max_length=4096)]) -> Response:
    """A small picture of an image file on the server."""

    def make() -> bytes:
        pixels = read_image(studio.places.allowed(path), max_pixels=studio.config.pixels)
        return as_jpeg(shown(fitted(pixels, 256)), 82)

    return Response(await run_in_threadpool(make), media_type="image/jpeg")


def _method(method: Method[Any, Any]) -> MethodFacts:
    return MethodFacts(
        id=method.id,
        title=method.title,
        summary=method.summary,
        learns_from=method.learns_from,
        answers_with=list(method.answers_with),
        tools=_TOOLS.get(method.learns_from, ["whole"]),
        training=[Parameter(**item) for item in describe(method.Training)],
        inference=[Parameter(**item) for item in describe(method.Inference)],
        training_schema=method.Training.model_json_schema(),
        inference_schema=method.Inference.model_json_schema(),
        metrics=[
            MetricFacts(
                name=metric.name,
                title=metric.title,
                better="lower" if metric.better == "lower" else "higher",
                limit=metric.limit,
            )
            for metric in method.metrics()
        ],
    )
