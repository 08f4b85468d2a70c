"""The check of a project's data as a to-do list: what was found, and what can be done about it here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from sightmill.data.check import examine_dataset
from sightmill.data.dataset import Dataset
from sightmill.data.duplicates import exact_groups, fingerprints
from sightmill.errors import DataError
from sightmill.project.store.changes import Change, standing
from sightmill.project.store.classes import all_classes, remove_class
from sightmill.project.store.gallery import MANY
from sightmill.project.store.labels import set_columns
from sightmill.project.store.project import Project, now
from sightmill.project.store.schema import findings, images
from sightmill.project.store.snapshot import numbered_samples

__all__ = ["Found", "check", "checked_at", "findings_of", "fix", "fix_of", "set_state"]

#: What the button of a finding does, by the finding's code, with its title.
_FIXES = {
    "unreadable_image": ("remove", "Take it out of the project"),
    "duplicates": ("remove_copies", "Keep one of each"),
    "near_duplicates": ("show", "Show the images"),
    "contradictory_labels": ("show", "Show the images"),
    "near_duplicates_differ": ("show", "Show the images"),
    "not_annotated": ("show", "Label them"),
    "no_splits": ("split", "Split the data"),
    "duplicates_across_splits": ("same_split", "Move them into one split"),
    "near_duplicates_across_splits": ("same_split", "Move them into one split"),
    "defective_in_training": ("to_test", "Move them to test"),
    "empty_class": ("remove_class", "Take the class out of the list"),
    "mixed_channels": ("correct", "Correct the images"),
    "blank_image": ("show", "Show the images"),
}
#: Those that lead to another view rather than change something.
_LEADS_ELSEWHERE = frozenset({"show", "split", "correct"})


@dataclass(frozen=True)
class Found:
    """A finding as it is stored; `images` are ids."""

    id: int
    level: str
    code: str
    what: str
    remedy: str
    images: tuple[int, ...]
    state: str


def check(project: Project, *, longer_side: int = 0) -> int:
    """Look at all images and store what is found, in place of what was; answers how many findings there are.

    Findings that were dismissed stay dismissed while they say the same.
    """
    with project.reading() as connection:
        state = (standing(connection).undo or (0,))[0]
    numbered = numbered_samples(project, unreadable=True)
    by_name = {sample.name: id for id, _, sample in numbered}
    dataset = Dataset(
        tuple(sample for _, _, sample in numbered), _labels(project), root=project.folder, format="sightmill"
    )
    found = examine_dataset(dataset, longer_side=longer_side, learns_from=project.method.learns_from).findings
    with project.writing() as connection:
        dismissed = set(connection.scalars(select(findings.c.what).where(findings.c.state == "dismissed")))
        connection.execute(delete(findings))
        for one in found:
            ids = [by_name[name] for name in one.where if name in by_name]
            connection.execute(
                insert(findings).values(
                    level=one.level,
                    code=one.code,
                    what=one.what,
                    remedy=one.remedy,
                    images=json.dumps(ids),
                    state="dismissed" if one.what in dismissed else "open",
                )
            )
        project.put(connection, {"checked": {"at": now(), "change": state}})
    return len(found)


def _labels(project: Project) -> tuple[str, ...]:
    """The names of the project's classes, in order."""
    with project.reading() as connection:
        return tuple(row.name for row in all_classes(connection))


def checked_at(project: Project) -> tuple[str | None, bool]:
    """When the data was checked last, and whether it is still what it was then."""
    with project.reading() as connection:
        said = project.facts(connection)["checked"]
        last = (standing(connection).undo or (0,))[0]
    return (said["at"], said["change"] == last) if said else (None, False)


def findings_of(project: Project) -> list[Found]:
    """What the last check found, the worst first."""
    with project.reading() as connection:
        rows = connection.execute(select(findings).order_by(findings.c.id)).all()
    return [_found(row) for row in rows]


def fix_of(found: Found) -> tuple[str, str] | None:
    """Action and title of a finding's button; None when only a person can do something."""
    return _FIXES.get(found.code)


def set_state(project: Project, id: int, state: str) -> Found:
    """Dismiss a finding or open it again; raises `LookupError`."""
    with project.writing() as connection:
        connection.execute(update(findings).where(findings.c.id == id).values(state=state))
        return _one(connection, id)


def fix(project: Project, id: int) -> Change:
    """Do what the button says, as one change that can be undone.

    Raises
    ------
    LookupError : there is no such finding.
    DataError : its button leads to another view, or there is none.
    """
    with project.reading() as connection:
        found = _one(connection, id)
    action = (fix_of(found) or ("", ""))[0]
    if not action or action in _LEADS_ELSEWHERE:
        raise DataError("this finding needs a person", where=found.what, remedy=found.remedy)
    match action:
        case "remove":
            change = set_columns(project, found.images, {"removed": True}, "Take {images} out")
        case "remove_copies":
            change = set_columns(project, _copies(project, found.images), {"removed": True}, "Take {images} out")
        case "same_split":
            change = set_columns(project, found.images, {"split": _largest(project, found.images)}, "Move {images}")
        case "to_test":
            change = set_columns(project, found.images, {"split": "test"}, "Move {images} to test")
        case _:
            change = remove_class(project, _empty_class(project, found))
    set_state(project, id, "done")
    return change


def _copies(project: Project, ids: Sequence[int]) -> list[int]:
    """All but one of each group of equal images; of a group the labelled one that came first is kept."""
    numbered = numbered_samples(project, ids)
    samples = [sample for _, _, sample in numbered]
    groups: dict[int, list[int]] = {}
    for index, group in enumerate(exact_groups(fingerprints(samples))):
        groups.setdefault(group, []).append(index)
    leaves = []
    for members in groups.values():
        members.sort(key=lambda index: (not samples[index].annotated, numbered[index][0]))
        leaves += [numbered[index][0] for index in members[1:]]
    return leaves


def _largest(project: Project, ids: Sequence[int]) -> str:
    """The split that most of the images are in; training before the others."""
    with project.reading() as connection:
        splits = [
            split
            for low in range(0, len(ids), MANY)
            for split in connection.scalars(select(images.c.split).where(images.c.id.in_(ids[low : low + MANY])))
            if split
        ]
    return max(sorted(set(splits), reverse=True), key=splits.count) if splits else "train"


def _empty_class(project: Project, found: Found) -> int:
    with project.reading() as connection:
        for row in all_classes(connection):
            if f"{row.name!r}" in found.what:
                return int(row.id)
    raise DataError("the class is not there any more", where=found.what)


def _one(connection: Any, id: int) -> Found:
    row = connection.execute(select(findings).where(findings.c.id == id)).first()
    if row is None:
        raise LookupError(id)
    return _found(row)


def _found(row: Any) -> Found:
    return Found(row.id, row.level, row.code, row.what, row.remedy, tuple(json.loads(row.images)), row.state)
