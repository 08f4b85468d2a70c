"""Trainings of hours over several sittings: the clock, the log, checkpoints in between, and a clean end."""

from __future__ import annotations

import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ["Sitting"]

Lesson = TypeVar("Lesson")

CHECKPOINT_EVERY = 240.0  # seconds
LOG_EVERY = 60.0


class Sitting(ABC, Generic[Lesson]):
    """One sitting of a training.

    Parameters
    ----------
    out : the training's folder, for log and checkpoint.
    hours : budget over all sittings, of all threads.
    threads : an hour is an hour of all of them (processor time divided by their number), so that a sitting beside
        other work counts for what it got.

    Attributes
    ----------
    seconds, sittings : spent so far, and which sitting this is; a checkpoint brings its own.
    """

    def __init__(self, out: Path, *, hours: float, threads: int) -> None:
        self.out = out
        self.out.mkdir(parents=True, exist_ok=True)
        self.file = out / "checkpoint.safetensors"
        self.hours = hours
        self.threads = threads
        self.seconds, self.sittings = 0.0, 1
        self.stopping = False

    @abstractmethod
    def learn(self, lesson: Lesson) -> None:
        """One step; what `describe` tells is gathered here."""

    @abstractmethod
    def describe(self, seconds: float) -> None:
        """Write what was gathered in the last so many seconds to the log, and begin anew."""

    @abstractmethod
    def checkpoint(self) -> None:
        """Write all that the next sitting needs."""

    def say(self, line: str) -> None:
        with (self.out / "log.txt").open("a", encoding="utf-8") as stream:
            stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")

    def attend(self, lessons: Iterable[Lesson]) -> None:
        """Learn until the budget is spent, or until SIGTERM or Ctrl-C."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.say(f"sitting {self.sittings}: {' '.join(sys.argv[1:])}")
        saved = logged = time.monotonic()
        last = time.process_time()
        for lesson in lessons:
            self.learn(lesson)
            now, used = time.monotonic(), time.process_time()
            self.seconds, last = self.seconds + (used - last) / self.threads, used
            ended = self.stopping or self.seconds >= self.hours * 3600
            if now - logged > LOG_EVERY or ended:
                self.describe(now - logged)
                logged = now
            if now - saved > CHECKPOINT_EVERY or ended:
                self.checkpoint()
                saved = now
            if ended:
                self.say("stopped on request" if self.stopping else "finished")
                break

    def _stop(self, *_: object) -> None:
        self.stopping = True
