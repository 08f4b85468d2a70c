"""What is known about images: labels, regions, splits, regions of interest; each gesture one change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import Connection, select

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Whole
from sightmill.errors import DataError
from sightmill.project.store.changes import Change, Edit, annotated, apply, changed
from sightmill.project.store.classes import missing_classes
from sightmill.project.store.gallery import MANY
from sightmill.project.store.predictions import stored_results
from sightmill.project.store.project import Project
from sightmill.project.store.schema import images

__all__ = ["StaleError", "accept", "annotate", "image_row", "label", "set_columns"]


#: The columns that `annotated` compares.
_TRUTH = ("annotations", "label", "objects", "labelled")


class StaleError(DataError):
    """The image has changed since the drawing was begun."""


def image_row(connection: Connection, id: int) -> Any:
    """An image's row; raises `LookupError` when it is not there or was removed."""
    row = connection.execute(select(images).where(images.c.id == id)).first()
    if row is None or row.removed:
        raise LookupError(id)
    return row


def annotate(
    project: Project,
    id: int,
    annotations: Sequence[Annotation],
    *,
    labelled: bool,
    revision: int | None,
    title: str,
) -> Change:
    """Give an image these annotations; classes that are new join the list in the same change.

    Raises
    ------
    LookupError : there is no such image.
    StaleError : the image is of another revision than the drawing was based on.
    """
    with project.writing() as connection:
        row = image_row(connection, id)
        if revision is not None and revision != row.revision:
            raise StaleError(
                "the image was changed in another window meanwhile",
                where=row.name,
                remedy="look at it again, then repeat the last stroke",
            )
        given = [replace(item, score=None) for item in annotations]  # truth has no score
        edits = missing_classes(connection, (item.label for item in given))
        edits.append(annotated(row, given, labelled=labelled or bool(given)))
        return apply(project, title, edits, connection=connection)


def label(project: Project, ids: Sequence[int], name: str, action: Literal["set", "add", "remove", "clear"]) -> Change:
    """Label images as a whole; see the API's message ``Labelling``. Raises `DataError` without a name."""
    name = name.strip()
    if action != "clear" and not name:
        raise DataError("a label needs a name", where="label", got=repr(name))
    title = {
        "set": f"Label {_images(ids)} {name}",
        "add": f"Add {name} to {_images(ids)}",
        "remove": f"Take {name} from {_images(ids)}",
        "clear": f"Clear {_images(ids)}",
    }[action]
    with project.writing() as connection:
        edits = missing_classes(connection, [name] if action in ("set", "add") else [])
        for row in _rows(connection, ids, *_TRUTH):
            given = [Annotation.from_dict(item) for item in json.loads(row.annotations)]
            regions = [item for item in given if not isinstance(item.region, Whole)]
            whole = [item for item in given if isinstance(item.region, Whole)]
            match action:
                case "set":
                    same = [item for item in whole if item.label == name]
                    whole = same[:1] or [Annotation(Whole(), name)]
                case "add":
                    whole = whole if any(item.label == name for item in whole) else [*whole, Annotation(Whole(), name)]
                case "remove":
                    whole = [item for item in whole if item.label != name]
                case "clear":
                    whole, regions = [], []
            kept = [*whole, *regions]
            edits.append(annotated(row, kept, labelled=bool(kept)))
        return apply(project, title, edits, connection=connection)


def set_columns(project: Project, ids: Sequence[int], values: dict[str, Any], title: str) -> Change:
    """Give images the same values: ``split``, ``review``, ``removed``, ``roi`` (JSON); {images} in the title counts."""
    with project.writing() as connection:
        edits = [changed("images", row, values) for row in _rows(connection, ids, *values)]
        return apply(project, title.replace("{images}", _images(ids)), edits, connection=connection)


def accept(project: Project, run: int, ids: Sequence[int], *, minimum_score: float, replace_known: bool) -> Change:
    """Take over a run's answers as labels: a prediction becomes truth by losing its score."""
    with project.writing() as connection:
        answers = stored_results(connection, run, ids)
        edits: list[Edit] = []
        names: dict[str, None] = {}
        for row in _rows(connection, [id for id in ids if id in answers], *_TRUTH):
            if row.labelled and not replace_known:
                continue
            given = [Annotation.from_dict(item) for item in answers[row.id]["annotations"]]
            kept = [replace(item, score=None) for item in given if item.score is None or item.score >= minimum_score]
            kept = [item for item in kept if item.label]
            if given and not any(item.label for item in given):  # a score without a decision
                continue
            names.update(dict.fromkeys(item.label for item in kept))
            edits.append(annotated(row, kept, labelled=True))
        count = len(edits)
        edits = [*missing_classes(connection, names), *edits]
        return apply(project, f"Accept predictions for {_images(range(count))}", edits, connection=connection)


def _rows(connection: Connection, ids: Sequence[int], *names: str) -> list[Any]:
    """These columns of the images: a hundred thousand rows fit into memory, their drawings may not."""
    columns = (images.c.id, *(images.c[name] for name in names))
    found: list[Any] = []
    for low in range(0, len(ids), MANY):
        found.extend(connection.execute(select(*columns).where(images.c.id.in_(ids[low : low + MANY]))))
    return found


def _images(ids: Sequence[Any]) -> str:
    return "1 image" if len(ids) == 1 else f"{len(ids)} images"
