"""Areas thinned to lines one pixel wide, and such lines followed from end to end."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import BoolArray

__all__ = ["chains_of", "thinned"]

#: Steps to the eight neighbours, clockwise from the one above: ``(row, column)``.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))

ByteArray = npt.NDArray[np.uint8]


def thinned(covered: BoolArray) -> BoolArray:
    """The middle lines of an area: bool ``(H, W)``, one pixel wide, connected as the area is.

    Guo & Hall, "Parallel thinning with two-subiteration algorithms" (1989), algorithm A1, all pixels at once; then, as
    their rule leaves stairs and knots two pixels wide, pixels whose neighbours hold together without them are taken
    away.
    """
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    thin = np.zeros_like(covered)
    if not len(rows):
        return thin
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    image = np.pad(covered[window].astype(np.uint8), 1)
    stairs = _tables()[2]
    flat, width = image.reshape(-1), image.shape[1]
    left = np.flatnonzero(flat)
    while True:
        before = len(left)
        left = _peeled(flat, left, width)
        # One corner at a time in each of four passes: neighbours on a stair must not go together.
        for row, column in ((1, 1), (1, 2), (2, 1), (2, 2)):
            own = (left // width % 2 == row % 2) & (left % width % 2 == column % 2)
            left = _taken(flat, left, own & (stairs[_codes(flat, left, width)] == 1))
        _untie(image)
        left = left[flat[left] == 1]
        if len(left) == before:
            break
    thin[window] = image[1:-1, 1:-1] == 1
    return thin


def _untie(image: ByteArray) -> None:
    """Take pixels out of blocks of two by two, one after the other, while what is left holds together."""
    blocks = image[:-1, :-1] & image[:-1, 1:] & image[1:, :-1] & image[1:, 1:]
    for row, column in np.argwhere(blocks):
        for y, x in ((row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)):
            if not image[row : row + 2, column : column + 2].all():
                break
            around = [int(image[y + step_y, x + step_x]) for step_y, step_x in _AROUND]
            if _holds_together(around):
                image[y, x] = 0


def _holds_together(around: list[int]) -> bool:
    """Whether a pixel can go without parting its neighbours, corners touching, or opening a hole.

    Yokoi, Toriwaki & Fukumura, "An analysis of topological properties of digitized binary pictures" (1975).
    """
    empty = [1 - one for one in around]
    return sum(empty[k] - empty[k] * empty[(k + 1) % 8] * empty[(k + 2) % 8] for k in (0, 2, 4, 6)) == 1


def chains_of(thin: BoolArray) -> list[npt.NDArray[np.int64]]:
    """The lines of a thinned area: pixels ``(N, 2)`` of row and column, each from one end or crossing to another.

    A pixel where three or more lines meet is the end of each of them; a closed line ends where it starts. Single pixels
    are left out.
    """
    places = np.argwhere(thin)
    number = {(int(row), int(column)): index for index, (row, column) in enumerate(places)}
    neighbours: list[list[int]] = [[] for _ in places]
    for (row, column), index in number.items():
        straight = [number.get((row + y, column + x)) for y, x in _AROUND[::2]]
        neighbours[index] = [other for other in straight if other is not None]
        for place, (y, x) in enumerate(_AROUND[1::2]):
            # A diagonal step counts only where no pixel beside it makes it two straight ones.
            other = number.get((row + y, column + x))
            if other is not None and straight[place] is None and straight[(place + 1) % 4] is None:
                neighbours[index].append(other)
    chains: list[list[int]] = []
    used: set[tuple[int, int]] = set()
    ends = [index for index, near in enumerate(neighbours) if len(near) not in (0, 2)]
    for start in ends:
        for step in neighbours[start]:
            if (start, step) not in used:
                chains.append(_followed(start, step, neighbours, used))
    passed = {index for chain in chains for index in chain}
    for start in range(len(places)):
        if start not in passed and len(neighbours[start]) == 2:
            chain = _followed(start, neighbours[start][0], neighbours, used)
            passed.update(chain)
            chains.append(chain)
    return [places[chain] for chain in chains]


def _followed(start: int, step: int, neighbours: list[list[int]], used: set[tuple[int, int]]) -> list[int]:
    chain = [start, step]
    used.update(((start, step), (step, start)))
    while len(neighbours[chain[-1]]) == 2 and chain[-1] != start:
        one, other = neighbours[chain[-1]]
        onward = other if one == chain[-2] else one
        used.update(((chain[-1], onward), (onward, chain[-1])))
        chain.append(onward)
    return chain


def _peeled(flat: ByteArray, left: npt.NDArray[np.intp], width: int) -> npt.NDArray[np.intp]:
    """Take one layer after the other, from one side and then the other, until nothing goes any more."""
    while True:
        before = len(left)
        for table in _tables()[:2]:
            left = _taken(flat, left, table[_codes(flat, left, width)] == 1)
        if len(left) == before:
            return left


def _taken(flat: ByteArray, left: npt.NDArray[np.intp], goes: BoolArray) -> npt.NDArray[np.intp]:
    """Empty the pixels that go; returns the places of the others."""
    flat[left[goes]] = 0
    return left[~goes]


def _codes(flat: ByteArray, places: npt.NDArray[np.intp], width: int) -> ByteArray:
    """For each of these pixels of a flattened image its neighbours as eight bits, in the order of `_AROUND`."""
    codes = np.zeros(len(places), np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        codes |= flat[places + (row * width + column)] << bit
    return codes


@cache
def _tables() -> tuple[ByteArray, ByteArray, ByteArray]:
    """For each neighbourhood whether its pixel goes (1): in the first and the second turn, and as a stair's corner."""
    first, second, stairs = (np.zeros(256, np.uint8) for _ in range(3))
    for code in range(256):
        around = [code >> bit & 1 for bit in range(8)]
        first[code] = _is_border(around)
        second[code] = _is_border(around[4:] + around[:4])
        stairs[code] = _is_corner(around)
    return first, second, stairs


def _is_border(around: list[int]) -> bool:
    """Whether a pixel lies on the border above or on the right, ends no line, and holds nothing together."""
    north, north_east, east, south_east = around[:4]
    sides = [around[place] for place in (0, 2, 4, 6)]
    corners = [around[place] for place in (1, 3, 5, 7)]
    after = [side or corner for side, corner in zip(sides, corners, strict=True)]
    before = [side or corner for side, corner in zip(sides, corners[-1:] + corners[:-1], strict=True)]
    following = zip(sides, corners, sides[1:] + sides[:1], strict=True)
    apart = sum(not side and (corner or other) for side, corner, other in following)
    inner = east and (north or north_east or not south_east)
    return apart == 1 and 2 <= min(sum(after), sum(before)) <= 3 and not inner


def _is_corner(around: list[int]) -> bool:
    """Two straight neighbours side by side, the diagonal between them empty, and nothing on the far side."""
    for place in (0, 2, 4, 6):
        one, between, other = around[place], around[place + 1], around[(place + 2) % 8]
        far = [around[(place + turn) % 8] for turn in (4, 5, 6)]
        if one and other and not between and not any(far):
            return True
    return False
