"""`sightmill verify`: does a model file still answer as it did when it was made?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sightmill.cli import show
from sightmill.cli.flags import json_option, load_model, runtime_options

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@runtime_options
@json_option
def command(model: Path, json_file: str | None, **runtime: Any) -> int:
    """Compare a model file with its checksums, and its answers on this machine with those stored inside.

    The exit code is 1 when something differs.
    """
    loaded = load_model(model, runtime)
    found = loaded.verify()
    facts = {
        "model": str(model),
        "method": loaded.method.id,
        "runtime": loaded.facts.to_dict(),
        **found.to_dict(),
    }
    show.write_json(facts, json_file)
    if json_file != show.STDOUT:
        for record, line in zip(found.records, found.lines, strict=True):
            show.say(line, style="" if record.passed else "bold red")
        words = "as it was made" if found.passed else "not as it was made: do not use it"
        show.say(f"{model} is {words}.", style="green" if found.passed else "bold red")
    return show.NORMAL if found.passed else show.SAYS_NO
