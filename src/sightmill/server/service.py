"""Models behind a REST interface: images in, answers out. For a line, not for a person: there are no pages."""

from __future__ import annotations

import base64
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, File, Query, Request, Response, UploadFile
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from sightmill.data.sample import Sample
from sightmill.errors import DataError, SettingsError, SightmillError
from sightmill.methods.settings import Settings, describe, from_text, to_text
from sightmill.project.predict import answer_of, drawings, region_from_words
from sightmill.project.store.intake import safe_name
from sightmill.project.store.pictures import as_png, shown
from sightmill.runtime.model import Model
from sightmill.server.application import guarded
from sightmill.server.events import finite
from sightmill.server.guard import Access, names_of
from sightmill.server.listening import address_of, listen, token_for
from sightmill.server.messages.common import Parameter
from sightmill.server.messages.service import FailedImage, Health, PredictedImage, Predictions, ServedModel
from sightmill.server.refusals import NotFound, TooLarge
from sightmill.server.uploads import about, look_at, receive

__all__ = ["access_of", "create_service", "serve"]

#: Parameters of every request; no inference setting is called so.
_OWN = ("roi", "pictures", "of")
#: More images than this in one request are refused, and larger requests.
_FILES, _BYTES = 100, 1 << 30

_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}
Roi = Annotated[
    str | None,
    Query(max_length=200, description='Look only there: "x y width height" in pixels from the top-left corner.'),
]


def access_of(*, host: str, token: str | None, names: Sequence[str] = ()) -> Access:
    """What those who ask are held to: on another address than this machine's own, a token is demanded.

    Raises
    ------
    SettingsError : a token that could be guessed.
    """
    return Access(
        token=token_for(host, token),
        hosts=(*names_of([host]), *names),
        open=("/api/health",),
        files=_FILES,
        request_bytes=_BYTES,
        json_bytes=1 << 20,
    )


