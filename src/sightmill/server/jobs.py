"""Work in the background: one job after the other for each project, with progress, and a way to cancel."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from sightmill.errors import SightmillError
from sightmill.server.events import Hub
from sightmill.server.messages.runs import Job

__all__ = ["Cancelled", "Jobs", "Report"]

_log = logging.getLogger("sightmill.server")
_KEPT = 100


class Cancelled(Exception):  # noqa: N818  not an error: the user asked for it
    """The job was cancelled."""


class Report:
    """What a job says while it works: call it with (done, total), or (done, total, sentence)."""

    def __init__(self, jobs: Jobs, job: Job) -> None:
        self._jobs, self._job = jobs, job
        self._stop = threading.Event()
        self._shown = -1

    def __call__(self, done: int, total: int, sentence: str | None = None) -> None:
        """Raises `Cancelled` when the user has asked for it."""
        if self._stop.is_set():
            raise Cancelled
        job = self._job
        job.done, job.total = done, total
        if sentence is not None:
            job.sentence = sentence
        percent = 100 * done // max(total, 1)
        if percent != self._shown or sentence is not None:
            self._shown = percent
            self._jobs.tell(job)

    def stop(self) -> None:
        """Ask the job to end."""
        self._stop.set()


class Jobs:
    """The jobs of one project."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sightmill-job")
        self._jobs: OrderedDict[int, tuple[Job, Report]] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def start(self, kind: str, title: str, work: Callable[[Report], dict[str, Any]]) -> Job:
        """Do it when the jobs before it are done; what `work` returns is the job's result."""
        job = Job(
            id=next(self._numbers),
            kind=kind,
            title=title,
            state="running",
            done=0,
            total=0,
            sentence="waiting",
            result={},
        )
        report = Report(self, job)
        with self._lock:
            self._jobs[job.id] = job, report
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
        self._pool.submit(self._run, job, report, work)
        self.tell(job)
        return job

    def all(self) -> list[Job]:
        """Newest first."""
        with self._lock:
            return [job for job, _ in reversed(self._jobs.values())]

    def read(self, id: int) -> Job:
        """One job; raises `LookupError`."""
        with self._lock:
            found = self._jobs.get(id)
        if found is None:
            raise LookupError(id)
        return found[0]

    def running(self, kind: str, title: str) -> Job | None:
        """A job of this kind and title that is not over."""
        return next((j for j in self.all() if j.kind == kind and j.title == title and j.state == "running"), None)

    def cancel(self, id: int) -> Job:
        """Ask a job to end; raises `LookupError`."""
        job = self.read(id)
        with self._lock:
            self._jobs[id][1].stop()
        return job

    def tell(self, job: Job) -> None:
        """Let the windows know."""
        self._hub.say("job", job)

    def close(self) -> None:
        """Cancel all, and wait for the one that works."""
        with self._lock:
            reports = [report for _, report in self._jobs.values()]
        for report in reports:
            report.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, report: Report, work: Callable[[Report], dict[str, Any]]) -> None:
        state: Literal["done", "failed", "cancelled"] = "failed"
        try:
            report(0, 0, "")
            job.result = work(report)
            state = "done"
        except Cancelled:
            state, job.sentence = "cancelled", "Cancelled."
        except SightmillError as error:
            job.sentence = str(error)
        except Exception as error:
            _log.error("fault in the job %s", job.kind, exc_info=error)
            job.sentence = f"This is a fault in Sightmill, not in your data: {type(error).__name__}: {error}."
        job.state = state
        self.tell(job)
