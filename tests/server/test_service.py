"""`sightmill serve`: models over REST, for programs."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import schemathesis
from fastapi.testclient import TestClient
from server_toys import HOME, bomb, draw, wrong_answers

from sightmill.cli.show import json_text
from sightmill.data.annotation import Annotation
from sightmill.data.image import read_image
from sightmill.data.regions import Box, Mask, Point, Polygon, Polyline, RotatedBox, Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.methods.catalogue import methods, named
from sightmill.methods.settings import describe, from_text, to_text
from sightmill.project.predict import answer_of
from sightmill.runtime.model import Model
from sightmill.server.events import finite
from sightmill.server.guard import Access
from sightmill.server.messages.service import PredictedImage
from sightmill.server.service import access_of, create_service
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

# What all of them share is made once: they stay in one process.
pytestmark = pytest.mark.xdist_group("service")

TOKEN = "a token that nobody guesses"
SMALL: dict[str, Any] = {"network_depth": 1, "device": "cpu", "precision": "float32", "threads": 1}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two small models."""
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for name, id, kind, more in (
        ("shapes", "classification", "class", {"iterations": 1, "steps_per_iteration": 1, "image_size": 32}),
        ("parts", "anomaly_detection", "anomaly", {"image_size": 64}),
    ):
        method = named(id)
        found[name] = folder / f"{name}.sightmill"
        list(train(method, toy_dataset(kind), method.Training.of({**SMALL, **more}), output=found[name]))
    return found


@pytest.fixture(scope="module")
def models(files: dict[str, Path]) -> dict[str, Model]:
    return {name: Model.load(path) for name, path in files.items()}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("images"), {"disc": 1}) / "disc" / "disc 0.png"


@pytest.fixture
def service(models: dict[str, Model]) -> Iterator[TestClient]:
    with TestClient(create_service(models, access_of(host="127.0.0.1", token=None)), base_url=HOME) as client:
        yield client


def sent(*paths: Path, field: str = "files") -> list[tuple[str, tuple[str, bytes, str]]]:
    return [(field, (path.name, path.read_bytes(), "image/png")) for path in paths]


def test_every_region_is_told_as_the_command_line_tells_it() -> None:
    mask = np.zeros((4, 5), bool)
    mask[1:3, 1:4] = True
    regions = (
        Whole(),
        Box(1, 2, 3, 4),
        RotatedBox(5, 5, 4, 2, 30),
        Polygon([[(0, 0), (4, 0), (4, 4)]]),
        Polyline([[(0, 0), (4, 3)]]),
        Point(1, 2),
        Mask(mask, 2, 3),
    )
    found = Result(
        tuple(Annotation(region, "a", 0.5, text="X1", attributes={"lot": "7"}) for region in regions),
        ("a", "b"),
        (20, 10),
        confidences={"a": 0.5},
        values={"ood_score": float("inf")},
        flags={"is_valid": True},
        findings=("it is dark",),
    )
    record = answer_of(named("object_detection"), Sample(np.zeros((10, 20), np.uint8), "one.png"), found)
    assert record["answer"] == "a"  # of the whole image
    message = PredictedImage.model_validate(finite(record))
    assert json.loads(message.model_dump_json(exclude_unset=True)) == json.loads(json_text(record))


@pytest.mark.parametrize("method", methods().values(), ids=methods())
def test_settings_survive_the_way_through_an_address(method: Any) -> None:
    chosen = method.Inference()
    names = {item["name"] for item in describe(method.Inference)}
    assert not names & {"roi", "pictures", "of"}
    given = {name: from_text(method.Inference, name, to_text(getattr(chosen, name))) for name in names}
    assert method.Inference.of(given) == chosen


@pytest.mark.slow
def test_an_image_is_answered_as_on_the_command_line(service: TestClient, files: dict[str, Path], image: Path) -> None:
    for name, path in files.items():
        words = [sys.executable, "-m", "sightmill", "predict", str(path), str(image), "--json"]
        said = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        answer = service.post(f"/api/models/{name}/predict", files=sent(image))
        assert answer.status_code == 200 and "dur=" in answer.headers["server-timing"]
        told = answer.json()
        assert (told.pop("model"), said.pop("model")) == (name, str(path))
        said["results"][0]["image"] = image.name
        assert told == said


@pytest.mark.slow
def test_what_is_served_is_described(service: TestClient, models: dict[str, Model]) -> None:
    assert service.get("/api/health").json() == {"status": "ready"}
    served = service.get("/api/models").json()
    assert [item["name"] for item in served] == list(models)
    parts = service.get("/api/models/parts").json()
    assert parts == served[1]
    assert parts["inference"]["threshold"] == models["parts"].inference.threshold
    assert "threshold" in {item["name"] for item in parts["parameters"]}
    operations = service.get("/api/openapi.json").json()["paths"]
    asked = {item["name"]: item for item in operations["/api/models/parts/predict"]["post"]["parameters"]}
    assert {"roi", "pictures", *parts["inference"]} == set(asked)
    assert asked["threshold"]["schema"]["default"] == parts["inference"]["threshold"]
    assert "sensitive" in asked["threshold"]["description"]
    assert "minimum_confidence" in str(operations["/api/models/shapes/predict"]["post"]["parameters"])


