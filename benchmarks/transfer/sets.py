"""The sets of the transfer benchmark: small pictures with a label, or a mask, and who must not be parted.

Everything is read from the folder of development sets. `parts` of a set says how it is judged: by default its
training part alone is dealt into folds that keep groups together; with ``test=True`` the training part teaches and
the test part judges.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import defusedxml.ElementTree as ElementTree
import numpy as np
import numpy.typing as npt

from sightmill.data.image import read_index_mask

__all__ = ["ANOMALY", "CLASSES", "DENSE", "Picture", "loaded", "parts"]

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a set.

    Parameters
    ----------
    pixels : uint8 ``(H, W, 3)`` RGB.
    label : its class; ``good`` in the anomaly sets for pictures without a defect.
    group : pictures of one group are never parted (a tile, a board, a photograph).
    split : ``train`` or ``test``, as the source has it.
    mask : index of the class of each pixel ``(H, W)``, 255 where nobody knows; None without masks.
    """

    pixels: Pixels
    label: str
    group: str
    split: str
    mask: Pixels | None = field(default=None)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _read(file: Path, longest: int | None = None) -> Pixels:
    image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{file} cannot be read.")
    picture: Pixels = image[..., ::-1].astype(np.uint8)
    return picture if longest is None else _fitted(picture, longest)


def _fitted(pixels: Pixels, longest: int, *, exact: bool = False) -> Pixels:
    """Scaled so that the longer side is `longest`; `exact` keeps the values of an index mask."""
    scale = longest / max(pixels.shape[:2])
    shrinking = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1)
    found: Pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST if exact else shrinking).astype(np.uint8)
    return found


def _tiles(data: Path) -> Iterator[Picture]:
    """Magnetic tiles: six classes, masks, grouped by tile."""
    root = data / "magnetic_tile"
    tile = {row["filename"]: row["tile"] for row in _rows(root / "groups.csv")}
    mask = {row["filename"]: row["mask"] for row in _rows(root / "segmentation.csv")}
    for row in _rows(root / "classes.csv"):
        name, label = row["filename"], row["label"].replace("free", "good")
        pixels = _read(root / name, 256)
        size = pixels.shape[:2]
        index = np.zeros(size, np.uint8)
        if mask.get(name):
            whole = (read_index_mask(root / mask[name]) > 0).astype(np.uint8)
            index = cv2.resize(whole, size[::-1], interpolation=cv2.INTER_NEAREST).astype(np.uint8)
        yield Picture(pixels, label, tile.get(name, name), row["split"], index)


def _board_crops(data: Path) -> Iterator[Picture]:
    """Circuit board crops, six kinds of defect, every picture its own group."""
    for split in ("train", "test"):
        for file in sorted((data / "deeppcb_crops" / split).glob("*/*.png")):
            yield Picture(_read(file), file.parent.name, file.stem, split)


def _boards(data: Path) -> Iterator[Picture]:
    """Circuit board pieces with and without defects; one label for all defects, groups are the scans."""
    root = data / "deeppcb"
    for row in _rows(root / "tiles.csv"):
        split = "test" if row["split"] == "test" else "train"
        label = "defect" if row["labels"] else "good"
        yield Picture(_read(root / row["filename"], 256), label, Path(row["filename"]).stem.split("_")[0], split)


