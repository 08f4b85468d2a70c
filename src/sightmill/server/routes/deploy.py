"""Taking a model away: the file, the network, code that runs as it is, speed, and trying it on images."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from sightmill.bundle import write_bundle
from sightmill.data.image import find_images, read_image
from sightmill.data.sample import Sample
from sightmill.errors import BundleError, DataError, SightmillError
from sightmill.project.store import runs as store
from sightmill.project.store.intake import safe_name
from sightmill.project.store.pictures import as_jpeg, fitted, shown
from sightmill.runtime.devices import cpu_name
from sightmill.runtime.model import Model
from sightmill.server.answers import labelled
from sightmill.server.events import finite
from sightmill.server.messages.common import RunId
from sightmill.server.messages.images import Skipped
from sightmill.server.messages.judge import FolderPredicting, Latency, LiveAnswer, LivePredictions, Snippet
from sightmill.server.routes.checks import data_url
from sightmill.server.routes.judge import heat_png, heat_range
from sightmill.server.snippets import curl, example_image, inference_words, quoted
from sightmill.server.studio import Opened, TheStudio
from sightmill.server.uploads import about, look_at, receive

router = APIRouter(prefix="/api/projects/{project}/runs/{run}", tags=["deploy"])

_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}
_WIDE = 1024


@router.get("/model", response_class=FileResponse, responses=_FILE)
def download_model(run: RunId, opened: Opened) -> FileResponse:
    """The model file, deciding by the inference settings that were chosen here."""
    found = store.read_run(opened.project, run)
    model = opened.answering.model(found)
    name = f"{opened.id}-run{run}.sightmill"
    if not found.inference:
        return FileResponse(found.model, media_type="application/octet-stream", filename=name)
    scratch = tempfile.TemporaryDirectory(prefix="sightmill-model-")
    path = _decided(model, Path(scratch.name) / name)
    return FileResponse(
        path, media_type="application/octet-stream", filename=name, background=BackgroundTask(scratch.cleanup)
    )


@router.get("/onnx", response_class=Response, responses=_FILE)
def download_onnx(run: RunId, opened: Opened) -> Response:
    """The network alone, as ONNX: without how images go in and answers come out."""
    model = opened.answering.model(store.read_run(opened.project, run))
    assert model.bundle is not None  # it was opened from a file
    headers = {"content-disposition": f'attachment; filename="{opened.id}-run{run}.onnx"'}
    return Response(model.bundle.network(), media_type="application/octet-stream", headers=headers)


@router.get("/snippets")
def snippets(run: RunId, opened: Opened, studio: TheStudio, request: Request) -> list[Snippet]:
    """Code that runs as it is, with this run's model."""
    found = store.read_run(opened.project, run)
    model = opened.answering.model(found)
    changes = ", ".join(f"{name}={value!r}" for name, value in found.inference.items())
    decide = f"\nmodel = model.with_inference({changes})" if changes else ""
    image = str(example_image(opened) or "part.png")
    words = ["sightmill", "predict", str(found.model), image, "--json", *inference_words(found.inference)]
    address = f"{str(request.base_url).rstrip('/')}{opened.address}/runs/{run}/predict"
    return [
        Snippet(
            id="python",
            title="Python",
            language="python",
            code=f"import sightmill\n\nmodel = sightmill.load({str(found.model)!r}){decide}\n"
            f"result = model.predict({image!r})\n"
            "print(result.label, result.score)\nprint(result.to_dict())\n",
        ),
        Snippet(
            id="command",
            title="Command line",
            language="console",
            code=" ".join(map(quoted, words)) + "\n",
        ),
        Snippet(
            id="rest",
            title="REST, with curl, while the studio runs",
            language="console",
            code=curl(image, address, "TOKEN" if studio.config.token else None),
        ),
        Snippet(
            id="onnx",
            title="ONNX Runtime alone",
            language="python",
            code="import zipfile\n\nimport numpy as np\nimport onnxruntime\n\n"
            f"with zipfile.ZipFile({str(found.model)!r}) as archive:\n"
            '    session = onnxruntime.InferenceSession(archive.read("network.onnx"))\n'
            f"image = np.zeros((1, {model.view.channels}, {model.view.height}, {model.view.width}), np.float32)"
            "  # gray values from 0 to 1\n"
            "print({out.name: array.shape for out, array in zip(session.get_outputs(), "
            "session.run(None, {session.get_inputs()[0].name: image}))})\n",
        ),
    ]


