"""Units of samples that must not be torn apart, and the dealing of them into splits.

Iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", 2011,
algorithm 1) over units instead of single samples: always the rarest label first, to the split that misses it
most. For one label per sample this is ordinary stratification.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from sightmill.data.duplicates import Joined
from sightmill.data.sample import SPLITS

__all__ = ["NOWHERE", "TRAIN", "Units", "deal"]

TRAIN = SPLITS.index("train")
#: Where samples go that are wanted by no split.
NOWHERE = len(SPLITS)

_MOST_KINDS = 512  # more combinations of labels than this are left as they were dealt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Units:
    """Samples to deal out, bundled.

    Parameters
    ----------
    members : per unit, the indices of its samples.
    labels : how many samples of each unit carry each label, ``(U, L)``.
    flawed : units that training must not get, bool ``(U,)``.
    bound : per unit, the splits of fixed samples that it belongs together with, the most frequent first.
    taught : how many fixed training samples carry each label, ``(L,)``.
    """

    members: tuple[tuple[int, ...], ...]
    labels: FloatArray
    flawed: npt.NDArray[np.bool_]
    bound: tuple[tuple[int, ...], ...]
    taught: FloatArray

    @classmethod
    def of(
        cls,
        labels: Sequence[frozenset[str]],
        groups: Sequence[Sequence[int]],
        *,
        fixed: Sequence[int | None] = (),
        flawed: Sequence[bool] = (),
    ) -> Units:
        """Bundle samples.

        Parameters
        ----------
        labels : the labels of each sample.
        groups : lists of a group number per sample; equal in any of the lists = belong together.
        fixed : index of the split that a sample stays in, None for a free one; empty = all are free.
        flawed : samples that training must not get; empty = none.
        """
        count = len(labels)
        fixed = fixed or [None] * count
        flawed = flawed or [False] * count
        columns = {name: column for column, name in enumerate(sorted(frozenset[str]().union(*labels)))}
        carried = np.zeros((count, len(columns)))
        for index, names in enumerate(labels):
            carried[index, [columns[name] for name in names]] = 1
        joined = Joined(count)
        for numbers in groups:
            first: dict[int, int] = {}
            for index, number in enumerate(numbers):
                joined.join(first.setdefault(number, index), index)
        members, bound = [], []
        for group in joined.groups(range(count)):
            splits = Counter(split for index in group if (split := fixed[index]) is not None)
            free = tuple(index for index in group if fixed[index] is None)
            if free:
                members.append(free)
                bound.append(tuple(sorted(splits, key=lambda split: (-splits[split], split))))
        return cls(
            members=tuple(members),
            labels=np.array([carried[list(unit)].sum(axis=0) for unit in members]).reshape(-1, len(columns)),
            flawed=np.array([any(flawed[index] for index in unit) for unit in members], np.bool_),
            bound=tuple(bound),
            taught=carried[[index for index in range(count) if fixed[index] == TRAIN]].sum(axis=0),
        )

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Samples per unit, ``(U,)``."""
        return np.array([len(unit) for unit in self.members], np.int64)


def deal(units: Units, targets: FloatArray, rng: np.random.Generator, *, teach: bool = True) -> list[int]:
    """The split of each unit (an index into `SPLITS`, or `NOWHERE`).

    Parameters
    ----------
    units : what to deal out.
    targets : wanted numbers of samples, ``(2, splits + 1)``: of flawless units, then of flawed ones; they
        add up to the number of samples.
    rng : breaks ties.
    teach : every class that can have one gets a training sample, even against the targets.
    """
    table = _Table(units, targets, rng)
    order = rng.permutation(len(units.members))
    # Large units first: what is dealt last should be small enough to even out what went before.
    order = order[np.argsort(-units.sizes[order], kind="stable")]
    for number in order.tolist():
        homes = [split for split in units.bound[number] if not (units.flawed[number] and split == TRAIN)]
        if homes:
            table.put(number, homes[0])
    order = np.array([number for number in order.tolist() if number not in table.split_of], np.int64)
    left = units.labels[order].sum(axis=0)  # (L,) samples with each label that are still to be dealt
    while left.any():
        label = int(np.argmin(np.where(left > 0, left, np.inf)))
        for number in order[units.labels[order, label] > 0].tolist():
            if number not in table.split_of:
                table.put(number, table.best(number, label))
                left -= units.labels[number]
    for number in order.tolist():
        if number not in table.split_of:
            table.put(number, table.best(number, None))
    table.even_out()
    if teach:
        table.teach_every_class()
    table.fill_empty_splits()
    return [table.split_of[number] for number in range(len(units.members))]


