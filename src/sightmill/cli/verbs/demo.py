"""`sightmill demo`: the whole way on a task that is drawn by code."""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

import sightmill
from sightmill.cli import show
from sightmill.cli.flags import json_option
from sightmill.cli.training_lines import Lines, Silence
from sightmill.cli.verbs.studio import open_studio

__all__ = ["command"]


@click.command()
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    metavar="FOLDER",
    help="Where pictures, models and reports go.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=7,
    show_default=True,
    help="Another seed draws other parts.",
)
@json_option
def command(folder: Path, seed: int, json_file: str | None) -> None:
    """Draw an inspection task, train anomaly detection and classification on it, and write reports.

    The task: turned flanges on a belt; good ones, and some with a dent, scratch, stain or missing piece.
    """
    train = sightmill.train  # torch is loaded here; a sentence says what to install where it is missing
    from sightmill.project import demo

    quiet = json_file == show.STDOUT
    began = time.monotonic()
    with show.bar("drawing parts", quiet=quiet) as progress:
        data = demo.draw(folder, seed=seed, progress=progress)
    lines: Silence = Silence() if quiet else Lines()
    done: list[Any] = []
    with lines:
        lines.remark(f"drawn: {data}")
        for trained in demo.train_and_report(
            folder, train=train, seed=seed, watch=lambda event: lines.take(event.to_dict())
        ):
            done.append(trained)
            lines.remark(f"trained: {trained.model}")
    seconds = time.monotonic() - began
    answer = {
        "data": str(data),
        "seconds": seconds,
        "tasks": [{"model": str(item.model), "page": str(item.page), "report": item.report.to_dict()} for item in done],
    }
    show.write_json(answer, json_file)
    if quiet:
        return
    show.table(
        ("on test images", "images", "metric", "value", "95 % interval"),
        [
            (item.report.method, item.report.images, name, f"{e.value:.4f}", _interval(e))
            for item in done
            for name, e in list(item.report.metrics.items())[:3]
        ],
    )
    show.say(f"\nReady after {show.length_of(seconds)}. Look at:")
    for path in (data, *(item.page for item in done)):
        show.say(f"  {path}")
    show.say("\nWhat to type next:")
    first, second, typed = done[0].model, done[1].model, show.program_name()
    show.say(f"  {typed} predict {first} {data / 'test'} --save-images {folder / 'answers'}")
    show.say(f"  {typed} verify {first}")
    show.say(f"  {typed} evaluate {second} {data} --json {folder / 'report.json'}")
    show.say(f"  {typed} data check YOUR_DATA")
    project, method = folder / "studio", done[0].report.method
    show.say("\nThe same in a browser, to look around, label, train and judge:")
    show.say(f"  {typed} studio {project} --method {method} --data {data} --model {first}")
    if sys.stdin.isatty() and sys.stdout.isatty() and find_spec("fastapi") is not None:
        show.say()
        if click.confirm("Open it now?", default=True):
            open_studio(project, method=method, data=data, model=first)


def _interval(estimate: Any) -> str:
    return "" if estimate.low is None else f"{estimate.low:.4f} to {estimate.high:.4f}"
