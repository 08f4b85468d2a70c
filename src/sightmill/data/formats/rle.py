"""COCO run lengths: how long nothing, then how long the object, column by column.

The first number counts pixels outside the object (0 when the object starts in the first pixel). Pixels are
counted *down the columns*, unlike the rest of Sightmill. The compressed form writes each number, from the
fourth on as the difference to the number two before it, in groups of five bits as printable characters.
Source: the COCO API, ``common/maskApi.c`` (format only; T.-Y. Lin and P. Dollar, 2014).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightmill.data.regions import Mask
from sightmill.errors import AnnotationError

__all__ = ["counts_from_text", "counts_of", "mask_from_counts", "text_from_counts"]

IntArray = npt.NDArray[np.int64]

LARGEST_IMAGE = 500_000_000
_FIRST_CHARACTER, _MORE, _DIGIT, _SIGN = 48, 0x20, 0x1F, 0x10
_LONGEST_NUMBER = 7  # groups of five bits: more than any image has pixels


def counts_from_text(text: str) -> IntArray:
    """The run lengths in a compressed string; ``(R,)`` int64.

    Raises
    ------
    AnnotationError : a character outside ``0`` to ``o``, a number that is too long, or one that is cut off.
    """
    try:
        codes = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - _FIRST_CHARACTER
    except UnicodeEncodeError as error:
        raise _damaged("it holds a character outside of ASCII", text) from error
    if not len(codes):
        return np.zeros(0, np.int64)
    if codes.min() < 0 or codes.max() > 0x3F:
        raise _damaged("it holds a character outside of '0' to 'o'", text)
    last = (codes & _MORE) == 0
    if not last[-1]:
        raise _damaged("it ends inside a number", text)
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST_NUMBER:
        raise _damaged("it holds a number that no image has pixels for", text)
    place = np.arange(len(codes)) - np.repeat(starts, lengths)
    numbers = np.add.reduceat((codes & _DIGIT) << (5 * place), starts)
    negative = (codes[ends] & _SIGN) != 0
    numbers = np.where(negative, numbers - (np.int64(1) << (5 * lengths)), numbers)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def text_from_counts(counts: Sequence[int] | IntArray) -> str:
    """Run lengths as a compressed string; `counts_from_text` reads it back."""
    numbers = np.asarray(counts, np.int64)
    steps = numbers.copy()
    steps[3:] -= numbers[1:-2]
    characters = bytearray()
    for step in steps.tolist():
        left, more = step, True
        while more:
            group = left & _DIGIT
            left >>= 5
            more = left != (-1 if group & _SIGN else 0)
            characters.append((group | (_MORE if more else 0)) + _FIRST_CHARACTER)
    return characters.decode("ascii")


def mask_from_counts(counts: Sequence[int] | IntArray, width: int, height: int) -> Mask | None:
    """The mask that run lengths draw in an image of this size; None when they draw no pixel.

    Only the columns that the object touches are ever unpacked.

    Raises
    ------
    AnnotationError : a negative run, or runs that do not add up to ``width * height``.
    """
    if width < 1 or height < 1 or width * height > LARGEST_IMAGE:
        raise AnnotationError(
            "the size of a run-length mask is not the size of an image",
            got=f"{width} x {height}",
            allowed=f"1 to {LARGEST_IMAGE} pixels",
        )
    try:
        runs = np.asarray(counts, np.int64).reshape(-1)
    except (OverflowError, TypeError, ValueError) as error:
        raise AnnotationError("run lengths must be whole numbers", got=str(error)) from error
    # Bounded before they are added up, so that a hostile file cannot make the sum overflow.
    if len(runs) and (runs.min() < 0 or runs.max() > width * height):
        raise AnnotationError(
            "a run length lies outside of the image",
            got=int(runs.min() if runs.min() < 0 else runs.max()),
            allowed=f"0 to {width * height}",
        )
    ends = np.cumsum(runs)
    if not len(ends) or ends[-1] != width * height:
        raise AnnotationError(
            "the run lengths of a mask do not add up to the size of its image",
            got=int(ends[-1]) if len(ends) else 0,
            allowed=f"{width} x {height} = {width * height}",
        )
    starts, stops = ends[:-1:2], ends[1::2]
    kept = stops > starts
    starts, stops = starts[: len(stops)][kept], stops[kept]
    if not len(starts):
        return None
    left, right = int(starts[0]) // height, (int(stops[-1]) - 1) // height + 1
    flips = np.zeros((right - left) * height + 1, np.int8)
    flips[starts - left * height] += 1
    flips[stops - left * height] -= 1
    columns = np.cumsum(flips[:-1], dtype=np.int8).reshape(right - left, height)
    cropped = Mask.of(columns.T)
    return None if cropped is None else Mask(cropped.pixels, cropped.x + left, cropped.y)


def counts_of(mask: Mask, width: int, height: int) -> IntArray:
    """The run lengths of a mask in an image of this size; what lies outside the image is cut off."""
    inside = mask.clipped(width, height)
    if inside is None:
        return np.array([width * height], np.int64)
    rows, columns = inside.pixels.shape
    strip = np.zeros((columns, height), np.bool_)
    strip[:, inside.y : inside.y + rows] = inside.pixels.T
    flat = strip.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1 + inside.x * height
    edges = changes.tolist()
    if flat[0]:
        edges.insert(0, inside.x * height)
    if flat[-1]:
        edges.append((inside.x + columns) * height)
    limits = np.array([0, *edges, width * height], np.int64)
    runs = limits[1:] - limits[:-1]
    # A mask that ends in the image's last pixel leaves no empty run behind it.
    return runs if runs[-1] or len(runs) == 1 else runs[:-1]


def _damaged(why: str, text: str) -> AnnotationError:
    return AnnotationError(f"a compressed run-length string is damaged: {why}", got=text[:60])
