"""Finding images in a project: filters, orders, pages, counts. Fast with 100,000 images."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, cast, exists, func, select, tuple_

from sightmill.errors import DataError
from sightmill.project.store.project import Project
from sightmill.project.store.schema import THERE, image_labels, images, predictions

__all__ = ["SORTS", "Condition", "Counted", "Page", "chosen_ids", "count", "ids_of", "page", "rows", "rows_named"]

SORTS = ("added", "name", "score", "badness", "size")
Sort = Literal["added", "name", "score", "badness", "size"]

#: What the gallery shows of an image: all but the annotations, which may be large.
COLUMNS = tuple(column for column in images.c if column.name not in ("annotations", "attributes", "notes", "roi"))
#: SQLite takes so many values in one statement.
MANY = 500


@dataclass(frozen=True)
class Condition:
    """Which images: all that is given must hold; see the API's message ``Where``."""

    label: str | None = None
    split: str | None = None
    labelled: bool | None = None
    predicted: bool | None = None
    predicted_label: str | None = None
    wrong: bool | None = None
    confident: bool | None = None
    text: str | None = None
    review: str | None = None
    width: int | None = None
    height: int | None = None
    run: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], active_run: int | None) -> Condition:
        """From the message; without a run, the active one is meant."""
        known = {field.name for field in fields(cls)}
        return cls(
            **{name: value for name, value in given.items() if name in known and name != "run"},
            run=given.get("run") or active_run,
        )

    def clauses(self) -> list[ColumnElement[bool]]:
        """The condition in SQL."""
        found: list[ColumnElement[bool]] = [THERE]
        for name in ("labelled", "review", "width", "height"):
            value = getattr(self, name)
            if value is not None:
                found.append(images.c[name] == value)
        if self.split is not None:
            found.append(images.c.split.is_(None) if self.split == "none" else images.c.split == self.split)
        if self.label is not None:
            found.append(images.c.id.in_(select(image_labels.c.image).where(image_labels.c.label == self.label)))
        if self.text:  # LIKE takes capitals and small letters (of ASCII) for the same in SQLite
            found.append(images.c.name.contains(self.text, autoescape=True))
        # An alias, as the statement around may join the predictions too.
        answers = predictions.alias("answers")
        own = answers.c.run == (self.run or 0)
        asked = {"wrong": self.wrong, "confident": self.confident, "label": self.predicted_label}
        given = [answers.c[name] == value for name, value in asked.items() if value is not None]
        if given or self.predicted:
            found.append(images.c.id.in_(select(answers.c.image).where(own, *given)))
        if self.predicted is False:
            found.append(images.c.id.not_in(select(answers.c.image).where(own)))
        return found


@dataclass(frozen=True)
class Page:
    """A page: rows, the cursor of the following page (None at the end), and how many match in all."""

    rows: Sequence[Any]
    next: str | None
    total: int


def page(
    project: Project, condition: Condition, *, sort: Sort = "added", up: bool = True, cursor: str | None, limit: int
) -> Page:
    """A page of images.

    Pages follow one another by the last row's place in the order, so that a page deep down costs what the
    first one does. Sorted by score or badness, images without a prediction come last, in the order they came.

    Raises
    ------
    DataError : the cursor is not one of this order.
    """
    phase, after = _read(cursor, sort, up)
    with project.reading() as connection:
        found: list[Any] = []
        place: tuple[int, list[Any]] | None = None
        for number, (statement, keys) in enumerate(_phases(condition, sort)):
            if number < phase:
                continue
            order = [key.asc() if up else key.desc() for key in keys]
            statement = statement.order_by(*order).limit(limit + 1 - len(found))
            if number == phase and after:
                if len(after) != len(keys):
                    raise _foreign()
                left, right = tuple_(*keys), tuple_(*after)
                statement = statement.where(left > right if up else left < right)
            for row in connection.execute(statement).all():
                if len(found) < limit:
                    found.append(row)
                    place = number, _keys(row, sort, number)
                else:
                    assert place is not None
                    return Page(found, _written(sort, up, *place), count(connection, condition))
        return Page(found, None, count(connection, condition))


def ids_of(project: Project, condition: Condition, *, sort: Sort = "added", up: bool = True) -> list[int]:
    """The ids of all images that match, in order."""
    with project.reading() as connection:
        found: list[int] = []
        for statement, keys in _phases(condition, sort):
            order = [key.asc() if up else key.desc() for key in keys]
            found.extend(connection.scalars(statement.with_only_columns(images.c.id).order_by(*order)))
        return found


def rows(project: Project, ids: Sequence[int], run: int | None) -> list[Any]:
    """The rows of these images, in this order; those that are not there are left out."""
    found: dict[int, Any] = {}
    with project.reading() as connection:
        for low in range(0, len(ids), MANY):
            chosen = images.c.id.in_(ids[low : low + MANY])
            for row in connection.execute(_with_prediction(run).where(chosen, THERE)):
                found[row.id] = row
    return [found[id] for id in ids if id in found]


def rows_named(project: Project, names: Sequence[str]) -> list[Any]:
    """The rows of images with these names, a few at most, in the order of the names; of equal ones the last."""
    with project.reading() as connection:
        statement = select(images).where(images.c.name.in_(names), THERE).order_by(images.c.id)
        found = {row.name: row for row in connection.execute(statement)}
    return [found[name] for name in names if name in found]


def count(connection: Connection, condition: Condition) -> int:
    """How many images match."""
    return int(connection.execute(select(func.count()).select_from(images).where(*condition.clauses())).scalar_one())


