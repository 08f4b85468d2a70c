"""The whole way over HTTP: import, label, split, train, judge, move the threshold, export, predict."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from server_toys import P, finished, rows

from sightmill.bundle import Bundle
from sightmill.data.formats import load, save
from sightmill.data.image import write_image
from sightmill.runtime.model import Model
from sightmill.server.training import Trainer
from sightmill.training.toys import toy_dataset

pytestmark = pytest.mark.slow

SMALL = {"network_depth": 1, "image_size": 32, "iterations": 2, "steps_per_iteration": 2, "threads": 1}
ENDED = ("finished", "stopped", "failed", "interrupted")


def waited(client: TestClient, run: int, *states: str, seconds: float = 600) -> dict[str, Any]:
    """A run once it is in one of these states (ended, when none is named)."""
    deadline = time.monotonic() + seconds
    while True:
        found: dict[str, Any] = client.get(f"{P}/runs/{run}").json()
        if found["state"] in (states or ENDED):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_from_a_folder_of_images_to_a_model(filled: TestClient, shapes: Path, tmp_path: Path) -> None:
    client = filled
    rule = {"train": 50, "validation": 25, "test": 25, "near_duplicates": False}
    finished(client, client.post(f"{P}/split", json=rule))
    checked = client.post(f"{P}/runs/check", json={"settings": SMALL}).json()
    assert checked["ready"] and checked["labels"] == ["bar", "disc"]
    assert client.post(f"{P}/runs", json={"settings": {"network_depth": 9}}).status_code == 422

    begun = client.post(f"{P}/runs", json={"settings": SMALL, "name": "first"}).json()
    assert begun["state"] == "queued"
    waiting = client.post(f"{P}/runs", json={"settings": SMALL}).json()
    assert client.post(f"{P}/runs/{waiting['id']}/stop").json()["state"] == "stopped"
    run = waited(client, begun["id"])
    assert run["state"] == "finished", run["error"]
    assert run["model"] and run["labels"] == ["bar", "disc"] and run["progress"] == 1
    assert run["resolved"]["image_size"] == 32
    assert not client.get(f"{P}/runs/{waiting['id']}").json()["model"]
    curves = client.get(f"{P}/runs/1/curves").json()
    assert [point["iteration"] for point in curves["scored"]] == [0, 1, 2]
    assert len(curves["steps"]) == 4 and all(point["loss"] > 0 for point in curves["steps"])
    assert client.get(f"{P}/runs/1/log").json()["lines"]
    seen = client.get(f"{P}/runs/1/samples").json()
    assert seen["iteration"] == 2 and 0 < len(seen["images"]) <= 8
    named = {row["id"]: row for row in rows(client)}
    for answer in seen["images"]:
        row = named[answer["image"]]
        assert (answer["name"], answer["truth"], row["split"]) == (row["name"], row["label"], "validation")
        assert answer["wrong"] == (answer["answer"] != answer["truth"])
    assert client.get(f"{P}/runs/{waiting['id']}/samples").json() == {"iteration": None, "images": []}

    asked = {"split": "test", "intervals": True}
    judged = client.post(f"{P}/runs/1/evaluation", json=asked).json()
    tested = client.get(P).json()["counts"]["splits"]["test"]
    assert judged["ready"] and len(judged["images"]) == tested > 0
    accuracy = judged["metrics"][0]
    assert accuracy["name"] == "accuracy" and accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert {figure["kind"] for figure in judged["figures"]} >= {"matrix", "histogram"}
    tried = {"split": "test", "figures": False, "inference": {"minimum_confidence": 1.0}}
    assert client.post(f"{P}/runs/1/evaluation", json=tried).json()["inference"]["minimum_confidence"] == 1
    bad = client.post(f"{P}/runs/1/evaluation", json={"inference": {"minimum_confidence": 2}})
    assert bad.status_code == 422 and "minimum_confidence" in bad.json()["sentence"]

    done = finished(client, client.post(f"{P}/runs/1/predictions", json={}))
    assert done["result"]["images"] == 12
    project = client.get(P).json()
    assert project["active_run"] == 1 and project["counts"]["predicted"] == 12
    best = rows(client, sort="score", order="down")
    scores = [row["score"] for row in best]
    assert scores == sorted(scores, reverse=True) and all(row["confident"] for row in best)
    # A truth that turns out to be another makes its answer a wrong one, at once.
    right = next(row for row in best if row["wrong"] is False)
    other = "disc" if right["label"] == "bar" else "bar"
    client.post(f"{P}/images/labels", json={"selection": {"ids": [right["id"]]}, "label": other})
    assert right["id"] in [row["id"] for row in rows(client, where={"wrong": True})]
    client.post(f"{P}/undo")
    assert right["id"] not in [row["id"] for row in rows(client, where={"wrong": True})]

    # Other settings decide anew what was answered, without the network.
    changed = client.put(f"{P}/runs/1/inference", json={"values": {"minimum_confidence": 1.0}}).json()
    assert changed["inference"] == {"minimum_confidence": 1.0}
    while any(job["state"] == "running" for job in client.get(f"{P}/jobs").json()):
        time.sleep(0.05)
    assert not any(row["confident"] for row in rows(client))
    (tmp_path / "taken.sightmill").write_bytes(client.get(f"{P}/runs/1/model").content)
    taken = Model.load(tmp_path / "taken.sightmill")
    assert taken.inference.minimum_confidence == 1.0
    assert taken.verify().passed
    assert client.get(f"{P}/runs/1/onnx").content == taken.bundle.network()  # type: ignore[union-attr]  # from a file

    image = next((shapes / "disc").iterdir())
    sent = [("files", ("a.png", image.read_bytes(), "image/png")), ("files", ("b.png", b"x", "image/png"))]
    live = client.post(f"{P}/runs/1/predict", files=sent).json()
    assert live["answers"][0]["label"] == live["answers"][0]["answer"] == taken.predict(image).label
    assert live["answers"][0]["picture"].startswith("data:image/jpeg") and live["answers"][0]["heatmap"]
    assert [item["name"] for item in live["skipped"]] == ["b.png"]
    folder = client.post(f"{P}/runs/1/predict-folder", json={"path": str(shapes), "limit": 3}).json()
    assert len(folder["answers"]) == 3
    assert client.post(f"{P}/runs/1/predict-folder", json={"path": "/"}).status_code == 403
    assert client.get(f"{P}/runs/1/images/1/heatmap").content.startswith(b"\x89PNG")
    assert client.get(f"{P}/runs/1/images/1/prediction").json()["label"] in ("bar", "disc")
    assert "<html" in client.get(f"{P}/runs/1/report.html").text
    assert client.get(f"{P}/runs/1/report.json").json()["images"] == tested
    assert client.post(f"{P}/runs/1/latency").json()["total"] > 0
    snippets = {item["id"]: item["code"] for item in client.get(f"{P}/runs/1/snippets").json()}
    for name in ("python", "onnx"):
        ran = subprocess.run(
            [sys.executable, "-c", snippets[name]], capture_output=True, text=True, check=False, timeout=400
        )
        assert ran.returncode == 0 and ran.stdout, ran.stderr
    typed = shlex.split(snippets["command"])
    ran = subprocess.run([sys.executable, "-m", *typed], capture_output=True, text=True, check=False, timeout=400)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["results"][0]["flags"]["is_confident"] is False  # by the setting chosen here
    # Serving it: the line to type starts a server, and the code sends it an image.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = "sixteen letters at least"
    assert client.post(f"{P}/serving", json={"runs": [1], "port": port, "token": token}).status_code == 422  # a blank
    token = token.replace(" ", "-")
    plan = client.post(f"{P}/serving", json={"runs": [1], "port": port, "token": token}).json()
    with subprocess.Popen(
        [sys.executable, "-m", *shlex.split(plan["command"])], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None and "images go to" in server.stdout.readline()
            ways = {item["id"]: item["code"] for item in plan["snippets"]}
            ran = subprocess.run([sys.executable, "-c", ways["python"]], capture_output=True, text=True, check=False)
            assert ran.returncode == 0 and rows(client)[0]["name"].rpartition("/")[2] in ran.stdout, ran.stderr
            if shutil.which("curl"):
                ran = subprocess.run(shlex.split(ways["curl"]), capture_output=True, text=True, check=True)
                assert json.loads(ran.stdout)["results"][0]["flags"]["is_confident"] is False
        finally:
            server.kill()
    assert client.post(f"{P}/serving", json={"runs": [waiting["id"]]}).status_code == 409
    far = client.post(f"{P}/serving", json={"runs": [1], "host": "0.0.0.0"}).json()
    assert len(far["token"]) >= 32 and far["token"] in far["command"] and far["token"] in far["snippets"][0]["code"]
    assert any("TLS" in note for note in far["notes"])

    # A prediction becomes a label.
    client.post(f"{P}/images/labels", json={"selection": {"where": {}}, "action": "clear"})
    accepted = client.post(f"{P}/images/accept", json={"selection": {"where": {}}}).json()
    assert accepted["images"] == 12 and client.get(P).json()["counts"]["labelled"] == 12

    job = finished(client, client.post(f"{P}/exports", json={"format": "sightmill"}))
    assert job["result"]["lost"] == []
    with zipfile.ZipFile(io.BytesIO(client.get(job["result"]["url"]).content)) as archive:
        archive.extractall(tmp_path / "out")
    again = load(tmp_path / "out")
    assert len(again) == 12 and {sample.split for sample in again} == {"train", "validation", "test"}

    model = ("files", ("m.sightmill", (tmp_path / "taken.sightmill").read_bytes(), "application/zip"))
    brought = client.post(f"{P}/runs/import", files=[("file", model[1])])
    assert brought.json()["state"] == "imported" and brought.json()["name"] == "m"
    hostile = client.post(f"{P}/runs/import", files=[("file", ("m.sightmill", b"PK\x03\x04", "application/zip"))])
    assert hostile.status_code == 422
    assert client.delete(f"{P}/runs/1").status_code == 204
    assert client.get(f"{P}/runs/1").status_code == 404
    assert client.get(P).json()["active_run"] is None


def test_the_threshold_of_anomaly_detection_is_moved(started: Callable[..., TestClient], tmp_path: Path) -> None:
    save(toy_dataset("anomaly"), tmp_path / "data" / "parts", "mvtec")
    client = started()
    client.post("/api/projects", json={"name": "toys", "method": "anomaly_detection"})
    finished(client, client.post(f"{P}/imports", json={"path": str(tmp_path / "data" / "parts")}))
    client.post(f"{P}/runs", json={"settings": {"network_depth": 1, "image_size": 64, "threads": 1}})
    run = waited(client, 1)
    assert run["state"] == "finished", run["error"]
    judged = client.post(f"{P}/runs/1/evaluation", json={"split": "all"}).json()
    if not judged["ready"]:
        while client.get(f"{P}/jobs/{judged['job']['id']}").json()["state"] == "running":
            time.sleep(0.05)
        judged = client.post(f"{P}/runs/1/evaluation", json={"split": "all"}).json()
    assert judged["threshold"] == "threshold"
    scores = {item["id"]: item["score"] for item in judged["images"]}
    assert {item["good"] for item in judged["images"]} == {True, False}
    low = min(scores.values()) / 2
    tried = {"split": "all", "inference": {"threshold": low}, "figures": False}
    rates = {
        item["name"]: item["value"] for item in client.post(f"{P}/runs/1/evaluation", json=tried).json()["metrics"]
    }
    assert (rates["false_reject_rate"], rates["escape_rate"]) == (1.0, 0.0)
    client.put(f"{P}/runs/1/inference", json={"values": {"threshold": low}})
    answer = client.get(f"{P}/runs/1/images/1/prediction").json()
    assert answer["label"] == "defect" and answer["values"]["threshold"] == low
    path = tmp_path / "moved.sightmill"
    path.write_bytes(client.get(f"{P}/runs/1/model").content)
    assert Bundle.open(path).manifest.inference["threshold"] == low


def test_sizes_are_suggested_with_their_reasons(filled: TestClient) -> None:
    job = finished(filled, filled.post(f"{P}/suggestions", json={"budget_ms": 10_000}))
    told = filled.get(f"{P}/suggestions/{job['id']}").json()
    found = {item["name"]: item for item in told["suggestions"]}
    assert found["network_depth"]["title"] == "Network depth"
    assert all(item["reason"] for item in found.values())
    assert told["timed"][0]["milliseconds"] > 0
    values = {name: item["value"] for name, item in found.items()}
    assert filled.post(f"{P}/runs/check", json={"settings": values}).json()["resolved"]["network_depth"]
    assert filled.get(f"{P}/suggestions/999").status_code == 404
    assert filled.post(f"{P}/suggestions", json={"budget_ms": -1}).status_code == 422


def test_the_form_warns_of_changes_that_the_images_speak_against(studio: TestClient, tmp_path: Path) -> None:
    for index in range(12):
        image = np.random.default_rng(index).integers(90, 110, (48, 64), np.uint8)
        image[10:38, 10:24] = 220  # on the left
        side = "right" if index % 2 else "left"
        write_image(tmp_path / "data" / "sides" / side / f"{index}.png", image[:, ::-1] if side == "right" else image)
    finished(studio, studio.post(f"{P}/imports", json={"path": str(tmp_path / "data" / "sides")}))
    plain, mirrored = (
        studio.post(f"{P}/runs/check", json={"settings": {**SMALL, "flip_left_right": flip}}).json()
        for flip in (False, True)
    )
    assert mirrored["ready"] and not [found for found in plain["findings"] if "augmentation" in found["code"]]
    (found,) = [found for found in mirrored["findings"] if "augmentation" in found["code"]]
    assert (
        found["level"] == "warning" and "one of another class" in found["what"] and "flip_left_right" in found["remedy"]
    )


def test_where_nothing_can_be_suggested_the_sentence_says_why(studio: TestClient) -> None:
    begun = studio.post(f"{P}/suggestions", json={}).json()
    deadline = time.monotonic() + 180
    while (job := studio.get(f"{P}/jobs/{begun['id']}").json())["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert job["state"] == "failed" and "no images" in job["sentence"]
    assert studio.get(f"{P}/suggestions/{begun['id']}").status_code == 404


def test_a_training_that_cannot_start_says_its_sentence(filled: TestClient) -> None:
    filled.post(f"{P}/images/splits", json={"selection": {"where": {}}, "split": "test"})
    filled.post(f"{P}/runs", json={"settings": SMALL})
    run = waited(filled, 1)
    assert run["state"] == "failed" and run["error"].endswith(".") and "Traceback" not in run["error"]
    assert filled.get(P).json()["steps"]["train"]["state"] == "problem"
    assert filled.get("/api/session").status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_training_is_stopped_killed_and_resumed(filled: TestClient, tmp_path: Path) -> None:
    long = {**SMALL, "iterations": 400, "iterations_without_improvement": 0}
    filled.post(f"{P}/runs", json={"settings": long})

    def iterations(run: int, at_least: int) -> None:
        deadline = time.monotonic() + 400
        while (filled.get(f"{P}/runs/{run}").json()["iteration"] or 0) < at_least:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    iterations(1, 2)
    pid = process_of(tmp_path / "projects" / "toys" / "runs" / "0001")
    os.kill(pid, signal.SIGKILL)
    dead = waited(filled, 1)
    assert dead["state"] == "failed" and "memory" in dead["error"] and dead["can_resume"]
    assert filled.post(f"{P}/runs/1/resume").json()["state"] == "queued"
    iterations(1, dead["iteration"] + 2)
    assert filled.post(f"{P}/runs/1/stop").json()["state"] == "stopping"
    stopped = waited(filled, 1)
    assert stopped["state"] == "stopped" and stopped["model"] and stopped["stopped_by"] == "manual stop"
    assert not stopped["can_resume"]
    points = [point["iteration"] for point in filled.get(f"{P}/runs/1/curves").json()["scored"]]
    assert points == sorted(set(points))


@pytest.mark.skipif(sys.platform != "linux", reason="a process is told by its words in /proc")
def test_a_training_goes_on_when_the_server_dies(
    started: Callable[..., TestClient], filled: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.post(f"{P}/runs", json={"settings": SMALL})
    waited(filled, 1, "running")
    process_of(tmp_path / "projects" / "toys" / "runs" / "0001")
    with monkeypatch.context() as patch:  # a server that dies says nothing to its child
        patch.setattr(Trainer, "close", lambda self, **_: self._closing.set())
        filled.__exit__(None, None, None)
    later = started()
    run = waited(later, 1)
    assert run["state"] == "finished" and run["model"], run
    filled.__enter__()


def process_of(folder: Path) -> int:
    """The number of the training that writes into this folder."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for words in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(folder).encode() in words.read_bytes():
                    return int(words.parent.name)
            except OSError:
                continue
        time.sleep(0.05)
    raise AssertionError(f"nothing trains in {folder}")
