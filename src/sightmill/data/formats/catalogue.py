"""Which formats there are, which one fits a folder, and loading and saving through them."""

from __future__ import annotations

import importlib
import os
import pkgutil
from dataclasses import replace
from functools import cache
from pathlib import Path

from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import images_below, is_litter
from sightmill.data.formats.format import FOLDER_NAMES, FOUND_IN, Claim, Format
from sightmill.data.formats.groups import attach_groups
from sightmill.data.formats.overlap import without_overlap
from sightmill.data.formats.roi import attach_roi
from sightmill.errors import FormatError

__all__ = ["formats", "load", "save"]

_FOLDERS_OF_ANNOTATIONS = frozenset({"annotations", "labels", "ground_truth", "gt"})


@cache
def formats() -> dict[str, Format]:
    """All formats by id, sorted: the modules beside this file that name one in ``FORMAT``."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        format = getattr(importlib.import_module(f"{__package__}.{module.name}"), "FORMAT", None)
        if isinstance(format, Format):
            found[format.id] = format
    return dict(sorted(found.items()))


def load(
    path: str | Path,
    *,
    format: str | None = None,
    learns_from: str | None = None,
    images: str | Path | None = None,
) -> Dataset:
    """Read a data folder or an annotation file; the format is found when none is named.

    When several formats fit, those that carry `learns_from` come first, then the one whose claim is
    strongest: an annotation file beats the names of folders, which beat the names of files. What else is
    found beside the data is attached whatever the format: ``groups.csv`` (attributes of the images) and the
    folder ``roi`` (regions of interest).

    Parameters
    ----------
    path : a folder, or an annotation file. Names of samples are relative to the folder; to the one above
        it when the file lies in a folder that is called ``annotations`` or ``labels``.
    format : id of a format, see `formats`.
    learns_from : what is wanted of the data, a word of `sightmill.data.formats.format.CARRIED`.
    images : folder of the images that the annotations name; None = beside them.

    Raises
    ------
    FormatError : nothing is there, nothing fits, or what fits is damaged.
    """
    place = Path(path)
    if not place.exists():
        raise FormatError("there is no such folder or file", got=str(place))
    folder = None if images is None else Path(images)
    if folder is not None and not folder.is_dir():
        raise FormatError("there is no such folder of images", got=str(folder))
    chosen, claim, others, rest = _choose(place, format, learns_from)
    root = _root_of(place)
    whole = _read(chosen, claim, place, root, folder)
    if format is None and all(sample.split is None for sample in whole):
        whole = _with_splits_of_others(whole, rest, place, root, folder)
    named = replace(whole, root=root, format=chosen.id, notes=(*whole.notes, *others))
    return attach_roi(attach_groups(named, root, folder), root)


def _read(chosen: Format, claim: Claim | None, place: Path, root: Path, folder: Path | None) -> Dataset:
    parts = []
    for source in claim.sources if claim and claim.sources else (place,):
        finder = ImageFinder(source if source.is_dir() else source.parent, root, folder)
        parts.append(chosen.read(source, finder))
    return _joined(parts)


def _with_splits_of_others(
    whole: Dataset, rest: list[tuple[Format, Claim]], place: Path, root: Path, folder: Path | None
) -> Dataset:
    """The splits that another annotation of the same images names, where the one that is read names none."""
    for other, said in rest:
        if said.strength < FOLDER_NAMES:
            continue
        try:
            named = {sample.name: sample.split for sample in _read(other, said, place, root, folder)}
        except FormatError:
            continue
        if all(named.get(sample.name) for sample in whole):
            note = f"the splits of the images were taken from {said.why}"
            parted = tuple(sample.with_split(named[sample.name]) for sample in whole)
            return replace(whole, samples=parted, notes=(*whole.notes, note))
    return whole


def save(dataset: Dataset, folder: str | Path, format: str, *, overwrite: bool = False) -> list[str]:
    """Write a data set with its images; answers sentences about what the format could not carry.

    Image files are copied byte for byte; images in memory become PNG, or TIFF when they hold floating point
    numbers.

    Parameters
    ----------
    folder : made when it is not there.
    format : id of a format, see `formats`.
    overwrite : write into a folder that already holds something. Files of the same name are replaced; other
        files stay, and a sentence says so.

    Raises
    ------
    FormatError : the folder holds something and `overwrite` is False, or it holds the very images that are
        to be written, or the format cannot hold the data at all.
    """
    writer = _named(format)
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise FormatError("the place to write to is a file", got=str(target), remedy="name a folder")
    already = target.is_dir() and any(not is_litter(entry.name) for entry in target.iterdir())
    if already and not overwrite:
        raise FormatError(
            "the folder to write to is not empty",
            where=target,
            remedy="name a new folder, or allow writing into this one (overwrite=True)",
        )
    if not len(dataset):
        raise FormatError("there are no samples to write", where=target)
    _refuse_own_images(dataset, target)
    target.mkdir(parents=True, exist_ok=True)
    notes = writer.write(dataset, target)
    if already:
        notes.append("the folder was not empty: files of other names were left in it and may be read along")
    return notes


def _refuse_own_images(dataset: Dataset, target: Path) -> None:
    true_target = os.path.realpath(target)
    for sample in dataset:
        if isinstance(sample.image, Path) and Path(os.path.realpath(sample.image)).is_relative_to(true_target):
            raise FormatError(
                "the folder to write to holds the images that are to be written",
                where=target,
                got=sample.name,
                remedy="name another folder",
            )


def _named(format: str) -> Format:
    try:
        return formats()[format]
    except KeyError:
        raise FormatError("there is no such data format", got=format, allowed=list(formats())) from None


def _choose(
    place: Path, format: str | None, learns_from: str | None
) -> tuple[Format, Claim | None, tuple[str, ...], list[tuple[Format, Claim]]]:
    """The format to read with, its claim, sentences about what else would have fitted, and all other claims."""
    asked = list(formats().values()) if format is None else [_named(format)]
    claims: list[tuple[Format, Claim]] = []
    damaged: list[FormatError] = []
    for candidate in asked:
        try:
            claims.extend((candidate, claim) for claim in candidate.claims(place))
        except FormatError as error:
            damaged.append(error)
    fitting = [pair for pair in claims if learns_from is None or learns_from in pair[1].carries]
    if not fitting:
        fitting = [pair for pair in claims if not pair[1].carries.isdisjoint(FOUND_IN.get(learns_from or "", ()))]
    if not fitting and format is not None:
        fitting = claims
    if not fitting:
        if format is not None:
            return asked[0], None, (), []
        if damaged:
            raise damaged[0]
        raise _nothing_fits(place, learns_from, claims)
    fitting.sort(key=lambda pair: (-pair[1].strength, -len(pair[1].carries), pair[0].id))
    chosen, claim = fitting[0]
    rivals = [
        (other, said)
        for other, said in fitting[1:]
        if said.strength == claim.strength and (other is not chosen or said.sources != claim.sources)
    ]
    notes = (
        *(_rival(chosen, claim, *rival) for rival in rivals),
        *(f"not read: {error}" for error in damaged),
    )
    return chosen, claim, notes, [pair for pair in claims if pair != (chosen, claim)]


def _rival(chosen: Format, claim: Claim, other: Format, said: Claim) -> str:
    how = f'format="{other.id}" reads it' if other is not chosen else "give its path to read it"
    return f"read because of {claim.why}; {said.why} would have fitted as well ({how})"


def _nothing_fits(place: Path, learns_from: str | None, claims: list[tuple[Format, Claim]]) -> FormatError:
    if claims:
        return FormatError(
            "nothing here carries what is to be learnt from",
            where=place,
            got=f"'{learns_from}' wanted, but there is "
            + "; ".join(
                f"{', '.join(sorted(claim.carries))} ({candidate.id}: {claim.why})" for candidate, claim in claims
            ),
            remedy="choose a method that learns from what is there, or annotate the images for this one",
        )
    if place.is_file():
        return FormatError(
            "no format understands this file",
            where=place,
            allowed="an annotation file (.csv, .tsv, .json, .xml, .yaml), or a folder",
        )
    count = len(images_below(place))
    return FormatError(
        "no data was found here",
        where=place,
        got=f"{count} images, and no annotations that are understood" if count else "no images",
        allowed="; ".join(f"{candidate.title} ({candidate.id})" for candidate in formats().values()),
        remedy="name one of these (format=...) to be told what it misses",
    )


def _root_of(place: Path) -> Path:
    if place.is_dir():
        return place
    return place.parent.parent if place.parent.name.casefold() in _FOLDERS_OF_ANNOTATIONS else place.parent


def _joined(parts: list[Dataset]) -> Dataset:
    if len(parts) == 1:
        return parts[0]
    labels = dict.fromkeys(label for part in parts for label in part.labels)
    orders = {part.labels for part in parts}
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    samples = without_overlap((sample for part in parts for sample in part), notes)
    return replace(
        parts[0],
        samples=samples,
        labels=tuple(labels) if len(orders) == 1 else tuple(sorted(labels)),
        notes=tuple(notes),
    )
