"""Judging a run and taking its model away."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Request, Selection
from sightmill.server.messages.images import Skipped
from sightmill.server.messages.projects import Window
from sightmill.server.messages.regions import AnyRegion, Labelled
from sightmill.server.messages.runs import Job

__all__ = [
    "EstimateFacts",
    "Evaluating",
    "Evaluation",
    "FolderPredicting",
    "InferenceChange",
    "JudgedImage",
    "Latency",
    "LiveAnswer",
    "LivePredictions",
    "Predicting",
    "Serving",
    "ServingFacts",
    "Snippet",
]


class Predicting(Request):
    """Let a run answer images; what it has answered already is kept unless ``anew``."""

    selection: Selection | None = None
    anew: bool = False


class Evaluating(Request):
    """Judge a run.

    Parameters
    ----------
    split : which images.
    inference : inference settings that differ from the run's own: the live sliders.
    roi : look only there (runs the network again for this region).
    intervals : with 95 % intervals; leave out while a slider moves.
    figures : with plots; leave out while a slider moves.
    """

    split: Literal["train", "validation", "test", "all"] = "test"
    inference: Annotated[dict[str, Any], Field(max_length=100)] = Field(default={})
    roi: AnyRegion | None = None
    intervals: bool = False
    figures: bool = True


class EstimateFacts(Answer):
    """A figure with its 95 % interval."""

    name: str
    title: str
    better: Literal["higher", "lower"]
    value: float | None
    low: float | None
    high: float | None
    count: int


class JudgedImage(Answer):
    """One judged image; ``good`` is whether its truth says that nothing is wrong, for anomaly detection."""

    id: int
    name: str
    thumbnail: str
    truth: str
    answer: str | None
    score: float | None
    badness: float
    wrong: bool
    good: bool | None


class Evaluation(Answer):
    """What the run is worth on these images.

    Parameters
    ----------
    ready : False while the network still has to see some images: ``job`` does that; ask again when it is done.
    figures : plots as data: ``kind`` (``histogram``, ``curves``, ``matrix``, ``table``), ``title``, ``note`` ...
        (`sightmill.evaluation.report`). A matrix has rows = prediction, columns = truth.
    images : the worst answers first.
    threshold : the inference setting that a draggable T changes (``threshold``); None where the method has none.
    """

    ready: bool
    job: Job | None
    run: int
    method: str
    split: str
    labels: list[str]
    inference: dict[str, Any]
    metrics: list[EstimateFacts]
    figures: list[dict[str, Any]]
    images: list[JudgedImage]
    threshold: str | None
    trained_on: bool
    notes: list[str]


class InferenceChange(Request):
    """The inference settings that the run's model decides with from now on; those left out become its own again."""

    values: Annotated[dict[str, Any], Field(max_length=100)]
    window: Window = ""


class Snippet(Answer):
    """Code that runs as it is."""

    id: str
    title: str
    language: str
    code: str


class Serving(Request):
    """How `sightmill serve` shall be started.

    Parameters
    ----------
    runs : whose models are served.
    token : what programs must know; None or empty makes one where it is needed.
    """

    runs: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(min_length=1, max_length=50)]
    host: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9.:_-]+$")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8770
    token: Annotated[str, Field(max_length=200, pattern=r"^[!-~]*$")] | None = None


class ServingFacts(Answer):
    """What to type, and what programs then send.

    Parameters
    ----------
    command : the line that starts the server.
    address : what programs on this machine call it.
    token : what they must send with each request; None where none is needed.
    snippets : an image sent to the first of the models.
    """

    command: str
    address: str
    token: str | None
    snippets: list[Snippet]
    notes: list[str]


class Latency(Answer):
    """Milliseconds for one image on this machine, median of several."""

    view: float
    network: float
    decode: float
    total: float
    width: int
    height: int
    tiles: int
    engine: str
    version: str
    precision: str
    device: str
    processor: str


class LiveAnswer(Answer):
    """The answer for an uploaded image; ``answer`` is it in a few words; pictures are data URLs (at most 1024 pixels
    wide).
    """

    name: str
    answer: str
    width: int
    height: int
    label: str | None
    score: float | None
    annotations: list[Labelled]
    values: dict[str, float | None]
    flags: dict[str, bool]
    confidences: dict[str, float]
    milliseconds: float
    picture: str
    heatmap: str | None


class LivePredictions(Answer):
    """Answers in the order of the files, and the files that could not be used."""

    answers: list[LiveAnswer]
    skipped: list[Skipped]


class FolderPredicting(Request):
    """Run the model over a folder on the server (within the roots); at most ``limit`` images."""

    path: Annotated[str, Field(max_length=4096)]
    limit: Annotated[int, Field(ge=1, le=200)] = 24