@pytest.mark.slow
def test_settings_of_a_request_are_its_own(service: TestClient, image: Path) -> None:
    def label(**asked: object) -> tuple[str, dict[str, bool]]:
        answer = service.post("/api/models/parts/predict", files=sent(image), params=asked)
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()["results"]
        return found["label"], found["flags"]

    assert label(threshold=0.001)[0] == "defect"
    assert label(threshold=99.999)[0] == "good"
    assert label(threshold="none")[1] == {}
    assert service.get("/api/models/parts").json()["inference"]["threshold"] == pytest.approx(50)
    for asked, words in (
        ({"threshold": "much"}, "threshold: this value is not allowed; got much"),
        ({"treshold": 5}, "treshold: unknown parameter"),
        ({"roi": "1 2 3"}, "four numbers"),
        ({"roi": "900 900 5 5"}, image.name),
    ):
        refused = service.post("/api/models/parts/predict", files=sent(image), params=asked)
        assert refused.status_code == 422 and words in refused.json()["sentence"]


@pytest.mark.slow
def test_a_region_of_interest_is_kept_to(service: TestClient, models: dict[str, Model], image: Path) -> None:
    answer = service.post("/api/models/shapes/predict", files=sent(image), params={"roi": "8 4 32 32"}).json()
    expected = models["shapes"].predict(image, roi=Box(8, 4, 40, 36))
    assert answer["results"][0]["confidences"] == pytest.approx(dict(expected.confidences))


@pytest.mark.slow
def test_answers_are_drawn_when_asked(
    service: TestClient, models: dict[str, Model], image: Path, tmp_path: Path
) -> None:
    def pixels(png: bytes) -> np.ndarray:
        (tmp_path / "a.png").write_bytes(png)
        return read_image(tmp_path / "a.png")

    pictures = service.post("/api/models/parts/predict", files=sent(image), params={"pictures": True}).json()
    (found,) = pictures["results"]
    assert set(found["pictures"]) >= {"picture", "heatmap_picture"}
    model = models["parts"]
    drawn = model.method.draw(read_image(image), model.predict(image))
    for name in ("picture", "heatmap_picture"):
        alone = service.post("/api/models/parts/picture", files=sent(image, field="file"), params={"of": name})
        assert alone.headers["content-type"] == "image/png"
        assert alone.content == base64.b64decode(found["pictures"][name].partition(",")[2])
        assert (pixels(alone.content).shape == drawn.shape) and (
            name != "picture" or np.all(pixels(alone.content) == drawn)
        )
    refused = service.post("/api/models/parts/picture", files=sent(image, field="file"), params={"of": "nothing"})
    assert refused.status_code == 422 and "heatmap_picture" in refused.json()["sentence"]


@pytest.mark.slow
def test_hostile_images_are_told_one_by_one(service: TestClient, image: Path) -> None:
    good = image.read_bytes()
    sent_files = [
        ("files", ("../../../../etc/evil.png", good, "image/png")),
        ("files", ("bomb.png", bomb(60_000, 60_000), "image/png")),
        ("files", ("text.png", b"#!/bin/sh", "image/png")),
        ("files", ("cut.png", good[:60], "image/png")),
        ("files", ("page.html", b"<script>1</script>", "text/html")),
        ("files", ("empty.png", b"", "image/png")),
        ("files", ("a\x00b<b>.png", good, "image/png")),
    ]
    answer = service.post("/api/models/shapes/predict", files=sent_files)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [item["image"] for item in told["errors"]] == ["bomb.png", "text.png", "cut.png", "page.html", "empty.png"]
    assert not any("/tmp" in item["error"] or "sightmill-serve" in item["error"] for item in told["errors"])
    names = [item["image"] for item in told["results"]]
    assert len(names) == 2 and not any(".." in name or "<" in name or "\0" in name for name in names)
    # An image that is alone and cannot be used is a refusal.
    for file, status, words in (
        (sent_files[1], 413, "pixels"),
        (sent_files[2], 422, "text.png"),
        (sent_files[4], 422, "html"),
    ):
        refused = service.post("/api/models/shapes/predict", files=[file])
        assert refused.status_code == status and words in refused.json()["sentence"]


@pytest.mark.slow
def test_requests_are_bounded(models: dict[str, Model], image: Path) -> None:
    tight = Access(file_bytes=2000, request_bytes=20_000, json_bytes=1000, files=2)
    with TestClient(create_service(models, tight), base_url=HOME) as client:
        path = "/api/models/shapes/predict"
        assert client.post(path, files=sent(image)).status_code == 413
        assert client.post(path, files=[("files", ("a.png", b"x" * 30_000, "image/png"))]).status_code == 413
        many = client.post(path, files=[("files", ("a.png", b"x", "image/png"))] * 3)
        assert many.status_code == 413 and "too many images" in many.json()["sentence"]
        assert client.post(path, content=b"x" * 5000).status_code == 413


