"""What is wrong, or doubtful, with a data set: found before training, said in sentences with a remedy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from sightmill.data.dataset import Dataset
from sightmill.data.duplicates import exact_groups, grouped
from sightmill.data.findings import Finding
from sightmill.data.fit import region_findings
from sightmill.data.good import is_defective
from sightmill.data.sample import Sample
from sightmill.data.survey import DataSummary, Look, look_at, summarise

__all__ = ["check_dataset", "examine_dataset"]

_LEVELS = ("error", "warning", "info")
_IMBALANCE = 10.0
_USABLE = {
    "class": ("whole",),
    "multi_label": ("whole", "box", "rotated_box", "polygon", "mask", "point"),
    "box": ("box", "rotated_box", "polygon", "mask"),
    "rotated_box": ("rotated_box", "polygon", "mask", "box"),
    "polygon": ("polygon", "mask"),
    "mask": ("mask", "polygon"),
    "edge": ("polyline", "mask", "polygon"),
    "point": ("point", "box", "rotated_box", "polygon", "mask"),
}


def check_dataset(
    dataset: Dataset,
    *,
    longer_side: int = 0,
    learns_from: str | None = None,
    good: Collection[str] = (),
) -> list[Finding]:
    """What is wrong, or doubtful, with a data set: the findings of `examine_dataset`."""
    found = examine_dataset(dataset, longer_side=longer_side, learns_from=learns_from, good=good)
    return list(found.findings)


def examine_dataset(
    dataset: Dataset,
    *,
    longer_side: int = 0,
    learns_from: str | None = None,
    good: Collection[str] = (),
) -> DataSummary:
    """Look at every image and annotation once, and tell what is there and what is wrong with it.

    Images that cannot be read, exact and near duplicates (above all across splits), equal images with unequal
    labels, regions that do not fit their images, objects too small to be learnt, classes that are empty or
    rare, and mixtures of image kinds.

    Parameters
    ----------
    dataset : what to look at; a bad image is a finding, not an exception.
    longer_side : pixels that the longer image side is scaled to before training; 0 = images stay as they are.
    learns_from : what is to be learnt (``class``, ``anomaly``, ``box`` ...): adds what only matters there.
    good : labels of flawless images, for ``anomaly``; when empty, known words count (``good``, ``ok`` ...).
    """
    samples = dataset.samples
    looks = look_at(samples)
    marks = [look.mark for look in looks]
    same = _groups(exact_groups(marks))
    near_numbers, alike = grouped(marks)
    near = _groups(near_numbers)
    sides: list[float] = []
    found = [
        *_of_images(dataset, looks),
        *_of_copies(samples, looks, same, near, alike),
        *region_findings(samples, [look.info for look in looks], longer_side, sides),
        *_of_classes(dataset, learns_from),
        *_of_purpose(samples, learns_from, good),
    ]
    found.sort(key=lambda finding: _LEVELS.index(finding.level))
    return summarise(dataset, looks, sides=sides, duplicates=same, near_duplicates=near, findings=found)


def _of_images(dataset: Dataset, looks: Sequence[Look]) -> Iterator[Finding]:
    samples = dataset.samples
    if not samples:
        yield Finding("error", "no_images", "There are no images.", "Check the folder and the format.")
        return
    for sample, look in zip(samples, looks, strict=True):
        if look.error is not None:
            remedy = look.error.remedy or "replace the file or take it out of the data"
            yield Finding("error", "unreadable_image", _without_remedy(look), _sentence(remedy), (sample.name,))
    counts = Counter(sample.name for sample in samples)
    twice = tuple(name for name, count in counts.items() if count > 1)
    if twice:
        yield Finding(
            "warning",
            "same_name",
            f"{_images(twice)} listed more than once.",
            "Take the repeated entries out, or give each image a name of its own.",
            twice,
        )
    notes: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, dict[str, list[str]]] = {"channels": defaultdict(list), "depth": defaultdict(list)}
    for sample, look in zip(samples, looks, strict=True):
        if look.info is not None:
            kinds["channels"]["gray" if look.info.channels == 1 else "colour"].append(sample.name)
            kinds["depth"][look.info.dtype].append(sample.name)
            for note in look.info.notes:
                notes[note].append(sample.name)
    for note, names in notes.items():
        yield Finding(
            "info",
            "image_note",
            f"In {len(names)} of {len(samples)} images {note}.",
            "Nothing, if this is meant; otherwise export the images again.",
            tuple(names),
        )
    for code, level, found in (
        ("mixed_channels", "info", kinds["channels"]),
        ("mixed_bit_depths", "warning", kinds["depth"]),
    ):
        if len(found) > 1:
            fewest = min(found, key=lambda kind: len(found[kind]))
            words = ", ".join(f"{len(names)} {kind}" for kind, names in sorted(found.items()))
            yield Finding(
                level,
                code,
                f"The images are of different kinds: {words}.",
                "Bring all images to one kind, the one that the camera in production will deliver.",
                tuple(found[fewest]),
            )
    blank = tuple(sample.name for sample, look in zip(samples, looks, strict=True) if look.blank)
    if blank:
        yield Finding(
            "info",
            "blank_image",
            f"{_images(blank)} of one single value everywhere.",
            "Check whether the camera delivered a picture; take empty ones out of the data.",
            blank,
        )


def _of_copies(
    samples: Sequence[Sample],
    looks: Sequence[Look],
    same: Sequence[Sequence[int]],
    near: Sequence[Sequence[int]],
    alike: Sequence[int],
) -> Iterator[Finding]:
    for group in same:
        names = _names(samples, group)
        annotated = [samples[index] for index in group if samples[index].annotated]
        said = {tuple(sorted(Counter(item.label for item in one.annotations).items())) for one in annotated}
        if len(said) > 1:
            labels = sorted({label for counts in said for label, _ in counts} or {"nothing"})
            yield Finding(
                "warning",
                "contradictory_labels",
                f"The same picture is annotated in different ways ({', '.join(labels)}).",
                "Decide which annotation is right, and take the other copies out.",
                names,
            )
    exact_of = {index: number for number, group in enumerate(same) for index in group}
    for what, groups in (("", same), ("near_", near)):
        words = "nearly the same picture" if what else "exactly the same picture"
        within: list[list[int]] = []
        for group in groups:
            if what and len({exact_of.get(index, -1 - index) for index in group}) < 2:
                continue  # told already: they are exact copies of one another
            if all(looks[index].blank for index in group):
                continue
            splits = sorted({samples[index].split or "no split" for index in group})
            if len(splits) == 1 or set(splits) == {"train", "no split"}:
                within.append(list(group))
                continue
            yield Finding(
                "warning",
                f"{what}duplicates_across_splits",
                f"{len(group)} images are {words} and lie in {' and '.join(splits)}.",
                "Keep them in one split (split the data again), or evaluation looks better than it is.",
                _names(samples, group),
            )
        if within:
            count = sum(map(len, within))
            yield Finding(
                "info",
                f"{what}duplicates",
                f"{count} images are {words} as another one of the same split, in {len(within)} groups.",
                "Keep one of each group, unless the repetition is meant.",
                _names(samples, (index for group in within for index in group)),
            )
    for group in near:
        classes = sorted({label for index in group for label in samples[index].labels[:1]})
        if len(classes) > 1 and len({exact_of.get(index, -1 - index) for index in group}) > 1:
            yield Finding(
                "info",
                "near_duplicates_differ",
                f"Images that look nearly the same have different labels ({', '.join(classes)}).",
                "Check their labels.",
                _names(samples, group),
            )
    if alike:
        yield Finding(
            "info",
            "look_alike",
            f"{len(alike)} images look nearly the same throughout, as under a fixed camera: near-duplicates"
            " cannot be told from other images, and only exact copies are kept in one split.",
            "If several images show the same part, split by group (part, lot or time).",
            _names(samples, alike),
        )


def _of_classes(dataset: Dataset, learns_from: str | None) -> Iterator[Finding]:
    samples = dataset.samples
    unknown = tuple(sample.name for sample in samples if not sample.annotated)
    if unknown:
        yield Finding(
            "info",
            "not_annotated",
            f"Nothing is known of {len(unknown)} of {len(samples)} images.",
            "Label them, or leave them: training passes over them.",
            unknown,
        )
    if samples and all(sample.split is None for sample in samples):
        yield Finding(
            "info",
            "no_splits",
            "The data says nothing about training, validation and test.",
            "Split it (sightmill data split), so that the test images are never learnt from.",
        )
    learnt = [sample for sample in samples if sample.split in ("train", None)]
    images = Counter(label for sample in learnt for label in {item.label for item in sample.annotations})
    everywhere = {item.label for sample in samples for item in sample.annotations}
    for label in dict.fromkeys((*dataset.labels, *sorted(everywhere))):
        if not images[label] and not (learns_from == "anomaly" and label in everywhere):
            where = "no training image has it" if label in everywhere else "no image has it"
            yield Finding(
                "warning",
                "empty_class",
                f"The class {label!r} is empty: {where}.",
                "Add images of it, or take the class out of the list.",
            )
    filled = [count for label in dataset.labels if (count := images[label])]
    if learns_from != "anomaly" and len(filled) > 1 and max(filled) > _IMBALANCE * min(filled):
        rarest = min((label for label in dataset.labels if images[label]), key=lambda label: images[label])
        most = max(dataset.labels, key=lambda label: images[label])
        yield Finding(
            "warning",
            "class_imbalance",
            f"The classes are unevenly filled: {images[most]} training images have {most!r},"
            f" {images[rarest]} have {rarest!r}.",
            f"Add images of {rarest!r}, or let training weight the classes.",
        )


def _of_purpose(samples: Sequence[Sample], learns_from: str | None, good: Collection[str]) -> Iterator[Finding]:
    annotations = [item for sample in samples for item in sample.annotations]
    usable = _USABLE.get(learns_from or "", ())
    if usable and samples and not any(item.region.kind in usable for item in annotations):
        yield Finding(
            "error",
            "nothing_to_learn",
            f"No annotation can be learnt from as {learns_from}.",
            f"Label the images with: {', '.join(usable)}; or name the format of the data.",
        )
    if learns_from == "text" and samples and not any(item.text for item in annotations):
        yield Finding("error", "nothing_to_learn", "No annotation has a text.", "Label the images with texts.")
    if learns_from == "class":
        several = tuple(sample.name for sample in samples if len(set(sample.labels)) > 1)
        if several:
            yield Finding(
                "warning",
                "several_labels",
                f"{len(several)} images have several labels, and one class per image is to be learnt.",
                "Keep one label per image, or use multi-label classification.",
                several,
            )
    if learns_from == "anomaly":
        taught = tuple(s.name for s in samples if s.split == "train" and is_defective(s, good))
        if taught:
            yield Finding(
                "warning",
                "defective_in_training",
                f"{len(taught)} training images are labelled as defective.",
                "Move them to the test split: anomaly detection learns from flawless images only.",
                taught,
            )
        if not any(s.split in ("train", None) and not is_defective(s, good) for s in samples):
            yield Finding(
                "error",
                "nothing_to_learn",
                f"No training image is flawless ({', '.join(sorted(good)) or 'good, ok, normal ...'}).",
                "Add flawless images, or name the label that they have.",
            )


def _groups(numbers: Sequence[int]) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for index, number in enumerate(numbers):
        found[number].append(index)
    return [group for group in found.values() if len(group) > 1]


def _names(samples: Sequence[Sample], indices: Iterable[int]) -> tuple[str, ...]:
    return tuple(samples[index].name for index in indices)


def _images(names: Sequence[str]) -> str:
    return "1 image is" if len(names) == 1 else f"{len(names)} images are"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _without_remedy(look: Look) -> str:
    error = look.error
    return "" if error is None else _sentence(f"{error.what}; got {error.got}" if error.got else error.what)
