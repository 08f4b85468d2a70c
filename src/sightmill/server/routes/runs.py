"""Trainings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, UploadFile

from sightmill.data.findings import Finding
from sightmill.errors import MissingExtraError, SightmillError
from sightmill.methods.unlikely_changes import unlikely_changes
from sightmill.project.store import runs as store
from sightmill.project.store.gallery import rows_named
from sightmill.project.store.intake import safe_name
from sightmill.project.store.snapshot import dataset_of
from sightmill.server.answers import run_message, thumbnail_of
from sightmill.server.events import finite
from sightmill.server.messages.common import RunId
from sightmill.server.messages.runs import (
    Curves,
    Log,
    NewRun,
    Run,
    RunChange,
    RunCheck,
    RunChecked,
    SampledImage,
    Samples,
    ScoredPoint,
    StepPoint,
)
from sightmill.server.refusals import Conflict, TooLarge
from sightmill.server.studio import Opened, OpenProject
from sightmill.server.training import EVENTS, LOG, events_of, training_missing

router = APIRouter(prefix="/api/projects/{project}/runs", tags=["runs"])

_STEPS, _LINES = 2000, 2000
_LARGEST_MODEL = 4 << 30


@router.get("")
def list_runs(opened: Opened) -> list[Run]:
    """All runs, newest first."""
    return [run_message(run) for run in store.all_runs(opened.project)]


@router.post("", status_code=201)
def start_run(body: NewRun, opened: Opened) -> Run:
    """Train: queued, and started when the trainings before it are done. 503 where training is not installed."""
    if training_missing():
        raise MissingExtraError("training", "train")
    run = store.add_run(opened.project, settings=body.settings, name=body.name.strip(), start_from=body.start_from)
    message = run_message(run)
    opened.hub.say("run", message)
    opened.trainer.start(opened.project, run.id, opened.tell_training)
    return message


@router.post("/check")
def check_run(body: RunCheck, opened: Opened) -> RunChecked:
    """Whether these settings and this data can be trained, and what is doubtful about them."""
    method = opened.project.method
    settings = method.Training.of(body.settings)
    samples = list(dataset_of(opened.project))
    if samples and all(sample.split is None for sample in samples):
        samples = [sample.with_split("train") for sample in samples]
    trained = method.prepared(samples, "train", settings)
    validated = method.prepared(samples, "validation", settings)
    findings: list[Finding] = [*method.check(trained, settings), *unlikely_changes(trained, settings)]
    resolved: dict[str, Any] | None = None
    labels: list[str] = []
    if trained and not any(finding.level == "error" for finding in findings):
        labels = list(method.labels([*trained, *validated], settings))
        resolved = method.resolve(trained, settings).model_dump(mode="json")
    elif not trained and not findings:
        findings.append(
            Finding("error", "nothing_to_learn", "there is no image to learn from", "label images, and split them")
        )
    return RunChecked(
        ready=not any(finding.level == "error" for finding in findings),
        findings=[{"level": f.level, "code": f.code, "what": f.what, "remedy": f.remedy} for f in findings],
        images={"train": len(trained), "validation": len(validated)},
        labels=labels,
        resolved=resolved,
    )


@router.post("/import", status_code=201)
def import_model(file: UploadFile, opened: Opened) -> Run:
    """Bring in a model that was trained elsewhere (``*.sightmill``). Nothing in it is run."""
    if file.size is not None and file.size > _LARGEST_MODEL:
        raise TooLarge("the model is too large", got=f"{file.size >> 20} MiB", allowed=f"{_LARGEST_MODEL >> 20} MiB")
    name = safe_name(file.filename or "model").rpartition("/")[2]
    with tempfile.TemporaryDirectory(prefix="sightmill-model-") as scratch:
        path = Path(scratch) / store.MODEL
        with path.open("wb") as stream:
            while block := file.file.read(1 << 20):
                stream.write(block)
        run = store.add_model(opened.project, path, name.removesuffix(".sightmill"))
    message = run_message(run)
    opened.hub.say("run", message)
    return message


@router.get("/{run}")
def read_run(run: RunId, opened: Opened) -> Run:
    """One run."""
    return run_message(store.read_run(opened.project, run))


@router.patch("/{run}")
def change_run(run: RunId, body: RunChange, opened: Opened) -> Run:
    """Change its name or note."""
    values = {name: value for name, value in body.model_dump().items() if value is not None}
    return _told(
        opened, store.change_run(opened.project, run, **values) if values else store.read_run(opened.project, run)
    )


@router.delete("/{run}", status_code=204)
def remove_run(run: RunId, opened: Opened) -> None:
    """Take a run away, with its model and its answers. This cannot be undone."""
    try:
        store.remove_run(opened.project, run)
    except SightmillError as error:
        raise Conflict(error.what, where=error.where, remedy=error.remedy) from error
    opened.answering.forget()
    opened.hub.say("run_removed", {"id": run})


@router.post("/{run}/stop")
def stop_run(run: RunId, opened: Opened) -> Run:
    """Stop a training and keep its best; one that waits is taken out of the queue."""
    found = store.read_run(opened.project, run)
    return run_message(opened.trainer.stop(opened.project, found, opened.tell_training))


@router.post("/{run}/resume")
def resume_run(run: RunId, opened: Opened) -> Run:
    """Go on from the last whole iteration of a training that was interrupted."""
    found = store.read_run(opened.project, run)
    if not found.can_resume:
        raise Conflict(
            "there is nothing to go on from", where=found.name, got=found.state, remedy="start a new training"
        )
    if training_missing():
        raise MissingExtraError("training", "train")
    queued = store.change_run(opened.project, run, state="queued", error=None)
    opened.trainer.start(opened.project, run, opened.tell_training, resume=True)
    return _told(opened, queued)


@router.get("/{run}/curves")
def run_curves(run: RunId, opened: Opened) -> Curves:
    """The curves so far."""
    found = store.read_run(opened.project, run)
    events = _going_on(events_of(found.folder / EVENTS))
    steps = [event for event in events if event["event"] == "step"]
    scored = [event for event in events if event["event"] == "scored"]
    began = next((event.get("at") for event in events if event["event"] == "started"), None)
    stride = max(-(-len(steps) // _STEPS), 1)
    points = [
        StepPoint(
            at=max(event["iteration"] - 1, 0) + event["step"] / max(event["steps"], 1),
            loss=_total(event["losses"]),
            losses=event["losses"],
            learning_rate=event["learning_rate"],
        )
        for event in steps[::stride]
    ]
    times = [float(event["at"]) for event in scored if event.get("at") and event["iteration"] > 0]
    each = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else None
    return Curves(
        steps=points,
        scored=[
            ScoredPoint(
                iteration=event["iteration"],
                epoch=event["epoch"],
                seconds=None if began is None or not event.get("at") else event["at"] - began,
                metrics=event["metrics"],
                training_loss=event["training_loss"],
                validation_loss=event["validation_loss"],
                best=event["best"],
            )
            for event in scored
        ],
        seconds_per_iteration=each,
    )


@router.get("/{run}/samples")
def run_samples(run: RunId, opened: Opened) -> Samples:
    """What the network says of a few validation images as it learns: the event ``sampled`` tells that there is more."""
    found = store.read_run(opened.project, run)
    events = [event for event in _going_on(events_of(found.folder / EVENTS)) if event["event"] == "sampled"]
    if not events:
        return Samples(iteration=None, images=[])
    answers = {str(answer["name"]): answer for answer in events[-1]["answers"]}
    rows = rows_named(opened.project, list(answers))
    return Samples(
        iteration=events[-1]["iteration"],
        images=[
            SampledImage(
                image=row.id,
                thumbnail=thumbnail_of(opened.address, row.id, row.version),
                width=row.width,
                height=row.height,
                **{**answers[row.name], "score": finite(answers[row.name]["score"])},
            )
            for row in rows
        ],
    )


@router.get("/{run}/log")
def run_log(run: RunId, opened: Opened) -> Log:
    """What the training said in words."""
    found = store.read_run(opened.project, run)
    lines = [str(note) for note in found.facts.get("notes") or ()]
    try:
        text = (found.folder / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    lines += [line for line in text.splitlines() if line.strip()]
    return Log(lines=lines[-_LINES:])


def _going_on(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events without those that a resumed training has gone through once more."""
    kept: list[dict[str, Any]] = []
    for event in events:
        if event["event"] == "started" and event.get("resumed_from") is not None:
            known = event["resumed_from"]
            kept = [one for one in kept if one.get("iteration") is None or one["iteration"] <= known]
        elif event["event"] == "scored":
            kept = [one for one in kept if (one["event"], one.get("iteration")) != ("scored", event["iteration"])]
        kept.append(event)
    return kept


def _told(opened: OpenProject, run: store.Run) -> Run:
    message = run_message(run)
    opened.hub.say("run", message)
    return message


def _total(losses: dict[str, float | None]) -> float | None:
    values = [value for value in losses.values() if value is not None]
    return sum(values) if values else None
