"""`sightmill data`: look at data, divide it, and write it in another format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click

from sightmill.cli import show
from sightmill.cli.flags import format_option, images_option, json_option
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load
from sightmill.data.formats.format import CARRIED

__all__ = ["command"]

_learns_from = click.option(
    "--learns-from",
    type=click.Choice(CARRIED),
    help="What is to be learnt from it, when a folder can be read in several ways.",
)
_good = click.option(
    "--good",
    multiple=True,
    metavar="LABEL",
    help="Label of flawless images, for anomaly detection, when it is none of the usual words. May be given "
    "several times.",
)
_SHOWN_SIZES, _SHOWN_FINDINGS = 5, 40
_overwrite = click.option("--overwrite", is_flag=True, help="Write into OUT though it already holds something.")


@click.group()
def command() -> None:
    """Check data, split it, or convert it."""


@command.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--longer-side",
    type=int,
    default=0,
    metavar="PIXELS",
    help="Judge the sizes of objects after scaling the images to this; 0 leaves them.  [default: 0]",
)
@_good
@_learns_from
@format_option
@images_option
@json_option
def check(
    data: Path,
    longer_side: int,
    good: tuple[str, ...],
    learns_from: str | None,
    format: str | None,
    images: Path | None,
    json_file: str | None,
) -> int:
    """Tell what is in DATA, and what is wrong with it.

    DATA is a folder or an annotation file. The exit code is 1 when something keeps it from being used.
    """
    from sightmill.data.check import examine_dataset

    dataset = load(data, format=format, learns_from=learns_from, images=images)
    with show.bar("looking at the images", quiet=json_file == show.STDOUT):
        found = examine_dataset(dataset, longer_side=longer_side, learns_from=learns_from, good=good)
    levels = Counter(finding.level for finding in found.findings)
    show.write_json({**_facts(dataset), "levels": levels, **found.to_dict()}, json_file)
    if json_file != show.STDOUT:
        _tell(dataset)
        sizes = [f"{width} x {height} ({count})" for (width, height), count in found.sizes.items()]
        show.say("sizes: " + ", ".join(sizes[:_SHOWN_SIZES]) + (" ..." if len(sizes) > _SHOWN_SIZES else ""))
        _tell_findings(found.findings)
    return show.SAYS_NO if levels["error"] else show.NORMAL


@command.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--train", default=70.0, show_default=True, metavar="NUMBER", help="Share for training.")
@click.option("--validation", default=15.0, show_default=True, metavar="NUMBER", help="Share for validation.")
@click.option("--test", default=15.0, show_default=True, metavar="NUMBER", help="Share for testing.")
@click.option(
    "--group",
    metavar="NAME|PATTERN",
    help="Keep images of one group in one split: an attribute of the images (lot, camera), or a regular "
    "expression whose first group is taken from the file name.",
)
@click.option("--seed", default=42, show_default=True, metavar="NUMBER", help="Start of the random choice.")
@click.option(
    "--unit",
    type=click.Choice(["percent", "count"]),
    default="percent",
    show_default=True,
    help="What the three numbers are.",
)
@click.option("--anew", is_flag=True, help="Deal out again the images that already have a split.")
@click.option("--to", "to", metavar="FORMAT", help="Format to write.  [default: the one that DATA has]")
@_good
@_learns_from
@format_option
@images_option
@_overwrite
@json_option
def split(
    data: Path,
    out: Path,
    train: float,
    validation: float,
    test: float,
    group: str | None,
    seed: int,
    unit: Literal["percent", "count"],
    anew: bool,
    to: str | None,
    good: tuple[str, ...],
    learns_from: str | None,
    format: str | None,
    images: Path | None,
    overwrite: bool,
    json_file: str | None,
) -> None:
    """Divide DATA into training, validation and test images, and write the result to OUT.

    Every class is divided in the same proportions, and near-duplicates stay together. For anomaly detection
    (--learns-from anomaly) only good images are trained on.
    """
    from sightmill.data.split import split_dataset

    dataset = load(data, format=format, learns_from=learns_from, images=images)
    divided = split_dataset(
        dataset,
        train=train,
        validation=validation,
        test=test,
        by="group" if group else "class",
        group=group,
        seed=seed,
        unit=unit,
        anomaly=learns_from == "anomaly",
        good=good,
        overwrite=anew,
    )
    _write(divided, out, to or dataset.format, overwrite, json_file)


@command.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "to",
    required=True,
    metavar="FORMAT",
    help=f"Format to write: {', '.join(formats())}.",
)
@_learns_from
@format_option
@images_option
@_overwrite
@json_option
def convert(
    data: Path,
    out: Path,
    to: str,
    learns_from: str | None,
    format: str | None,
    images: Path | None,
    overwrite: bool,
    json_file: str | None,
) -> None:
    """Write DATA to the folder OUT in another format, images and all; what is lost is told."""
    dataset = load(data, format=format, learns_from=learns_from, images=images)
    _write(dataset, out, to, overwrite, json_file)


def _write(dataset: Dataset, out: Path, to: str, overwrite: bool, json_file: str | None) -> None:
    from sightmill.data.formats import save

    lost = save(dataset, out, to, overwrite=overwrite)
    show.write_json({**_facts(dataset), "written": str(out), "to": to, "lost": lost}, json_file)
    if json_file != show.STDOUT:
        _tell(dataset)
        for sentence in lost:
            show.say(sentence)
        show.say(f"written to {out} ({formats()[to].title})")


def _facts(dataset: Dataset) -> dict[str, Any]:
    return {
        "data": str(dataset.root),
        "format": dataset.format,
        "images": len(dataset),
        "splits": _splits(dataset),
        "labels": list(dataset.labels),
        "counts": dataset.counts(),
        "notes": list(dataset.notes),
    }


def _splits(dataset: Dataset) -> dict[str, int]:
    return dict(Counter(sample.split or "unassigned" for sample in dataset))


def _tell(dataset: Dataset) -> None:
    kind = formats()[dataset.format].title if dataset.format in formats() else dataset.format
    show.say(f"{dataset.root}: {len(dataset)} images ({kind})")
    splits = _splits(dataset)
    carrying = Counter(
        (sample.split or "unassigned", label)
        for sample in dataset
        for label in {item.label for item in sample.annotations}
    )
    rows = [(label, *(carrying[split, label] for split in splits)) for label in dataset.labels]
    show.table(("images with", *splits), [*rows, ("any", *splits.values())])
    for sentence in dataset.notes:
        show.say(sentence)


def _tell_findings(findings: Sequence[Any]) -> None:
    show.say()
    if not findings:
        show.say("Nothing wrong was found.", style="green")
    styles = {"error": "bold red", "warning": "yellow"}
    for finding in findings[:_SHOWN_FINDINGS]:
        places = ", ".join(finding.where[:3]) + (
            f" and {len(finding.where) - 3} more" if len(finding.where) > 3 else ""
        )
        show.say(f"{finding.level}: {finding.what}", style=styles.get(finding.level, ""))
        show.say(f"    {finding.remedy}" + (f"  ({places})" if places else ""))
    if len(findings) > _SHOWN_FINDINGS:
        show.say(f"and {len(findings) - _SHOWN_FINDINGS} more; --json lists them all")
