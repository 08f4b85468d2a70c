"""`python -m sightmill.server`: the server's description (OpenAPI) on stdout, for the front end's types."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from sightmill.server.app import create_app
from sightmill.server.studio import Config

__all__ = ["description"]


def description() -> str:
    """The OpenAPI description as JSON, the same on every machine."""
    with tempfile.TemporaryDirectory(prefix="sightmill-openapi-") as folder:
        app = create_app(Config(projects=Path(folder)))
        try:
            return json.dumps(app.openapi(), indent=1, sort_keys=True) + "\n"
        finally:
            app.state.studio.close()


if __name__ == "__main__":
    sys.stdout.write(description())
