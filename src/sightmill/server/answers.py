"""From what is stored to what is answered: rows, runs and changes as messages."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sightmill.data.result import Result
from sightmill.project.store.changes import Change
from sightmill.project.store.gallery import Counted
from sightmill.project.store.pictures import TILE, levels_of
from sightmill.project.store.project import Project
from sightmill.project.store.rows import file_of
from sightmill.project.store.runs import Run
from sightmill.server.messages.images import Image, ImageRow, Level
from sightmill.server.messages.projects import DoneChange, StepState, Undoing
from sightmill.server.messages.regions import Labelled
from sightmill.server.messages.runs import Run as RunMessage

__all__ = [
    "change_message",
    "image_message",
    "labelled",
    "row_message",
    "run_message",
    "steps",
    "thumbnail_of",
    "undoing",
]


def undoing(entry: tuple[int, str] | None) -> Undoing | None:
    """What undo or redo would do."""
    return None if entry is None else Undoing(id=entry[0], title=entry[1])


def change_message(change: Change, *, image_revision: int | None = None) -> DoneChange:
    """A change that was made."""
    return DoneChange(
        id=change.id,
        title=change.title,
        images=len(change.images),
        revision=change.revision,
        image_revision=image_revision,
        undo=undoing(change.standing.undo),
        redo=undoing(change.standing.redo),
    )


def thumbnail_of(address: str, id: int, version: str) -> str:
    """URL of an image's thumbnail."""
    return f"{address}/images/{id}/thumbnail?side=256&v={version}"


def row_message(address: str, row: Any, labels: list[str]) -> ImageRow:
    """An image in the gallery; `row` is one of `gallery.rows`."""
    return ImageRow(**_row_values(address, row, labels))


def image_message(project: Project, address: str, row: Any, answer: Mapping[str, Any], labels: list[str]) -> Image:
    """One image with all that is known of it.

    Parameters
    ----------
    row : of the table ``images``.
    answer : columns of the run's prediction, or nothing.
    """
    readable = row.problem is None
    base = f"{address}/images/{row.id}"
    sizes = levels_of(row.width, row.height) if readable else []
    return Image(
        **_row_values(address, row, labels, answer),
        annotations=[Labelled.model_validate(item) for item in json.loads(row.annotations)],
        roi=None if row.roi is None else json.loads(row.roi),
        attributes=json.loads(row.attributes),
        notes=json.loads(row.notes),
        file=str(file_of(project, row)),
        copied=row.copied,
        bytes=row.bytes,
        tile_size=TILE,
        levels=[
            Level(level=number, width=width, height=height, columns=-(-width // TILE), rows=-(-height // TILE))
            for number, (width, height) in enumerate(sizes)
        ],
        tiles=f"{base}/tiles/{{level}}/{{x}}/{{y}}?v={row.version}",
        picture=f"{base}/picture?v={row.version}",
    )


def _row_values(address: str, row: Any, labels: list[str], answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    said = row._mapping if answer is None else answer
    return {
        **{
            name: getattr(row, name)
            for name in (
                "id",
                "name",
                "width",
                "height",
                "channels",
                "dtype",
                "version",
                "revision",
                "split",
                "label",
                "labelled",
                "objects",
                "review",
                "problem",
            )
        },
        "labels": labels,
        "thumbnail": thumbnail_of(address, row.id, row.version),
        **{name: said.get(name) for name in ("predicted", "score", "badness", "wrong", "confident")},
    }


def labelled(result: Result) -> list[Labelled]:
    """A result's annotations as messages."""
    return [Labelled.model_validate(_finite(item.to_dict())) for item in result.annotations]


def run_message(run: Run) -> RunMessage:
    """A run."""
    facts = run.facts
    seconds = facts.get("seconds")
    if seconds is None and facts.get("began") and run.state in ("running", "stopping"):
        seconds = time.time() - float(facts["began"])
    metrics = facts.get("metrics") or {}
    return RunMessage(
        id=run.id,
        name=run.name,
        note=run.note,
        method=run.method,
        state=run.state,
        settings=dict(run.settings),
        resolved=facts.get("resolved"),
        inference=dict(run.inference),
        labels=list(facts.get("labels") or ()),
        images=dict(facts.get("images") or {}),
        created=run.created,
        started=run.started,
        ended=run.ended,
        progress=facts.get("progress"),
        seconds_left=facts.get("seconds_left"),
        seconds=seconds,
        stage=str(facts.get("stage") or ""),
        iteration=facts.get("iteration"),
        best_iteration=facts.get("best_iteration"),
        metrics={name: value for name, value in metrics.items() if value is None or isinstance(value, int | float)},
        device=facts.get("device"),
        memory_bytes=facts.get("memory_bytes") if run.state in ("running", "stopping") else None,
        stopped_by=facts.get("stopped_by"),
        notes=list(facts.get("notes") or ()),
        error=run.error,
        model=run.model.is_file(),
        can_resume=run.can_resume,
        start_from=run.start_from,
        predicted=run.predicted,
    )


def steps(
    counted: Counted, findings: tuple[int, bool, bool], runs: list[Run], active: int | None
) -> dict[str, StepState]:
    """How far each of the six steps is.

    Parameters
    ----------
    findings : how many are open; whether the data was ever checked; whether an error is among them.
    runs : newest first.
    """
    found: dict[str, StepState] = {}

    def say(step: str, state: Any, words: str, number: float | None = None) -> None:
        found[step] = StepState(state=state, words=words, number=number)

    if not counted.images:
        say("images", "empty", "no images yet")
    elif counted.unreadable:
        say("images", "problem", f"{counted.unreadable} unreadable", counted.unreadable)
    else:
        say("images", "done", _number(counted.images, "image"), counted.images)
    if not counted.images:
        say("label", "empty", "")
    elif counted.unlabelled:
        say("label", "todo", f"{counted.unlabelled} unlabelled", counted.unlabelled)
    else:
        say("label", "done", "all labelled")
    number, checked, errors = findings
    without = counted.splits.get("none", 0)
    if not counted.images:
        say("check", "empty", "")
    elif checked and number:
        say("check", "problem" if errors else "todo", _number(number, "finding"), number)
    elif without:
        say("check", "todo", f"{without} without split", without)
    else:
        say("check", "done" if checked else "todo", "checked" if checked else "not checked")
    running = next((run for run in runs if run.state in ("running", "stopping", "queued")), None)
    trained = [run for run in runs if run.model.is_file()]
    if running is not None:
        share = running.facts.get("progress")
        percent = None if share is None else round(100 * float(share))
        say("train", "busy", "training" if percent is None else f"training {percent} %", percent)
    elif runs and runs[0].state == "failed":
        say("train", "problem", "failed")
    elif trained:
        say("train", "done", _number(len(trained), "model"), len(trained))
    else:
        say("train", "todo" if counted.labelled else "empty", "")
    chosen = next((run for run in trained if run.id == active), None)
    if not trained:
        say("judge", "empty", "")
    elif chosen is not None and counted.predicted:
        say("judge", "done" if not counted.wrong else "todo", f"{counted.wrong} wrong", counted.wrong)
    else:
        say("judge", "todo", "not judged")
    say("deploy", "done" if chosen else "todo" if trained else "empty", "ready" if chosen else "")
    return found


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _finite(said: dict[str, Any]) -> dict[str, Any]:
    score = said.get("score")
    return {**said, "score": None} if score is not None and not abs(score) < float("inf") else said