class _Table:
    """What has been dealt so far, and what each split still wants."""

    def __init__(self, units: Units, targets: FloatArray, rng: np.random.Generator) -> None:
        self.units, self.rng = units, rng
        self.sizes = units.sizes
        self.split_of: dict[int, int] = {}
        self.room: FloatArray = targets.sum(axis=0)  # (S,) samples
        self.wanted_at_all = self.room > 0
        self.missed = np.zeros((targets.shape[1], units.labels.shape[1]))  # (S, L) samples with a label
        self.taught = units.taught.copy()  # (L,) training samples with a label
        for row, among in ((0, ~units.flawed), (1, units.flawed)):
            if targets[row].any():
                self.missed += np.outer(targets[row] / targets[row].sum(), units.labels[among].sum(axis=0))

    def put(self, number: int, split: int) -> None:
        self.split_of[number] = split
        self.room[split] -= self.sizes[number]
        self.missed[split] -= self.units.labels[number]
        if split == TRAIN:
            self.taught += self.units.labels[number]

    def best(self, number: int, label: int | None) -> int:
        allowed = self.wanted_at_all.copy()
        if self.units.flawed[number]:
            allowed[TRAIN] = False
        for enough in (self.sizes[number], 1, -np.inf):
            open_splits = np.flatnonzero(allowed & (self.room >= enough))
            if len(open_splits):
                break
        else:
            return NOWHERE
        luck = self.rng.random(len(self.room))

        def need(split: int) -> tuple[float, float, float]:
            missed = self.room[split] if label is None else self.missed[split, label]
            return round(float(missed), 9), float(self.room[split]), float(luck[split])

        return max(open_splits.tolist(), key=need)

    def even_out(self) -> None:
        """Swap units of one size between splits while that brings the labels nearer to what is wanted.

        The last label to be dealt takes what room is left; this spreads its misfit over all labels.
        """
        moving = [number for number in self.split_of if not self.units.bound[number]]
        kinds = np.column_stack([self.units.labels, self.sizes, self.units.flawed])
        kinds, kind_of = np.unique(kinds, axis=0, return_inverse=True)
        if len(kinds) > _MOST_KINDS:
            return
        places: dict[tuple[int, int], list[int]] = {}
        for number in moving:
            places.setdefault((self.split_of[number], int(kind_of[number])), []).append(number)
        labels, fixed = kinds[:, :-2], kinds[:, -2:]  # what a swap may change, and what it may not
        apart = ((labels[:, None] - labels[None]) ** 2).sum(axis=2)  # (K, K)
        apart[(fixed[:, None] != fixed[None]).any(axis=2)] = np.inf
        for _ in range(len(moving)):
            best = (1e-9, 0, 0, 0, 0)
            for one, other in combinations(np.flatnonzero(self.wanted_at_all).tolist(), 2):
                # Squared misfit before the swap less that after it, for each kind given and each one taken.
                worth = labels @ (self.missed[one] - self.missed[other])
                gain = worth[None] - worth[:, None] - apart
                gives = [kind for kind in range(len(kinds)) if places.get((one, kind))]
                takes = [kind for kind in range(len(kinds)) if places.get((other, kind))]
                if gives and takes:
                    among = gain[np.ix_(gives, takes)]
                    row, column = np.unravel_index(int(among.argmax()), among.shape)
                    best = max(best, (float(among[row, column]), one, other, gives[row], takes[column]))
            gained, one, other, given, taken = best
            if gained <= 1e-9:
                return
            goes, comes = places[one, given].pop(), places[other, taken].pop()
            self._move(goes, other)
            self._move(comes, one)
            places.setdefault((other, given), []).append(goes)
            places.setdefault((one, taken), []).append(comes)

    def _move(self, number: int, split: int) -> None:
        home = self.split_of[number]
        self.room[home] += self.sizes[number]
        self.missed[home] += self.units.labels[number]
        if home == TRAIN:
            self.taught -= self.units.labels[number]
        self.put(number, split)

    def teach_every_class(self) -> None:
        """Give each class a training sample, in exchange for one that training can spare."""
        labels = self.units.labels
        for label in np.argsort(labels.sum(axis=0), kind="stable"):
            if self.taught[label]:
                continue
            holders = [
                number
                for number, split in self.split_of.items()
                if split != TRAIN and labels[number, label] and self._may_move(number, TRAIN)
            ]
            if not holders:
                continue
            comes = min(holders, key=lambda number: int(self.sizes[number]))
            goes_to = self.split_of[comes]
            spared = [
                number
                for number, split in self.split_of.items()
                if split == TRAIN and self.sizes[number] == self.sizes[comes] and self._may_move(number, goes_to)
            ]
            self._move(comes, TRAIN)
            if spared:
                self._move(spared[0], goes_to)

    def fill_empty_splits(self) -> None:
        """Give a split that got nothing the smallest unit that another can spare."""
        for split in np.flatnonzero(self.wanted_at_all[:NOWHERE]).tolist():
            held = Counter(self.split_of.values())
            if held[split]:
                continue
            spare = [
                number for number, home in self.split_of.items() if held[home] > 1 and self._may_move(number, split)
            ]
            if spare:
                self._move(min(spare, key=lambda number: int(self.sizes[number])), split)

    def _may_move(self, number: int, split: int) -> bool:
        if self.units.bound[number] or (split == TRAIN and self.units.flawed[number]):
            return False
        carried = self.units.labels[number]
        leaves_train = self.split_of[number] == TRAIN and split != TRAIN
        return not (leaves_train and bool((self.taught - carried < np.minimum(carried, 1)).any()))
