"""`sightmill predict`: answers for images, as a table, JSON, CSV and pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sightmill.cli import show
from sightmill.cli.flags import assignments, json_option, load_model, runtime_options, set_option
from sightmill.data.result import Result
from sightmill.data.sample import Sample

if TYPE_CHECKING:
    from sightmill.project.predict import PictureNames
    from sightmill.runtime.model import Model

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="IMAGE_OR_FOLDER...")
@click.option(
    "--save-images",
    "pictures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Draw the answers into copies of the images, and heatmaps where the method has them.",
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a table, a row per image.",
)
@click.option("--roi", metavar='"X Y WIDTH HEIGHT"', help="Look only there: pixels from the top-left corner.")
@set_option
@runtime_options
@json_option
def command(
    model: Path,
    images: tuple[Path, ...],
    pictures: Path | None,
    csv_file: Path | None,
    roi: str | None,
    changes: tuple[str, ...],
    json_file: str | None,
    **runtime: Any,
) -> int:
    """Run MODEL on images; folders are searched to their depths.

    An image that cannot be used gets a sentence on stderr, and the run goes on; the exit code is then 1.
    """
    from sightmill.project.predict import PictureNames, answer_of, region_from_words, samples_of

    if csv_file is not None and csv_file.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise click.BadParameter(f"{str(csv_file)!r} does not end in .csv.", param_hint="--csv")
    region = region_from_words(roi) if roi else None
    loaded = load_model(model, runtime)
    inference = assignments(changes, loaded.method.Inference)
    samples = samples_of(images, roi=region)
    names = PictureNames(pictures, samples) if pictures else None
    results: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    with show.bar("predicting", quiet=json_file == show.STDOUT) as progress:
        answers = loaded.predict_samples(samples, inference=inference or None, errors="yield")
        for done, (sample, answer) in enumerate(answers, start=1):
            if isinstance(answer, Result):
                drawn = _drawn(loaded, sample, answer, names) if names else {}
                results.append({**answer_of(loaded.method, sample, answer), **drawn})
            else:
                errors.append({"image": sample.name, "error": str(answer)})
                show.error(str(answer))
            progress(done, len(samples))
    facts = {"model": str(model), "method": loaded.method.id, "notes": list(loaded.doubts)}
    show.write_json({**facts, "results": results, "errors": errors}, json_file)
    if csv_file is not None:
        show.write_text(csv_file, _csv(results))
    if json_file != show.STDOUT:
        for doubt in loaded.doubts:
            show.say(doubt, style="yellow")
        _tell(results, [str(name) for name in (json_file, csv_file, pictures) if name])
    return show.SAYS_NO if errors else show.NORMAL


def _drawn(model: Model, sample: Sample, result: Result, names: PictureNames) -> dict[str, str]:
    """Write the pictures of one answer; their names, for the JSON."""
    from sightmill.data.image import write_image
    from sightmill.project.predict import drawings

    made: dict[str, str] = {}
    for name, pixels in drawings(model.method, sample.read(), result):
        path = names.of(sample, "" if name == "picture" else f"_{name.removesuffix('_picture')}")
        write_image(path, pixels)
        made[name] = str(path)
    return made


def _csv(results: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for item in results:
        row = {
            "image": item["image"],
            "answer": item["answer"],
            "label": item["label"],
            "class_id": item["class_id"],
            "score": item["score"],
        }
        for part in ("flags", "values", "confidences"):
            row.update({f"{part}.{name}": value for name, value in sorted(item[part].items())})
        row["annotations"] = len(item["annotations"])
        rows.append(row)
    columns = list(dict.fromkeys(name for row in rows for name in row)) or [
        "image",
        "answer",
        "label",
        "class_id",
        "score",
    ]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _tell(results: Sequence[Mapping[str, Any]], written: Sequence[str]) -> None:
    if results:
        flags = list(results[0]["flags"])
        told = [name for name in ("image", "answer", "score") if any(item[name] is not None for item in results)]
        show.table(
            (*told, *(flag.replace("_", " ") for flag in flags)),
            [
                (*(item[name] for name in told), *("yes" if item["flags"].get(flag) else "no" for flag in flags))
                for item in results
            ],
        )
        for item in results:
            for finding in item["findings"]:
                show.say(f"{item['image']}: {finding}")
    for name in written:
        show.say(f"written: {name}")