@router.post("/latency")
def measure_latency(run: RunId, opened: Opened) -> Latency:
    """How long one image takes on this machine; it is measured now."""
    model = opened.answering.model(store.read_run(opened.project, run))
    times = model.time_per_image(10)
    facts = model.facts
    return Latency(
        **{name: times[name] for name in ("view", "network", "decode", "total")},
        width=int(times["width"]),
        height=int(times["height"]),
        tiles=int(times["tiles"]),
        engine=facts.engine,
        version=facts.version,
        precision=facts.precision,
        device=facts.device,
        processor=cpu_name(),
    )


@router.post("/predict")
def predict_uploads(run: RunId, files: list[UploadFile], opened: Opened, studio: TheStudio) -> LivePredictions:
    """Answer images that are sent along; they are not kept."""
    model = opened.answering.model(store.read_run(opened.project, run))
    config = studio.config
    answers: list[LiveAnswer] = []
    skipped: list[Skipped] = []
    with tempfile.TemporaryDirectory(prefix="sightmill-predict-") as scratch:
        for number, file in enumerate(files):
            name = safe_name(file.filename or "image")
            try:
                look_at(file, name, config)
                path = Path(scratch) / f"{number}{Path(name).suffix.lower()}"
                receive(file, path, config)
                answers.append(_answer(model, path, name, config.pixels))
                path.unlink()
            except SightmillError as error:
                skipped.append(Skipped(name=name, sentence=str(about(error, name))))
    return LivePredictions(answers=answers, skipped=skipped)


@router.post("/predict-folder")
def predict_folder(run: RunId, body: FolderPredicting, opened: Opened, studio: TheStudio) -> LivePredictions:
    """Answer the images of a folder on the server, the first ones by name."""
    model = opened.answering.model(store.read_run(opened.project, run))
    folder = studio.places.allowed(body.path)
    if not folder.is_dir():
        raise DataError("this is no folder", got=body.path)
    answers: list[LiveAnswer] = []
    skipped: list[Skipped] = []
    for path in find_images(folder)[: body.limit]:
        name = path.relative_to(folder).as_posix()
        try:
            answers.append(_answer(model, studio.places.allowed(path), name, studio.config.pixels))
        except SightmillError as error:
            skipped.append(Skipped(name=name, sentence=str(about(error, name))))
    return LivePredictions(answers=answers, skipped=skipped)


def _answer(model: Model, path: Path, name: str, pixels: int) -> LiveAnswer:
    image = read_image(path, max_pixels=pixels)
    began = time.perf_counter()
    result = model.predict(Sample(image, name))
    spent = 1000 * (time.perf_counter() - began)
    heat = result.heatmap
    low, high = heat_range(result)
    return LiveAnswer(
        name=name,
        answer=model.method.answer(result),
        width=result.size[0],
        height=result.size[1],
        label=result.label,
        score=finite(result.score),
        annotations=labelled(result),
        values=finite(result.values),
        flags=dict(result.flags),
        confidences={key: float(value) for key, value in result.confidences.items()},
        milliseconds=spent,
        picture=data_url(as_jpeg(shown(fitted(image, _WIDE)), 85), "image/jpeg"),
        heatmap=None if heat is None else data_url(heat_png(heat, low, high, _WIDE), "image/png"),
    )


def _decided(model: Model, path: Path) -> Path:
    """The model's file with the inference settings that were chosen here."""
    bundle = model.bundle
    assert bundle is not None  # it was opened from a file
    try:
        weights = bundle.weights()
    except BundleError:  # it was saved without
        weights = b""
    write_bundle(path, model.manifest, network=bundle.network(), weights=weights, self_tests=list(bundle.self_tests()))
    return path
