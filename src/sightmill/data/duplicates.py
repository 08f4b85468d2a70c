"""Images that are the same picture, exactly or nearly: the leak that makes an evaluation too good.

A nearly equal picture is a re-compressed, brightened, resized or slightly filtered copy, or a second
exposure of the same part that did not move. Two conditions make one:

1. the 64-bit perceptual hashes differ in few bits (the lowest DCT coefficients against their median, after
   Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010);
2. thumbnails of 32 x 32 correlate, and so do their *details*: what is left of a thumbnail without its smooth
   part. Plain surfaces under one lamp share the smooth part, and nothing else.

Colour is compared by its mean. The limits were set on the project's development images: among 3,200 images
distinct pictures stay below 0.95 of detail correlation with few exceptions, and JPEG (quality 20 to 90),
brightness, gamma, half size, noise and blur above it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.sample import Sample
from sightmill.errors import ImageError

__all__ = ["Fingerprint", "Joined", "exact_groups", "fingerprints", "grouped", "near_duplicate_groups"]

_SIDE = 32
_HASH_BITS = 12  # how many of the 64 bits may differ
_COLOUR = 0.05  # how far the mean shares of red and green may be apart
_LOOSE = (0.96, 0.95)  # least correlation of the thumbnails, and of their details
_STRICT = (0.9995, 0.999)
_ROWS = 256  # images compared with all others at once

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is kept of an image to find it again: about 4 kB.

    Parameters
    ----------
    digest : SHA-256 of size, type and pixels; equal for equal pictures, whatever file they were stored in.
    bits : the perceptual hash, bool ``(64,)``.
    thumbnail, detail : float16 ``(1024,)``, zero mean and unit length; all 0 for a picture without contrast.
    colour : mean shares of red and green in the whole, ``(2,)``; one third each for gray.
    """

    digest: str
    bits: npt.NDArray[np.bool_]
    thumbnail: npt.NDArray[np.float16]
    detail: npt.NDArray[np.float16]
    colour: tuple[float, float]

    @classmethod
    def of(cls, image: npt.NDArray[Any]) -> Fingerprint:
        """The fingerprint of an image ``(H, W)`` or ``(H, W, 3)``."""
        digest = hashlib.sha256(f"{image.shape} {image.dtype}".encode())
        digest.update(np.ascontiguousarray(image).data)
        small = _shrunk(image)
        gray, colour = small, (1 / 3, 1 / 3)
        if small.ndim == 3:
            means = small.reshape(-1, 3).mean(axis=0)
            total = float(means.sum())
            if total > 0:
                colour = (float(means[0]) / total, float(means[1]) / total)
            gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        smooth = cv2.GaussianBlur(gray, (0, 0), 2.0, borderType=cv2.BORDER_REFLECT)
        lowest = cv2.dct(gray)[:8, :8].ravel()
        return cls(
            digest=digest.hexdigest(),
            bits=lowest > np.median(lowest),
            thumbnail=_unit(gray),
            detail=_unit(gray - smooth),
            colour=colour,
        )


def fingerprints(samples: Sequence[Sample]) -> list[Fingerprint | None]:
    """The fingerprint of each sample, in order; None for an image that cannot be read."""

    def one(sample: Sample) -> Fingerprint | None:
        try:
            return Fingerprint.of(sample.read())
        except ImageError:
            return None

    # Decoding leaves Python's lock, so threads read as many images at once as there are cores.
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        return list(pool.map(one, samples))


def near_duplicate_groups(samples: Sequence[Sample], *, known: Sequence[Fingerprint | None] | None = None) -> list[int]:
    """A group number per sample: equal for pictures that are the same, exactly or nearly.

    Parameters
    ----------
    samples : images that cannot be read get a group of their own.
    known : their fingerprints, when they have been taken already.

    Notes
    -----
    Under a fixed camera all parts may look nearly the same, and one group would swallow the data. A group of
    more than a quarter of the images (and more than three) is therefore taken apart with stricter limits, and
    when that does not help, into exact copies (`grouped` tells which these are).
    """
    return grouped(fingerprints(samples) if known is None else known)[0]


def exact_groups(known: Sequence[Fingerprint | None]) -> list[int]:
    """A group number per image: equal for equal pixels."""
    numbers: dict[str, int] = {}
    return [
        numbers.setdefault(f"unread {index}" if mark is None else mark.digest, len(numbers))
        for index, mark in enumerate(known)
    ]


