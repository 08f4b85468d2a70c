"""`sightmill evaluate`: how good a model is, with confidence intervals, as a table, JSON and an HTML page."""

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
from sightmill.evaluation.report import Report

__all__ = ["command", "tell"]

_SHOWN = 10


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--split",
    type=click.Choice([*reversed(SPLITS), "all"]),
    default="test",
    show_default=True,
    help="Which images: those kept apart for testing, or others.",
)
@click.option(
    "--unknown",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Images of what the model was not trained on: measures how well it notices that (ood_auroc, ood_fpr95).",
)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the report as one HTML page.")
@format_option
@images_option
@set_option
@runtime_options
@json_option
def command(
    model: Path,
    data: Path,
    split: str,
    unknown: Path | None,
    html: Path | None,
    format: str | None,
    images: Path | None,
    changes: tuple[str, ...],
    json_file: str | None,
    **runtime: Any,
) -> None:
    """Measure MODEL on the images of DATA that it has not learnt from.

    Figures come with 95 % confidence intervals. Evaluating on training images is possible and said so.
    """
    from sightmill.data.formats import load
    from sightmill.project.evaluate import evaluated
    from sightmill.project.predict import samples_of

    loaded = load_model(model, runtime)
    inference = assignments(changes, loaded.method.Inference)
    dataset = load(data, format=format, learns_from=loaded.method.learns_from, images=images)
    foreign = samples_of([unknown]) if unknown else []
    with show.bar("evaluating", quiet=json_file == show.STDOUT) as progress:
        evaluation = evaluated(
            loaded, dataset, split=split, inference=inference or None, unknown=foreign, progress=progress
        )
    report = evaluation.report
    show.write_json({"model": str(model), "data": str(data), **report.to_dict()}, json_file)
    if html:
        from sightmill.project.page import write_page

        write_page(html, loaded, evaluation)
    if json_file == show.STDOUT:
        return
    tell(report)
    for name in (json_file, html):
        if name:
            show.say(f"written: {name}")


def tell(report: Report) -> None:
    """The figures and the worst images, on stdout."""
    for sentence in report.notes:
        show.say(sentence, style="yellow")
    show.say(f"{report.method} on {report.images} {report.split} images")
    show.table(
        ("", "value", "95 % interval"),
        [
            (
                name,
                f"{e.value:.4f}",
                "" if e.low is None or e.high is None else f"{e.low:.4f} to {e.high:.4f}",
            )
            for name, e in report.metrics.items()
        ],
    )
    wrong = [sample for sample in report.samples if sample["wrong"]]
    show.say(f"{len(wrong)} of {report.images} images are answered wrongly" + (", the worst first:" if wrong else "."))
    if wrong:
        rows = [(s["name"], s["truth"], s["answer"], s["score"]) for s in wrong[:_SHOWN]]
        show.table(("image", "truth", "answer", "score"), rows)