def chosen_ids(connection: Connection, ids: Sequence[int] | None, condition: Condition | None) -> list[int]:
    """The ids of images that are there: of those named, or of all that match."""
    if ids is None:
        clauses = condition.clauses() if condition else [THERE]
        return list(connection.scalars(select(images.c.id).where(*clauses).order_by(images.c.id)))
    there: set[int] = set()
    for low in range(0, len(ids), MANY):
        part = images.c.id.in_(ids[low : low + MANY])
        there.update(connection.scalars(select(images.c.id).where(part, THERE)))
    return [id for id in dict.fromkeys(ids) if id in there]


@dataclass(frozen=True)
class Counted:
    """How many images there are and of what kind; see the API's message ``Counts``."""

    images: int
    labelled: int
    unlabelled: int
    unreadable: int
    objects: int
    splits: dict[str, int]
    unlabelled_splits: dict[str, int]
    classes: dict[str, dict[str, int]]
    class_objects: dict[str, int]
    sizes: int
    predicted: int
    wrong: int

    @classmethod
    def of(cls, project: Project, run: int | None) -> Counted:
        """Count."""
        there = THERE
        with project.reading() as connection:
            total, labelled, unreadable, objects = connection.execute(
                select(
                    func.count(),
                    _many(images.c.labelled),
                    _many(images.c.problem.is_not(None)),
                    func.coalesce(func.sum(images.c.objects), 0),
                ).where(there)
            ).one()
            splits = connection.execute(
                select(images.c.split, func.count(), _many(images.c.labelled)).where(there).group_by(images.c.split)
            ).all()
            joined = image_labels.join(images, images.c.id == image_labels.c.image)
            classes = connection.execute(
                select(image_labels.c.label, images.c.split, func.count(), func.sum(image_labels.c.objects))
                .select_from(joined)
                .where(there)
                .group_by(image_labels.c.label, images.c.split)
            )
            found: dict[str, dict[str, int]] = {}
            many: dict[str, int] = {}
            for label, split, number, regions in classes:
                found.setdefault(label, {})[split or "none"] = number
                many[label] = many.get(label, 0) + int(regions)
            sizes = connection.execute(
                select(func.count()).select_from(
                    select(images.c.width, images.c.height)
                    .where(there, images.c.problem.is_(None))
                    .distinct()
                    .subquery()
                )
            ).scalar_one()
            predicted, wrong = connection.execute(
                select(func.count(), _many(predictions.c.wrong)).where(
                    predictions.c.run == (run or 0),
                    exists().where(images.c.id == predictions.c.image, there),
                )
            ).one()
            return cls(
                images=total,
                labelled=labelled,
                unlabelled=total - labelled,
                unreadable=unreadable,
                objects=objects,
                splits={split or "none": number for split, number, _ in splits},
                unlabelled_splits={
                    split or "none": number - known for split, number, known in splits if number > known
                },
                classes=found,
                class_objects=many,
                sizes=sizes,
                predicted=predicted,
                wrong=wrong,
            )


def _many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How often it holds."""
    return func.coalesce(func.sum(cast(condition, Integer)), 0)


def _with_prediction(run: int | None) -> Select[Any]:
    own = and_(predictions.c.run == (run or 0), predictions.c.image == images.c.id)
    return select(*COLUMNS, *_ANSWER).select_from(images.outerjoin(predictions, own))


_ANSWER = (
    predictions.c.label.label("predicted"),
    predictions.c.score,
    predictions.c.badness,
    predictions.c.wrong,
    predictions.c.confident,
)


def _phases(condition: Condition, sort: Sort) -> list[tuple[Select[Any], list[Any]]]:
    """The statements whose rows, one after the other, are the order; with the columns they are ordered by."""
    clauses = condition.clauses()
    if sort in ("score", "badness"):
        own = predictions.c.run == (condition.run or 0)
        answered = (
            select(*COLUMNS, *_ANSWER)
            .select_from(predictions.join(images, images.c.id == predictions.c.image))
            .where(own, predictions.c[sort].is_not(None), *clauses)
        )
        without = _with_prediction(condition.run).where(predictions.c[sort].is_(None), *clauses)
        return [(answered, [predictions.c[sort], predictions.c.image]), (without, [images.c.id])]
    keys = {
        "added": [images.c.id],
        "name": [images.c.name, images.c.id],
        "size": [images.c.width, images.c.height, images.c.id],
    }[sort]
    return [(_with_prediction(condition.run).where(*clauses), keys)]


def _keys(row: Any, sort: Sort, phase: int) -> list[Any]:
    names = {"added": (), "name": ("name",), "size": ("width", "height"), "score": ("score",), "badness": ("badness",)}
    return [*(getattr(row, name) for name in names[sort] if phase == 0), row.id]


def _written(sort: str, up: bool, phase: int, keys: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, up, phase, keys]).encode()).decode()


def _read(cursor: str | None, sort: str, up: bool) -> tuple[int, list[Any]]:
    if cursor is None:
        return 0, []
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        of_sort, of_up, phase, keys = said
        plain = isinstance(keys, list) and all(isinstance(key, str | int | float) for key in keys)
        small = all(abs(key) < 2**63 for key in keys if isinstance(key, int | float))
        if (of_sort, of_up) != (sort, up) or not plain or not small or phase not in (0, 1) or not keys:
            raise ValueError
    except (ValueError, TypeError) as error:
        raise _foreign() from error
    return phase, keys


def _foreign() -> DataError:
    return DataError("this page does not follow from another of this order", remedy="start again at the first page")
