"""The runs of a project: trainings that wait, run or are done, and models that were brought in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, not_, select, update

from sightmill.bundle import Bundle
from sightmill.errors import DataError
from sightmill.methods.catalogue import named
from sightmill.project.store.predictions import forget_run
from sightmill.project.store.project import Project, now
from sightmill.project.store.schema import predictions, runs

__all__ = [
    "CHECKPOINT",
    "ENDED",
    "MODEL",
    "Run",
    "add_model",
    "add_run",
    "all_runs",
    "change_run",
    "read_run",
    "remove_run",
    "set_inference",
]

MODEL = "model.sightmill"
#: Where `sightmill train` keeps its state beside its output.
CHECKPOINT = f"{MODEL}.checkpoint"
#: States in which nothing runs.
ENDED = frozenset({"finished", "stopped", "failed", "interrupted", "imported"})


@dataclass(frozen=True)
class Run:
    """One training or model; see the API's message ``Run``.

    Parameters
    ----------
    settings : training settings asked for that differ from the defaults.
    inference : inference settings chosen here that differ from the model's own.
    facts : what the training said: ``labels``, ``images``, ``resolved``, ``metrics``, ``iteration`` ...
    """

    id: int
    name: str
    note: str
    method: str
    state: str
    settings: Mapping[str, Any]
    inference: Mapping[str, Any]
    created: str
    started: str | None
    ended: str | None
    start_from: int | None
    pid: int | None
    facts: Mapping[str, Any]
    error: str | None
    folder: Path
    predicted: int = field(default=0)

    @property
    def model(self) -> Path:
        """The model's file; there when the training has ended well."""
        return self.folder / MODEL

    @property
    def can_resume(self) -> bool:
        """Whether there is a state to go on from."""
        return self.state in ("interrupted", "failed") and (self.folder / CHECKPOINT).is_file()


def all_runs(project: Project) -> list[Run]:
    """All runs, newest first."""
    with project.reading() as connection:
        found = connection.execute(select(runs).where(not_(runs.c.removed)).order_by(runs.c.id.desc())).all()
        counted = connection.execute(select(predictions.c.run, func.count()).group_by(predictions.c.run)).all()
    counts = {run: int(number) for run, number in counted}
    return [_run(project, row, counts.get(row.id, 0)) for row in found]


def read_run(project: Project, id: int) -> Run:
    """One run; raises `LookupError` when it is not there."""
    with project.reading() as connection:
        row = connection.execute(select(runs).where(runs.c.id == id, not_(runs.c.removed))).first()
        if row is None:
            raise LookupError(id)
        number = connection.execute(
            select(func.count()).select_from(predictions).where(predictions.c.run == id)
        ).scalar_one()
    return _run(project, row, int(number))


def add_run(project: Project, *, settings: Mapping[str, Any], name: str = "", start_from: int | None = None) -> Run:
    """Queue a training of the project's method.

    Raises
    ------
    SettingsError : a value is not allowed.
    DataError : the run to start from has no model, or one of another method.
    """
    method = project.method
    checked = method.Training.of(settings)
    differing = {key: value for key, value in checked.model_dump(mode="json").items() if key in settings}
    if start_from is not None:
        try:
            parent = read_run(project, start_from)
        except LookupError:
            raise DataError("there is no such run to start from", got=start_from) from None
        if not parent.model.is_file() or parent.method != method.id:
            raise DataError("a training can only start from a model of the same method", got=parent.name)
    return _added(
        project, method=method.id, state="queued", name=name, settings=differing, start_from=start_from, facts={}
    )


def add_model(project: Project, file: Path, name: str) -> Run:
    """Bring in a trained model from elsewhere; the file is copied after it was checked.

    Raises
    ------
    BundleError : it is damaged, foreign or hostile.
    DataError : it is for another method than the project.
    """
    manifest = Bundle.open(file).manifest
    if manifest.method != project.method.id:
        raise DataError(
            "the model is for another method than this project",
            where=name,
            got=named(manifest.method).title,
            allowed=project.method.title,
        )
    facts = {
        "labels": list(manifest.labels),
        "resolved": manifest.training,
        "metrics": manifest.metrics,
        "best_iteration": manifest.provenance.get("best_iteration"),
    }
    run = _added(
        project, method=manifest.method, state="imported", name=name, settings={}, start_from=None, facts=facts
    )
    run.folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, run.model)
    return run


def change_run(project: Project, id: int, *, facts: Mapping[str, Any] | None = None, **values: Any) -> Run:
    """Change columns of a run, and join facts to what is known already; raises `LookupError`."""
    with project.writing() as connection:
        row = connection.execute(select(runs).where(runs.c.id == id, not_(runs.c.removed))).first()
        if row is None:
            raise LookupError(id)
        if facts:
            values["facts"] = json.dumps({**json.loads(row.facts), **facts})
        for name in ("settings", "inference"):
            if name in values:
                values[name] = json.dumps(values[name])
        connection.execute(update(runs).where(runs.c.id == id).values(**values))
        project.put(connection, {})
    return read_run(project, id)


def set_inference(project: Project, run: Run, values: Mapping[str, Any], own: Any) -> Run:
    """Let a run's model decide by other inference settings; those that are its own are not kept.

    Parameters
    ----------
    own : the settings in the model's file.

    Raises
    ------
    SettingsError : a value is not allowed.
    """
    chosen = own.changed(**values)
    plain, before = chosen.model_dump(mode="json"), own.model_dump(mode="json")
    return change_run(project, run.id, inference={key: plain[key] for key in plain if plain[key] != before[key]})


def remove_run(project: Project, id: int) -> None:
    """Take a run away with its model and answers; raises `LookupError`, and `DataError` while it runs."""
    run = read_run(project, id)
    if run.state not in ENDED:
        raise DataError("this training is not over", where=run.name, remedy="stop it first")
    with project.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == id).values(removed=True))
        forget_run(connection, id)
        values = {"active_run": None} if project.facts(connection)["active_run"] == id else {}
        project.put(connection, values)
    shutil.rmtree(run.folder, ignore_errors=True)
    shutil.rmtree(project.cache_folder / "outputs" / f"{id:04d}", ignore_errors=True)


def _added(project: Project, *, name: str, **values: Any) -> Run:
    with project.writing() as connection:
        row = {key: json.dumps(value) if key in ("settings", "facts") else value for key, value in values.items()}
        key = connection.execute(insert(runs).values(name=name or "", created=now(), **row)).lastrowid
        if not name:
            connection.execute(update(runs).where(runs.c.id == key).values(name=f"Run {key}"))
        project.put(connection, {})
    return read_run(project, int(key))


def _run(project: Project, row: Any, predicted: int) -> Run:
    given = {name: value for name, value in row._mapping.items() if name != "removed"}
    for name in ("settings", "inference", "facts"):
        given[name] = json.loads(given[name])
    return Run(**given, folder=project.run_folder(row.id), predicted=predicted)
