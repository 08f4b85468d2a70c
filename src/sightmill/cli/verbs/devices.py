"""`sightmill devices`: what models can run on here."""

from __future__ import annotations

import click

from sightmill.cli import show
from sightmill.cli.flags import json_option

__all__ = ["command"]


@click.command()
@json_option
def command(json_file: str | None) -> None:
    """List the engines and devices that models can run on, and what is missing for the others."""
    from sightmill.runtime.devices import devices

    found = devices()
    show.write_json({"devices": [device.to_dict() for device in found]}, json_file)
    if json_file != show.STDOUT:
        show.table(
            ("engine", "device", "precisions", "there", "note"),
            [(d.engine, d.name, ", ".join(d.precisions), "yes" if d.available else "no", d.note) for d in found],
        )
