"""Putting the images of a data set into the folder that is being written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath

import numpy as np

from sightmill.data.formats.folder import is_litter
from sightmill.data.formats.groups import write_groups
from sightmill.data.formats.roi import write_roi_mask
from sightmill.data.image import IMAGE_SUFFIXES, write_image
from sightmill.data.regions import Mask
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["ImageWriter", "folder_name"]

_LOSSLESS = frozenset({".png", ".tif", ".tiff"})
_RESERVED = frozenset({"roi", "masks", "ground_truth"})
_UNPORTABLE = re.compile(r'[\x00-\x1f<>:"|?*\ud800-\udfff]')


class ImageWriter:
    """Copies image files, writes image arrays, and sees to it that no two get the same name.

    Two images never share a name *without its suffix* either, nor differ by capitals only: annotation files
    beside them (``a.txt``, ``a_mask.png``) then have names of their own on every file system.

    Parameters
    ----------
    folder : the data folder being written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.placed: list[tuple[str, Sample]] = []
        self._taken: set[str] = set()

    def place(
        self, sample: Sample, into: str = "", *, name: str | None = None, flat: bool = False, roi: bool = True
    ) -> str:
        """Put one image there, and its region of interest as a mask into the folder ``roi``.

        Parameters
        ----------
        into : folder beneath the data folder, with forward slashes; made when it is not there.
        name : how the file is to be called, with or without suffix; None = as the sample is.
        flat : leave out the folders in the sample's name.
        roi : False when the format itself says the region of interest.

        Returns
        -------
        The file's path relative to the data folder, with forward slashes. The suffix is that of the file
        copied; arrays become PNG, or TIFF when they hold floating point numbers.

        Raises
        ------
        FormatError : the image file cannot be copied.
        """
        parts = _safe_parts(sample.name if name is None else name)
        leading = PurePosixPath(into).parts
        if tuple(parts[: len(leading)]) == leading and len(parts) > len(leading):
            parts = parts[len(leading) :]
        if flat:
            parts = parts[-1:]
        if not into and len(parts) > 1 and parts[0].casefold() in _RESERVED:
            parts = [f"_{parts[0]}", *parts[1:]]
        *above, last = parts or [f"image_{len(self.placed) + 1:05d}"]
        stem, suffix = _split_suffix(last)
        place = PurePosixPath(into, *above)
        unique = self._unique(place, stem)
        path = place / f"{unique}{_suffix_of(sample, suffix)}"
        self._put(sample, self.folder / path)
        self.placed.append((path.as_posix(), sample))
        if roi and sample.roi is not None:
            write_roi_mask(sample, self.folder, path.as_posix())
        return path.as_posix()

    def finish(self) -> list[str]:
        """Write the attributes of the images into ``groups.csv``; answers sentences about changes."""
        notes = write_groups(self.folder, self.placed)
        changed = sum(sample.roi is not None and not isinstance(sample.roi, Mask) for _, sample in self.placed)
        if changed and (self.folder / "roi").is_dir():
            notes.append(f"regions of interest are written as masks, pixel by pixel (folder roi, {changed})")
        return notes

    def _unique(self, place: PurePosixPath, stem: str) -> str:
        candidate, number = stem, 1
        while (key := (place / candidate).as_posix().casefold()) in self._taken:
            number += 1
            candidate = f"{stem}_{number}"
        self._taken.add(key)
        return candidate

    def _put(self, sample: Sample, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(sample.image, np.ndarray):
                write_image(target, sample.read())
            elif not (target.exists() and target.samefile(sample.image)):
                shutil.copyfile(sample.image, target)
        except OSError as error:
            raise FormatError(
                "the image cannot be copied",
                where=sample.name or sample.image,
                got=error.strerror or str(error),
            ) from error


def folder_name(label: str) -> str:
    """A class name as the name of a folder.

    Raises
    ------
    FormatError : folders cannot be called so on every system (slashes, ``..``, hidden names, empty).
    """
    if not label or label != label.strip(" .") or is_litter(label) or re.search(r'[\x00-\x1f<>:"|?*/\\]', label):
        raise FormatError(
            "this class name cannot be the name of a folder",
            got=repr(label),
            allowed='names without / \\ < > : " | ? *, not beginning or ending in a dot or a space',
            remedy="rename the class, or write another format (csv carries every name)",
        )
    return label


def _safe_parts(name: str) -> list[str]:
    parts = [_UNPORTABLE.sub("_", part) for part in name.replace("\\", "/").split("/")]
    kept = [part for part in parts if part.strip() and part not in {".", ".."}]
    return [f"_{part}" if is_litter(part) else part for part in kept]


def _split_suffix(name: str) -> tuple[str, str]:
    pure = PurePosixPath(name)
    return (pure.stem, pure.suffix) if pure.suffix.lower() in IMAGE_SUFFIXES else (name, "")


def _suffix_of(sample: Sample, wished: str) -> str:
    if not isinstance(sample.image, np.ndarray):
        return sample.image.suffix
    if sample.image.dtype.kind == "f":
        return ".tiff"
    return wished if wished.lower() in _LOSSLESS else ".png"
