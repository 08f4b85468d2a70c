"""The model server: what is served, and answers as `sightmill predict --json` tells them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from sightmill.server.messages.common import Answer, Parameter
from sightmill.server.messages.regions import AnyRegion

__all__ = ["FailedImage", "Health", "PredictedAnnotation", "PredictedImage", "Predictions", "ServedModel"]


class Health(Answer):
    """Whether images are answered."""

    status: Literal["ready"]


class ServedModel(Answer):
    """A model that is served.

    Parameters
    ----------
    predict, picture : addresses that images are sent to.
    width, height, channels : of what its network sees at a time.
    inference : the settings that it decides with.
    parameters : what may be set for a single request, with range, unit and help.
    notes : doubts about what it promises on this machine.
    """

    name: str
    method: str
    title: str
    labels: list[str]
    predict: str
    picture: str
    width: int
    height: int
    channels: int
    inference: dict[str, Any]
    parameters: list[Parameter]
    engine: str
    precision: str
    device: str
    notes: list[str]


class _Sparse(Answer):
    """Parts that an answer does not have are left out of it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_serialization_defaults_required=False)


class PredictedAnnotation(_Sparse):
    """Something found: a region with a label and a score.

    What the region covers is told too: ``box`` [x1, y1, x2, y2] and ``area`` in pixels, for a line its ``length``,
    for a mask its outlines ``polygons`` (even-odd rule).
    """

    region: AnyRegion
    label: str
    class_id: int | None
    score: float | None = None
    text: str | None = None
    attributes: dict[str, str] = Field(default={})
    box: list[float] = Field(default=[])
    area: float = 0.0
    length: float = 0.0
    polygons: list[list[list[float]]] = Field(default=[])


class PredictedImage(_Sparse):
    """The answer for one image, ``answer`` in a few words; ``pictures`` are data URLs by name, where they were asked
    for.
    """

    image: str
    answer: str
    label: str | None
    class_id: int | None
    score: float | None
    confidences: dict[str, float | None]
    values: dict[str, float | None]
    flags: dict[str, bool]
    findings: list[str]
    annotations: list[PredictedAnnotation]
    width: int
    height: int
    pictures: dict[str, str] = Field(default={})


class FailedImage(Answer):
    """An image that could not be used, and the sentence that says why."""

    image: str
    error: str


class Predictions(Answer):
    """Answers in the order of the images; those that could not be used are among the errors."""

    model: str
    method: str
    notes: list[str]
    results: list[PredictedImage]
    errors: list[FailedImage]
