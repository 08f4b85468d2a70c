"""A run's answers to images: kept as rows without maps, judged against the truth as it stands.

What the network itself said (`Model.raw`) is kept in files beside, so that other inference settings are tried
without running the network again; these files can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from sightmill.data.annotation import Annotation
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.report import Pair
from sightmill.methods.catalogue import methods
from sightmill.methods.contract import Method
from sightmill.project.store.project import Project
from sightmill.project.store.rows import sample_of
from sightmill.project.store.schema import images, predictions, runs

__all__ = ["Outputs", "forget", "forget_run", "judged", "keep", "rejudge", "result_of", "samples_of", "stored_results"]

_MANY = 500


def keep(project: Project, method: Method[Any, Any], run: int, answers: Sequence[tuple[int, Sample, Result]]) -> None:
    """Store answers ``(image id, sample, result)``, in place of earlier ones of the same run."""
    rows = [
        {"run": run, "image": id, "result": json.dumps(_plain(result)), **judged(method, sample, result)}
        for id, sample, result in answers
    ]
    if not rows:
        return
    with project.writing() as connection:
        statement = upsert(predictions)
        names = ("result", "label", "score", "badness", "wrong", "confident")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["run", "image"], set_={name: statement.excluded[name] for name in names}
            ),
            rows,
        )
        project.put(connection, {})


def judged(method: Method[Any, Any], sample: Sample, result: Result) -> dict[str, Any]:
    """The columns that say how a result stands to the truth: ``wrong`` is None where there is no truth."""
    badness: float | None = None
    if sample.annotated and method.truth(sample):
        badness = float(method.badness(Pair(sample, result)))
        badness = badness if np.isfinite(badness) else 1.0
    score = result.score
    return {
        "label": result.label if result.label is not None else next((a.label for a in result.annotations), None),
        "score": None if score is None or not np.isfinite(score) else float(score),
        "badness": badness,
        "wrong": None if badness is None else badness > 0.5,
        "confident": _confident(result),
    }


def _confident(result: Result) -> bool | None:
    """The method's own word; else whether the score is more than a tenth away from the threshold."""
    if "is_confident" in result.flags:
        return result.flags["is_confident"]
    threshold, score = result.values.get("threshold"), result.values.get("anomaly_score")
    return None if threshold is None or score is None else abs(score - threshold) > 0.1 * threshold


def rejudge(project: Project, connection: Connection, ids: Sequence[int]) -> None:
    """Judge the answers to these images anew: their truth has changed."""
    if not ids:
        return
    known = {row.id: methods().get(row.method) for row in connection.execute(select(runs.c.id, runs.c.method))}
    for low in range(0, len(ids), _MANY):
        part = ids[low : low + _MANY]
        columns = (predictions.c.run, predictions.c.image, predictions.c.result)
        found = connection.execute(select(*columns).where(predictions.c.image.in_(part))).all()
        if not found:
            continue
        there = {row.id: row for row in connection.execute(select(images).where(images.c.id.in_(part)))}
        for answer in found:
            method = known.get(answer.run)
            if method is None:  # its plug-in is not installed any more
                continue
            values = judged(method, sample_of(project, there[answer.image]), result_of(json.loads(answer.result)))
            own = (predictions.c.run == answer.run) & (predictions.c.image == answer.image)
            connection.execute(update(predictions).where(own).values(**values))


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """Drop the answers to images whose pixels or region of interest have changed."""
    for low in range(0, len(ids), _MANY):
        connection.execute(delete(predictions).where(predictions.c.image.in_(ids[low : low + _MANY])))


def forget_run(connection: Connection, run: int) -> None:
    """Drop all answers of a run."""
    connection.execute(delete(predictions).where(predictions.c.run == run))


def stored_results(connection: Connection, run: int, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The kept answers of a run to these images, by image: `Result.to_dict` as it was kept."""
    found: dict[int, dict[str, Any]] = {}
    for low in range(0, len(ids), _MANY):
        own = (predictions.c.run == run) & predictions.c.image.in_(ids[low : low + _MANY])
        for row in connection.execute(select(predictions.c.image, predictions.c.result).where(own)):
            found[row.image] = json.loads(row.result)
    return found


def result_of(given: Mapping[str, Any]) -> Result:
    """A result as it was kept: without maps."""
    return Result(
        annotations=tuple(Annotation.from_dict(item) for item in given["annotations"]),
        labels=tuple(given["labels"]),
        size=(int(given["width"]), int(given["height"])),
        confidences=given["confidences"],
        values=given["values"],
        flags=given["flags"],
        findings=tuple(given.get("findings", ())),
    )


def _plain(result: Result) -> dict[str, Any]:
    said = result.to_dict()
    said["annotations"] = [item.to_dict() for item in result.annotations]
    said["labels"] = list(result.labels)
    return said


class Outputs:
    """What a run's network said, image by image, in files that hold plain arrays.

    Parameters
    ----------
    project : whose cache folder is used.
    run : the run; its model never changes.
    """

    def __init__(self, project: Project, run: int) -> None:
        self.folder = project.cache_folder / "outputs" / f"{run:04d}"

    def read(self, image: int, sample: Sample, version: str) -> dict[str, npt.NDArray[Any]] | None:
        """The arrays by output name; None when they are not there, or are for other pixels."""
        path = self._path(image, sample, version)
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, KeyError, EOFError):
            return None

    def has(self, image: int, sample: Sample, version: str) -> bool:
        """Whether `read` would find something."""
        return self._path(image, sample, version).is_file()

    def write(self, image: int, sample: Sample, version: str, raw: Mapping[str, npt.NDArray[Any]]) -> None:
        """Keep them. A full disk is no reason to fail: they can be computed again."""
        path = self._path(image, sample, version)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as stream:
                    np.savez(stream, allow_pickle=False, **dict(raw))
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError:
            return

    def _path(self, image: int, sample: Sample, version: str) -> Path:
        roi = "" if sample.roi is None else json.dumps(sample.roi.to_dict(), sort_keys=True)
        key = hashlib.sha256(f"{version} {roi}".encode()).hexdigest()[:16]
        return self.folder / f"{image // 1000}" / f"{image}-{key}.npz"


def samples_of(project: Project, connection: Connection, ids: Iterable[int]) -> dict[int, tuple[Sample, str]]:
    """Images as samples with their versions, by id; those that cannot be read are left out."""
    wanted = list(ids)
    found: dict[int, tuple[Sample, str]] = {}
    for low in range(0, len(wanted), _MANY):
        part = images.c.id.in_(wanted[low : low + _MANY])
        for row in connection.execute(select(images).where(part, images.c.problem.is_(None))):
            found[row.id] = sample_of(project, row), row.version
    return {id: found[id] for id in wanted if id in found}