def serve(models: Mapping[str, Model], access: Access, *, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve models until the process is told to end.

    Parameters
    ----------
    models : by the names that they are asked for by.
    port : 0 takes a free one.
    started : called with the address, once it answers.

    Raises
    ------
    DeviceError : the address or the port cannot be had.
    """
    app = create_service(models, access)
    listen(app, host=host, port=port, started=lambda taken: started(address_of(host, taken)))


def create_service(models: Mapping[str, Model], access: Access) -> FastAPI:
    """The application that serves models; each has addresses of its own, so that its settings are described."""
    app = guarded("Sightmill", "Images in, answers out.", access)
    desk = _Desk(access)

    @app.get("/api/health")
    async def health() -> Health:
        """Answers while the server does, also without the token."""
        return Health(status="ready")

    @app.get("/api/models")
    async def list_models() -> list[ServedModel]:
        """The models that are served."""
        return [_facts(name, model) for name, model in models.items()]

    for name, model in models.items():
        _add_model(app, name, model, desk)

    @app.api_route("/api/models/{path:path}", methods=["GET", "POST"], include_in_schema=False)
    def elsewhere(path: str, request: Request) -> None:
        """Say what there is in place of what was asked for."""
        name, _, rest = path.partition("/")
        if name not in models:
            raise NotFound("there is no such model", got=name, allowed=list(models))
        if rest in ("predict", "picture"):
            raise HTTPException(405, "this address takes images: send them with post", {"allow": "POST"})
        raise NotFound("there is nothing at this address", got=request.url.path, allowed=["predict", "picture"])

    return app


def _add_model(app: FastAPI, name: str, model: Model, desk: _Desk) -> None:
    address = f"/api/models/{name}"
    settings = {"parameters": _described(model.method.Inference, model.inference)}

    @app.get(address, name=f"model_{name}", tags=[name])
    async def read() -> ServedModel:
        """What the model is, and what may be set."""
        return _facts(name, model)

    @app.post(
        f"{address}/predict",
        name=f"predict_{name}",
        tags=[name],
        response_model_exclude_unset=True,
        openapi_extra=settings,
    )
    def predict(
        request: Request,
        response: Response,
        files: Annotated[list[UploadFile], File(description="Images, at most 100.")],
        roi: Roi = None,
        pictures: Annotated[bool, Query(description="Draw the answers too, as data URLs.")] = False,
    ) -> Predictions:
        """Answers for images, as `sightmill predict --json` tells them.

        An image that cannot be used is told among the errors; when none can be used, the request is refused.
        """
        inference = _inference(model, request.query_params)
        results: list[PredictedImage] = []
        errors: list[FailedImage] = []
        refused: SightmillError | None = None
        with desk.received(files, roi) as received, desk.turn(response):
            for sample, error in received:
                try:
                    if error is not None:
                        raise error
                    results.append(_answer(model, sample, inference, pictures))
                except (DataError, TooLarge) as told:
                    refused = refused or told
                    errors.append(FailedImage(image=sample.name, error=str(told)))
        if refused is not None and not results:
            raise refused
        return Predictions(model=name, method=model.method.id, notes=list(model.doubts), results=results, errors=errors)

    @app.post(
        f"{address}/picture",
        name=f"picture_{name}",
        tags=[name],
        response_class=Response,
        responses=_PNG,
        openapi_extra=settings,
    )
    def picture(
        request: Request,
        response: Response,
        file: Annotated[UploadFile, File(description="An image.")],
        roi: Roi = None,
        of: Annotated[
            str, Query(max_length=200, description="Which picture: picture, heatmap_picture ...")
        ] = "picture",
    ) -> Response:
        """The answer drawn into the image, or its heatmap over it, as PNG."""
        inference = _inference(model, request.query_params)
        with desk.received([file], roi) as received, desk.turn(response):
            ((sample, error),) = received
            if error is not None:
                raise error
            result = _predicted(model, sample, inference)
            names = []
            for found, pixels in drawings(model.method, sample.read(), result):
                names.append(found)
                if found == of:
                    return Response(as_png(shown(pixels)), media_type="image/png", headers=dict(response.headers))
        raise SettingsError("there is no such picture of this answer", where="of", got=of, allowed=names)


class _Desk:
    """Takes images in, and lets as many requests work at once as there are processors."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._places = threading.BoundedSemaphore(os.cpu_count() or 1)

    @contextmanager
    def received(
        self, files: Sequence[UploadFile], roi: str | None
    ) -> Iterator[list[tuple[Sample, SightmillError | None]]]:
        """The images as files that last as long as the request, each with what keeps it from being used."""
        if len(files) > self._access.files:
            raise TooLarge("these are too many images at once", got=len(files), allowed=self._access.files)
        region = None if roi is None else region_from_words(roi)
        found: list[tuple[Sample, SightmillError | None]] = []
        with tempfile.TemporaryDirectory(prefix="sightmill-serve-") as folder:
            for number, file in enumerate(files):
                name = safe_name(file.filename or "image")
                path = Path(folder) / f"{number}{Path(name).suffix.lower()}"
                refused: SightmillError | None = None
                try:
                    look_at(file, name, self._access)
                    receive(file, path, self._access)
                except SightmillError as error:
                    refused = about(error, name)
                found.append((Sample(path, name, roi=region), refused))
            yield found

    @contextmanager
    def turn(self, response: Response) -> Iterator[None]:
        """Wait for a place and work there; how long the work took is told in a header."""
        with self._places:
            began = time.perf_counter()
            yield
            response.headers["server-timing"] = f"predict;dur={1000 * (time.perf_counter() - began):.1f}"


def _predicted(model: Model, sample: Sample, inference: Settings) -> Any:
    try:
        return model.predict(sample, inference=inference)
    except DataError as error:  # it names the file on this machine, which nobody knows
        raise about(error, sample.name) from error


def _answer(model: Model, sample: Sample, inference: Settings, pictures: bool) -> PredictedImage:
    result = _predicted(model, sample, inference)
    said = finite(answer_of(model.method, sample, result))
    if pictures:
        drawn = drawings(model.method, sample.read(), result)
        said["pictures"] = {name: _data_url(as_png(shown(pixels))) for name, pixels in drawn}
    return PredictedImage.model_validate(said)


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _inference(model: Model, query: QueryParams) -> Settings:
    """The model's settings with those of a request; raises `SettingsError`."""
    kind = model.method.Inference
    given = {name: from_text(kind, name, text) for name, text in query.items() if name not in _OWN}
    settings: Settings = model.inference.changed(**given)
    return settings


def _facts(name: str, model: Model) -> ServedModel:
    engine = model.facts
    return ServedModel(
        name=name,
        method=model.method.id,
        title=model.method.title,
        labels=list(model.labels),
        predict=f"/api/models/{name}/predict",
        picture=f"/api/models/{name}/picture",
        width=model.view.width,
        height=model.view.height,
        channels=model.view.channels,
        inference=model.inference.model_dump(mode="json"),
        parameters=[Parameter(**item) for item in describe(model.method.Inference)],
        engine=engine.engine,
        precision=engine.precision,
        device=engine.device,
        notes=list(model.doubts),
    )


def _described(settings: type[Settings], chosen: Settings) -> list[dict[str, Any]]:
    """The settings as parameters of an address, for the description; their defaults are the model's own values."""
    return [
        {
            "in": "query",
            "name": item["name"],
            "required": False,
            "description": item["help"] + (f" In {item['unit']}." if item["unit"] else ""),
            "schema": {"title": item["title"], **_schema(item), "default": _default(getattr(chosen, item["name"]))},
        }
        for item in describe(settings)
    ]


def _schema(item: Mapping[str, Any]) -> dict[str, Any]:
    names = {"bool": "boolean", "int": "integer", "float": "number"}
    found: dict[str, Any] = {"type": names.get(item["kind"], "string")}
    if item["kind"] == "choice":
        found["enum"] = [str(choice) for choice in item["choices"]]
    for side in ("minimum", "maximum"):
        if item[side] is not None:
            exclusive = f"exclusive{side.capitalize()}" if item[f"exclusive_{side}"] else side
            found[exclusive] = item[side]
    return {"anyOf": [found, {"const": "none"}]} if item["optional"] else found


def _default(value: Any) -> bool | float | str:
    """A value as an address says it; numbers stay numbers in the description."""
    return value if isinstance(value, bool | int | float) else to_text(value)
