"""Two windows stay in step, and a killed server loses nothing that it said was stored: against a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from server_toys import P, box, draw

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


class Server:
    """A studio in a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sightmill", "studio", "toys", "--port", "0", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://[^ ]+:\d+", line)
        assert found, (line, self.process.communicate(timeout=60))
        self.address = found[0]
        self.client = httpx2.Client(base_url=self.address, timeout=120)

    def end(self, number: int) -> int:
        self.client.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=120)
        return self.process.returncode


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*words: str) -> Server:
        servers.append(Server(tmp_path, *words))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)


def test_what_one_window_does_the_other_sees(serving: Callable[..., Server], tmp_path: Path) -> None:
    draw(tmp_path / "shapes", {"bar": 2, "disc": 2})
    server = serving("--method", "classification", "--data", "shapes")
    seen: list[tuple[str, dict[str, Any]]] = []
    greeted = threading.Event()

    def listen() -> None:
        with httpx2.stream("GET", f"{server.address}{P}/events", timeout=120) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            kind = ""
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    seen.append((kind, json.loads(line[6:])))
                    greeted.set()

    thread = threading.Thread(target=listen)
    thread.start()
    assert greeted.wait(10)
    answer = server.client.put(
        f"{P}/images/1/annotations", json={"annotations": [box(1, 1, 9, 9, "new")], "window": "w1"}
    )
    assert answer.status_code == 200
    revision = answer.json()["revision"]
    deadline = time.monotonic() + 60
    while {"images", "classes", "history"} - {kind for kind, _ in seen} and time.monotonic() < deadline:
        time.sleep(0.02)
    told = dict(seen)
    assert told["images"]["ids"] == [1] and told["images"]["window"] == "w1"
    assert told["images"]["revision"] == told["classes"]["revision"] == revision
    assert told["history"]["undo"]["title"] == "Annotate"
    server.client.get("/api/session")
    server.client.post(f"{P}/runs/check", json={})
    maps = Path(f"/proc/{server.process.pid}/maps")
    if maps.exists():
        assert "libtorch" not in maps.read_text(), "the server has loaded PyTorch"
    # An open stream does not keep the server from going down.
    began = time.monotonic()
    assert server.end(signal.SIGINT) in (0, 130)
    assert time.monotonic() - began < 15
    thread.join(10)
    assert not thread.is_alive()


def test_a_kill_in_the_middle_of_labelling_loses_nothing_that_was_answered(
    serving: Callable[..., Server], tmp_path: Path
) -> None:
    draw(tmp_path / "shapes", {"bar": 3})
    server = serving("--method", "classification", "--data", "shapes")
    stored = 0
    killer = threading.Timer(1.0, lambda: os.kill(server.process.pid, signal.SIGKILL))
    killer.start()
    try:
        while True:
            drawn = [box(0, 0, 5, 5, f"stroke {index}") for index in range(stored % 50 + 1)]
            answer = server.client.put(
                f"{P}/images/1/annotations", json={"annotations": drawn, "title": f"Stroke {stored}"}
            )
            assert answer.status_code == 200
            stored += 1
    except httpx2.TransportError:
        pass
    server.process.communicate(timeout=60)
    assert stored > 3
    later = serving()  # the dead server's lock is gone with it
    entries = later.client.get(f"{P}/history").json()["entries"]
    titles = [entry["title"] for entry in entries if entry["title"].startswith("Stroke")]
    # The stroke in hand may have been written without being answered; none that was answered is missing.
    assert titles[0] in (f"Stroke {stored - 1}", f"Stroke {stored}")
    last = int(titles[0].split()[1])
    assert len(later.client.get(f"{P}/images/1").json()["annotations"]) == last % 50 + 1
    assert later.client.post(f"{P}/undo").json()["title"] == titles[0]
    assert len(later.client.get(f"{P}/images/1").json()["annotations"]) == (last - 1) % 50 + 1


@pytest.mark.slow
def test_a_second_studio_on_the_same_project_is_told(serving: Callable[..., Server], tmp_path: Path) -> None:
    server = serving("--method", "classification")
    assert server.client.get(P).status_code == 200
    other = subprocess.run(
        [sys.executable, "-m", "sightmill", "studio", "toys", "--port", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert other.returncode == 2 and "open in another studio" in other.stderr
    port = server.address.rsplit(":", 1)[1]
    taken = subprocess.run(
        [sys.executable, "-m", "sightmill", "studio", "--port", port],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert taken.returncode == 2 and "another port" in taken.stderr and "Traceback" not in taken.stderr
