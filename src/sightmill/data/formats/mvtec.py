"""The layout of MVTec AD: ``train/good``, ``test/good``, ``test/<defect>``, ``ground_truth/<defect>``.

Source: P. Bergmann et al., "MVTec AD, a comprehensive real-world dataset for unsupervised anomaly detection"
(CVPR 2019). Several masks of one image in a folder of its name, as in MVTec LOCO AD (2022), are read too.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import folders_in, images_below, images_in, split_named
from sightmill.data.formats.format import FOLDER_NAMES, Claim, Format
from sightmill.data.formats.index_mask import binary_mask
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.placing import ImageWriter, folder_name
from sightmill.data.good import is_good
from sightmill.data.image import write_image
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError

__all__ = ["FORMAT", "MvtecAnomaly"]

_TRUTH = "ground_truth"


class MvtecAnomaly(Format):
    """Good images to learn from, and a folder per defect to test on, with a mask of the defect's pixels.

    Each image has its folder's name as its label. The mask of ``test/<defect>/a.png`` is
    ``ground_truth/<defect>/a_mask.png`` (also ``a.png``): what is not 0 becomes a mask with the defect's
    name. The good class may be called ``good``, ``ok``, ``normal`` and the like.
    """

    id = "mvtec"
    title = "MVTec anomaly folders, train/good, test/<defect>, ground_truth/<defect>"

    def recognise(self, root: Path) -> Claim | None:
        found = self.claims(root)
        return found[0] if found else None

    def claims(self, root: Path) -> list[Claim]:
        if not root.is_dir() or _what_is_missing(_class_folders(root)) is not None:
            return []
        why = "the folder train, which holds good images only"
        claims = [Claim(frozenset({"anomaly"}), FOLDER_NAMES + 5, why)]
        if (root / _TRUTH).is_dir():
            claims.append(Claim(frozenset({"mask"}), FOLDER_NAMES - 5, f"the folder {_TRUTH}"))
        return claims

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        folders = _class_folders(source)
        missing = _what_is_missing(folders)
        if missing is not None:
            raise FormatError(
                missing, where=source, allowed="train/good, test/good, test/<defect>, ground_truth/<defect>"
            )
        samples, bare = [], 0
        for split, folder in folders:
            for path in images_below(folder):
                said = [Annotation(Whole(), folder.name)]
                if not is_good(folder.name):
                    masks = _masks_of(path, source / _TRUTH / folder.name / path.relative_to(folder).parent)
                    region = binary_mask(masks, path)
                    bare += region is None
                    said += [Annotation(region, folder.name)] if region is not None else []
                samples.append(Sample(path, images.name_of(path), tuple(said), split))
        names = {folder.name for _, folder in folders}
        labels = sorted(names, key=lambda name: (not is_good(name), name))
        notes = []
        if bare and (source / _TRUTH).is_dir():
            notes.append(f"{bare} images of defects have no mask in {_TRUTH}, or an empty one")
        return Dataset(tuple(samples), tuple(labels), notes=tuple(notes))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        writer, losses = ImageWriter(folder), Losses("MVTec folders")
        if not any(is_good(label) for sample in dataset for label in _label_of(sample)):
            raise FormatError(
                "no image is labelled as good, and this layout lives by them",
                where=folder,
                got=", ".join(dataset.labels),
                allowed="a class called good, ok, normal, free, nominal or pass",
            )
        for sample in dataset:
            if not _label_of(sample):
                losses.add("images about which nothing is known were left out")
                continue
            label = folder_name(_label_of(sample)[0])
            if len(sample.labels) > 1:
                losses.add("images with several labels kept the first only")
            split = sample.split or ("train" if is_good(label) else "test")
            if sample.split is None:
                losses.add(f"images without a split went to {split}")
            elif split != "test" and not is_good(label):
                losses.add(f"images of defects moved from {split} to test, where this layout keeps them")
                split = "test"
            name = writer.place(sample, f"{split}/{label}", flat=True)
            _write_mask(sample, label, folder, name, losses)
        return losses.notes() + writer.finish()


def _what_is_missing(found: list[tuple[str, Path]]) -> str | None:
    """What keeps class folders from having this layout; None when they have it."""
    learnt = {folder.name for split, folder in found if split == "train"}
    if not learnt:
        return "there are no images in train/good"
    bad = sorted({folder.name for split, folder in found if split != "test" and not is_good(folder.name)})
    if bad:
        return f"the images to learn from must be good ones only, and there is the folder {bad[0]}"
    return None


def _class_folders(root: Path) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    for folder in folders_in(root):
        split = split_named(folder.name)
        if split is not None:
            found.extend((split, inside) for inside in folders_in(folder) if images_below(inside))
    order = ("train", "validation", "test")
    return sorted(found, key=lambda pair: (order.index(pair[0]), not is_good(pair[1].name), pair[1]))


def _masks_of(image: Path, folder: Path) -> list[Path]:
    if (folder / image.stem).is_dir():
        return images_in(folder / image.stem)
    for stem in (f"{image.stem}_mask", image.stem):
        for suffix in (".png", ".bmp", ".tif", ".tiff"):
            if (folder / f"{stem}{suffix}").is_file():
                return [folder / f"{stem}{suffix}"]
    return []


def _label_of(sample: Sample) -> tuple[str, ...]:
    """One label, or none: that of the image, else of its first region, else good."""
    if not sample.annotated:
        return ()
    return (sample.labels or tuple(item.label for item in sample.annotations) or ("good",))[:1]


def _write_mask(sample: Sample, label: str, folder: Path, name: str, losses: Losses) -> None:
    regions = []
    for item in sample.annotations:
        losses.of_annotation(item, text=True, score=True, attributes=True)
        if not isinstance(item.region, Whole):
            regions.append(item.region)
            if item.label != label:
                losses.add("regions took the label of their image")
            if item.region.kind != "mask":
                losses.add(f"regions of the kind {item.region.kind} became masks")
    if not regions:
        return
    if is_good(label):
        losses.add("images labelled as good lost their regions")
        return
    if len(regions) > 1:
        losses.add("images have one mask for all their regions")
    width, height = sample.size
    covered = np.zeros((height, width), np.bool_)
    for region in regions:
        covered |= region.mask(width, height)
    target = folder / _TRUTH / label / f"{PurePosixPath(name).stem}_mask.png"
    write_image(target, covered.astype(np.uint8) * np.uint8(255))


FORMAT = MvtecAnomaly()
