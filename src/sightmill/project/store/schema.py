"""The tables of a project's file, and how an older file becomes a newer one.

The layout's number is SQLite's ``user_version``. `MIGRATIONS` holds the SQL that leads from each number to the
next; a file of a newer number is refused.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, false

__all__ = [
    "METADATA",
    "MIGRATIONS",
    "THERE",
    "changes",
    "classes",
    "findings",
    "image_labels",
    "images",
    "predictions",
    "runs",
]

METADATA = MetaData()

#: One row: facts about the project as JSON values by name.
facts = Table(
    "facts",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

classes = Table(
    "classes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, unique=True),
    Column("colour", String, nullable=False),
    Column("hotkey", String),
    Column("position", Integer, nullable=False),
    sqlite_autoincrement=True,
)

#: ``path`` is relative to the project's folder when the file was copied in, else absolute. Removed images stay,
#: so that undo brings them back.
images = Table(
    "images",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("path", String, nullable=False),
    Column("copied", Boolean, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("dtype", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("version", String, nullable=False),
    Column("notes", Text, nullable=False, default="[]"),
    Column("attributes", Text, nullable=False, default="{}"),
    Column("problem", Text),
    Column("split", String),
    Column("annotations", Text, nullable=False, default="[]"),
    Column("labelled", Boolean, nullable=False, default=False),
    Column("roi", Text),
    Column("label", String),
    Column("objects", Integer, nullable=False, default=0),
    Column("review", String, nullable=False, default="open"),
    Column("removed", Boolean, nullable=False, default=False),
    Column("revision", Integer, nullable=False, default=1),
    Index("images_added", "removed", "id"),
    Index("images_name", "removed", "name", "id"),
    Index("images_split", "removed", "split", "id"),
    Index("images_labelled", "removed", "labelled", "id"),
    Index("images_review", "removed", "review", "id"),
    Index("images_size", "removed", "width", "height", "id"),
    Index("images_path", "path"),
    sqlite_autoincrement=True,
)

#: The images that are there. An equation, not a negation: only so SQLite uses the indexes.
THERE = images.c.removed == false()

#: The labels of an image, each once, with how many objects carry it: for filters and counts.
image_labels = Table(
    "image_labels",
    METADATA,
    Column("label", String, primary_key=True),
    Column("image", Integer, primary_key=True),
    Column("objects", Integer, nullable=False),
    Index("image_labels_image", "image"),
    sqlite_with_rowid=False,
)

#: The journal of changes: what undo and redo replay. ``edits`` is JSON, see `changes.py`.
changes = Table(
    "changes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("title", String, nullable=False),
    Column("images", Integer, nullable=False),
    Column("edits", Text, nullable=False),
    Column("undone", Boolean, nullable=False, default=False),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("method", String, nullable=False),
    Column("state", String, nullable=False),
    Column("settings", Text, nullable=False, default="{}"),
    Column("inference", Text, nullable=False, default="{}"),
    Column("created", String, nullable=False),
    Column("started", String),
    Column("ended", String),
    Column("start_from", Integer),
    Column("pid", Integer),
    Column("facts", Text, nullable=False, default="{}"),
    Column("error", Text),
    Column("removed", Boolean, nullable=False, default=False),
    sqlite_autoincrement=True,
)

#: A run's answers, without maps; what the network said is kept in files, see `predictions.py`.
predictions = Table(
    "predictions",
    METADATA,
    Column("run", Integer, primary_key=True),
    Column("image", Integer, primary_key=True),
    Column("label", String),
    Column("score", Float),
    Column("badness", Float),
    Column("wrong", Boolean),
    Column("confident", Boolean),
    Column("result", Text, nullable=False),
    Index("predictions_score", "run", "score", "image"),
    Index("predictions_badness", "run", "badness", "image"),
    Index("predictions_wrong", "run", "wrong", "image"),
    Index("predictions_image", "image"),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("level", String, nullable=False),
    Column("code", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("images", Text, nullable=False),
    Column("state", String, nullable=False, default="open"),
    sqlite_autoincrement=True,
)

#: The steps that lead from layout n to n + 1, by n. The first layout is made by `METADATA` itself.
MIGRATIONS: dict[int, tuple[str, ...]] = {}
