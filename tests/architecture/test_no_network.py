"""Nothing opens a connection: the whole way is walked in a process whose sockets refuse and tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WALK = """
import socket, sys
tried = []
def refuse(*given, **named):
    tried.append(str(given[1:] or given))
    raise OSError("the test forbids connections")
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.socket.sendto = refuse
socket.getaddrinfo = refuse
socket.gethostbyname = refuse
socket.create_connection = refuse

from pathlib import Path
import sightmill
from sightmill.cli.main import run
from sightmill.data.formats import save
from sightmill.training.toys import toy_dataset

def sightmill_says(*words):
    try:
        run([str(word) for word in words])
    except SystemExit as ended:
        assert not ended.code, (words, ended.code)

place = Path(sys.argv[1])
save(toy_dataset("class"), place / "class", "class_folders")
save(toy_dataset("anomaly"), place / "anomaly", "mvtec")
small = ["--network-depth", "1", "--quiet"]
steps = ["--iterations", "1", "--steps-per-iteration", "1", "--image-size", "32"]
for method, data, more in (("classification", "class", steps), ("anomaly_detection", "anomaly", [])):
    model = place / f"{method}.sightmill"
    sightmill_says("data", "check", place / data)
    sightmill_says("train", method, place / data, "-o", model, *small, *more)
    sightmill_says("evaluate", model, place / data, "--split", "test", "--html", place / f"{method}.html")
    sightmill_says("predict", model, place / data / "test", "--save-images", place / f"{method}-pictures")
    sightmill_says("verify", model)
    sightmill.load(model, engine="openvino", precision="float32") if "openvino" in sys.argv else None
sightmill_says("devices")
assert not tried, tried
print("quiet")
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_the_whole_way_opens_no_connection(engine: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALK, str(tmp_path), engine], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("quiet")


def test_a_report_page_links_to_nothing_outside() -> None:
    from sightmill.project import page

    folder = Path(page.__file__).parent
    for part in ("page.py", "page.css", "page.js", "tiles.py"):
        text = (folder / part).read_text(encoding="utf-8")
        assert "http://" not in text.replace("http://www.w3.org/", ""), part
        assert "https://" not in text, part
