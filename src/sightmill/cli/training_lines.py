"""How a training looks on a terminal, in a log file, and as JSON lines. Reads events as plain data."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from sightmill.cli import show

__all__ = ["JsonLines", "Lines", "Silence"]

Event = Mapping[str, Any]


class Silence:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def take(self, event: Event) -> None:
        """Show one event (`sightmill.training.events`, as a dictionary)."""

    def remark(self, words: str) -> None:
        """Show a sentence that is no event."""


class JsonLines(Silence):
    """One JSON line to an event, on stdout, at once; ``at`` is the time, in seconds since 1970."""

    def take(self, event: Event) -> None:
        sys.stdout.write(show.json_text({**event, "at": round(time.time(), 3)}, one_line=True) + "\n")
        sys.stdout.flush()


class Lines(Silence):
    """For people: on stderr, a line for every iteration, and on a terminal a bar with the time left."""

    def __init__(self) -> None:
        self._console = show.output(to_stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[left]}", markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._stage = ""
        self._iterations = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def remark(self, words: str) -> None:
        self._console.print(words, soft_wrap=True)

    def take(self, event: Event) -> None:
        match event["event"]:
            case "started":
                self._started(event)
            case "progress":
                self._move(event["stage"], event["done"], event["total"])
            case "step":
                self._stepped(event)
            case "scored":
                self._scored(event)

    def _started(self, event: Event) -> None:
        self._iterations = int(event["settings"].get("iterations", 0))
        images = ", ".join(f"{count} for {part}" for part, count in event["images"].items())
        facts = [f"{event['threads']} threads" if event["device"] == "cpu" else "", event["precision"]]
        self.remark(f"{event['method']} on {event['device']} ({', '.join(filter(None, facts))}); images: {images}")
        if event["resumed_from"] is not None:
            self.remark(f"going on after iteration {event['resumed_from']}")
        if event["seconds_estimate"] is not None:
            self.remark(f"this will take about {show.length_of(event['seconds_estimate'])}")
        self.remark(f"memory for images and what is gathered from them: at most {event['memory_bytes'] / 1e6:.0f} MB")
        for note in event["notes"]:
            self.remark(note)

    def _stepped(self, event: Event) -> None:
        iteration, step, steps = event["iteration"], event["step"], event["steps"]
        of = f" of {self._iterations}" if self._iterations else ""
        done = max(iteration - 1, 0) * steps + step if self._iterations else step
        total = self._iterations * steps if self._iterations else steps
        loss = sum(event["losses"].values())
        left = event["seconds_left"]
        words = f"loss {loss:.4f}" + ("" if left is None else f"  {show.length_of(left)} left")
        self._move(f"iteration {iteration}{of}", done, total, words)

    def _scored(self, event: Event) -> None:
        # The first metric is the one that decides; the others stand in the events and in the report.
        deciding = list(event["metrics"].items())[:1]
        figures = [f"{name} {value:.4f}" for name, value in deciding if value is not None]
        for name in ("training_loss", "validation_loss"):
            if event[name] is not None:
                figures.append(f"{name.replace('_', ' ')} {event[name]:.4f}")
        best = "  best so far" if event["best"] else ""
        self.remark(f"iteration {event['iteration']:>3}  {'  '.join(figures)}{best}")

    def _move(self, stage: str, done: int, total: int, left: str = "") -> None:
        kind = stage.split(" ")[0]
        if self._task is None or kind != self._stage:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task, self._stage = self._bar.add_task(stage, total=total, left=left), kind
        self._bar.update(self._task, description=stage, completed=done, total=total or None, left=left)
