"""Judging a run: its answers, an evaluation with live settings, heatmaps, reports."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response

from sightmill.data.good import is_good
from sightmill.data.regions import Region
from sightmill.data.result import Result
from sightmill.drawing.colours import heat_colours
from sightmill.errors import DataError
from sightmill.evaluation.report import Pair
from sightmill.project.evaluate import Evaluation as Judged
from sightmill.project.evaluate import judged
from sightmill.project.page import write_page
from sightmill.project.store import runs as store
from sightmill.project.store.pictures import as_png
from sightmill.project.store.predictions import judged as judge_one
from sightmill.project.store.snapshot import numbered_samples
from sightmill.runtime.model import Model
from sightmill.server.answering import Numbered, inference_of
from sightmill.server.answers import labelled, run_message, thumbnail_of
from sightmill.server.events import finite
from sightmill.server.jobs import Report
from sightmill.server.messages.common import ImageId, RunId
from sightmill.server.messages.images import Prediction
from sightmill.server.messages.judge import (
    EstimateFacts,
    Evaluating,
    Evaluation,
    InferenceChange,
    JudgedImage,
    Predicting,
)
from sightmill.server.messages.regions import region_of
from sightmill.server.messages.runs import Job, Run
from sightmill.server.refusals import Conflict
from sightmill.server.routes.images import selected
from sightmill.server.studio import Opened, OpenProject

router = APIRouter(prefix="/api/projects/{project}/runs/{run}", tags=["judge"])

_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}
_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}
_JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}
Split = Annotated[str, Query(pattern="^(train|validation|test|all)$")]
Gray = Annotated[float | None, Query(ge=-1e30, le=1e30, allow_inf_nan=False)]
#: An image that the network has not seen is answered while the browser waits, when there are no more than these.
_AT_ONCE = 4


@router.post("/predictions", status_code=202)
def start_predictions(run: RunId, body: Predicting, opened: Opened) -> Job:
    """Let the run answer images; afterwards the gallery shows its answers. Result: ``images`` (how many)."""
    found = store.read_run(opened.project, run)
    opened.answering.model(found)
    ids = selected(opened, body.selection) if body.selection is not None else None
    return _predicting(opened, found, ids, anew=body.anew)


@router.get("/images/{image}/prediction")
def prediction(
    run: RunId,
    image: ImageId,
    opened: Opened,
    inference: Annotated[
        str, Query(max_length=10_000, description="JSON object of inference settings that differ from the run's.")
    ] = "",
) -> Prediction:
    """The run's answer for an image; the network runs when it has not seen it yet."""
    found = store.read_run(opened.project, run)
    model = opened.answering.model(found)
    item = _item(opened, image)
    result = opened.answering.decoded(found, item, inference=inference_of(inference), model=model)
    own = judge_one(model.method, item[2], result)
    low, high = heat_range(result)
    address = f"{opened.address}/runs/{run}/images/{image}/heatmap?v={item[1]}"
    return Prediction(
        run=run,
        image=image,
        label=result.label,
        score=own["score"],
        annotations=labelled(result),
        values=finite(result.values),
        flags=dict(result.flags),
        confidences={name: float(value) for name, value in result.confidences.items()},
        truth=model.method.truth(item[2]) if item[2].annotated else "",
        badness=own["badness"],
        wrong=own["wrong"],
        heatmap=address if result.heatmaps else None,
        heat_low=low,
        heat_high=high,
    )