def _cells(data: Path) -> Iterator[Picture]:
    """Blood cells cut out by their boxes, at most 60 of a class and split; groups are the smears."""
    root = data / "bccd"
    for split, file in (("train", "trainval"), ("test", "test")):
        counts: dict[str, int] = {}
        for name in (root / "ImageSets" / "Main" / f"{file}.txt").read_text(encoding="utf-8").split():
            image = None
            tree = ElementTree.parse(root / "Annotations" / f"{name}.xml").getroot()
            taken: set[str] = set()
            for item in tree.iter("object"):
                label = str(item.findtext("name"))
                left, top, right, bottom = (
                    int(float(item.findtext(f"bndbox/{end}", "0"))) for end in ("xmin", "ymin", "xmax", "ymax")
                )
                if label in taken or counts.get(label, 0) >= 60 or min(right - left, bottom - top) < 12:
                    continue
                taken.add(label)
                counts[label] = counts.get(label, 0) + 1
                image = _read(root / "JPEGImages" / f"{name}.jpg") if image is None else image
                cut = image[max(top, 0) : bottom, max(left, 0) : right]
                size = (96, 96)  # every cell as large as the next: size alone must not tell
                pixels = cv2.resize(cut, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
                yield Picture(pixels, label, name, split)


def _thermal(data: Path) -> Iterator[Picture]:
    """Persons, cars and bicycles cut out of thermal photographs, at most 60 of a class; groups are the photographs."""
    root = data / "hit_uav"
    names = ("Person", "Car", "Bicycle", "OtherVehicle")
    for split in ("train", "test"):
        counts: dict[int, int] = {}
        for file in sorted((root / "labels" / split).glob("*.txt")):
            image = _read(next((root / "images" / split).glob(f"{file.stem}.*")))
            high, wide = image.shape[:2]
            taken: dict[int, int] = {}
            for line in file.read_text(encoding="utf-8").splitlines():
                kind, *ends = line.split()
                corners = np.array(ends, np.float64).reshape(4, 2) * (wide, high)
                centre, reach = corners.mean(0), max(float(np.ptp(corners, 0).max()), 16.0) * 0.75
                which = int(kind)
                if taken.get(which, 0) >= 2 or counts.get(which, 0) >= 60 or names[which] == "OtherVehicle":
                    continue
                left, top = (round(value) for value in np.maximum(centre - reach, 0))
                cut = image[top : round(centre[1] + reach), left : round(centre[0] + reach)]
                taken[which], counts[which] = taken.get(which, 0) + 1, counts.get(which, 0) + 1
                pixels = cv2.resize(cut, (96, 96), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
                yield Picture(pixels, names[which], file.stem, split)


def _roads(data: Path) -> Iterator[Picture]:
    """Asphalt in pieces of 160 x 160, enlarged to 256: good where no pixel is cracked; groups are the photographs."""
    root = data / "crackforest"
    for split in ("train", "test"):
        for file in sorted((root / "images" / split).glob("*.jpg")):
            image = _read(file)
            cracked = (read_index_mask(root / "masks" / split / f"{file.stem}.png") > 0).astype(np.uint8)
            for top in (0, 160):
                for left in (0, 160, 320):
                    window = (slice(top, top + 160), slice(left, left + 160))
                    crack = cracked[window]
                    if 0 < crack.sum() < 60:
                        continue  # a corner of a crack: nobody could say
                    yield Picture(
                        _fitted(image[window], 256),
                        "crack" if crack.any() else "good",
                        file.stem,
                        split,
                        _fitted(crack, 256, exact=True),
                    )


def _nuclei(data: Path) -> Iterator[Picture]:
    """Cell nuclei, foreground or not, one piece of at most 256 x 256 of each picture."""
    root = data / "dsb2018"
    for split in ("train", "test"):
        listing = json.loads((root / "annotations" / f"{split}.json").read_text(encoding="utf-8"))
        for entry in listing["images"]:
            name = entry["file_name"]
            image = _read(root / "images" / name)
            mask = (read_index_mask(root / "labels" / f"{Path(name).stem}.png") > 0).astype(np.uint8)
            top, left = max(image.shape[0] - 256, 0) // 2, max(image.shape[1] - 256, 0) // 2
            window = (slice(top, top + 256), slice(left, left + 256))
            yield Picture(image[window], "nuclei", name, split, mask[window])


Reader = Callable[[Path], Iterator[Picture]]
CLASSES: dict[str, Reader] = {
    "tile classes": _tiles,
    "board crops": _board_crops,
    "blood cells": _cells,
    "thermal crops": _thermal,
}
ANOMALY: dict[str, Reader] = {"tile anomalies": _tiles, "boards": _boards, "asphalt": _roads}
DENSE: dict[str, Reader] = {"tile defects": _tiles, "cracks": _roads, "nuclei": _nuclei}


def loaded(name: str, data: Path) -> list[Picture]:
    """All pictures of one set, in a fixed order."""
    return list({**CLASSES, **ANOMALY, **DENSE}[name](data))


def parts(pictures: list[Picture], seed: int, *, test: bool) -> tuple[list[int], list[int]]:
    """Indices of the pictures that teach and of those that judge.

    The test part is touched with ``test=True`` only; otherwise a third of the groups of the training part judges,
    another third for each seed.
    """
    train = [k for k, picture in enumerate(pictures) if picture.split != "test"]
    if test:
        return train, [k for k, picture in enumerate(pictures) if picture.split == "test"]
    groups = sorted({pictures[k].group for k in train})
    order = np.random.default_rng(0).permutation(len(groups))
    held = {groups[index] for index in order[seed % 3 :: 3]}
    return (
        [k for k in train if pictures[k].group not in held],
        [k for k in train if pictures[k].group in held],
    )