@pytest.mark.slow
def test_who_may_ask(models: dict[str, Model], image: Path) -> None:
    far = "http://192.168.7.7:8770"
    access = access_of(host="0.0.0.0", token=TOKEN, names=("line.example",))
    with TestClient(create_service(models, access), base_url=far) as client:
        path = "/api/models/shapes/predict"
        assert client.get("/api/health").status_code == 200
        for answer in (
            client.get("/api/models"),
            client.get("/api/openapi.json"),
            client.post(path, files=sent(image)),
        ):
            assert answer.status_code == 401 and "Bearer" in answer.json()["sentence"]
            assert answer.headers["x-content-type-options"] == "nosniff"
        known = {"authorization": f"Bearer {TOKEN}"}
        assert client.post(path, files=sent(image), headers=known).status_code == 200
        assert client.post(path, files=sent(image), headers={"authorization": "Bearer no"}).status_code == 401
        assert client.get("/api/models", headers={**known, "host": "line.example:8770"}).status_code == 200
        assert client.get("/api/models", headers={**known, "host": "evil.example"}).status_code == 403
        foreign = {**known, "origin": "http://evil.example"}
        assert client.post(path, files=sent(image), headers=foreign).status_code == 403
    assert access_of(host="127.0.0.1", token=None).token is None
    assert len(access_of(host="0.0.0.0", token=None).token or "") >= 32
    with pytest.raises(SettingsError, match="guessed"):
        access_of(host="0.0.0.0", token="short")


@pytest.mark.slow
def test_other_addresses_say_what_there_is(service: TestClient) -> None:
    for answer, status, words in (
        (service.get("/api/models/none"), 404, "shapes, parts"),
        (service.post("/api/models/none/predict"), 404, "shapes, parts"),
        (service.get("/api/models/parts/predict"), 405, "post"),
        (service.get("/api/models/parts/else"), 404, "predict, picture"),
        (service.get("/"), 404, "nothing at this address"),
        (service.post("/api/models/parts/predict"), 422, "files"),
    ):
        assert answer.status_code == status and words in answer.json()["sentence"]


@pytest.mark.slow
def test_many_ask_at_once(service: TestClient, models: dict[str, Model], tmp_path: Path) -> None:
    folder = draw(tmp_path / "many", {"disc": 6, "bar": 6})
    images = sorted(folder.rglob("*.png"))
    expected = [dict(models["shapes"].predict(path).confidences) for path in images]

    def ask(path: Path) -> dict[str, float]:
        answer = service.post("/api/models/shapes/predict", files=sent(path))
        confidences: dict[str, float] = answer.json()["results"][0]["confidences"]
        return confidences

    with ThreadPoolExecutor(8) as callers:
        for found, wanted in zip(callers.map(ask, images), expected, strict=True):
            assert found == pytest.approx(wanted, abs=1e-5)


@pytest.mark.slow
def test_every_operation_answers_as_described(models: dict[str, Model]) -> None:
    app = create_service(models, Access(hosts=("testserver",)))
    described = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    seen, wrong = wrong_answers(described, examples=15)
    assert not wrong, "\n\n".join(wrong)
    assert seen == 2 + 3 * len(models)


@contextmanager
def serving(*words: object) -> Iterator[dict[str, Any]]:
    """The program itself, and what it says when it answers."""
    program = [sys.executable, "-m", "sightmill", "serve", *map(str, words)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        watch = threading.Timer(90, child.kill)
        watch.start()
        try:
            assert child.stdout is not None and child.stderr is not None
            said = ""
            while not said.rstrip().endswith("\n}"):
                line = child.stdout.readline()
                assert line, child.stderr.read()
                said += line
            yield json.loads(said)
        finally:
            watch.cancel()
            child.kill()


@pytest.mark.slow
def test_the_program_serves_models_by_name_and_with_other_settings(files: dict[str, Path], image: Path) -> None:
    words = (f"first={files['parts']}", files["shapes"], "--set", "first:threshold=0.001", "--port", 0, "--json")
    with serving(*words) as said:
        assert said["token"] is None
        assert [(item["name"], item["method"]) for item in said["models"]] == [
            ("first", "anomaly_detection"),
            ("shapes", "classification"),
        ]
        told = httpx2.post(said["models"][0]["predict"], files=sent(image), timeout=200)
        assert told.json()["results"][0]["label"] == "defect"


@pytest.mark.slow
def test_on_another_address_the_token_is_made_and_told(files: dict[str, Path]) -> None:
    with serving(files["shapes"], "--host", "0.0.0.0", "--port", 0, "--json") as said:
        assert len(said["token"]) >= 32 and said["address"].startswith("http://127.0.0.1:")
