"""The four assemblies as data sets in the MVTec layout, with masks, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np

from benchmarks.assemblies import bottle, cables, plate, tray
from benchmarks.assemblies.canvas import Canvas
from benchmarks.assemblies.damage import DAMAGES, damaged
from sightmill.data.image import write_image

__all__ = ["ASSEMBLIES", "LOGICAL", "STRUCTURAL", "Assembly", "draw", "write_set"]

#: Prefix of the defect folders of each kind.
LOGICAL, STRUCTURAL = "logical", "structural"
#: A number for each use, so that no two images have one seed.
STREAMS = {"train": 1, "good": 2, LOGICAL: 3, STRUCTURAL: 4}


@dataclass(frozen=True)
class Assembly:
    """One kind of assembly: who draws it, and what can be wrong with it as a whole."""

    draw: Callable[[np.random.Generator, str | None], Canvas]
    faults: tuple[str, ...]


ASSEMBLIES = {
    "tray": Assembly(tray.draw_tray, tray.FAULTS),
    "bottle": Assembly(bottle.draw_bottle, bottle.FAULTS),
    "cables": Assembly(cables.draw_cables, cables.FAULTS),
    "plate": Assembly(plate.draw_plate, plate.FAULTS),
}


def draw(name: str, fault: str | None, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """One picture ``(H, W, 3)`` uint8 and where something is wrong ``(H, W)`` bool.

    Parameters
    ----------
    fault : one of the assembly's own faults, one of `DAMAGES`, or None.
    """
    assembly = ASSEMBLIES[name]
    rng = np.random.default_rng([sorted(ASSEMBLIES).index(name), *seed])
    canvas = assembly.draw(rng, fault if fault in assembly.faults else None)
    if fault in DAMAGES:
        damaged(canvas, fault)
    return canvas.photographed()


def write_set(name: str, folder: Path, *, train: int, good: int, each: int, seed: int = 0, workers: int = 1) -> Path:
    """Draw one assembly into ``folder/name`` and return that.

    Parameters
    ----------
    train, good : good images to learn from, and to test with.
    each : images of each fault and of each damage.
    """
    jobs: list[tuple[str, str, str | None, list[int]]] = []
    for split, count in (("train", train), ("test", good)):
        stream = STREAMS["train" if split == "train" else "good"]
        jobs += [(f"{split}/good", f"{index:03}", None, [seed, stream, index]) for index in range(count)]
    for group, kinds in ((LOGICAL, ASSEMBLIES[name].faults), (STRUCTURAL, DAMAGES)):
        for number, kind in enumerate(kinds):
            jobs += [
                (f"test/{group}_{kind}", f"{index:03}", kind, [seed, STREAMS[group], number, index])
                for index in range(each)
            ]
    place = folder / name
    if workers == 1:
        for job in jobs:
            _write(place, name, job)
    else:
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_write, repeat(place), repeat(name), jobs, chunksize=8))
    return place


def _write(place: Path, name: str, job: tuple[str, str, str | None, list[int]]) -> None:
    cv2.setNumThreads(1)
    group, stem, fault, seed = job
    image, wrong = draw(name, fault, seed)
    file = place / group / f"{stem}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_image(file, image)
    if fault is not None and wrong.any():
        mask = place / "ground_truth" / group.removeprefix("test/") / f"{stem}_mask.png"
        mask.parent.mkdir(parents=True, exist_ok=True)
        write_image(mask, wrong.astype(np.uint8) * 255)