@router.get("/images/{image}/heatmap", response_class=Response, responses=_PNG)
def heatmap(
    run: RunId,
    image: ImageId,
    opened: Opened,
    low: Gray = None,
    high: Gray = None,
    side: Annotated[int, Query(ge=16, le=4096)] = 1024,
    v: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The heatmap as colours with transparency, in the image's proportions; ``low`` and ``high`` fix its scale."""
    found = store.read_run(opened.project, run)
    result = opened.answering.decoded(found, _item(opened, image))
    values = result.heatmap
    if values is None:
        raise Conflict("this method makes no heatmaps", where=found.name)
    own = heat_range(result)
    return Response(
        heat_png(values, own[0] if low is None else low, own[1] if high is None else high, side), media_type="image/png"
    )


@router.post("/evaluation")
def evaluate_run(run: RunId, body: Evaluating, opened: Opened) -> Evaluation:
    """What the run is worth on a split. Other inference settings are tried without running the network again."""
    found = store.read_run(opened.project, run)
    model = opened.answering.model(found)
    settings = model.inference.changed(**body.inference) if body.inference else model.inference
    roi = None if body.roi is None else region_of(body.roi)
    samples = _known(opened, model, body.split, roi)
    missing = opened.answering.missing(found, samples)
    if len(missing) > _AT_ONCE:
        # Who asks again while it goes on is told of the same work.
        job = _predicting(opened, found, [id for id, _, _ in missing], roi=roi, shared=True)
        return _evaluation(opened, found, model, settings, body.split, None, samples, job)
    made = _judged(opened, found, model, settings, samples, body)
    return _evaluation(opened, found, model, settings, body.split, made, samples, None)


@router.put("/inference")
def change_inference(run: RunId, body: InferenceChange, opened: Opened) -> Run:
    """Let the run's model decide by these inference settings from now on; its answers are decided anew."""
    found = store.read_run(opened.project, run)
    changed = store.set_inference(opened.project, found, body.values, opened.answering.own(found))
    message = run_message(changed)
    opened.hub.say("run", message)
    if changed.predicted:
        _predicting(opened, changed, None, only_answered=True)
    return message


@router.get("/report.html", response_class=Response, responses=_HTML)
def report_page(run: RunId, opened: Opened, split: Split = "test") -> Response:
    """The report as one HTML file to download."""
    found = store.read_run(opened.project, run)
    model = opened.answering.model(found)
    made = _whole(opened, found, model, split)
    with tempfile.TemporaryDirectory(prefix="sightmill-report-") as scratch:
        path = Path(scratch) / "report.html"
        write_page(path, model, made)
        content = path.read_bytes()
    headers = {"content-disposition": f'attachment; filename="{opened.id}-run{run}-{split}.html"'}
    return Response(content, media_type="text/html", headers=headers)


@router.get("/report.json", response_class=Response, responses=_JSON)
def report_json(run: RunId, opened: Opened, split: Split = "test") -> Response:
    """The report as JSON to download."""
    found = store.read_run(opened.project, run)
    made = _whole(opened, found, opened.answering.model(found), split)
    headers = {"content-disposition": f'attachment; filename="{opened.id}-run{run}-{split}.json"'}
    text = json.dumps(finite({"run": found.name, **made.report.to_dict()}), indent=1)
    return Response(text, media_type="application/json", headers=headers)


def heat_png(values: Any, low: float | None, high: float | None, side: int) -> bytes:
    """A map ``(H, W)`` as a PNG with transparency: clear at `low` and below, hot at `high`."""
    import cv2

    factor = min(side / max(values.shape), 1.0)
    size = max(round(values.shape[1] * factor), 1), max(round(values.shape[0] * factor), 1)
    small = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    start = float(small.min()) if low is None else low
    end = float(small.max()) if high is None else high
    heat = np.clip((small - start) / (end - start), 0, 1) if end > start else (small > end).astype(np.float32)
    colours = heat_colours()[np.rint(heat * 255).astype(np.uint8)]
    # As in `drawing.maps`: faint values stay nearly clear.
    cover = np.rint(255 * np.sqrt(heat) * np.clip(heat * 4, 0, 1)).astype(np.uint8)
    return as_png(np.ascontiguousarray(np.dstack([colours, cover])))


def _item(opened: OpenProject, image: int) -> Numbered:
    found = numbered_samples(opened.project, [image])
    if not found:
        raise LookupError(image)
    return found[0]


def _known(opened: OpenProject, model: Model, split: str, roi: Region | None) -> list[Numbered]:
    """The images of a split that have a truth; raises `DataError` when there are none."""
    items = [
        (id, version, sample if roi is None else replace(sample, roi=roi))
        for id, version, sample in numbered_samples(opened.project)
        if split in ("all", sample.split) and sample.annotated and model.method.truth(sample)
    ]
    if not items:
        raise DataError(
            f"there are no labelled {'' if split == 'all' else split + ' '}images to judge by",
            remedy="label some, or choose another split",
        )
    return items


def _predicting(
    opened: OpenProject,
    run: store.Run,
    ids: list[int] | None,
    *,
    anew: bool = False,
    roi: Region | None = None,
    only_answered: bool = False,
    shared: bool = False,
) -> Job:
    """A job that answers images. A shared one is the one that goes on already, if there is one.

    With a region of interest the outputs are kept and the answers are not stored.
    """

    def work(report: Report) -> dict[str, Any]:
        items = numbered_samples(opened.project, ids)
        if roi is not None:
            model = opened.answering.model(run)
            for done, (id, version, sample) in enumerate(items, start=1):
                report(done, len(items))
                opened.answering.decoded(run, (id, version, replace(sample, roi=roi)), model=model)
            return {"images": len(items)}
        number = 0
        wanted = opened.answering.wanted(run, items, anew=anew or only_answered, only_answered=only_answered)
        for stored in opened.answering.predict(run, wanted, report):
            number += len(stored)
            opened.hub.say("predictions", {"run": run.id, "ids": stored})
        if opened.project.facts()["active_run"] is None:
            with opened.project.writing() as connection:
                revision = opened.project.put(connection, {"active_run": run.id})
            opened.hub.say("project", {"revision": revision, "window": ""})
        opened.hub.say("run", run_message(store.read_run(opened.project, run.id)))
        return {"images": number}

    title = f"Predict with {run.name}" if roi is None else f"Look at a region with {run.name}"
    return (shared and opened.jobs.running("predict", title)) or opened.jobs.start("predict", title, work)


def _judged(
    opened: OpenProject, run: store.Run, model: Model, settings: Any, samples: list[Numbered], body: Evaluating
) -> Judged:
    plain = settings.model_dump()
    pairs = [Pair(item[2], opened.answering.decoded(run, item, inference=plain, model=model)) for item in samples]
    return judged(model, pairs, split=body.split, inference=settings, intervals=body.intervals, figures=body.figures)


def _whole(opened: OpenProject, run: store.Run, model: Model, split: str) -> Judged:
    """The evaluation with everything; the network runs for images it has not seen."""
    body = Evaluating.model_validate({"split": split, "intervals": True})
    return _judged(opened, run, model, model.inference, _known(opened, model, split, None), body)


def _evaluation(
    opened: OpenProject,
    run: store.Run,
    model: Model,
    settings: Any,
    split: str,
    made: Judged | None,
    samples: list[Numbered],
    job: Job | None,
) -> Evaluation:
    said = {} if made is None else made.report.to_dict()
    metrics = {metric.name: metric for metric in model.method.metrics()}
    estimates = {} if made is None else made.report.metrics
    return Evaluation(
        ready=made is not None,
        job=job,
        run=run.id,
        method=model.method.id,
        split=split,
        labels=list(model.labels),
        inference=settings.model_dump(mode="json"),
        metrics=[
            EstimateFacts(
                name=name,
                title=metrics[name].title if name in metrics else name,
                better="lower" if name in metrics and metrics[name].better == "lower" else "higher",
                value=finite(float(estimate.value)),
                low=None if estimate.low is None else finite(float(estimate.low)),
                high=None if estimate.high is None else finite(float(estimate.high)),
                count=estimate.count,
            )
            for name, estimate in estimates.items()
        ],
        figures=[dict(figure) for figure in said.get("figures", ())],
        images=[] if made is None else _images(opened, model, made, samples),
        threshold="threshold" if "threshold" in type(settings).model_fields else None,
        trained_on=bool(said.get("trained_on", False)),
        notes=list(said.get("notes", ())),
    )


def _images(opened: OpenProject, model: Model, made: Judged, samples: list[Numbered]) -> list[JudgedImage]:
    numbers: Mapping[int, tuple[int, str]] = {id(sample): (key, version) for key, version, sample in samples}
    anomaly = model.method.learns_from == "anomaly"
    found = []
    for pair, row in zip(made.pairs, made.report.samples, strict=True):
        key, version = numbers[id(pair.sample)]
        truth = str(row["truth"] or "")
        found.append(
            JudgedImage(
                id=key,
                name=str(row["name"]),
                thumbnail=thumbnail_of(opened.address, key, version),
                truth=truth,
                answer=row["answer"],
                score=None if row["score"] is None else finite(float(row["score"])),
                badness=finite(float(row["badness"])) or 0.0,
                wrong=bool(row["wrong"]),
                good=(truth == model.labels[0] or is_good(truth)) if anomaly else None,
            )
        )
    return found


def heat_range(result: Result) -> tuple[float | None, float | None]:
    """The method's own scale, which is one for all images; None leaves a map its own."""
    first = next(iter(result.heatmaps.values()), None)
    return (None, None) if first is None or first.limits is None else first.limits
