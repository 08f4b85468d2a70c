"""Changes of a project: made in one transaction, journaled, undone and done again.

An *edit* is one row's columns before and after: ``{"table", "id", "before", "after"}``; a row that did not exist
has ``before`` None, one that is gone ``after`` None. A change is a list of edits with a title. Undo writes what was
before, redo what came after; both survive the process. A new change forgets what was undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from sightmill.data.annotation import Annotation
from sightmill.errors import DataError
from sightmill.project.store.predictions import forget, rejudge
from sightmill.project.store.project import Project, now
from sightmill.project.store.rows import known, labels_of
from sightmill.project.store.schema import changes, classes, image_labels, images

__all__ = [
    "Change",
    "Edit",
    "Standing",
    "annotated",
    "apply",
    "changed",
    "history",
    "redo",
    "standing",
    "undo",
    "write_labels",
]

#: So many changes can be undone; older ones are forgotten.
REMEMBERED = 500

#: Columns that decide what a network sees: when one changes, predictions are worth nothing.
_PIXELS = frozenset({"version", "path", "roi"})
_TABLES: dict[str, Table] = {"images": images, "classes": classes}


@dataclass(frozen=True)
class Edit:
    """One row before and after; only the columns that differ."""

    table: str
    id: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def reversed(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.table, self.id, self.after, self.before)


@dataclass(frozen=True)
class Standing:
    """What undo and redo would do: ``(id, title)`` each, or None."""

    undo: tuple[int, str] | None
    redo: tuple[int, str] | None


@dataclass(frozen=True)
class Change:
    """A change that was made.

    Parameters
    ----------
    id : None when nothing was different, and nothing was written.
    images : ids of the images that changed.
    fields : names of their columns that changed.
    classes : whether the list of classes changed.
    revision : of the project.
    """

    id: int | None
    title: str
    images: tuple[int, ...]
    fields: frozenset[str]
    classes: bool
    revision: int
    standing: Standing


def apply(project: Project, title: str, edits: Iterable[Edit], *, connection: Connection | None = None) -> Change:
    """Make a change and journal it, in one transaction.

    Edits that change nothing are left out. New classes that annotations name are the caller's to add.

    Raises
    ------
    DataError : the disk refuses; nothing is changed then.
    """
    if connection is None:
        with project.writing() as own:
            return apply(project, title, edits, connection=own)
    kept = [edit for edit in edits if edit.before != edit.after]
    if not kept:
        return Change(None, title, (), frozenset(), False, _revision(project, connection), standing(connection))
    _write(connection, kept)
    connection.execute(delete(changes).where(changes.c.undone))
    number = connection.execute(
        insert(changes).values(
            at=now(), title=title[:200], images=_images(kept), edits=json.dumps([_plain(edit) for edit in kept])
        )
    ).lastrowid
    connection.execute(delete(changes).where(changes.c.id <= int(number) - REMEMBERED))
    return _made(project, connection, int(number), title, kept)


def undo(project: Project) -> Change:
    """Take the last change back; raises `DataError` when there is none."""
    return _replay(project, back=True)


def redo(project: Project) -> Change:
    """Make the change again that was taken back last; raises `DataError` when there is none."""
    return _replay(project, back=False)


def standing(connection: Connection) -> Standing:
    """What undo and redo would do now."""
    last = connection.execute(
        select(changes.c.id, changes.c.title).where(~changes.c.undone).order_by(changes.c.id.desc()).limit(1)
    ).first()
    following = connection.execute(
        select(changes.c.id, changes.c.title).where(changes.c.undone).order_by(changes.c.id).limit(1)
    ).first()
    return Standing(last and (last.id, last.title), following and (following.id, following.title))


def history(project: Project, limit: int = 100) -> Sequence[Any]:
    """The last changes, newest first: ``id``, ``at``, ``title``, ``images``, ``undone``."""
    with project.reading() as connection:
        columns = (changes.c.id, changes.c.at, changes.c.title, changes.c.images, changes.c.undone)
        return connection.execute(select(*columns).order_by(changes.c.id.desc()).limit(limit)).all()


def write_labels(connection: Connection, found: Mapping[int, Iterable[Mapping[str, Any]]]) -> None:
    """Renew the label index of images from their stored annotations, by id."""
    ids = list(found)
    for low in range(0, len(ids), 500):
        connection.execute(delete(image_labels).where(image_labels.c.image.in_(ids[low : low + 500])))
    rows = [
        {"label": label, "image": id, "objects": objects}
        for id, annotations in found.items()
        for label, objects in labels_of(annotations).items()
    ]
    if rows:
        connection.execute(insert(image_labels), rows)


def annotated(row: Any, annotations: Iterable[Annotation], *, labelled: bool) -> Edit:
    """The edit that gives an image these annotations; `row` holds its columns as they are."""
    after = {**known(annotations), "labelled": labelled}
    return changed("images", row, after)


def changed(table: str, row: Any, after: Mapping[str, Any]) -> Edit:
    """The edit that gives a row these values; columns that stay are left out."""
    given = row._mapping
    differing = {name: value for name, value in after.items() if given[name] != value}
    return Edit(table, row.id, {name: given[name] for name in differing}, differing)


def _replay(project: Project, *, back: bool) -> Change:
    with project.writing() as connection:
        stands = standing(connection)
        which = stands.undo if back else stands.redo
        if which is None:
            raise DataError("there is nothing to undo" if back else "there is nothing to do again")
        number, title = which
        text = connection.execute(select(changes.c.edits).where(changes.c.id == number)).scalar_one()
        edits = [Edit(item["table"], item["id"], item["before"], item["after"]) for item in json.loads(text)]
        if back:
            edits = [edit.reversed() for edit in reversed(edits)]
        _write(connection, edits)
        connection.execute(update(changes).where(changes.c.id == number).values(undone=back))
        return _made(project, connection, number, title, edits)


def _made(project: Project, connection: Connection, number: int, title: str, edits: Sequence[Edit]) -> Change:
    retold = [edit.id for edit in edits if edit.table == "images" and "annotations" in (edit.after or ())]
    rejudge(project, connection, retold)
    fields = {name for edit in edits if edit.table == "images" for name in (*(edit.before or ()), *(edit.after or ()))}
    return Change(
        number,
        title,
        tuple(edit.id for edit in edits if edit.table == "images"),
        frozenset(fields),
        any(edit.table == "classes" for edit in edits),
        project.put(connection, {}),
        standing(connection),
    )


def _write(connection: Connection, edits: Sequence[Edit]) -> None:
    """Bring the rows to what comes after, those of one kind together."""
    together: dict[tuple[str, ...], list[Edit]] = {}
    for edit in edits:
        if edit.after is None:
            table = _TABLES[edit.table]
            connection.execute(delete(table).where(table.c.id == edit.id))
        elif edit.before is None:
            connection.execute(insert(_TABLES[edit.table]).values(id=edit.id, **edit.after))
        else:
            together.setdefault((edit.table, *sorted(edit.after)), []).append(edit)
    for (name, *columns), group in together.items():
        table = _TABLES[name]
        values: dict[str, Any] = {column: bindparam(f"new_{column}") for column in columns}
        if name == "images":
            values["revision"] = images.c.revision + 1
        connection.execute(
            update(table).where(table.c.id == bindparam("row")).values(**values),
            [{"row": edit.id, **{f"new_{column}": (edit.after or {})[column] for column in columns}} for edit in group],
        )
        if name == "images" and "annotations" in columns:
            write_labels(connection, {edit.id: json.loads((edit.after or {})["annotations"]) for edit in group})
        if name == "images" and _PIXELS & set(columns):
            forget(connection, [edit.id for edit in group])


def _plain(edit: Edit) -> dict[str, Any]:
    return {"table": edit.table, "id": edit.id, "before": edit.before, "after": edit.after}


def _images(edits: Sequence[Edit]) -> int:
    return sum(edit.table == "images" for edit in edits)


def _revision(project: Project, connection: Connection) -> int:
    return int(project.facts(connection)["revision"])
