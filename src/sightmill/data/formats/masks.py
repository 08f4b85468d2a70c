"""Mask folders: ``images/<split>/a.jpg`` with ``masks/<split>/a.png``, whose pixels are class indices."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import images_below, split_named
from sightmill.data.formats.format import ANNOTATION_FILE, Claim, Format
from sightmill.data.formats.index_mask import (
    CLASSES_FILE,
    IndexMasks,
    class_names,
    index_mask_of,
    read_class_names,
)
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.image import write_image
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["FORMAT", "MaskFolders"]

_IMAGES, _MASKS = "images", "masks"


class MaskFolders(Format):
    """Two folders of the same shape; ``classes.txt`` names the indices, the first line the background.

    Images may lie in folders called after splits, or not. An image without a mask is not annotated; one
    whose mask is 0 everywhere holds nothing of any class.
    """

    id = "masks"
    title = "Mask folders, images/<split> and masks/<split>, with classes.txt"

    def recognise(self, root: Path) -> Claim | None:
        if not (root / _IMAGES).is_dir() or not (root / _MASKS).is_dir():
            return None
        masks = {_key(path, root / _MASKS) for path in images_below(root / _MASKS)}
        if not any(_key(path, root / _IMAGES) in masks for path in images_below(root / _IMAGES)):
            return None
        return Claim(frozenset({"mask"}), ANNOTATION_FILE - 1, f"the folders {_IMAGES} and {_MASKS}")

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        for folder in (_IMAGES, _MASKS):
            if not (source / folder).is_dir():
                raise FormatError(f"there is no folder {folder}", where=source, allowed="images/ and masks/")
        reader = IndexMasks(read_class_names(source))
        masks = {_key(path, source / _MASKS): path for path in images_below(source / _MASKS)}
        samples, bare = [], []
        for path in images_below(source / _IMAGES):
            key = _key(path, source / _IMAGES)
            mask = masks.get(key, masks.get(f"{key}_mask"))
            said = () if mask is None else reader.read(mask, path)
            name = images.name_of(path)
            samples.append(Sample(path, name, said, _split_of(key), annotated=mask is not None))
            bare += [name] if mask is None else []
        if len(bare) == len(samples):
            raise FormatError(
                "no image has a mask",
                where=source,
                got=bare[0] if bare else "no images",
                allowed="masks/a/b.png for images/a/b.jpg",
            )
        notes = reader.notes()
        if bare:
            notes += (f"{len(bare)} images have no mask and count as not annotated: {bare[0]}",)
        return Dataset(tuple(samples), reader.labels, notes=notes)

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        writer, losses = ImageWriter(folder), Losses("Mask folders")
        names = class_names(dataset.labels, dataset.samples)
        for sample in dataset:
            into = f"{_IMAGES}/{sample.split}" if sample.split else _IMAGES
            placed = PurePosixPath(writer.place(sample, into, flat=True))
            if any(isinstance(item.region, Whole) for item in sample.annotations):
                losses.add("labels of images as a whole were left out")
            if sample.annotated:
                target = folder / _MASKS / placed.relative_to(_IMAGES).with_suffix(".png")
                write_image(target, index_mask_of(sample, names, losses))
        (folder / CLASSES_FILE).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        return losses.notes() + writer.finish()


def _key(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _split_of(key: str) -> str | None:
    first, slash, _ = key.partition("/")
    return split_named(first) if slash else None


FORMAT = MaskFolders()
