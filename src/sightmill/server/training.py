"""Trainings: child processes of the command line, one at a time; this process never loads PyTorch.

A child writes its events into a file beside its model, and this reads along. So the child does not notice when
the server dies, and a new server goes on reading where the old one stopped.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from sightmill.errors import SightmillError
from sightmill.project.store.project import Project, now
from sightmill.project.store.runs import CHECKPOINT, MODEL, Run, all_runs, change_run, read_run
from sightmill.project.store.snapshot import write_snapshot
from sightmill.server.refusals import Conflict

__all__ = ["EVENTS", "LOG", "Trainer", "events_of", "training_missing"]

_log = logging.getLogger("sightmill.server")

EVENTS, LOG, SETTINGS, COMMAND = "events.jsonl", "log.txt", "settings.json", "command.json"
#: Seconds between looks at the child's events, and between two messages about a run's progress.
_LOOK, _TELL = 0.1, 0.5

Told = Callable[[str, Any], None]


def training_missing() -> str | None:
    """What to type before anything can be trained; None when all is there. PyTorch is looked for, not loaded."""
    if all(find_spec(part) is not None for part in ("torch", "onnx", "onnxscript", "safetensors", "sklearn")):
        return None
    return 'Training needs a part of Sightmill that is not installed. Type: pip install "sightmill[train]"'


@dataclass(frozen=True)
class _Task:
    project: Project
    run: int
    tell: Told
    resume: bool = False
    follow: bool = False


class Trainer:
    """The queue of trainings of all open projects, and the one that runs."""

    def __init__(self) -> None:
        self._queue: queue.Queue[_Task | None] = queue.Queue()
        self._current: tuple[Project, int, int] | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="sightmill-trainer", daemon=True)
        self._thread.start()

    def open(self, project: Project, tell: Told) -> None:
        """Take up what an earlier server left: trainings that wait, go on, or ended unseen."""
        for run in reversed(all_runs(project)):
            if run.state in ("running", "stopping"):
                self._queue.put(_Task(project, run.id, tell, follow=True))
            elif run.state == "queued":
                self._queue.put(_Task(project, run.id, tell))

    def start(self, project: Project, run: int, tell: Told, *, resume: bool = False) -> None:
        """Train when the trainings before it are done."""
        self._queue.put(_Task(project, run, tell, resume=resume))

    def stop(self, project: Project, run: Run, tell: Told) -> Run:
        """Stop a training and keep its best; one that waits is taken out of the queue.

        Raises
        ------
        Conflict : it is over already.
        """
        if run.state == "queued":
            changed = change_run(project, run.id, state="stopped", ended=now())
        elif run.state in ("running", "stopping"):
            changed = change_run(project, run.id, state="stopping")
            if changed.pid:
                _interrupt(changed.pid)
        else:
            raise Conflict("this training is over", where=run.name, got=run.state)
        tell("run", changed)
        return changed

    def close(self, *, seconds: float = 10.0) -> None:
        """The server goes down: abort what trains. Its last whole iteration stays, and can be resumed."""
        self._closing.set()
        self._queue.put(None)
        with self._lock:
            current = self._current
        if current:
            pid = current[2]
            _interrupt(pid)
            time.sleep(0.2)
            _interrupt(pid)  # the second time it does not wait for an export
        self._thread.join(seconds)
        if current and self._thread.is_alive():
            _kill(current[2])
            self._thread.join(2.0)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None and not self._closing.is_set():
            try:
                run = read_run(task.project, task.run)
            except LookupError:  # taken away while it waited
                continue
            except Exception:
                _log.exception("the run %s cannot be read", task.run)
                continue
            try:
                if task.follow:
                    self._follow(task, run)
                elif run.state == "queued":
                    self._train(task, run)
            except SightmillError as error:
                self._end(task, "failed", error=str(error))
            except Exception as error:
                _log.exception("fault while training")
                self._end(task, "failed", error=f"This is a fault in Sightmill: {type(error).__name__}: {error}.")

    def _train(self, task: _Task, run: Run) -> None:
        folder = run.folder
        if not (task.resume and (folder / COMMAND).is_file()):
            source, common, _ = write_snapshot(task.project, folder)
            (folder / SETTINGS).write_text(json.dumps(dict(run.settings)), encoding="utf-8")
            words = ["train", run.method, str(source), "--format", "sightmill", "--images", str(common)]
            words += ["-o", str(folder / MODEL), "--events", "json", "--settings", str(folder / SETTINGS)]
            if run.start_from is not None:
                words += ["--from", str(task.project.run_folder(run.start_from) / MODEL)]
            (folder / COMMAND).write_text(json.dumps(words), encoding="utf-8")
            (folder / EVENTS).write_bytes(b"")
        words = json.loads((folder / COMMAND).read_text(encoding="utf-8"))
        begin = (folder / EVENTS).stat().st_size
        # Ctrl-C in the terminal is for the server; the child hears of it from there.
        detached: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        with (folder / EVENTS).open("ab") as events, (folder / LOG).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "sightmill", *words, *(["--resume"] if task.resume else [])],
                stdin=subprocess.DEVNULL,
                stdout=events,
                stderr=log,
                cwd=folder,
                **detached,
            )
        with self._lock:
            self._current = task.project, run.id, child.pid
        try:
            started: dict[str, Any] = {} if task.resume else {"started": now()}
            begun = change_run(task.project, run.id, state="running", pid=child.pid, error=None, ended=None, **started)
            task.tell("run", begun)
            self._read_along(task, begun, begin, lambda: child.poll() is None)
            self._ended(task, begin, child.wait())
        finally:
            with self._lock:
                self._current = None

    def _follow(self, task: _Task, run: Run) -> None:
        """Go on reading a training that an earlier server started."""
        pid = run.pid or 0
        marker = str(run.folder / MODEL)
        if _is_ours(pid, marker):
            with self._lock:
                self._current = task.project, run.id, pid
            try:
                self._read_along(task, run, 0, lambda: _is_ours(pid, marker))
            finally:
                with self._lock:
                    self._current = None
        self._ended(task, 0, None)

    def _read_along(self, task: _Task, run: Run, begin: int, alive: Callable[[], bool]) -> None:
        """Hand on events until the process has ended and all it wrote is read."""
        state = _State(dict(run.facts))
        told = 0.0
        with (run.folder / EVENTS).open("rb") as stream:
            stream.seek(begin)
            rest = b""
            while True:
                living = alive()
                lines, rest = _lines(stream, rest)
                for line in lines:
                    event = _event(line)
                    if event is not None:
                        state.take(event)
                        task.tell("training", {"run": run.id, "event": event})
                        if event["event"] != "step":
                            told = 0.0
                if time.monotonic() - told > _TELL and (lines or told == 0.0):
                    told = time.monotonic()
                    state.facts["memory_bytes"] = _memory(run.pid) or state.facts.get("memory_bytes")
                    task.tell("run", change_run(task.project, run.id, facts=state.facts))
                if not living:
                    change_run(task.project, run.id, facts=state.facts)
                    return
                if self._closing.is_set() and not lines:
                    time.sleep(_LOOK / 2)
                time.sleep(_LOOK)

    def _ended(self, task: _Task, begin: int, code: int | None) -> None:
        """Say how it ended, from what it wrote and its exit code."""
        run = read_run(task.project, task.run)
        events = list(events_of(run.folder / EVENTS, begin))
        last = {event["event"]: event for event in events}
        if "finished" in last and run.model.is_file():
            stopped = run.state == "stopping" or last["finished"].get("stopped_by") == "manual stop"
            self._end(task, "stopped" if stopped else "finished")
        elif "failed" in last and run.state != "stopping":
            self._end(task, "failed", error=str(last["failed"].get("sentence", "")))
        elif self._closing.is_set() or code is None:
            self._end(task, "interrupted", error="The training was interrupted when the studio ended.")
        elif run.state == "stopping":
            resumable = (run.folder / CHECKPOINT).is_file()
            error = None if resumable else "The training was stopped before there was a model to keep."
            self._end(task, "interrupted" if resumable else "stopped", error=error)
        else:
            self._end(task, "failed", error=_last_words(run.folder / LOG, code))

    def _end(self, task: _Task, state: str, *, error: str | None = None) -> None:
        try:
            facts = {"seconds_left": None, "stage": ""}
            task.tell("run", change_run(task.project, task.run, state=state, ended=now(), error=error, facts=facts))
        except LookupError:
            return


class _State:
    """What the events have told so far, as the facts of the run."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def take(self, event: Mapping[str, Any]) -> None:
        facts = self.facts
        match event["event"]:
            case "started":
                facts["resolved"] = event["settings"]
                for name in ("labels", "images", "device", "notes"):
                    facts[name] = event[name]
                facts["seconds_left"] = event["seconds_estimate"]
                facts["began"] = event.get("at")
                facts["stage"] = "reading images"
            case "progress":
                facts["stage"] = str(event["stage"])
                if not (facts.get("resolved") or {}).get("iterations"):
                    facts["progress"] = event["done"] / max(event["total"], 1)
            case "step":
                facts["iteration"] = event["iteration"]
                facts["stage"] = f"iteration {event['iteration']}"
                facts["seconds_left"] = event["seconds_left"]
                planned = (facts.get("resolved") or {}).get("iterations")
                if planned:
                    done = max(event["iteration"] - 1, 0) + event["step"] / max(event["steps"], 1)
                    facts["progress"] = min(done / planned, 1.0)
            case "scored":
                facts["iteration"] = event["iteration"]
                if event["best"]:
                    facts["metrics"] = event["metrics"]
            case "kept":
                facts["best_iteration"] = event["iteration"]
            case "finished":
                facts["metrics"] = event["metrics"]
                facts["seconds"] = event["seconds"]
                facts["stopped_by"] = event["stopped_by"]
                facts["notes"] = [*facts.get("notes", []), *event["notes"]]
                facts["progress"] = 1.0


