"""Which files on the server may be read: those in the projects' folder and in the roots that the user named."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sightmill.data.image import is_image_file
from sightmill.errors import DataError
from sightmill.server.messages.session import FileEntry, Folder
from sightmill.server.refusals import Forbidden

__all__ = ["Places"]

_MOST = 1000
#: Files that may be chosen: annotations and models.
_FILES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".txt", ".sightmill"})


class Places:
    """The folders that may be read.

    Parameters
    ----------
    roots : each with all that lies in it; links that lead out of all of them are refused.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = tuple(dict.fromkeys(Path(os.path.realpath(root)) for root in roots))

    def allowed(self, path: str | Path) -> Path:
        """The path with all links followed.

        Raises
        ------
        Forbidden : it lies outside of the roots, whether or not something is there.
        DataError : nothing is there.
        """
        text = str(path)
        if "\0" in text:
            raise Forbidden("this is no path", where="path")
        try:
            real = Path(os.path.realpath(Path(text).expanduser() if text.startswith("~") else text))
        except (OSError, RuntimeError, ValueError) as error:
            raise Forbidden("this is no path", where="path") from error
        if not Path(text).is_absolute() and not text.startswith("~"):
            raise Forbidden("a path on the server must be absolute", where="path", got=text)
        if not self.within(real):
            raise Forbidden(
                "this folder is not among those that the studio may read",
                where="path",
                got=text,
                allowed=[str(root) for root in self.roots],
                remedy="start the studio with --root FOLDER to allow it",
            )
        if not real.exists():
            raise DataError("there is no such folder or file", got=text)
        return real

    def within(self, real: Path) -> bool:
        """Whether a path without links lies in a root."""
        return any(real.is_relative_to(root) for root in self.roots)

    def listing(self, path: str | None) -> Folder:
        """What is in a folder; the roots without one."""
        if path is None:
            roots = [FileEntry(name=root.name or str(root), path=str(root)) for root in self.roots if root.is_dir()]
            return Folder(path=None, parent=None, folders=roots, files=[], images=0, samples=[])
        folder = self.allowed(path)
        if not folder.is_dir():
            raise DataError("this is no folder", got=path)
        folders: list[FileEntry] = []
        files: list[FileEntry] = []
        images: list[str] = []
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: entry.name.casefold())
        except OSError as error:
            raise DataError("the folder cannot be read", where=path, got=error.strerror) from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            real = Path(os.path.realpath(entry))
            if not self.within(real):
                continue
            if real.is_dir():
                folders.append(FileEntry(name=entry.name, path=str(real)))
            elif is_image_file(real):
                images.append(str(real))
            elif entry.suffix.lower() in _FILES:
                files.append(FileEntry(name=entry.name, path=str(real)))
        parent = folder.parent
        return Folder(
            path=str(folder),
            parent=str(parent) if parent != folder and self.within(parent) else None,
            folders=folders[:_MOST],
            files=files[:_MOST],
            images=len(images),
            samples=images[:6],
        )
