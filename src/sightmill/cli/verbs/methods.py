"""`sightmill methods`: what can be trained."""

from __future__ import annotations

import click

from sightmill.cli import show
from sightmill.cli.flags import json_option

__all__ = ["command"]


@click.command()
@click.argument("method", required=False)
@json_option
def command(method: str | None, json_file: str | None) -> None:
    """List the methods that can be trained; with METHOD, its parameters."""
    from sightmill.methods.catalogue import methods, named
    from sightmill.methods.settings import allowed_values, describe

    chosen = [named(method.replace("-", "_"))] if method else list(methods().values())
    show.write_json(
        {
            "methods": [
                {
                    "id": item.id,
                    "title": item.title,
                    "summary": item.summary,
                    "learns_from": item.learns_from,
                    "answers_with": list(item.answers_with),
                    "training": describe(item.Training),
                    "inference": describe(item.Inference),
                }
                for item in chosen
            ]
        },
        json_file,
    )
    if json_file == show.STDOUT:
        return
    if not method:
        show.table(("method", "learns from", "what it does"), [(i.id, i.learns_from, i.summary) for i in chosen])
        return
    (found,) = chosen
    show.say(f"{found.title}: {found.summary}")
    for title, settings in (("fixed by training", found.Training), ("free afterwards", found.Inference)):
        show.say()
        show.table(
            (title, "default", "allowed", "what it does"),
            [(i["name"], _default(i["default"]), allowed_values(i), i["help"]) for i in describe(settings)],
        )


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value == "" or value == ():
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
