"""`sightmill`: the verbs, and how the program ends.

Exit codes: 0 all is well; 1 the work itself says no (data with errors, a model that fails its check, images
that cannot be read); 2 bad usage or bad input, told in one sentence on stderr; 130 interrupted; 70 a fault in
Sightmill.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

import sightmill
from sightmill.cli import show
from sightmill.errors import SightmillError

__all__ = ["program", "run"]

BAD_INPUT, FAULT, BROKEN_PIPE = 2, 70, 141

#: The verbs in the order of the work; each is a module of `sightmill.cli.verbs`, loaded when it is asked for.
VERBS = (
    "methods",
    "choose",
    "suggest",
    "data",
    "train",
    "evaluate",
    "predict",
    "calibrate",
    "verify",
    "devices",
    "demo",
    "studio",
    "serve",
)


class _Verbs(click.Group):
    """The verb table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"sightmill.cli.verbs.{cmd_name}").command
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(sightmill.__version__, prog_name="sightmill", message="%(prog)s %(version)s")
def program() -> None:
    """Deep learning for machine vision: train, evaluate and run inspection models on an ordinary PC.

    \b
    A first tour:
      sightmill demo                                        two small trainings from start to finish
      sightmill data check DATA                             is my data fit to be learnt from?
      sightmill train classification DATA -o model.sightmill
      sightmill evaluate model.sightmill DATA --html report.html
      sightmill predict model.sightmill IMAGES --json results.json

    Exit codes: 0 all is well, 1 the work says no, 2 bad usage or bad input, 130 interrupted.
    """


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point: runs a verb, and turns what can go wrong into a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # file names and labels that the terminal's code page does not have
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _ended(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`sightmill ... | head`): say nothing, and let the flush at exit do nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BROKEN_PIPE
    sys.exit(code)


def _ended(arguments: Sequence[str] | None) -> int:
    try:
        answer = program.main(
            args=None if arguments is None else list(arguments), prog_name="sightmill", standalone_mode=False
        )
        return answer if isinstance(answer, int) else show.NORMAL
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message(), err=True)
        return BAD_INPUT
    except click.UsageError as wrong:
        where = wrong.ctx.command_path if wrong.ctx else "sightmill"
        show.error(f"{_sentence(wrong.format_message())} See: {where} --help")
        return BAD_INPUT
    except click.ClickException as wrong:
        show.error(_sentence(wrong.format_message()))
        return BAD_INPUT
    except SightmillError as wrong:
        show.error(str(wrong))
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        show.error("interrupted.")
        return show.INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as wrong:
        named = f"{wrong.filename}: " if wrong.filename else ""
        show.error(_sentence(f"{named}{(wrong.strerror or str(wrong)).lower()}"))
        return BAD_INPUT
    except MemoryError:
        show.error("there is not enough memory. Use smaller images, a smaller batch, or --downsample 1.")
        return BAD_INPUT
    except Exception as fault:
        if os.environ.get("SIGHTMILL_TRACE"):
            raise
        show.error(
            f"this is a fault in Sightmill, not in your data: {type(fault).__name__}: "
            f"{_sentence(str(fault))} Set SIGHTMILL_TRACE=1 to see where, and please report it."
        )
        return FAULT


def _sentence(words: str) -> str:
    return words if words.endswith((".", "?", "!")) else f"{words}."
