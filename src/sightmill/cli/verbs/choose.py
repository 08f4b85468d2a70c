"""`sightmill choose`: three questions, and the method that fits the task."""

from __future__ import annotations

import sys

import click

from sightmill.cli import show
from sightmill.cli.flags import json_option
from sightmill.errors import SettingsError

__all__ = ["command"]


@click.command()
@click.argument("answers", nargs=-1, metavar="[ANSWER...]")
@json_option
def command(answers: tuple[str, ...], json_file: str | None) -> None:
    """Ask what the task is, and name the method for it.

    Answers that are known already can be given: sightmill choose things position. Nothing is asked then that they
    answer; without a terminal, and with --json, the next question is printed with its answers.
    """
    from sightmill.methods.catalogue import methods
    from sightmill.methods.choosing import Advice, advised

    given = list(answers)
    here = advised(given)
    asks = json_file is None and sys.stdin.isatty()
    while not isinstance(here, Advice) and asks:
        show.say(here.words, style="bold")
        for number, answer in enumerate(here.answers, start=1):
            show.say(f"  {number}  {answer.words} ({answer.key})")
        said = click.prompt("Answer", prompt_suffix=": ").strip()
        if said.isdigit() and 0 < int(said) <= len(here.answers):
            said = here.answers[int(said) - 1].key
        try:
            here = here.answered(said)
        except SettingsError as wrong:
            show.error(str(wrong))
            continue
        given.append(said)
    if not isinstance(here, Advice):
        facts = {
            "answers": given,
            "question": here.words,
            "choices": [{"answer": answer.key, "words": answer.words} for answer in here.answers],
        }
        show.write_json(facts, json_file)
        if json_file != show.STDOUT:
            show.say(here.words)
            show.table(("answer", "meaning"), [(answer.key, answer.words) for answer in here.answers])
            show.say(f"Go on with: {show.program_name()} choose {' '.join([*given, here.answers[0].key])}")
        return
    there = methods()
    known = there.get(here.method)
    instead = [{"when": case, "method": method} for case, method in here.instead]
    advice = {"answers": given, "method": here.method, "installed": known is not None, "because": here.because}
    show.write_json({**advice, "learns_from": known.learns_from if known else None, "instead": instead}, json_file)
    if json_file == show.STDOUT:
        return
    show.say(here.method, style="bold")
    show.say(here.because)
    for case, method in here.instead:
        show.say(f"If {case}: {method}.")
    if known is None:
        show.say(f"{here.method} is not installed here.", style="yellow")
    else:
        show.say(f"Next: {show.program_name()} suggest {here.method} DATA")
