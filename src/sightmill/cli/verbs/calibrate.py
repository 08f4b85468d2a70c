"""`sightmill calibrate`: fit a model's thresholds and confidences to the runtime that will serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sightmill.cli import show
from sightmill.cli.flags import (
    assignments,
    format_option,
    images_option,
    json_option,
    load_model,
    runtime_options,
    set_option,
)
from sightmill.data.sample import SPLITS
from sightmill.errors import DataError

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The calibrated model; may be MODEL itself.",
)
@click.option(
    "--split",
    type=click.Choice([*SPLITS, "all"]),
    help="Which images.  [default: the model's own validation images, else the validation split]",
)
@click.option(
    "--fit",
    "wishes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Fit to another wish than the training's, such as false_reject_target=2 or threshold_rule=max_good. "
    "May be given several times.",
)
@set_option
@format_option
@images_option
@runtime_options
@json_option
def command(
    model: Path,
    data: Path,
    output: Path,
    split: str | None,
    wishes: tuple[str, ...],
    changes: tuple[str, ...],
    format: str | None,
    images: Path | None,
    json_file: str | None,
    **runtime: Any,
) -> None:
    """Fit the thresholds and confidences of MODEL to held-out images of DATA.

    This is done with the engine and precision that are named here: those that will
    serve. The network stays as it is. Images that the model was trained on are left out.
    """
    from sightmill.data.formats import load
    from sightmill.project.calibrate import calibrate, save

    if output.is_dir():
        raise DataError("the output is a folder", got=str(output), remedy="name a file, such as model.sightmill")
    loaded = load_model(model, runtime)
    method = loaded.method
    inference = assignments(changes, method.Inference)
    if inference:
        loaded = loaded.with_inference(**inference)
    dataset = load(data, format=format, learns_from=method.learns_from, images=images)
    with show.bar("calibrating", quiet=json_file == show.STDOUT) as progress:
        found = calibrate(loaded, dataset, split=split, fit=assignments(wishes, method.Training), progress=progress)
    save(found.model, output)
    show.write_json(
        {
            "model": str(model),
            "path": str(output),
            "method": method.id,
            "runtime": loaded.facts.to_dict(),
            "images": found.images,
            "inference": found.model.inference.model_dump(mode="json"),
            "calibration": found.facts,
            "notes": list(found.notes),
        },
        json_file,
    )
    if json_file != show.STDOUT:
        for sentence in found.notes:
            show.say(sentence)
        show.say(f"written: {output}")
