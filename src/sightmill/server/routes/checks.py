"""Splits by rule, the check, sizes, corrections, augmentation, and the jobs that do them."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Response
from sqlalchemy import select

from sightmill.data.dataset import Dataset
from sightmill.data.split import split_dataset
from sightmill.errors import SettingsError
from sightmill.imaging.augment import Policy
from sightmill.methods.training import Augmentation
from sightmill.project.store import findings as store
from sightmill.project.store.changes import apply, changed
from sightmill.project.store.corrections import Correction, correct, corrected
from sightmill.project.store.corrections import sizes as measured
from sightmill.project.store.gallery import MANY
from sightmill.project.store.pictures import as_jpeg, fitted, shown
from sightmill.project.store.schema import images
from sightmill.project.store.snapshot import numbered_samples
from sightmill.server.answers import change_message
from sightmill.server.jobs import Report
from sightmill.server.messages.checks import (
    Augmented,
    Augmenting,
    CheckRequest,
    Correcting,
    CorrectionPreview,
    FindingFacts,
    Findings,
    FindingState,
    Fix,
    SizeRow,
    Sizes,
    SplitRule,
    Step,
)
from sightmill.server.messages.common import JobId
from sightmill.server.messages.projects import DoneChange
from sightmill.server.messages.runs import Job
from sightmill.server.routes.images import selected, source_of
from sightmill.server.routes.projects import Window
from sightmill.server.studio import Opened

router = APIRouter(prefix="/api/projects/{project}", tags=["checks"])

FindingId = Annotated[int, Path(ge=1, le=2**63 - 1, description="Id of a finding.")]
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
_SHOWN = 1000


@router.post("/split", status_code=202)
def split_by_rule(body: SplitRule, opened: Opened) -> Job:
    """Divide the images by a rule, as one change. Result: ``change`` (`DoneChange`), ``notes``."""
    if body.unit == "percent" and abs(body.train + body.validation + body.test - 100) > 1e-6:
        raise SettingsError(
            "the shares must add up to 100 %",
            where="train, validation, test",
            got=body.train + body.validation + body.test,
        )

    def work(report: Report) -> dict[str, Any]:
        numbered = numbered_samples(opened.project)
        report(0, 1, f"dividing {len(numbered)} images")
        divided = split_dataset(
            Dataset(tuple(sample for _, _, sample in numbered), root=opened.project.folder),
            train=body.train,
            validation=body.validation,
            test=body.test,
            unit=body.unit,
            by="group" if body.group else "class",
            group=body.group or None,
            seed=body.seed,
            anomaly=opened.project.method.learns_from == "anomaly",
            keep_near_duplicates_together=body.near_duplicates,
            overwrite=body.anew,
        )
        wanted = {id: sample.split for (id, _, _), sample in zip(numbered, divided, strict=True)}
        ids = list(wanted)
        with opened.project.writing() as connection:
            edits = []
            for low in range(0, len(ids), MANY):
                part = images.c.id.in_(ids[low : low + MANY])
                for row in connection.execute(select(images.c.id, images.c.split).where(part)):
                    edits.append(changed("images", row, {"split": wanted[row.id]}))
            change = apply(opened.project, "Split by rule", edits, connection=connection)
        opened.tell(change, body.window)
        return {"change": change_message(change).model_dump(), "notes": list(divided.notes)}

    return opened.jobs.start("split", "Split by rule", work)


@router.post("/check", status_code=202)
def start_check(body: CheckRequest, opened: Opened) -> Job:
    """Look at all images. Result: ``findings`` (how many); read them with `findings`."""

    def work(report: Report) -> dict[str, Any]:
        report(0, 1, "looking at the images")
        number = store.check(opened.project, longer_side=body.longer_side)
        opened.hub.say("findings", {"count": number})
        return {"findings": number}

    return opened.jobs.running("check", "Check the data") or opened.jobs.start("check", "Check the data", work)


@router.get("/findings")
def findings(opened: Opened) -> Findings:
    """What the last check found, the worst first."""
    at, current = store.checked_at(opened.project)
    return Findings(
        checked_at=at, current=current, items=[_finding(item) for item in store.findings_of(opened.project)]
    )


@router.patch("/findings/{finding}")
def set_finding(finding: FindingId, body: FindingState, opened: Opened) -> FindingFacts:
    """Dismiss a finding, or take that back."""
    found = store.set_state(opened.project, finding, body.state)
    opened.hub.say("findings", {})
    return _finding(found)


@router.post("/findings/{finding}/fix")
def fix_finding(finding: FindingId, opened: Opened, window: Window = "") -> DoneChange:
    """Do what the finding's button says; those that lead to another view (show, split, correct) are the browser's."""
    change = store.fix(opened.project, finding)
    opened.tell(change, window)
    opened.hub.say("findings", {})
    return change_message(change)


@router.get("/sizes")
def sizes(opened: Opened) -> Sizes:
    """The sizes, channels and depths of the images."""
    found, channels, depths = measured(opened.project)
    sentence, steps = _suggestion(found, channels)
    return Sizes(
        sizes=[SizeRow(width=width, height=height, images=number) for width, height, number in found],
        channels=channels,
        depths=depths,
        suggestion=sentence,
        suggested=steps,
    )


@router.post("/corrections/preview", response_class=Response, responses=_JPEG)
def preview_correction(body: CorrectionPreview, opened: Opened) -> Response:
    """What the steps make of an image, at most 1024 pixels wide; the size stands in the header X-Image-Size."""
    pixels = opened.pictures.pixels(source_of(opened, body.image))
    made, _ = corrected(pixels, [_correction(step) for step in body.steps])
    size = f"{made.shape[1]}x{made.shape[0]}"
    return Response(as_jpeg(shown(fitted(made, 1024)), 88), media_type="image/jpeg", headers={"x-image-size": size})


@router.post("/corrections", status_code=202)
def start_correction(body: Correcting, opened: Opened) -> Job:
    """Make corrected copies of images, which take their places. Result: ``change`` (`DoneChange`)."""
    ids = selected(opened, body.selection)
    steps = [_correction(step) for step in body.steps]

    def work(report: Report) -> dict[str, Any]:
        change = correct(opened.project, ids, steps, progress=report)
        opened.tell(change, body.window)
        return {"change": change_message(change).model_dump()}

    return opened.jobs.start("correct", "Correct images", work)


@router.post("/augmentation")
def augmentation(body: Augmenting, opened: Opened) -> Augmented:
    """What training would make of an image at random, with these settings."""
    method = opened.project.method
    settings = method.Training.of(body.settings)
    if not isinstance(settings, Augmentation):
        raise SettingsError(f"{method.title} does not change its training images", where="settings")
    pixels = opened.pictures.pixels(source_of(opened, body.image))
    small = fitted(pixels, body.side)
    # A kernel is counted in the pixels of the network's input, which is not larger than the image is shown here.
    policy = Policy.of(settings)
    rng = np.random.default_rng(body.seed)
    size = small.shape[1], small.shape[0]
    pictures = [shown(small)]
    pictures += [shown(policy.draw(rng, size).image(small)) for _ in range(body.count)]
    return Augmented(pictures=[data_url(as_jpeg(picture, 85), "image/jpeg") for picture in pictures])


@router.get("/jobs")
def list_jobs(opened: Opened) -> list[Job]:
    """The jobs of this session, newest first."""
    return opened.jobs.all()


@router.get("/jobs/{job}")
def read_job(job: JobId, opened: Opened) -> Job:
    """One job."""
    return opened.jobs.read(job)


@router.post("/jobs/{job}/cancel")
def cancel_job(job: JobId, opened: Opened) -> Job:
    """Ask a job to end; what it has not finished is not changed."""
    return opened.jobs.cancel(job)


def data_url(content: bytes, kind: str) -> str:
    """A picture inside an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _correction(step: Step) -> Correction:
    return Correction(**step.model_dump())


def _finding(found: store.Found) -> FindingFacts:
    fix = store.fix_of(found)
    return FindingFacts(
        id=found.id,
        level=found.level,
        code=found.code,
        what=found.what,
        remedy=found.remedy,
        images=list(found.images[:_SHOWN]),
        count=len(found.images),
        fix=None if fix is None else Fix(action=fix[0], title=fix[1]),
        state=found.state,
    )


def _suggestion(found: list[tuple[int, int, int]], channels: dict[str, int]) -> tuple[str | None, list[Step]]:
    """How to bring all images to the most frequent size, and to gray where kinds are mixed."""
    steps: list[Step] = []
    parts = []
    if len(found) > 1:
        width, height, _ = found[0]
        steps.append(Step(kind="resize", width=width, height=height))
        parts.append(f"fit all images into {width} x {height} pixels, the most frequent size")
    if len(channels) > 1:
        steps.append(Step(kind="gray"))
        parts.append("make all images gray")
    if not steps:
        return None, []
    sentence = " and ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}.", steps
