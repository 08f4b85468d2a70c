"""The sets of the anomaly benchmark, and how each is dealt into images that teach and images that judge.

A *protocol* is named beside every figure, since it decides what the figure means:

* ``unseen``: no part is on both sides. What production meets.
* ``random``: good images are dealt at random. On the tiles, each part is then seen in training under another exposure;
  published figures of this set were taken like this, and are no promise for new parts. As there, every defective
  picture judges in the test, also those of the training part, by which recipes were chosen.

Without ``test`` only training parts are read: recipes and settings may be chosen by those figures.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.anomaly.drawn import DRAWN, drawn
from benchmarks.assemblies.damage import DAMAGES
from benchmarks.assemblies.sets import ASSEMBLIES, LOGICAL, STRUCTURAL, draw
from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.regions import Mask
from sightmill.data.sample import Sample

__all__ = ["PROTOCOLS", "SETS", "dealt"]

Pixels = npt.NDArray[np.uint8]

#: Side of a piece of a photograph of asphalt, and marked pixels that make a piece defective; fewer make it neither.
PIECE, CRACKED = 160, 60
#: Share of the parts that teach where a training part is dealt again.
TEACHING = 0.6
#: Labelled defects that are kept for teaching, at most; the others judge, with any number of labelled ones.
LABELLED = 20


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: its name, what it shows, which part it is a picture of, where its defects are, and its split."""

    name: str
    pixels: Pixels
    label: str
    part: str
    mask: npt.NDArray[np.bool_] | None
    split: str


def dealt(name: str, protocol: str, labelled: int, seed: int, data: Path, *, test: bool, limit: int = 0) -> Dataset:
    """A set as a data set with the splits ``train`` and ``test``.

    Parameters
    ----------
    name, protocol : of `SETS` and `PROTOCOLS`.
    labelled : defective images among those that teach, at most `LABELLED`; evenly over the types.
    seed : deals good images where the protocol deals, and chooses labelled defects.
    limit : at most so many images of each kind on each side, for a quick look; 0 takes all.
    """
    rng = np.random.default_rng([seed, 17])
    pictures = SETS[name](data)
    good = [picture for picture in pictures if picture.label == "good"]
    bad = [picture for picture in pictures if picture.label != "good"]
    if protocol == "random":
        pool = [picture for picture in good if test or picture.split == "train"]
        share = sum(picture.split == "train" for picture in good) / len(good) if test else TEACHING
        order = rng.permutation(len(pool))
        teach = [pool[index] for index in order[: round(share * len(pool))]]
        judge = [pool[index] for index in order[round(share * len(pool)) :]]
    elif test:
        teach, judge = ([picture for picture in good if picture.split == split] for split in ("train", "test"))
    else:
        taught = [picture for picture in good if picture.split == "train"]
        parts = sorted({picture.part for picture in taught})
        rng.shuffle(parts)
        chosen = set(parts[: round(TEACHING * len(parts))])
        teach, judge = ([one for one in taught if (one.part in chosen) == inside] for inside in (True, False))
    known, others = _parted(bad, rng, test=test)
    if test and protocol == "random":
        others = bad
    if limit:
        teach, judge, others = (_some(group, limit, rng) for group in (teach, judge, others))
    samples = [_sample(one, "train") for one in (*teach, *known[:labelled])]
    return Dataset.of([*samples, *(_sample(one, "test") for one in (*judge, *others))])


def _parted(bad: list[Picture], rng: np.random.Generator, *, test: bool) -> tuple[list[Picture], list[Picture]]:
    """Defective pictures that may be labelled, in the order in which they are, and those that judge.

    With `test` only the test part judges; without, those of the training part that are not labelled.
    """
    usable = [picture for picture in bad if picture.split == "train"]
    by_type: dict[str, list[Picture]] = defaultdict(list)
    for index in rng.permutation(len(usable)):
        by_type[usable[index].label].append(usable[index])
    known: list[Picture] = []
    while len(known) < LABELLED and any(by_type.values()):
        known += [group.pop() for _, group in sorted(by_type.items()) if group]
    known = known[:LABELLED]
    names = {picture.name for picture in known}
    if test:
        return known, [picture for picture in bad if picture.split == "test"]
    return known, [picture for picture in usable if picture.name not in names]


def _some(group: list[Picture], limit: int, rng: np.random.Generator) -> list[Picture]:
    return [group[index] for index in sorted(rng.permutation(len(group))[:limit])]


