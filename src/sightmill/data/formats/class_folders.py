"""Class folders: one folder of images per class, ``<class>/image.png`` or ``<split>/<class>/image.png``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import folders_in, images_below, images_in, split_named
from sightmill.data.formats.format import FOLDER_NAMES, Claim, Format
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.placing import ImageWriter, folder_name
from sightmill.data.formats.roi import ROI_FOLDER
from sightmill.data.good import is_good
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["FORMAT", "ClassFolders"]

_UNASSIGNED = "unassigned"
_OTHER_LAYOUTS = frozenset(
    {"images", "masks", "labels", "annotations", "ground_truth", "jpegimages", "imagesets", "gt"}
)


class ClassFolders(Format):
    """The folder that an image lies in is its class; images may lie deeper inside it.

    When a folder is called after a split (``train``, ``val``, ``valid``, ``validation``, ``test``) and holds
    folders of images itself, the classes are one level down, and ``unassigned`` stands for no split. Folders
    that other formats use (``images``, ``masks``, ``annotations`` ...) are no classes.
    """

    id = "class_folders"
    title = "Class folders, <class>/image.png or <split>/<class>/image.png"

    def recognise(self, root: Path) -> Claim | None:
        found = self.claims(root)
        return found[0] if found else None

    def claims(self, root: Path) -> list[Claim]:
        if not root.is_dir():
            return []
        splits, classes = _class_folders(root)
        if not classes or (not splits and any(folder.name.casefold() in _OTHER_LAYOUTS for folder in folders_in(root))):
            return []
        names = sorted({folder.name for _, folder in classes})
        shown = ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
        why = f"the folders {shown}"
        claims = [Claim(frozenset({"class", "multi_label"}), FOLDER_NAMES, why)]
        if any(is_good(name) for name in names):
            claims.append(Claim(frozenset({"anomaly"}), FOLDER_NAMES - 5, why))
        return claims

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        splits, classes = _class_folders(source)
        if not classes:
            raise FormatError(
                "there are no folders of images",
                where=source,
                allowed="a folder per class with its images, alone or in train, validation and test",
            )
        samples = [
            Sample(path, images.name_of(path), (Annotation(Whole(), folder.name),), split)
            for split, folder in classes
            for path in images_below(folder)
        ]
        notes = []
        loose = [path for folder in (source, *splits) for path in images_in(folder)]
        if loose:
            notes.append(f"{len(loose)} images lie outside of the class folders and were left out: {loose[0].name}")
        used = {folder for _, folder in classes}
        for folder in _candidates(source, splits):
            if folder not in used:
                notes.append(f"the class folder {images.name_of(folder)} holds no images")
        return Dataset(tuple(samples), tuple(sorted({folder.name for _, folder in classes})), notes=tuple(notes))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        writer, losses = ImageWriter(folder), Losses(self.title.split(",")[0])
        nested = any(sample.split for sample in dataset) or any(
            _is_foreign(label) or split_named(label) or label == _UNASSIGNED
            for sample in dataset
            for label in sample.labels[:1]
        )
        for sample in dataset:
            if not sample.labels:
                losses.add("images without a label were left out")
                continue
            if len(sample.labels) > 1:
                losses.add("images with several labels kept the first only")
            for item in sample.annotations:
                if isinstance(item.region, Whole):
                    losses.of_annotation(item, text=True, score=True, attributes=True)
                else:
                    losses.add(f"regions of the kind {item.region.kind} were left out")
            into = folder_name(sample.labels[0])
            writer.place(sample, f"{sample.split or _UNASSIGNED}/{into}" if nested else into, flat=True)
        if not writer.placed:
            raise FormatError("no image has a label, so there are no class folders to write", where=folder)
        return losses.notes() + writer.finish()


def _class_folders(root: Path) -> tuple[list[Path], list[tuple[str | None, Path]]]:
    """The split folders (none when there is one level only), and each class folder with its split."""
    splits = [folder for folder in folders_in(root) if _is_split(folder.name) and _holds_classes(folder)]
    found: list[tuple[str | None, Path]] = []
    if splits:
        order = ("train", "validation", "test", None)
        for folder in sorted(splits, key=lambda folder: (order.index(split_named(folder.name)), folder)):
            found.extend((split_named(folder.name), inside) for inside in folders_in(folder))
    else:
        found.extend((None, folder) for folder in folders_in(root) if not _is_foreign(folder.name))
    return splits, [(split, folder) for split, folder in found if _first_image(folder) is not None]


def _candidates(root: Path, splits: list[Path]) -> Iterator[Path]:
    for folder in splits or [root]:
        yield from (inside for inside in folders_in(folder) if splits or not _is_foreign(inside.name))


def _is_split(name: str) -> bool:
    return split_named(name) is not None or name.casefold() == _UNASSIGNED


def _is_foreign(name: str) -> bool:
    return name.casefold() in _OTHER_LAYOUTS or name.casefold() == ROI_FOLDER


def _holds_classes(folder: Path) -> bool:
    return not images_in(folder) and any(_first_image(inside) is not None for inside in folders_in(folder))


def _first_image(folder: Path) -> Path | None:
    """Any image at any depth; quick where images lie directly inside."""
    return next(iter(images_in(folder) or images_below(folder)), None)


FORMAT = ClassFolders()
