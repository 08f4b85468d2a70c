"""Models at work in the server: opened once, and what their networks said kept for other inference settings."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import DataError
from sightmill.project.store.predictions import Outputs, keep
from sightmill.project.store.project import Project
from sightmill.project.store.runs import Run
from sightmill.project.store.schema import predictions
from sightmill.runtime.model import Model
from sightmill.runtime.session import NetworkOutputs
from sightmill.server.jobs import Report
from sightmill.server.refusals import Conflict

__all__ = ["Answering", "inference_of"]

#: So many models are kept open.
_OPEN = 3
#: Answers that are stored together.
_TOGETHER = 64

Numbered = tuple[int, str, Sample]


class Answering:
    """The models of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._models: OrderedDict[tuple[Path, int], Model] = OrderedDict()
        self._lock = threading.Lock()

    def model(self, run: Run) -> Model:
        """The run's model, deciding by the settings chosen for it.

        Raises
        ------
        Conflict : it has no model (yet).
        ModelError : the file cannot be used.
        """
        try:
            key = run.model, run.model.stat().st_mtime_ns
        except OSError:
            raise Conflict("this run has no model yet", where=run.name, got=run.state) from None
        with self._lock:
            found = self._models.get(key)
            if found is None:
                found = self._models[key] = Model.load(run.model, warm_up=False)
                while len(self._models) > _OPEN:
                    self._models.popitem(last=False)
            self._models.move_to_end(key)
        return found.with_inference(**run.inference) if run.inference else found

    def own(self, run: Run) -> Any:
        """The inference settings in the model's file."""
        plain = Run(**{**vars(run), "inference": {}})
        return self.model(plain).inference

    def forget(self) -> None:
        """Close the models."""
        with self._lock:
            self._models.clear()

    def missing(self, run: Run, samples: Sequence[Numbered]) -> list[Numbered]:
        """The images whose outputs are not kept."""
        outputs = Outputs(self._project, run.id)
        return [item for item in samples if not outputs.has(item[0], item[2], item[1])]

    def wanted(self, run: Run, samples: Sequence[Numbered], *, anew: bool, only_answered: bool) -> list[Numbered]:
        """The images to answer: those without a stored answer, all of them, or those that have one."""
        with self._project.reading() as connection:
            answered = set(connection.scalars(select(predictions.c.image).where(predictions.c.run == run.id)))
        if only_answered:
            return [item for item in samples if item[0] in answered]
        return list(samples) if anew else [item for item in samples if item[0] not in answered]

    def decoded(
        self, run: Run, item: Numbered, *, inference: Mapping[str, Any] | None = None, model: Model | None = None
    ) -> Result:
        """The answer to an image, from the kept outputs where they are there, else from the network.

        Raises
        ------
        SettingsError : a value in `inference` is not allowed.
        ImageError : the image cannot be read.
        """
        id, version, sample = item
        model = model or self.model(run)
        settings = model.inference.changed(**inference) if inference else model.inference
        outputs = Outputs(self._project, run.id)
        raw: Any = outputs.read(id, sample, version)
        frame = model.view_under(settings).frame(sample.size, sample.roi)
        if (
            raw is None
            or set(raw) != set(model.session.outputs)
            or any(len(rows) != len(frame.tiles) for rows in raw.values())  # kept from tiles that overlap otherwise
        ):
            raw, frame = model.raw(sample, inference=settings)
            outputs.write(id, sample, version, raw)
        return model.method.decode(NetworkOutputs(raw), frame, model.labels, settings)

    def predict(self, run: Run, samples: Sequence[Numbered], report: Report) -> Iterator[list[int]]:
        """Answer images and store what was answered, some at a time; yields the ids stored.

        Images that cannot be read are passed over: the check names them.
        """
        model = self.model(run)
        waiting: list[tuple[int, Sample, Result]] = []
        for done, item in enumerate(samples, start=1):
            report(done, len(samples))
            try:
                waiting.append((item[0], item[2], self.decoded(run, item, model=model)))
            except DataError:
                continue
            if len(waiting) >= _TOGETHER or done == len(samples):
                keep(self._project, model.method, run.id, waiting)
                yield [id for id, _, _ in waiting]
                waiting = []
        if waiting:
            keep(self._project, model.method, run.id, waiting)
            yield [id for id, _, _ in waiting]


def inference_of(text: str) -> dict[str, Any]:
    """Inference settings from an address; raises `DataError` when they are no JSON object."""
    if not text:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError("the inference settings are no JSON", where="inference", got=text) from error
    if not isinstance(said, dict):
        raise DataError("the inference settings must be a JSON object", where="inference", got=text)
    return said