def _sample(picture: Picture, split: str) -> Sample:
    annotations = [Annotation(label=picture.label)]
    region = None if picture.mask is None else Mask.of(picture.mask)
    if region is not None:
        annotations.append(Annotation(region, picture.label))
    return Sample(picture.pixels, picture.name, tuple(annotations), split)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _read(file: Path, kind: int = cv2.IMREAD_GRAYSCALE) -> Pixels:
    image = cv2.imdecode(np.fromfile(file, np.uint8), kind)
    if image is None:
        raise SystemExit(f"{file} cannot be read.")
    return np.ascontiguousarray(image[..., ::-1] if image.ndim == 3 else image).astype(np.uint8)


def _tiles(data: Path) -> list[Picture]:
    """Magnetic tiles, gray, each under up to six exposures; five types of defects, with masks."""
    root = data / "magnetic_tile"
    part = {row["filename"]: row["tile"] for row in _rows(root / "groups.csv")}
    found = []
    for row in _rows(root / "classes.csv"):
        name = row["filename"]
        mask = None
        if row["label"] != "free":
            mask = _read(root / "ground_truth" / row["label"] / f"{Path(name).stem}_mask.png") > 0
        label = row["label"].replace("free", "good")
        found.append(Picture(name, _read(root / name), label, part.get(name, name), mask, row["split"]))
    return found


def _asphalt(data: Path) -> list[Picture]:
    """Pieces of photographs of asphalt, colour; a crack through the defective ones, with masks."""
    root = data / "crackforest"
    found = []
    for split in ("train", "test"):
        for file in sorted((root / "images" / split).glob("*.jpg")):
            image = _read(file, cv2.IMREAD_COLOR)
            marked = _read(root / "masks" / split / f"{file.stem}.png") > 0
            for y in range(0, image.shape[0] - PIECE + 1, PIECE):
                for x in range(0, image.shape[1] - PIECE + 1, PIECE):
                    window = slice(y, y + PIECE), slice(x, x + PIECE)
                    mask = marked[window]
                    if 0 < mask.sum() <= CRACKED:
                        continue
                    name, pixels = f"{file.stem} {x} {y}", np.ascontiguousarray(image[window])
                    label = "crack" if mask.any() else "good"
                    found.append(Picture(name, pixels, label, file.stem, mask if mask.any() else None, split))
    return found


def _boards(data: Path) -> list[Picture]:
    """Pieces of scanned boards, black and white; without masks."""
    root = data / "deeppcb"
    return [
        Picture(
            row["filename"],
            _read(root / row["filename"]),
            row["labels"].split(";")[0] or "good",
            row["filename"].rsplit("/", 1)[-1].split("_")[0],
            None,
            "test" if row["split"] == "test" else "train",
        )
        for row in _rows(root / "tiles.csv")
    ]


def _drawn(name: str) -> Callable[[Path], list[Picture]]:
    """A set of `DRAWN`: 120 good pictures and 40 of each defect, half of them for the test."""

    def pictures(data: Path) -> list[Picture]:
        drawing, kinds = DRAWN[name]
        found = []
        for stream, (split, good, bad) in enumerate((("train", 80, 20), ("test", 40, 20))):
            for index, (label, pixels, mask) in enumerate(drawn(drawing, kinds, good=good, bad=bad, seed=[stream])):
                title = f"{split} {label} {index}"
                found.append(Picture(title, pixels, label, title, mask, split))
        return found

    return pictures


def _assembly(name: str) -> Callable[[Path], list[Picture]]:
    """A drawn assembly: good ones to learn from, and each fault of the whole and each damage in both parts."""

    def pictures(data: Path) -> list[Picture]:
        faults = [(LOGICAL, fault) for fault in ASSEMBLIES[name].faults] + [(STRUCTURAL, kind) for kind in DAMAGES]
        found = []
        for stream, (split, good, bad) in enumerate((("train", 150, 5), ("test", 40, 10))):
            jobs: list[tuple[str, str | None, int]] = [("good", None, good)]
            jobs += [(f"{group} {kind}", kind, bad) for group, kind in faults]
            for number, (label, fault, count) in enumerate(jobs):
                for index in range(count):
                    pixels, wrong = draw(name, fault, [9, stream, number, index])
                    title = f"{split} {label} {index}"
                    found.append(Picture(title, pixels, label, title, wrong if fault else None, split))
        return found

    return pictures


#: Every set by its name: photographs, drawn surfaces and parts, and drawn assemblies.
SETS: dict[str, Callable[[Path], list[Picture]]] = {
    "tiles": _tiles,
    "asphalt": _asphalt,
    "boards": _boards,
    **{name: _drawn(name) for name in DRAWN},
    **{name: _assembly(name) for name in ASSEMBLIES},
}
#: Protocols of each set: drawn parts are all different.
PROTOCOLS = {name: ("unseen", "random") if name == "tiles" else ("unseen",) for name in SETS}
