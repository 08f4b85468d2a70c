"""Training images, decoded and scaled once, and the batches that are made of them."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import torch

from sightmill.data.regions import Box, Polygon
from sightmill.data.sample import Sample
from sightmill.errors import TrainingError
from sightmill.imaging.augment import Policy
from sightmill.imaging.view import Frame, View
from sightmill.methods.learner import Batch, Learner

__all__ = [
    "Item",
    "Store",
    "augmented_batches",
    "order_of",
    "passes",
    "plain_batches",
    "repeats_of",
    "steps_for",
    "store_bytes",
]

MIB = 1 << 20


@dataclass(frozen=True, eq=False)
class Item:
    """One tile of one sample: ``pixels`` ``(h, w, C)`` in the image's own depth."""

    sample: Sample
    frame: Frame
    tile: int
    owner: int
    pixels: npt.NDArray[Any]


def store_bytes(samples: Sequence[Sample], view: View) -> int:
    """How many bytes the decoded, scaled images will take; reads headers only."""
    depth = np.dtype(view.dtype).itemsize * view.channels
    total = 0
    for sample in samples:
        frame = view.frame(sample.size, sample.roi)
        width, height = frame.tile_size
        total += len(frame.tiles) * width * height * depth
    return total


class Store:
    """Decoded, scaled images in memory, or in a memory-mapped file once they outgrow the budget.

    Parameters
    ----------
    samples, view : what to read and how to scale it.
    budget : bytes of memory; beyond it the pixels go to a file in `scratch` that is removed on `close`.
    scratch : folder for that file.
    """

    def __init__(self, samples: Sequence[Sample], view: View, *, budget: int, scratch: Path) -> None:
        self.samples = list(samples)
        self.view = view
        self.items: list[Item] = []
        self.in_memory = store_bytes(self.samples, view) <= budget
        self._file = None if self.in_memory else _nameless_file(scratch)

    def fill(self, workers: int) -> Iterator[int]:
        """Read every image; yields how many are done. Raises `ImageError` for one that cannot be read."""
        with ThreadPoolExecutor(workers) as pool:
            read = _ahead(pool, self._read, self.samples, ahead=2 * workers)
            for owner, (frame, pixels) in enumerate(read):
                kept = self._keep(pixels)
                self.items += [Item(self.samples[owner], frame, tile, owner, kept[tile]) for tile in range(len(kept))]
                yield owner + 1

    def _read(self, sample: Sample) -> tuple[Frame, npt.NDArray[Any]]:
        image = sample.read()
        height, width = image.shape[:2]
        frame = self.view.frame((width, height), sample.roi)
        return frame, self.view.pixels(image, frame)

    def _keep(self, pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self._file is None:
            return pixels
        try:
            offset = self._file.seek(0, 2)
            self._file.write(np.ascontiguousarray(pixels).tobytes())
            self._file.flush()
        except OSError as error:
            raise TrainingError(
                "the decoded images do not fit on the disk",
                got=error.strerror,
                remedy="free some space beside the output file, or lower image_size",
            ) from error
        return np.memmap(self._file, pixels.dtype, "r", offset, pixels.shape)

    def close(self) -> None:
        """Drop the pixels, and the file if there is one."""
        self.items.clear()
        if self._file is not None:
            self._file.close()

    @property
    def by_sample(self) -> list[list[Item]]:
        """The items of each sample, in the samples' order."""
        groups: list[list[Item]] = [[] for _ in self.samples]
        for item in self.items:
            groups[item.owner].append(item)
        return groups


def _nameless_file(folder: Path) -> IO[bytes]:
    """A file that the system removes when it is closed, however the process ends."""
    return tempfile.TemporaryFile(dir=folder, prefix=".sightmill-images-")


def plain_batches(store: Store, learner: Learner, batch_size: int, device: torch.device) -> Iterator[Batch]:
    """One pass without augmentation, in order; neighbours of one shape go together."""
    run: list[Item] = []
    for item in store.items:
        if run and (len(run) == batch_size or item.pixels.shape != run[0].pixels.shape):
            yield _collated([_composed(_plain(entry, store.view, learner), learner, None) for entry in run], device)
            run = []
        run.append(item)
    if run:
        yield _collated([_composed(_plain(entry, store.view, learner), learner, None) for entry in run], device)


def passes(
    store: Store,
    learner: Learner,
    policy: Policy,
    batch_size: int,
    device: torch.device,
    *,
    seed: int,
    rounds: int,
) -> Iterator[Batch]:
    """One pass as the images are, then `rounds` passes of randomly changed ones; none when augmentation is off."""
    yield from plain_batches(store, learner, batch_size, device)
    if policy.is_identity:
        return
    for turn in range(rounds):
        for index, item in enumerate(store.items):
            rng = np.random.default_rng([seed, 3, turn, index])
            row = _composed(_augmented(item, store.view, learner, policy, rng), learner, None)
            yield _collated([row], device)


def order_of(count: int, first: int, size: int, seed: int) -> list[tuple[int, int]]:
    """``(item, epoch)`` of `size` consecutive places from place `first` of the endless shuffled order.

    Each epoch is a fresh permutation that depends on the seed and the epoch only, so a resumed training finds
    its place by arithmetic.
    """
    picked = []
    for place in range(first, first + size):
        epoch, position = divmod(place, count)
        picked.append((int(_permutation(count, epoch, seed)[position]), epoch))
    return picked


@lru_cache(maxsize=2)
def _permutation(count: int, epoch: int, seed: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng([seed, 1, epoch]).permutation(count)


def augmented_batches(
    store: Store,
    learner: Learner,
    policy: Policy,
    batch_size: int,
    device: torch.device,
    *,
    seed: int,
    first: int,
    share: tuple[int, int] = (0, 1),
) -> Generator[Batch, None, None]:
    """Endless augmented batches from place `first` on; the next one is made while the last is learnt.

    What an image meets depends on the seed, the epoch and the image only: not on threads, and not on how often
    the training was interrupted. ``share = (rank, world)`` takes every world-th row, for several processes.
    An image that is shown several times in a pass (`Learner.repeats`) is changed differently each time.
    """
    rank, world = share
    shown = [item for item, times in zip(store.items, repeats_of(store, learner), strict=True) for _ in range(times)]

    def made(place: int) -> Batch:
        picked = order_of(len(shown), place, batch_size, seed)[rank::world]
        rows = []
        for index, epoch in picked:
            rng = np.random.default_rng([seed, 2, epoch, index])
            rows.append(_composed(_augmented(shown[index], store.view, learner, policy, rng), learner, rng))
        return _collated(rows, device)

    with ThreadPoolExecutor(1) as pool:
        yield from _ahead(pool, made, _counting(first, batch_size), ahead=2)


def repeats_of(store: Store, learner: Learner) -> Sequence[int]:
    """How often each item of the store is shown in one pass."""
    return [1] * len(store.items) if learner.repeats is None else learner.repeats


def _counting(first: int, step: int) -> Iterator[int]:
    while True:
        yield first
        first += step


Row = tuple[npt.NDArray[np.float32], dict[str, torch.Tensor], int]


def _plain(item: Item, view: View, learner: Learner) -> Row:
    targets = learner.encode(item.sample, item.frame)
    return (
        view.normalise(item.pixels[None])[0],
        {name: rows[item.tile] for name, rows in targets.items()},
        item.owner,
    )


def _augmented(item: Item, view: View, learner: Learner, policy: Policy, rng: np.random.Generator) -> Row:
    if policy.is_identity and learner.window is None:
        return _plain(item, view, learner)
    height, width = item.pixels.shape[:2]
    act = policy.draw(rng, (width, height))
    pixels = act.image(item.pixels, black=view.black, white=view.white)
    # The act moves this tile only: a frame of one tile, whose matrix ends at the moved pixels.
    x, y = item.frame.tiles[item.tile]
    motion = np.vstack([act.matrix, [0, 0, 1]]) @ np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    moved = (motion @ np.vstack([item.frame.matrix, [0, 0, 1]]))[:2]
    roi = item.frame.roi
    if roi is None or isinstance(roi, Box):
        roi = Polygon(Box(*item.frame.crop).corners())  # a moved rectangle is no upright one any more
    frame = _seen(replace(item.frame, matrix=moved, roi=roi), (0, 0, width, height))
    window = learner.aim(item.sample, frame, rng)
    if window is not None:
        left, top, right, bottom = window
        pixels, frame = pixels[top:bottom, left:right], _seen(frame, window)
    targets = learner.encode(item.sample, frame)
    return view.normalise(pixels[None])[0], {name: rows[0] for name, rows in targets.items()}, item.owner


def _seen(frame: Frame, part: tuple[int, int, int, int]) -> Frame:
    """The frame of which this part ``(x1, y1, x2, y2)`` of the whole input is all there is."""
    left, top, right, bottom = part
    size = (right - left, bottom - top)
    matrix = frame.matrix - np.array([[0, 0, left], [0, 0, top]])
    return replace(frame, matrix=matrix, input_size=size, tile_size=size, tiles=((0, 0),), content=(0, 0, *size))


def _composed(row: Row, learner: Learner, rng: np.random.Generator | None) -> Row:
    image, targets = learner.compose(row[0], row[1], rng)
    return image, targets, row[2]


def _collated(rows: list[Row], device: torch.device) -> Batch:
    images = torch.from_numpy(np.stack([row[0] for row in rows]))
    names = rows[0][1]
    return Batch(
        images=images.to(device=device, memory_format=torch.channels_last),
        targets={name: torch.stack([row[1][name] for row in rows]).to(device) for name in names},
        owners=tuple(row[2] for row in rows),
    )


def _ahead(pool: Executor, work: Callable[[Any], Any], places: Any, *, ahead: int) -> Iterator[Any]:
    """Results in order, with up to `ahead` of them under way."""
    waiting: list[Any] = []
    try:
        for place in places:
            waiting.append(pool.submit(work, place))
            if len(waiting) > ahead:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        for future in waiting:
            future.cancel()


def steps_for(items: int, batch_size: int, least: int = 16) -> int:
    """Steps of one iteration: a pass over the images, but not fewer than `least`."""
    return max(math.ceil(items / batch_size), least)
