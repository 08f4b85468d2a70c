"""Dividing samples into training, validation and test, so that the test says something about new images.

Near-duplicates of one another, and samples of one group (lot, camera, part), always go to the same split.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from sightmill.data.dataset import Dataset
from sightmill.data.dealing import NOWHERE, TRAIN, Units, deal
from sightmill.data.duplicates import Fingerprint, fingerprints, near_duplicate_groups
from sightmill.data.good import is_defective
from sightmill.data.sample import SPLITS, Sample
from sightmill.errors import DataError, SettingsError

__all__ = ["sample_groups", "split_dataset", "take_validation"]

FloatArray = npt.NDArray[np.float64]


def split_dataset(
    dataset: Dataset,
    *,
    train: float = 70,
    validation: float = 15,
    test: float = 15,
    unit: Literal["percent", "count"] = "percent",
    by: Literal["class", "group"] = "class",
    group: str | None = None,
    seed: int = 42,
    anomaly: bool = False,
    good: Collection[str] = (),
    keep_near_duplicates_together: bool = True,
    overwrite: bool = False,
) -> Dataset:
    """Assign each sample to ``train``, ``validation`` or ``test``.

    Parameters
    ----------
    train, validation, test : percent (which add up to 100), or numbers of images, see `unit`. Samples beyond
        the numbers stay without a split.
    unit : ``percent`` or ``count``.
    by : ``class`` keeps the shares of the labels equal in the splits (also of several labels per image);
        ``group`` does so as far as the groups allow, and insists on a `group`.
    group : what must not be torn apart: the name of an attribute of the samples (``lot``), or a regular
        expression with one capture group that is searched in their names (``lot(\\d+)``).
    seed : the same seed deals the same way on every machine.
    anomaly : True keeps defective images out of training: they are dealt to validation and test, in the
        ratio of these two.
    good : labels of flawless images, for `anomaly`; when empty, known words count (``good``, ``ok`` ...). An
        image without annotations is flawless.
    keep_near_duplicates_together : reads all images to find near-duplicates; False trusts the data.
    overwrite : False keeps the splits that samples already have, and deals out the others only.

    Returns
    -------
    The data set with splits; its notes tell what could not be had as wished.

    Raises
    ------
    SettingsError : percentages or numbers that cannot be, or `group` missing or not understood.
    DataError : nothing to split, more images wanted than there are, a name that the pattern does not match,
        too few groups, or defective images with nowhere to go.
    """
    shares = _checked_shares(train, validation, test, unit)
    if by not in ("class", "group"):
        raise SettingsError("unknown way to split", where="by", got=by, allowed=("class", "group"))
    if by == "group" and group is None:
        raise SettingsError("splitting by group needs to know the group", where="group", remedy=_GROUP_REMEDY)
    samples = list(dataset.samples)
    if not samples:
        raise DataError("there is nothing to split: the data set has no images", where=dataset.root)
    free = [overwrite or sample.split is None for sample in samples]
    if not any(free):
        note = "Every image already had a split, so nothing was dealt out (overwrite=True deals anew)."
        return replace(dataset, notes=(*dataset.notes, note))
    groups = [] if group is None else [sample_groups(samples, group)]
    if keep_near_duplicates_together:
        groups.append(near_duplicate_groups(samples))
    flawed = [anomaly and is_defective(sample, good) for sample in samples]
    dealt = [bad for bad, is_free in zip(flawed, free, strict=True) if is_free]
    targets = _targets(shares, unit, dealt.count(False), dealt.count(True))
    units = Units.of(
        [_labels(sample) for sample in samples],
        groups,
        fixed=[None if take else SPLITS.index(str(s.split)) for s, take in zip(samples, free, strict=True)],
        flawed=flawed,
    )
    wanted = int(np.count_nonzero(targets.sum(axis=0)[:NOWHERE]))
    if group is not None and len(units.members) < wanted <= len(dealt):
        raise DataError(
            f"{len(units.members)} groups cannot fill {wanted} splits without tearing one apart",
            where=f"group {group!r}",
            remedy="set one of the shares to 0, or choose a finer group",
        )
    homes = deal(units, targets, np.random.default_rng(seed), teach=train > 0)
    for members, split in zip(units.members, homes, strict=True):
        for index in members:
            samples[index] = samples[index].with_split(None if split == NOWHERE else SPLITS[split])
    notes = _split_notes(dataset, samples, shares, units)
    return replace(dataset, samples=tuple(samples), notes=(*dataset.notes, *notes))


def take_validation(
    samples: Iterable[Sample],
    percent: float,
    seed: int,
    *,
    group: str | None = None,
    keep_near_duplicates_together: bool = True,
) -> tuple[list[Sample], list[Sample]]:
    """Set a part of the training samples aside for validation.

    Stratified by label (also several per image); near-duplicates and groups stay together; each class keeps
    at least one training sample, so a class of one sample stays in training. With two samples or more and
    ``percent > 0`` at least one goes to validation where these rules allow it.

    Where nothing tells groups, samples whose names follow one another go together too, of each class one run of
    names: they are often of one part, lot or scene, and a model looks better than it is on what it nearly knows. Names
    follow one another from their first letter on, or by their last number (``light1_part017``, ``light2_part017``):
    whichever puts images side by side that look more alike.

    Parameters
    ----------
    samples : training samples.
    percent : share for validation, 0 <= percent < 100.
    seed : the same seed takes the same samples on every machine.
    group : as in `split_dataset`.
    keep_near_duplicates_together : reads all images to find near-duplicates; False trusts the data.

    Returns
    -------
    (training, validation), each in the given order, with their `split` set.

    Raises
    ------
    SettingsError : an impossible share, or `group` not understood.
    DataError : a name that the pattern does not match, or an attribute that is missing.
    """
    given = list(samples)
    if not (math.isfinite(percent) and 0 <= percent < 100):
        raise SettingsError(
            "this share cannot be set aside for validation",
            where="percent",
            got=percent,
            allowed="0 to below 100 %",
        )
    groups = [] if group is None or not given else [sample_groups(given, group)]
    if percent == 0 or len(given) < 2:
        return [sample.with_split("train") for sample in given], []
    known: Sequence[Fingerprint | None] = [None] * len(given)
    alike = list(range(len(given)))
    if keep_near_duplicates_together:
        known = fingerprints(given)
        alike = near_duplicate_groups(given, known=known)
        groups.append(alike)
    rng = np.random.default_rng(seed)
    if group is None:
        groups.append(_runs(given, percent, alike, known, rng))
    units = Units.of([_labels(sample) for sample in given], groups)
    held = max(1, round(len(given) * percent / 100))
    targets = np.zeros((2, NOWHERE + 1))
    targets[0, :2] = len(given) - held, held
    splits = [TRAIN] * len(given)
    homes = deal(units, targets, rng)
    for members, split in zip(units.members, homes, strict=True):
        for index in members:
            splits[index] = split
    parted = [sample.with_split(SPLITS[split]) for sample, split in zip(given, splits, strict=True)]
    return [s for s in parted if s.split == "train"], [s for s in parted if s.split == "validation"]


def _runs(
    samples: Sequence[Sample],
    percent: float,
    alike: Sequence[int],
    known: Sequence[Fingerprint | None],
    rng: np.random.Generator,
) -> list[int]:
    """A number per sample: samples of the same labels whose names follow one another share it, as many as validation
    takes of these labels. What is `alike` goes with the first of it.
    """
    strata: dict[frozenset[str], list[int]] = {}
    for index, sample in enumerate(samples):
        strata.setdefault(_labels(sample), []).append(index)
    orders = [
        [sorted(members, key=lambda index: key(samples[index].name)) for members in strata.values()]
        for key in (_in_order, _by_last_number)
    ]
    runs = list(range(len(samples)))
    for members in max(orders, key=lambda order: _alikeness(order, known)):
        length = max(round(len(members) * percent / 100), 1)
        first = int(rng.integers(length))
        run_of: dict[int, int] = {}
        for place, index in enumerate(members):
            start = max((place + first) // length * length - first, 0)
            runs[index] = run_of.setdefault(alike[index], members[start])
    return runs


def _in_order(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``part 9`` before ``part 10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _by_last_number(name: str) -> tuple[int, list[tuple[int, str]]]:
    """A key that sorts ``light 2, part 9`` before ``light 1, part 10``."""
    numbers = re.findall(r"\d+", name)
    return int(numbers[-1]) if numbers else -1, _in_order(name)


def _alikeness(order: Sequence[Sequence[int]], known: Sequence[Fingerprint | None]) -> float:
    """How much images look like the next ones of their row: the mean correlation of their details."""
    pairs = [(known[one], known[other]) for row in order for one, other in pairwise(row)]
    looks = [float(np.dot(one.detail, other.detail)) for one, other in pairs if one is not None and other is not None]
    return sum(looks) / max(len(looks), 1)


_GROUP_REMEDY = (
    "name an attribute of the samples (such as lot), or a regular expression with one capture group that is"
    " found in their names (such as lot(\\d+))"
)


def sample_groups(samples: Sequence[Sample], group: str) -> list[int]:
    """A group number per sample, from an attribute or from a pattern in the names.

    Parameters
    ----------
    samples : what to group.
    group : name of an attribute that all samples have, or a regular expression with one capture group.

    Raises
    ------
    SettingsError : neither an attribute nor such an expression.
    DataError : a sample lacks the attribute, or its name does not match.
    """
    numbers: dict[Hashable, int] = {}
    if any(group in sample.attributes for sample in samples):
        for sample in samples:
            if not sample.attributes.get(group):
                raise DataError(f"the sample has no attribute {group!r}", where=sample.name, remedy="fill it in")
        return [numbers.setdefault(sample.attributes[group], len(numbers)) for sample in samples]
    known = sorted({name for sample in samples for name in sample.attributes})
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise SettingsError(
            f"the pattern for groups is not a regular expression ({error})",
            where="group",
            got=group,
            remedy=_GROUP_REMEDY,
        ) from error
    if pattern.groups != 1:
        raise SettingsError(
            "the group is neither an attribute of the samples nor a pattern with one capture group",
            where="group",
            got=group,
            allowed=f"attributes: {', '.join(known)}" if known else "the samples have no attributes",
            remedy=_GROUP_REMEDY,
        )
    keys = []
    for sample in samples:
        match = pattern.search(sample.name)
        if match is None or match[1] is None:
            raise DataError(
                "the pattern for groups does not match this name",
                where=sample.name or "a sample without a name",
                got=group,
                remedy="change the pattern so that it finds its group in every name",
            )
        keys.append(match[1])
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _labels(sample: Sample) -> frozenset[str]:
    """What to keep in equal shares: the labels, or that there are none."""
    if not sample.annotated:
        return frozenset({"(not annotated)"})
    return frozenset(item.label for item in sample.annotations) or frozenset({"(nothing)"})


def _checked_shares(train: float, validation: float, test: float, unit: str) -> FloatArray:
    shares = np.array([train, validation, test], np.float64)
    if unit not in ("percent", "count"):
        raise SettingsError("unknown unit of the shares", where="unit", got=unit, allowed=("percent", "count"))
    for name, share in zip(SPLITS, shares.tolist(), strict=True):
        if not math.isfinite(share) or share < 0:
            raise SettingsError("a split cannot have this share", where=name, got=share, allowed=">= 0")
        if unit == "count" and share != round(share):
            raise SettingsError("a number of images must be whole", where=name, got=share)
    if unit == "percent" and abs(shares.sum() - 100) > 0.01:
        raise SettingsError(
            "the percentages of train, validation and test must add up to 100",
            got=f"{train:g} + {validation:g} + {test:g} = {shares.sum():g}",
        )
    if not shares.any():
        raise SettingsError("all three splits would be empty", got="0 + 0 + 0")
    return shares


def _targets(shares: FloatArray, unit: str, flawless: int, flawed: int) -> FloatArray:
    """Whole numbers of flawless and flawed samples wanted in each split and nowhere, ``(2, splits + 1)``."""
    away = shares.copy()
    if flawed:
        away[TRAIN] = 0
        if not away.any():
            raise DataError(
                f"{flawed} defective images have nowhere to go, for training takes flawless images only",
                remedy="give validation or test a share above 0",
            )
    if unit == "percent":
        good, bad = _whole(shares, flawless), _whole(away, flawed)
    else:
        if shares.sum() > flawless + flawed:
            raise DataError(
                "more images are wanted than there are to deal out",
                got=" + ".join(f"{share:g}" for share in shares) + f" = {shares.sum():g}",
                allowed=f"at most {flawless + flawed} in all",
            )
        if shares[TRAIN] > flawless:
            raise DataError(
                "more training images are wanted than there are flawless ones",
                got=f"{shares[TRAIN]:g}",
                allowed=f"at most {flawless}",
            )
        # Defective images get their natural share of what is not training; flawless ones fill the rest.
        elsewhere = flawless + flawed - shares[TRAIN]
        taken = round(float(away.sum() * flawed / elsewhere)) if flawed else 0
        taken = min(max(taken, int(shares.sum()) - flawless), flawed)
        bad = _whole(away, taken)
        good = shares - bad
    targets = np.zeros((2, NOWHERE + 1))
    targets[0, :NOWHERE], targets[1, :NOWHERE] = good, bad
    targets[:, NOWHERE] = [flawless - good.sum(), flawed - bad.sum()]
    return targets


def _whole(shares: FloatArray, total: int) -> FloatArray:
    """Whole numbers in the ratio of the shares that add up to `total`, by largest remainder."""
    if not total:
        return np.zeros(len(shares))
    wanted = shares / shares.sum() * total
    whole = np.floor(wanted + 1e-9)
    for index in np.argsort(whole - wanted, kind="stable")[: total - int(whole.sum())]:
        whole[index] += 1
    return np.asarray(whole, np.float64)


def _split_notes(dataset: Dataset, samples: Sequence[Sample], shares: FloatArray, units: Units) -> list[str]:
    notes = []
    found = Counter(sample.split for sample in samples)
    for name, share in zip(SPLITS, shares.tolist(), strict=True):
        if share and not found[name]:
            notes.append(f"No image went to {name}: there are too few images that may be parted from others.")
    present = {item.label for sample in samples for item in sample.annotations}
    unused = [name for name in dataset.labels if name not in present]
    if unused:
        notes.append(f"No image has the class {', '.join(unused[:5])}: no split can hold it.")
    if any(len(splits) > 1 for splits in units.bound):
        notes.append("Images that belong together were in different splits before; a check names them.")
    return notes
