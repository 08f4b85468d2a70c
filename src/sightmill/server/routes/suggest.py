"""Suggested sizes for a training, with their reasons: what `sightmill suggest` says of the project's data."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from sightmill.errors import MissingExtraError, SightmillError
from sightmill.methods.settings import describe
from sightmill.project.store.snapshot import write_snapshot
from sightmill.server.jobs import Report
from sightmill.server.messages.common import JobId
from sightmill.server.messages.runs import Job, SuggestedSetting, SuggestedSettings, Suggesting, TimedChoice
from sightmill.server.refusals import NotFound
from sightmill.server.studio import Opened, OpenProject
from sightmill.server.training import training_missing

router = APIRouter(prefix="/api/projects/{project}/suggestions", tags=["runs"])

#: Seconds between looks at the process.
_LOOK = 0.1


@router.post("", status_code=202)
def start_suggestions(body: Suggesting, opened: Opened) -> Job:
    """Measure untrained networks on this machine, and suggest sizes; `read_suggestions` tells them when it is done."""
    if training_missing():
        raise MissingExtraError("measuring networks", "train")

    def work(report: Report) -> dict[str, Any]:
        report(0, 1, "measuring networks on this machine")
        return _suggested(opened, body.budget_ms, report)

    return opened.jobs.start("suggest", "Suggest sizes", work)


@router.get("/{job}")
def read_suggestions(job: JobId, opened: Opened) -> SuggestedSettings:
    """What a job has suggested."""
    found = opened.jobs.read(job)
    if found.kind != "suggest" or found.state != "done":
        raise NotFound("this job has suggested nothing", got=job)
    about = {item["name"]: item for item in describe(opened.project.method.Training)}
    said = found.result
    return SuggestedSettings(
        suggestions=[
            SuggestedSetting(**item, title=about[item["name"]]["title"], unit=about[item["name"]]["unit"])
            for item in said["suggestions"]
        ],
        timed=[TimedChoice(**item) for item in said["timed"]],
        notes=said["notes"],
    )


def _suggested(opened: OpenProject, budget_ms: float | None, report: Report) -> dict[str, Any]:
    """Ask a process of its own: networks are measured in PyTorch, which the server never loads."""
    with tempfile.TemporaryDirectory(prefix="sightmill-suggest-", ignore_cleanup_errors=True) as scratch:
        source, common, _ = write_snapshot(opened.project, Path(scratch))
        words = ["suggest", opened.project.method.id, str(source), "--format", "sightmill", "--images", str(common)]
        words += ["--json"] if budget_ms is None else ["--budget-ms", repr(budget_ms), "--json"]
        with subprocess.Popen(
            [sys.executable, "-m", "sightmill", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=scratch,
        ) as child:
            try:
                out, err = _ended(child, report)
            except BaseException:
                child.kill()
                raise
    if child.returncode:
        last = (err.strip().splitlines() or [f"it ended with exit code {child.returncode}"])[-1]
        raise SightmillError(last.removeprefix("sightmill: ").rstrip("."))
    found: dict[str, Any] = json.loads(out)
    return found


def _ended(child: subprocess.Popen[str], report: Report) -> tuple[str, str]:
    """What the process said on both streams; it is looked at meanwhile whether the user has cancelled the job."""
    while True:
        try:
            return child.communicate(timeout=_LOOK)
        except subprocess.TimeoutExpired:
            report(0, 1)