def grouped(known: Sequence[Fingerprint | None]) -> tuple[list[int], list[int]]:
    """The group numbers of `near_duplicate_groups`, and the images that look alike throughout.

    The second list holds the indices of images that look so much alike that only exact copies count as
    duplicates among them.
    """
    readable = [(index, mark) for index, mark in enumerate(known) if mark is not None]
    same = Joined(len(known))
    first: dict[str, int] = {}
    for index, mark in readable:
        same.join(first.setdefault(mark.digest, index), index)
    # Of exact copies one stands for all: a folder copied twenty times costs no more than once.
    leaders = [(index, mark) for index, mark in readable if first[mark.digest] == index]
    limit = max(3, len(leaders) // 4)
    loose = Joined(len(known))
    _join_alike(leaders, _LOOSE, loose)
    alike: list[int] = []
    for group in loose.groups([index for index, _ in leaders]):
        if len(group) > limit:
            members = [(index, known[index]) for index in group]
            strict = Joined(len(known))
            _join_alike([(index, mark) for index, mark in members if mark is not None], _STRICT, strict)
            for smaller in strict.groups(group):
                if len(smaller) > limit:
                    alike += smaller
                else:
                    same.join_all(smaller)
        else:
            same.join_all(group)
    return same.numbers(), sorted(alike)


def _join_alike(marks: Sequence[tuple[int, Fingerprint]], limits: tuple[float, float], joined: Joined) -> None:
    if len(marks) < 2:
        return
    signs = np.array([mark.bits for _, mark in marks], np.float32) * 2 - 1  # (N, 64)
    thumbnails = np.array([mark.thumbnail for _, mark in marks])  # (N, 1024)
    details = np.array([mark.detail for _, mark in marks])
    colours = np.array([mark.colour for _, mark in marks], np.float32)
    for start in range(0, len(marks) - 1, _ROWS):
        rows = slice(start, start + _ROWS)
        close = signs[rows] @ signs[start:].T >= 64 - 2 * _HASH_BITS  # (R, N - start)
        close &= np.triu(np.ones(close.shape, np.bool_), 1)
        columns = np.flatnonzero(close.any(axis=0))
        if not len(columns):
            continue
        close = close[:, columns]
        for all_of_them, limit in zip((thumbnails, details), limits, strict=True):
            one, other = (all_of_them[part].astype(np.float32) for part in (rows, columns + start))
            close &= one @ other.T >= limit
        for row, column in zip(*np.nonzero(close), strict=True):
            left, right = start + int(row), start + int(columns[column])
            if np.abs(colours[left] - colours[right]).max() <= _COLOUR:
                joined.join(marks[left][0], marks[right][0])


class Joined:
    """Things that belong together, told pair by pair (union-find with path halving, after Tarjan 1975)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def leader(self, index: int) -> int:
        """The first thing that `index` belongs together with."""
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def join(self, one: int, other: int) -> None:
        """Let two things, and all that belongs to them, belong together."""
        first, second = sorted((self.leader(one), self.leader(other)))
        self._parent[second] = first

    def join_all(self, indices: Sequence[int]) -> None:
        """Let many things belong together."""
        for index in indices[1:]:
            self.join(indices[0], index)

    def groups(self, indices: Sequence[int]) -> Iterator[list[int]]:
        """The groups among these indices, each in their order."""
        found: dict[int, list[int]] = {}
        for index in indices:
            found.setdefault(self.leader(index), []).append(index)
        yield from found.values()

    def numbers(self) -> list[int]:
        """A number per thing, counted from 0 in order of first appearance."""
        seen: dict[int, int] = {}
        return [seen.setdefault(self.leader(index), len(seen)) for index in range(len(self._parent))]


def _shrunk(image: npt.NDArray[Any]) -> FloatArray:
    # The area filter of OpenCV is exact but slow on floats: whole blocks go first, in the image's own type.
    while min(image.shape[:2]) >= 8 * _SIDE:
        image = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)
    small = cv2.resize(image.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32, copy=False)


def _unit(values: FloatArray) -> npt.NDArray[np.float16]:
    centred = (values - values.mean()).ravel().astype(np.float64)
    length = float(np.linalg.norm(centred))
    # Rounding of 32-bit sums leaves a trace of contrast in a picture that has none.
    if length <= 1e-5 * max(float(np.abs(values).max()), 1e-12) * _SIDE:
        return np.zeros(values.size, np.float16)
    return np.asarray(centred / length, np.float16)
