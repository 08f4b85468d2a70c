"""The list of classes of a project: names, colours, keys, order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from sightmill.data.annotation import Annotation
from sightmill.drawing.colours import CATEGORIES, class_colours, hexadecimal
from sightmill.errors import DataError
from sightmill.project.store.changes import Change, Edit, annotated, apply, changed
from sightmill.project.store.project import Project
from sightmill.project.store.schema import classes, image_labels, images

__all__ = ["add_class", "all_classes", "change_class", "missing_classes", "order_classes", "remove_class"]


def all_classes(connection: Connection) -> Sequence[Any]:
    """The classes in their order."""
    return connection.execute(select(classes).order_by(classes.c.position, classes.c.id)).all()


def missing_classes(connection: Connection, labels: Iterable[str]) -> list[Edit]:
    """Edits that add the classes that are not in the list yet; colours are told apart while they last."""
    there = all_classes(connection)
    new = [label for label in dict.fromkeys(labels) if label and label not in {row.name for row in there}]
    if not new:
        return []
    number = int(connection.execute(select(func.coalesce(func.max(classes.c.id), 0))).scalar_one())
    # A class that was removed and may come back by redo keeps its number.
    number = max(number, _most_given(connection))
    used = {row.colour for row in there}
    wished = {name: hexadecimal(colour) for name, colour in class_colours(new).items()}
    edits: list[Edit] = []
    for step, name in enumerate(new, start=1):
        free = [hexadecimal(colour) for colour in CATEGORIES if hexadecimal(colour) not in used]
        colour = wished[name] if wished[name] not in used or not free else free[0]
        used.add(colour)
        keys = {row.hotkey for row in there} | {(edit.after or {})["hotkey"] for edit in edits}
        hotkey = next((key for key in "123456789" if key not in keys), None)
        values = {"name": name, "colour": colour, "hotkey": hotkey, "position": len(there) + step}
        edits.append(Edit("classes", number + step, None, values))
    return edits


def add_class(project: Project, name: str, *, colour: str | None, hotkey: str | None) -> Change:
    """Add a class; raises `DataError` when there is one of this name."""
    name = _checked(name)
    with project.writing() as connection:
        edits = missing_classes(connection, [name])
        if not edits:
            raise DataError("there is a class of this name already", where="class", got=name)
        given = {key: value for key, value in {"colour": colour, "hotkey": hotkey}.items() if value is not None}
        edits = [replace(edits[0], after={**(edits[0].after or {}), **given})]
        return apply(project, f"Add class {name}", edits, connection=connection)


def change_class(
    project: Project, id: int, *, name: str | None = None, colour: str | None = None, hotkey: str | None = None
) -> Change:
    """Rename a class in all annotations, or change its colour or key. The name of another class joins the two.

    Raises
    ------
    DataError : there is no such class, or the name is empty.
    """
    with project.writing() as connection:
        row = _row(connection, id)
        edits: list[Edit] = []
        title = f"Change class {row.name}"
        given: dict[str, Any] = {}
        if colour is not None:
            given["colour"] = colour
        if hotkey is not None:
            given["hotkey"] = hotkey or None
        if name is not None and _checked(name) != row.name:
            name = _checked(name)
            title = f"Rename class {row.name} to {name}"
            edits = _relabelled(connection, row.name, name)
            joins = name in {other.name for other in all_classes(connection)}
            if joins:
                title = f"Join class {row.name} with {name}"
                edits.append(Edit("classes", id, _values(row), None))
            else:
                given["name"] = name
        if given and not (edits and edits[-1].table == "classes"):
            edits.append(changed("classes", row, given))
        return apply(project, title, edits, connection=connection)


def remove_class(project: Project, id: int) -> Change:
    """Take a class out of the list, and its annotations out of the images.

    An image whose last annotation goes is unlabelled afterwards.
    """
    with project.writing() as connection:
        row = _row(connection, id)
        edits = _relabelled(connection, row.name, None)
        edits.append(Edit("classes", id, _values(row), None))
        return apply(project, f"Remove class {row.name}", edits, connection=connection)


def order_classes(project: Project, ids: Sequence[int]) -> Change:
    """Put the classes into this order; raises `DataError` unless each is named once."""
    with project.writing() as connection:
        there = {row.id: row for row in all_classes(connection)}
        if sorted(ids) != sorted(there):
            raise DataError("an order names every class once", where="ids", got=ids, allowed=sorted(there))
        edits = [changed("classes", there[id], {"position": place}) for place, id in enumerate(ids, start=1)]
        return apply(project, "Order the classes", edits, connection=connection)


def _relabelled(connection: Connection, old: str, new: str | None) -> list[Edit]:
    """Edits that give annotations of one label another, or drop them."""
    named = select(image_labels.c.image).where(image_labels.c.label == old)
    edits = []
    for row in connection.execute(select(images).where(images.c.id.in_(named))):
        given = [Annotation.from_dict(item) for item in json.loads(row.annotations)]
        kept = [replace(item, label=new if item.label == old and new else item.label) for item in given]
        kept = [item for item in kept if new is not None or item.label != old]
        edits.append(annotated(row, kept, labelled=row.labelled and bool(kept)))
    return edits


def _row(connection: Connection, id: int) -> Any:
    row = connection.execute(select(classes).where(classes.c.id == id)).first()
    if row is None:
        raise DataError("there is no such class", where="class", got=id)
    return row


def _values(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "id"}


def _checked(name: str) -> str:
    if not name.strip():
        raise DataError("a class needs a name", where="name", got=repr(name))
    return name.strip()


def _most_given(connection: Connection) -> int:
    """The largest class id that was ever given."""
    found = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'classes'").scalar()
    return int(found or 0)
