"""Annotations over the wire: the regions of `sightmill.data.regions`, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from sightmill.data.annotation import Annotation
from sightmill.data.region_kinds import region_from_dict
from sightmill.data.regions import Region
from sightmill.server.messages.common import Request

__all__ = ["AnyRegion", "Labelled", "annotations_of", "region_of"]

#: Far outside of every image, and still exact in JavaScript.
Coordinate = Annotated[float, Field(ge=-1e7, le=1e7)]
Length = Annotated[float, Field(ge=0, le=1e7)]
Corner = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]


class WholeRegion(Request):
    """The whole image."""

    kind: Literal["whole"]


class PointRegion(Request):
    """A place."""

    kind: Literal["point"]
    x: Coordinate
    y: Coordinate


class BoxRegion(Request):
    """An upright rectangle, x1 <= x2 and y1 <= y2, in pixels from the image's top-left corner."""

    kind: Literal["box"]
    x1: Coordinate
    y1: Coordinate
    x2: Coordinate
    y2: Coordinate


class RotatedBoxRegion(Request):
    """A turned rectangle: centre, sides, and degrees clockwise as seen on the screen."""

    kind: Literal["rotated_box"]
    cx: Coordinate
    cy: Coordinate
    width: Length
    height: Length
    angle: Annotated[float, Field(ge=-360, le=360)]


class PolygonRegion(Request):
    """Closed outlines of at least three corners each; the region is their union."""

    kind: Literal["polygon"]
    parts: Annotated[
        list[Annotated[list[Corner], Field(min_length=3, max_length=100_000)]], Field(min_length=1, max_length=1000)
    ]


class PolylineRegion(Request):
    """Open lines of at least two corners each."""

    kind: Literal["polyline"]
    parts: Annotated[
        list[Annotated[list[Corner], Field(min_length=2, max_length=100_000)]], Field(min_length=1, max_length=1000)
    ]


class MaskRegion(Request):
    """Pixels: run lengths in rows, the first of them not covered, over a window set at (x, y) in the image."""

    kind: Literal["mask"]
    x: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    y: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    width: Annotated[int, Field(ge=0, le=100_000)]
    height: Annotated[int, Field(ge=0, le=100_000)]
    runs: Annotated[list[Annotated[int, Field(ge=0, le=2**40)]], Field(max_length=10_000_000)]


AnyRegion = Annotated[
    WholeRegion | PointRegion | BoxRegion | RotatedBoxRegion | PolygonRegion | PolylineRegion | MaskRegion,
    Field(discriminator="kind"),
]


class Labelled(Request):
    """An annotation: a region with a label; a prediction also has a score."""

    region: AnyRegion
    label: Annotated[str, Field(max_length=200)] = ""
    score: float | None = None
    text: Annotated[str, Field(max_length=10_000)] | None = None
    attributes: Annotated[dict[str, str], Field(max_length=100)] = Field(default={})


#: A mask from outside may not claim more pixels than an image may have.
MOST_MASK_PIXELS = 500_000_000


def region_of(message: Any) -> Region:
    """The region that a message speaks of; raises `AnnotationError`."""
    from sightmill.errors import AnnotationError

    if isinstance(message, MaskRegion) and message.width * message.height > MOST_MASK_PIXELS:
        raise AnnotationError(
            "a mask is larger than any image", got=f"{message.width} x {message.height}", allowed="500 megapixels"
        )
    return region_from_dict(message.model_dump())


def annotations_of(messages: Iterable[Labelled]) -> tuple[Annotation, ...]:
    """The annotations that messages speak of; raises `AnnotationError`."""
    return tuple(
        Annotation(region_of(item.region), item.label, item.score, item.text, dict(item.attributes))
        for item in messages
    )