def _lines(stream: IO[bytes], rest: bytes) -> tuple[list[bytes], bytes]:
    """Whole lines that were written since; what is begun waits."""
    *lines, rest = (rest + stream.read()).split(b"\n")
    return lines, rest


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("event"), str) else None


def events_of(path: Path, begin: int = 0) -> list[dict[str, Any]]:
    """All events in a file; those of damaged lines are left out."""
    try:
        with path.open("rb") as stream:
            stream.seek(begin)
            return [event for line in stream if (event := _event(line)) is not None]
    except OSError:
        return []


def _last_words(log: Path, code: int) -> str:
    """The sentence that the training left on stderr; what is known when it left none."""
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    if lines and lines[-1].startswith("sightmill: "):
        return lines[-1].removeprefix("sightmill: ")
    if code in (-9, 137):
        return (
            "The training was killed by the system, most likely because memory ran out. Use smaller images or batches."
        )
    last = f" Its last words: {lines[-1][:300]}" if lines else ""
    return f"The training ended without a word (exit code {code}).{last}"


def _interrupt(pid: int) -> None:
    """As Ctrl-C does: the first asks for a stop, the second aborts."""
    try:
        if sys.platform == "win32":
            os.kill(pid, signal.CTRL_BREAK_EVENT)
        else:
            os.kill(pid, signal.SIGINT)
    except (OSError, SystemError):
        return


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    except OSError:
        return


def _is_ours(pid: int, marker: str) -> bool:
    """Whether a process is alive and is the training that writes this model: numbers are given anew."""
    if pid <= 0 or sys.platform == "win32":
        return False
    words = Path(f"/proc/{pid}/cmdline")
    if words.parent.parent.is_dir():
        try:
            return marker.encode() in words.read_bytes()
        except OSError:
            return False
    told = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return marker in told.stdout


def _memory(pid: int | None) -> int | None:
    """Bytes of memory that a process holds; None where the system does not tell."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None
