"""One project: its folder, its file, and transactions on it."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from sightmill.errors import DataError
from sightmill.methods.catalogue import named
from sightmill.methods.contract import Method
from sightmill.project.store.schema import METADATA, MIGRATIONS, facts

__all__ = ["FILE", "Project", "now"]

#: Name of a project's file in its folder; a folder that has it is a project.
FILE = "project.sqlite"
#: Number of this layout; see `schema.MIGRATIONS`.
LAYOUT = 1

_IMAGES, _RUNS, _CACHE, _EXPORTS, _LOCK = "images", "runs", "cache", "exports", ".lock"


def now() -> str:
    """This moment, as it is stored: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Project:
    """An open project. Safe to use from several threads; writes are one after the other.

    Everything is in one SQLite file in write-ahead mode: what a transaction has written survives the death of
    the process, and with ``synchronous=FULL`` that of the machine.

    Parameters
    ----------
    folder : the project's folder; `FILE` lies in it.

    Raises
    ------
    DataError : no project is there, it is damaged or of a newer version, or another studio has it open.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        if not (self.folder / FILE).is_file():
            raise DataError("there is no project in this folder", where=folder, remedy="create one, or name another")
        self._writing = threading.RLock()
        self._lock = _exclusive(self.folder)
        try:
            self.engine = _engine(self.folder / FILE, wait=30.0)
            self._migrate()
        except BaseException:
            self._lock.close()
            raise

    @classmethod
    def create(cls, folder: Path, *, name: str, method: str) -> Self:
        """Make a project in a folder, which is made when it is missing.

        Raises
        ------
        DataError : there is a project already, or the folder cannot be written to.
        SettingsError : there is no such method.
        """
        method = named(method).id
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError("the folder cannot be made", where=folder, got=error.strerror) from error
        if (folder / FILE).exists():
            raise DataError("there is a project in this folder already", where=folder, remedy="open it")
        unfinished = folder / f".{FILE}.new"
        unfinished.unlink(missing_ok=True)
        engine = _engine(unfinished, wait=5.0)
        with engine.begin() as connection:
            METADATA.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {LAYOUT}"))
            for key, value in {
                "name": name,
                "method": method,
                "created": now(),
                "changed": now(),
                "revision": 1,
                "settings": {},
                "active_run": None,
                "checked": None,
            }.items():
                connection.execute(facts.insert().values(name=key, value=json.dumps(value)))
        engine.dispose()
        unfinished.replace(folder / FILE)
        return cls(folder)

    def close(self) -> None:
        """Let go of the files."""
        self.engine.dispose()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def images_folder(self) -> Path:
        """Where images that were copied in lie."""
        return self.folder / _IMAGES

    @property
    def cache_folder(self) -> Path:
        """What can be made again: thumbnails, tiles, outputs of networks."""
        return self.folder / _CACHE

    @property
    def exports_folder(self) -> Path:
        """Zip files to download."""
        return self.folder / _EXPORTS

    def run_folder(self, run: int) -> Path:
        """What belongs to one training: snapshot of the data, events, log, model."""
        return self.folder / _RUNS / f"{run:04d}"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the file."""
        with self.engine.connect() as connection:
            connection.execute(text("BEGIN"))
            try:
                yield connection
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is on disk afterwards, or nothing of it.

        Raises
        ------
        DataError : the disk is full or refuses.
        """
        with self._writing:
            try:
                with self.engine.connect() as connection:
                    connection.execute(text("BEGIN IMMEDIATE"))
                    try:
                        yield connection
                        connection.commit()
                    except BaseException:
                        connection.rollback()
                        raise
            except OperationalError as error:
                raise DataError(
                    "the project cannot be written",
                    where=self.folder / FILE,
                    got=str(error.orig),
                    remedy="free some space, or see whether the folder may be written to",
                ) from error

    def facts(self, connection: Connection | None = None) -> dict[str, Any]:
        """``name``, ``method``, ``created``, ``changed``, ``revision``, ``settings``, ``active_run``, ``checked``."""
        if connection is None:
            with self.reading() as own:
                return self.facts(own)
        return {row.name: json.loads(row.value) for row in connection.execute(select(facts.c.name, facts.c.value))}

    def put(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Change facts, and count the change: returns the project's new revision."""
        revision = int(self.facts(connection)["revision"]) + 1
        for name, value in {**values, "changed": now(), "revision": revision}.items():
            connection.execute(facts.update().where(facts.c.name == name).values(value=json.dumps(value)))
        return revision

    @property
    def method(self) -> Method[Any, Any]:
        """What the project is for; raises `SettingsError` when its plug-in is not installed."""
        return named(str(self.facts()["method"]))

    def _migrate(self) -> None:
        where = self.folder / FILE
        try:
            with self.writing() as connection:
                found = int(connection.execute(text("PRAGMA user_version")).scalar_one())
                if not 1 <= found <= LAYOUT:
                    raise DataError(
                        "the project was made by a newer Sightmill" if found > LAYOUT else "this is no project",
                        where=where,
                        got=f"layout {found}",
                        allowed=f"up to {LAYOUT}",
                        remedy="update Sightmill" if found > LAYOUT else "name another folder",
                    )
                for number in range(found, LAYOUT):
                    for statement in MIGRATIONS[number]:
                        connection.execute(text(statement))
                    connection.execute(text(f"PRAGMA user_version = {number + 1}"))
                self.facts(connection)
        except DatabaseError as error:
            raise DataError(
                "the project's file is damaged", where=where, got=str(error.orig), remedy="restore it from a copy"
            ) from error


def _engine(file: Path, *, wait: float) -> Engine:
    # Transactions are begun by hand: Python's driver would begin them too late to see one state of the file.
    engine = create_engine(
        f"sqlite:///{file.as_posix()}",
        connect_args={"timeout": wait, "check_same_thread": False, "isolation_level": None},
        pool_size=8,
        max_overflow=64,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _exclusive(folder: Path) -> sqlite3.Connection:
    """Keep other studios out: a lock that the system takes back when this process dies, however it dies."""
    lock = sqlite3.connect(folder / _LOCK, timeout=0.2, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise DataError(
            "the project is open in another studio, or its folder may not be written to",
            where=folder,
            remedy="use that window, or stop the other studio first",
        ) from error
    return lock
