"""Who may talk to the studio, what may be read through it, and what it takes in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from server_toys import P, bomb, draw, finished, rows

from sightmill.errors import SettingsError
from sightmill.server.opening import config_of

TOKEN = "a token that nobody guesses"
FAR = "http://192.168.7.7:8765"


@pytest.fixture
def far(started: Callable[..., TestClient]) -> TestClient:
    """A studio that listens on every address of the machine."""
    return started(FAR, token=TOKEN, hosts=("*",))


def test_another_address_demands_a_token(tmp_path: Path) -> None:
    assert config_of(host="127.0.0.1", token=None, projects=tmp_path, roots=()).token is None
    made = [config_of(host="0.0.0.0", token=None, projects=tmp_path, roots=()).token for _ in range(2)]
    assert all(token and len(token) >= 32 for token in made) and made[0] != made[1]
    with pytest.raises(SettingsError, match="guessed"):
        config_of(host="0.0.0.0", token="short", projects=tmp_path, roots=())


def test_without_the_token_nothing_is_told(far: TestClient) -> None:
    session = far.get("/api/session").json()
    assert session["token_needed"] and not session["signed_in"]
    assert session["roots"] == [] and session["projects_folder"] == ""
    for path in ("/api/projects", "/api/methods", "/api/files", "/api/openapi.json", f"{P}/events"):
        assert far.get(path).status_code == 401, path
    assert far.post("/api/projects", json={"name": "x", "method": "classification"}).status_code == 401
    assert far.post("/api/session", json={"token": "wrong"}).status_code == 403
    assert far.get("/api/projects").status_code == 401


def test_the_token_becomes_a_cookie_that_scripts_cannot_read(far: TestClient) -> None:
    answer = far.post("/api/session", json={"token": TOKEN}, headers={"origin": FAR})
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and TOKEN not in cookie
    assert far.get("/api/projects").status_code == 200
    far.cookies.clear()
    assert far.get("/api/projects", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert far.get("/api/projects", headers={"authorization": "Bearer x"}).status_code == 401
    assert far.get("/api/projects", headers={"cookie": "sightmill_session=; ;=;\x7f"}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost:80:80", "[::1", "a b"])
def test_a_page_that_points_its_own_name_here_is_refused(studio: TestClient, host: str) -> None:
    answer = studio.get("/api/projects", headers={"host": host})
    assert answer.status_code == 403 and answer.json()["kind"] == "Forbidden"


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765"])
def test_this_machine_has_several_names(studio: TestClient, host: str) -> None:
    assert studio.get("/api/projects", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_sites_change_nothing(studio: TestClient, headers: dict[str, str]) -> None:
    answer = studio.post("/api/projects", json={"name": "x", "method": "classification"}, headers=headers)
    assert answer.status_code == 403
    assert len(studio.get("/api/projects").json()) == 1


def test_every_answer_carries_the_headers_that_protect(studio: TestClient) -> None:
    for path in ("/", "/api/session", "/api/nothing", "/assets/none.js"):
        headers = studio.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"


def test_faults_are_sentences(studio: TestClient) -> None:
    for answer, status in (
        (studio.get("/api/nothing"), 404),
        (studio.get("/api/projects/none"), 404),
        (studio.get("/api/projects/..%2f..%2fetc"), 404),
        (studio.post("/api/projects", json={"name": "x"}), 422),
        (studio.post("/api/projects", json={"name": "x", "method": "none"}), 422),
        (studio.post("/api/projects", content=b"{", headers={"content-type": "application/json"}), 422),
        (studio.put("/api/projects"), 405),
        (studio.post(f"{P}/gallery", json={"where": {"lable": "x"}}), 422),
    ):
        assert answer.status_code == status
        assert set(answer.json()) == {"sentence", "kind", "what", "where", "got", "allowed", "remedy"}


@pytest.mark.parametrize(
    "path", ["/etc", "/", "/etc/passwd", "..", "data/../../..", "~root", "/proc/self/environ", "\0"]
)
def test_folders_outside_of_the_roots_are_not_shown(studio: TestClient, path: str) -> None:
    assert studio.get("/api/files", params={"path": path}).status_code in (403, 422)
    assert studio.get("/api/files/picture", params={"path": path}).status_code in (403, 422)
    assert studio.post(f"{P}/imports/preview", json={"path": path}).status_code in (403, 422)
    assert studio.post(f"{P}/imports", json={"path": path}).status_code in (403, 422)
    assert studio.post(f"{P}/exports", json={"format": "csv", "folder": f"{path}/x"}).status_code in (403, 422)


def test_links_do_not_lead_out_of_the_roots(studio: TestClient, tmp_path: Path) -> None:
    secret = draw(tmp_path / "secret", {"bar": 2})
    inside = draw(tmp_path / "data" / "inside", {"disc": 2})
    (inside / "away").symlink_to(secret / "bar")
    listing = studio.get("/api/files", params={"path": str(inside)}).json()
    assert [entry["name"] for entry in listing["folders"]] == ["disc"]
    assert studio.get("/api/files", params={"path": str(inside / "away")}).status_code == 403
    assert studio.post(f"{P}/imports/preview", json={"path": str(inside)}).status_code == 403
    (inside / "away").unlink()
    finished(studio, studio.post(f"{P}/imports", json={"path": str(inside)}))
    # A file that becomes a link after it was taken in is not followed either.
    image = rows(studio)[0]
    path = Path(studio.get(f"{P}/images/{image['id']}").json()["file"])
    path.unlink()
    path.symlink_to(secret / "bar" / "bar 0.png")
    answer = studio.get(f"{P}/images/{image['id']}/picture")
    assert answer.status_code == 422 and "link" in answer.json()["sentence"]


def test_hostile_uploads_are_passed_over_one_by_one(studio: TestClient, tmp_path: Path) -> None:
    good = (draw(tmp_path / "toys", {"disc": 1}) / "disc" / "disc 0.png").read_bytes()
    sent = [
        ("files", ("../../../../etc/evil.png", good, "image/png")),
        ("files", ("CON.png", good, "image/png")),
        ("files", ("a\x00b<script>.png", good, "image/png")),
        ("files", ("x" * 500 + ".png", good, "image/png")),
        ("files", ("bomb.png", bomb(60_000, 60_000), "image/png")),
        ("files", ("text.png", b"#!/bin/sh", "image/png")),
        ("files", ("cut.png", good[:60], "image/png")),
        ("files", ("page.html", b"<script>1</script>", "text/html")),
        ("files", ("empty.png", b"", "image/png")),
    ]
    answer = studio.post(f"{P}/uploads", files=sent, data={"label": "disc", "split": "test"})
    assert answer.status_code == 201, answer.text
    assert {item["name"] for item in answer.json()["skipped"]} >= {"bomb.png", "text.png", "page.html", "empty.png"}
    found = rows(studio)
    assert all(row["label"] == "disc" and row["split"] == "test" for row in found)
    assert not any(".." in row["name"] or "<" in row["name"] or "\0" in row["name"] for row in found)
    project = Path(studio.get(P).json()["folder"])
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name.endswith("evil.png")]
    assert files == [project / "images" / "evil.png"]
    for row in found:
        assert Path(studio.get(f"{P}/images/{row['id']}").json()["file"]).parent == project / "images"


def test_uploads_are_bounded(started: Callable[..., TestClient], tmp_path: Path) -> None:
    small = started(file_bytes=2000, request_bytes=20_000, json_bytes=10_000, pixels=1000)
    small.post("/api/projects", json={"name": "toys", "method": "classification"})
    good = (draw(tmp_path / "toys", {"disc": 1}) / "disc" / "disc 0.png").read_bytes()
    answer = small.post(f"{P}/uploads", files=[("files", ("a.png", good, "image/png"))])
    assert answer.json()["ids"] == [] and "too large" in answer.json()["skipped"][0]["sentence"]
    tiny = io.BytesIO(bomb(100, 100)).getvalue()
    answer = small.post(f"{P}/uploads", files=[("files", ("a.png", tiny, "image/png"))])
    assert "pixels" in answer.json()["skipped"][0]["sentence"]
    flood = small.post(f"{P}/uploads", files=[("files", ("a.png", b"x" * 30_000, "image/png"))])
    assert flood.status_code == 413

    def endless() -> object:
        for _ in range(100):
            yield b"[" * 1000

    streamed = small.post(f"{P}/gallery", content=endless(), headers={"content-type": "application/json"})
    assert streamed.status_code == 413
    many = [("files", (f"{number}.png", b"x", "image/png")) for number in range(1001)]
    assert started(request_bytes=1 << 20).post("/api/projects/toys/uploads", files=many).status_code in (400, 404, 422)


def test_a_mask_that_claims_too_much_is_refused(filled: TestClient) -> None:
    huge = {"kind": "mask", "x": 0, "y": 0, "width": 100_000, "height": 100_000, "runs": [10_000_000_000]}
    answer = filled.put(f"{P}/images/1/annotations", json={"annotations": [{"region": huge, "label": "a"}]})
    assert answer.status_code == 422
    wrong = {"kind": "mask", "x": 0, "y": 0, "width": 4, "height": 4, "runs": [1, 2]}
    answer = filled.put(f"{P}/images/1/annotations", json={"annotations": [{"region": wrong, "label": "a"}]})
    assert answer.status_code == 422 and "add up" in answer.json()["sentence"]


def test_the_page_is_served_from_the_build_alone(
    studio: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightmill.server.app.STATIC", tmp_path / "static")
    unbuilt = studio.get("/projects/toys")
    assert unbuilt.status_code == 503 and "make studio" in unbuilt.text
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("<title>studio</title>")
    (tmp_path / "static" / "assets" / "a.js").write_text("1")
    (tmp_path / "outside.txt").write_text("secret")
    assert studio.get("/projects/toys").text == "<title>studio</title>"
    assert "immutable" in studio.get("/assets/a.js").headers["cache-control"]
    for path in ("/../outside.txt", "/..%2foutside.txt", "/assets/..%2f..%2foutside.txt", "/%2e%2e/outside.txt"):
        assert "secret" not in studio.get(path).text
