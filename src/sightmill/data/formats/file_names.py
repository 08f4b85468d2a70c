"""Labels from file names: ``apple_01.png`` and ``apple_02.png`` are apples, so is ``apple.png``."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import folders_in, images_in, split_named
from sightmill.data.formats.format import FILE_NAMES, Claim, Format
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.placing import ImageWriter, folder_name
from sightmill.data.good import is_good
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["FORMAT", "FileNames"]

_NUMBER = re.compile(r"_+[0-9]+$")


class FileNames(Format):
    """An image's class is its file name, without the underscores and digits at its end.

    Images lie in the data folder, or in folders called after splits. A name of which nothing is left
    (``_01.png``) says nothing: the image is not annotated.
    """

    id = "file_names"
    title = "Labels from file names, <class>_<number>.png"

    def recognise(self, root: Path) -> Claim | None:
        found = self.claims(root)
        return found[0] if found else None

    def claims(self, root: Path) -> list[Claim]:
        if not root.is_dir():
            return []
        labels = {_label_of(path) for _, path in _images(root)} - {""}
        if not labels:
            return []
        shown = ", ".join(sorted(labels)[:4]) + (" ..." if len(labels) > 4 else "")
        why = f"the file names, which begin with {shown}"
        claims = [Claim(frozenset({"class", "multi_label"}), FILE_NAMES, why)]
        if any(is_good(label) for label in labels):
            claims.append(Claim(frozenset({"anomaly"}), FILE_NAMES - 5, why))
        return claims

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        found = _images(source)
        if not found:
            raise FormatError(
                "there are no images",
                where=source,
                allowed="image files called <class>_<number>, here or in train, validation and test",
            )
        samples = []
        for split, path in found:
            label = _label_of(path)
            said = (Annotation(Whole(), label),) if label else ()
            samples.append(Sample(path, images.name_of(path), said, split, annotated=bool(label)))
        return Dataset.of(samples)

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        writer, losses, numbers = ImageWriter(folder), Losses("Labels from file names"), Counter[str]()
        digits = len(str(len(dataset)))
        for sample in dataset:
            label = sample.labels[0] if sample.labels else ""
            if label:
                folder_name(label)
                if label.endswith("_"):
                    raise FormatError(
                        "this class name ends like the number of an image",
                        got=label,
                        remedy="rename the class",
                    )
            elif sample.annotated:
                losses.add("images without a label read as not annotated")
            if len(sample.labels) > 1:
                losses.add("images with several labels kept the first only")
            for item in sample.annotations:
                if isinstance(item.region, Whole):
                    losses.of_annotation(item, text=True, score=True, attributes=True)
                else:
                    losses.add(f"regions of the kind {item.region.kind} were left out")
            numbers[label] += 1
            writer.place(sample, sample.split or "", name=f"{label}_{numbers[label]:0{digits}d}")
        return losses.notes() + writer.finish()


def _images(root: Path) -> list[tuple[str | None, Path]]:
    found: list[tuple[str | None, Path]] = [(None, path) for path in images_in(root)]
    for folder in folders_in(root):
        split = split_named(folder.name)
        if split is not None:
            found.extend((split, path) for path in images_in(folder))
    return found


def _label_of(path: Path) -> str:
    return _NUMBER.sub("", path.stem).strip()


FORMAT = FileNames()
