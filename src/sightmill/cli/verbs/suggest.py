"""`sightmill suggest`: settings for a training, from the labels and the time that an image may take."""

from __future__ import annotations

from pathlib import Path

import click

from sightmill.cli import show
from sightmill.cli.flags import format_option, images_option, json_option

__all__ = ["command"]


@click.command()
@click.argument("method", metavar="METHOD")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--budget-ms",
    type=click.FloatRange(min=0, min_open=True),
    metavar="NUMBER",
    help="Time that one image may take on this machine, milliseconds.  [default: no limit]",
)
@format_option
@images_option
@json_option
def command(
    method: str, data: Path, budget_ms: float | None, format: str | None, images: Path | None, json_file: str | None
) -> None:
    """Suggest feature size, tile, image size, depth and downsampling for training METHOD on DATA, with the reasons.

    Sizes come from the labels. Times are measured with untrained networks on this machine.
    """
    from sightmill.data.formats import load
    from sightmill.methods.catalogue import named
    from sightmill.nn.pretrained import pretrained_depths
    from sightmill.project.suggest import USUAL_DEPTHS, suggest
    from sightmill.training.timing import time_network

    chosen = named(method.replace("-", "_"))
    dataset = load(data, format=format, learns_from=chosen.learns_from, images=images)
    depths = pretrained_depths() or USUAL_DEPTHS
    plan = suggest(chosen, dataset, budget_ms=budget_ms, timing=time_network, depths=depths)
    show.write_json(plan.to_dict(), json_file)
    if json_file == show.STDOUT:
        return
    show.table(("setting", "value", "why"), [(item.name, item.value, item.reason) for item in plan.suggestions])
    if plan.timed:
        show.table(
            ("depth", "downsample", "image size", "ms for an image", "small objects, px of the input"),
            [
                (
                    item.network_depth,
                    item.downsample,
                    item.image_size,
                    f"{item.milliseconds:.1f}",
                    item.objects and f"{item.objects:.0f}",
                )
                for item in plan.timed
            ],
        )
    for sentence in plan.notes:
        show.say(sentence, style="yellow")
    show.say(f"Next: {show.program_name()} train {chosen.id} {data} -o model.sightmill {' '.join(plan.flags)}")
