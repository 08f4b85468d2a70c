"""How a project's models are served to programs: the command to type, and code that sends an image."""

from __future__ import annotations

from fastapi import APIRouter

from sightmill.project.store import runs as store
from sightmill.server.listening import address_of, is_home, token_for
from sightmill.server.messages.judge import Serving, ServingFacts, Snippet
from sightmill.server.refusals import Conflict
from sightmill.server.snippets import curl, example_image, inference_words, quoted, sent_from_python
from sightmill.server.studio import Opened, OpenProject

router = APIRouter(prefix="/api/projects/{project}/serving", tags=["deploy"])


@router.post("")
def plan_serving(body: Serving, opened: Opened) -> ServingFacts:
    """The line that serves these models with the settings chosen for them, and code that sends an image there."""
    words = ["sightmill", "serve"]
    changes: list[str] = []
    names: list[str] = []
    for id in dict.fromkeys(body.runs):
        run = store.read_run(opened.project, id)
        if not run.model.is_file():
            raise Conflict("this run has no model yet", where=run.name, got=run.state)
        names.append(_name(opened, id))
        words.append(f"{names[-1]}={run.model}")
        changes += inference_words(run.inference, model=names[-1])
    words += changes
    token = token_for(body.host, body.token or None)
    if body.host != "127.0.0.1":
        words += ["--host", body.host]
    if body.port != 8770:
        words += ["--port", str(body.port)]
    if token:
        words.append(f"--token={token}")  # one word: a token may begin with a hyphen
    address = address_of(body.host, body.port)
    image = str(example_image(opened) or "part.png")
    target = f"{address}/api/models/{names[0]}/predict"
    return ServingFacts(
        command=" ".join(map(quoted, words)),
        address=address,
        token=token,
        snippets=[
            Snippet(id="curl", title="curl", language="console", code=curl(image, target, token)),
            Snippet(id="python", title="Python", language="python", code=sent_from_python(image, target, token)),
        ],
        notes=_notes(body.host),
    )


def _name(opened: OpenProject, run: int) -> str:
    return f"{opened.id}-run{run}"


def _notes(host: str) -> list[str]:
    if is_home(host):
        return []
    return [
        "From other machines, use this machine's address in place of the one above.",
        "The connection is not encrypted: over a network that you do not trust, put a proxy with TLS in front.",
    ]
