"""Where the image is that an annotation file names."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from sightmill.data.image import IMAGE_SUFFIXES
from sightmill.errors import FormatError

__all__ = ["ImageFinder"]


class ImageFinder:
    """Finds files by the names that annotation files give them.

    A name is tried, in this order, beneath `images` (when given), the folder of the annotation file, the
    data folder, and the folder ``images`` of each; then beneath the places a reader adds. Names may have
    slashes of either kind, and accents composed either way. A name without a suffix finds an image with any.

    What a name may reach: a file beneath one of those three folders. A name that climbs out with ``..`` is
    refused. An absolute name is taken as it is only when it lies beneath one of them; otherwise it comes
    from another machine, and the file of the same name is looked for. (Links inside the folders are
    followed: they are the owner's.)

    Parameters
    ----------
    source_folder : the folder of the annotation file.
    root : the data folder; names of samples are relative to it.
    images : the folder that the user says holds the images; None = nothing said.
    """

    def __init__(self, source_folder: Path, root: Path, images: Path | None = None) -> None:
        self.source_folder = source_folder
        self.root = root
        self.images = images
        self.found = 0
        self.missing: list[str] = []

    def find(self, name: str, *, also: Iterable[str] = ()) -> Path:
        """The file that `name` means.

        Parameters
        ----------
        name : as the annotation file gives it.
        also : further folders to try, relative to the data folder (``JPEGImages``, ``images/train``).

        Raises
        ------
        FormatError : there is no such file (names the places tried), or the name leaves the data folder.
        """
        found = self.look(name, tuple(also))
        if found is None:
            tried = dict.fromkeys(str(base) for base in self._places(tuple(also)))
            raise FormatError(
                "the image is not there",
                got=name or "an empty name",
                allowed=f"a file in {', '.join(tried)}",
                remedy="name the folder that holds the images (images=DIR)",
            )
        return found

    def find_or_note(self, name: str, *, also: Iterable[str] = ()) -> Path | None:
        """Like `find`, but a missing file is kept in `missing` and answers None; see `notes`."""
        found = self.look(name, tuple(also))
        if found is None:
            if name not in self.missing:
                self.missing.append(name)
        else:
            self.found += 1
        return found

    def notes(self, source: Path) -> tuple[str, ...]:
        """What to say about the missing images: nothing, or one sentence.

        Raises
        ------
        FormatError : images were named, and not one of them was found.
        """
        if not self.missing:
            return ()
        if not self.found:
            self._refuse_all_missing(source)
        shown = ", ".join(self.missing[:3]) + (" ..." if len(self.missing) > 3 else "")
        count = len(self.missing)
        verb = "image is missing and was" if count == 1 else "images are missing and were"
        return (f"{count} {verb} left out: {shown} (named in {source.name})",)

    def name_of(self, path: Path) -> str:
        """How reports call this file: its path relative to the data folder, with forward slashes."""
        for base in (self.root, self.images):
            if base is not None and _is_below(path, base):
                return Path(os.path.relpath(path, base)).as_posix()
        return path.name

    def _refuse_all_missing(self, source: Path) -> None:
        raise FormatError(
            f"none of the {len(self.missing)} images that are named here can be found",
            where=source,
            got=self.missing[0] or "an empty name",
            allowed=f"files in {', '.join(dict.fromkeys(str(base) for base in self._places(())))}",
            remedy="name the folder that holds the images (images=DIR)",
        )

    def _places(self, also: tuple[str, ...]) -> Iterator[Path]:
        if self.images is not None:
            yield self.images
        yield self.source_folder
        yield self.root
        yield self.source_folder / "images"
        yield self.root / "images"
        for extra in also:
            yield self.root / extra

    def look(self, name: str, also: tuple[str, ...] = ()) -> Path | None:
        """Like `find`, but a missing file answers None and is not counted; still refuses to climb out."""
        if not name.strip() or "\0" in name:
            return None
        if PureWindowsPath(name).drive or name.startswith(("/", "\\")):
            absolute = Path(os.path.normpath(name))
            if absolute.is_absolute() and self._is_allowed(absolute) and absolute.is_file():
                return absolute
            name = PureWindowsPath(name).name
        climbed = False
        for spelling in _spellings(name):
            for base in self._places(also):
                candidate = Path(os.path.normpath(base / spelling))
                if not self._is_allowed(candidate):
                    climbed = True
                elif (found := _file_at(candidate)) is not None:
                    return found
        if climbed and self._climbs_out_everywhere(name):
            raise FormatError(
                "an image name leaves the data folder",
                where=self.root,
                got=name,
                allowed="names of files inside the data folder",
                remedy="load the folder that holds both, or name the one of the images (images=DIR)",
            )
        return None

    def _climbs_out_everywhere(self, name: str) -> bool:
        plain = name.replace("\\", "/")
        return not any(self._is_allowed(Path(os.path.normpath(base / plain))) for base in self._bases())

    def _is_allowed(self, path: Path) -> bool:
        return any(_is_below(path, base) for base in self._bases())

    def _bases(self) -> list[Path]:
        return [base for base in (self.root, self.source_folder, self.images) if base is not None]


def _is_below(path: Path, base: Path) -> bool:
    """Told by the names alone (`absolute`, not `resolve`): links are the owner's business."""
    return Path(os.path.normpath(path.absolute())).is_relative_to(os.path.normpath(base.absolute()))


def _spellings(name: str) -> Iterator[str]:
    tried: set[str] = set()
    for slashes in (name, name.replace("\\", "/")):
        for form in (slashes, unicodedata.normalize("NFC", slashes), unicodedata.normalize("NFD", slashes)):
            if form not in tried:
                tried.add(form)
                yield form


def _file_at(candidate: Path) -> Path | None:
    try:
        if candidate.is_file():
            return candidate
        if PurePosixPath(candidate.name).suffix.lower() not in IMAGE_SUFFIXES:
            for suffix in sorted(IMAGE_SUFFIXES):
                for spelled in (suffix, suffix.upper()):
                    with_suffix = candidate.with_name(candidate.name + spelled)
                    if with_suffix.is_file():
                        return with_suffix
    except (OSError, ValueError):
        return None  # a name that the file system cannot hold (too long, for instance) names no file
    return None
