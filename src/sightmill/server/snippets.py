"""Lines to type and code to copy: they run as they are, on the system that the server runs on."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightmill.methods.settings import to_text
from sightmill.project.store.gallery import Condition, page
from sightmill.project.store.rows import file_of
from sightmill.server.studio import OpenProject

__all__ = ["curl", "example_image", "inference_words", "quoted", "sent_from_python"]

_PYTHON = """\
import json
import urllib.request
import uuid
from pathlib import Path

image = Path({image!r})
mark = uuid.uuid4().hex
head = f'--{{mark}}\\r\\nContent-Disposition: form-data; name="files"; filename="{{image.name}}"\\r\\n\\r\\n'
body = head.encode() + image.read_bytes() + f"\\r\\n--{{mark}}--\\r\\n".encode()
request = urllib.request.Request(
    {address!r},
    body,
    {{"Content-Type": f"multipart/form-data; boundary={{mark}}"{token}}},
)
with urllib.request.urlopen(request) as response:
    answers = json.load(response)
for result in answers["results"]:
    print(result["image"], result["label"], result["score"], len(result["annotations"]))
"""


def quoted(word: str) -> str:
    """A word as this system's shell takes it."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def inference_words(inference: Mapping[str, Any], *, model: str = "") -> list[str]:
    """``--set NAME=VALUE`` for each setting that was chosen; for one of several models with its name before it."""
    whose = f"{model}:" if model else ""
    return [word for name, value in inference.items() for word in ("--set", f"{whose}{name}={to_text(value)}")]


def curl(image: str, address: str, token: str | None) -> str:
    """The line that sends an image."""
    words = ["curl", *(["-H", f"Authorization: Bearer {token}"] if token else []), "-F", f"files=@{image}", address]
    return " ".join(map(quoted, words)) + "\n"


def sent_from_python(image: str, address: str, token: str | None) -> str:
    """A program that sends an image with what comes with Python, and prints the answer."""
    header = f', "Authorization": "Bearer {token}"' if token else ""
    return _PYTHON.format(image=image, address=address, token=header)


def example_image(opened: OpenProject) -> Path | None:
    """An image of the project to show it on."""
    found = page(opened.project, Condition(), cursor=None, limit=1).rows
    return file_of(opened.project, found[0]) if found else None
