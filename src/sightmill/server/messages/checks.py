"""Splits, findings, sizes, corrections and augmentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Request, Selection, Settings
from sightmill.server.messages.projects import Window

__all__ = [
    "Augmented",
    "Augmenting",
    "CheckRequest",
    "Correcting",
    "CorrectionPreview",
    "FindingFacts",
    "FindingState",
    "Findings",
    "Fix",
    "SizeRow",
    "Sizes",
    "SplitRule",
    "Step",
]


class SplitRule(Request):
    """Divide the images by a rule.

    Parameters
    ----------
    train, validation, test : percent that add up to 100, or numbers of images.
    group : an attribute of the images or a pattern with one group in parentheses; images of a group stay together.
    anew : also deal out images that have a split already.
    near_duplicates : read all images and keep near-duplicates in one split.
    """

    train: Annotated[float, Field(ge=0, le=1e9)] = 70
    validation: Annotated[float, Field(ge=0, le=1e9)] = 15
    test: Annotated[float, Field(ge=0, le=1e9)] = 15
    unit: Literal["percent", "count"] = "percent"
    group: Annotated[str, Field(max_length=500)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    anew: bool = False
    near_duplicates: bool = True
    window: Window = ""


class CheckRequest(Request):
    """Look at all images; ``longer_side`` judges object sizes after scaling to that (0: as they are)."""

    longer_side: Annotated[int, Field(ge=0, le=1 << 20)] = 0


class Fix(Answer):
    """What the button of a finding does."""

    action: Literal["remove", "remove_copies", "show", "split", "same_split", "to_test", "remove_class", "correct"]
    title: str


class FindingFacts(Answer):
    """One entry of the to-do list.

    Parameters
    ----------
    images : ids of the images it is about (at most 1000), ``count`` how many there are.
    fix : what its button does; None when only a person can.
    state : ``open``, ``done`` (fixed here) or ``dismissed``.
    """

    id: int
    level: Literal["error", "warning", "info"]
    code: str
    what: str
    remedy: str
    images: list[int]
    count: int
    fix: Fix | None
    state: Literal["open", "done", "dismissed"]


class Findings(Answer):
    """The last check; ``current`` is False when the data has changed since."""

    checked_at: str | None
    current: bool
    items: list[FindingFacts]


class FindingState(Request):
    """Dismiss a finding, or take that back."""

    state: Literal["open", "dismissed"]


class SizeRow(Answer):
    """So many images have this size."""

    width: int
    height: int
    images: int


class Sizes(Answer):
    """The image-size distribution, most frequent first, with channels and depths.

    ``suggestion`` is the correction that would bring all images to one size, in a sentence; None if they have one.
    """

    sizes: list[SizeRow]
    channels: dict[str, int]
    depths: dict[str, int]
    suggestion: str | None
    suggested: list[Step]


class Step(Request):
    """One correction. Which fields count depends on the kind.

    ``crop``: x, y, width, height (pixels). ``pad``: to width and height, around the middle, with ``fill`` (gray value
    as a share of white, or mirrored when None). ``resize``: to width and height; ``keep_aspect`` fits it in and
    pads. ``rotate``: by ``angle`` (0, 90, 180, 270 degrees clockwise). ``gray``: no fields.
    """

    kind: Literal["crop", "pad", "resize", "rotate", "gray"]
    x: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    y: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    width: Annotated[int, Field(ge=1, le=100_000)] | None = None
    height: Annotated[int, Field(ge=1, le=100_000)] | None = None
    keep_aspect: bool = True
    fill: Annotated[float, Field(ge=0, le=1)] | None = None
    angle: Literal[0, 90, 180, 270] = 0


class Correcting(Request):
    """Make corrected copies of images; the copies take their place in the project, the files stay.

    Annotations and regions of interest move along. Undo brings the originals back.
    """

    selection: Selection
    steps: Annotated[list[Step], Field(min_length=1, max_length=10)]
    window: Window = ""


class CorrectionPreview(Request):
    """What the steps make of one image."""

    image: Annotated[int, Field(ge=1, le=2**63 - 1)]
    steps: Annotated[list[Step], Field(max_length=10)]


class Augmenting(Request):
    """What training would make of an image at random.

    Parameters
    ----------
    settings : the training form's values.
    count : how many pictures.
    seed : the same seed shows the same pictures while a slider moves.
    side : longer side of the pictures, pixels.
    """

    image: Annotated[int, Field(ge=1, le=2**63 - 1)]
    settings: Settings = Field(default={})
    count: Annotated[int, Field(ge=1, le=16)] = 6
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    side: Annotated[int, Field(ge=32, le=512)] = 224


class Augmented(Answer):
    """Pictures as data URLs, the unchanged image first."""

    pictures: list[str]


Sizes.model_rebuild()
