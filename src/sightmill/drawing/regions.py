"""Annotations on images, each region kind in its own way, truth and prediction alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Point, Polygon, Polyline, RotatedBox, Whole
from sightmill.data.result import Result
from sightmill.drawing.colours import BAD, GOOD, Colour, class_colour, class_colours
from sightmill.drawing.legend import GROUND, draw_legend
from sightmill.drawing.lettering import fitted, text_size, write
from sightmill.drawing.naming import named_places

__all__ = ["displayable", "draw_annotations", "draw_result"]

Picture = npt.NDArray[np.uint8]

#: What the caption bar calls an image that is unlike those of the training.
UNFAMILIAR = "out of distribution"

_FILL = 0.35
_CAPTION: Colour = GROUND
_MOST_CAPTIONS = 3
#: More names than this are counted instead, and so are more than a few that would cover this share of the picture.
_MOST_NAMES = 24
_FEW_NAMES, _MOST_COVERED = 3, 0.2
_SUBPIXEL_BITS = 4
_LEAST_LETTERING = 48


def displayable(image: npt.NDArray[Any]) -> Picture:
    """A copy for the screen: uint8 RGB ``(H, W, 3)``.

    uint8 keeps its values. uint16 and float are stretched from their 0.1 to their 99.9 percentile, so that
    twelve bits in sixteen do not look black; NaN and infinities count as the nearest end.
    """
    pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.dtype != np.uint8:
        pixels = _stretched(pixels)
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    return np.array(pixels[:, :, :3], np.uint8, order="C")


def draw_result(image: npt.NDArray[Any], result: Result, *, palette: Mapping[str, Colour] | None = None) -> Picture:
    """The image with a result's annotations, uint8 ``(H, W, 3)``.

    Class colours are those of the model's class names; the caption is green or orange where the result says
    whether the image is valid, and orange, with a word, for an image that is out of distribution.
    """
    colours = dict(palette) if palette is not None else class_colours(result.labels)
    valid = result.flags.get("is_valid")
    caption = None if valid is None else GOOD if valid else BAD
    annotations = result.annotations
    if result.ood_result:
        # First in the bar: whatever else is said of such an image is not to be trusted.
        annotations = (Annotation(Whole(), UNFAMILIAR, result.ood_score), *annotations)
        caption = BAD
    return draw_annotations(image, annotations, palette=colours, caption=caption)


def draw_annotations(
    image: npt.NDArray[Any],
    annotations: Iterable[Annotation],
    *,
    palette: Mapping[str, Colour] | None = None,
    caption: Colour | None = None,
) -> Picture:
    """The image with annotations, uint8 ``(H, W, 3)``; the image itself is not changed.

    Parameters
    ----------
    annotations : in the order given; later ones lie on top. Image labels become a caption bar.
    palette : colours by class name; a name that is not in it takes its `class_colour`.
    caption : colour of the caption bar; None marks each image label in its class colour.
    """
    picture = displayable(image)
    palette = palette or {}
    drawn = list(annotations)
    for item in drawn:
        _draw_area(picture, item, palette.get(item.label, class_colour(item.label)))
    captions = [item for item in drawn if isinstance(item.region, Whole)]
    ceiling = _draw_captions(picture, captions, palette, caption) if captions else 0
    placed = [item for item in drawn if not isinstance(item.region, Whole)]
    if _shorter_side(picture) >= _LEAST_LETTERING:
        names = _names_of(picture, placed)
        if _are_too_many(picture, names) and not captions:
            # So many names would hide the image: they are counted instead.
            counts = Counter(item.label for item in placed if item.label)
            draw_legend(picture, dict(sorted(counts.items())), palette=palette, size=_letter_size(picture))
        elif len(placed) <= _MOST_NAMES:
            _draw_names(picture, names, palette, ceiling)
    return picture


def _stretched(pixels: npt.NDArray[Any]) -> Picture:
    values = pixels.astype(np.float32)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, np.uint8)
    few = finite[:: max(finite.size // 1_000_000, 1)]
    low, high = (float(end) for end in np.percentile(few, [0.1, 99.9]))
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.full_like(values, 128.0)
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


def _draw_area(picture: Picture, item: Annotation, colour: Colour) -> None:
    region = item.region
    if isinstance(region, Box):
        _outline(picture, [region.corners()], colour)
    elif isinstance(region, RotatedBox):
        corners = region.corners()
        _outline(picture, [corners], colour)
        _outline(picture, [np.array([[region.cx, region.cy], corners[1:3].mean(axis=0)])], colour, closed=False)
    elif isinstance(region, Polygon):
        for part in region.parts:
            _fill_polygon(picture, part, colour)
        _outline(picture, list(region.parts), colour)
    elif isinstance(region, Polyline):
        _outline(picture, list(region.parts), colour, closed=False)
    elif isinstance(region, Mask):
        _fill_mask(picture, region, colour)
    elif isinstance(region, Point):
        _cross(picture, region, colour)


def _shorter_side(picture: Picture) -> int:
    return int(min(picture.shape[:2]))


def _line_width(picture: Picture) -> int:
    return max(1, round(_shorter_side(picture) / 300))


def _letter_size(picture: Picture) -> int:
    return min(max(_shorter_side(picture) // 26, 11), 64)


def _outline(picture: Picture, outlines: list[npt.NDArray[np.float64]], colour: Colour, *, closed: bool = True) -> None:
    """Lines with a dark rim, legible on any ground."""
    scale = 1 << _SUBPIXEL_BITS
    far = 4.0 * max(picture.shape[:2])  # OpenCV's fixed-point coordinates overflow beyond
    points = [
        np.round((np.clip(outline, -far, far) - 0.5) * scale).astype(np.int32).reshape(-1, 1, 2) for outline in outlines
    ]
    width = _line_width(picture)
    rims = ((colour, width),) if _shorter_side(picture) < _LEAST_LETTERING else ((_CAPTION, width + 2), (colour, width))
    for ink, thickness in rims:
        cv2.polylines(picture, points, closed, ink, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _tint(patch: Picture, covered: npt.NDArray[np.bool_], colour: Colour) -> None:
    own = patch[covered].astype(np.float32)
    patch[covered] = np.round(own + _FILL * (np.array(colour, np.float32) - own)).astype(np.uint8)


def _fill_polygon(picture: Picture, outline: npt.NDArray[np.float64], colour: Colour) -> None:
    height, width = picture.shape[:2]
    (left, top), (right, bottom) = np.floor(outline.min(axis=0)), np.ceil(outline.max(axis=0))
    x1, y1, x2, y2 = max(int(left), 0), max(int(top), 0), min(int(right), width), min(int(bottom), height)
    if x1 < x2 and y1 < y2:
        covered = Polygon(outline - [x1, y1]).mask(x2 - x1, y2 - y1)
        _tint(picture[y1:y2, x1:x2], covered, colour)


def _fill_mask(picture: Picture, region: Mask, colour: Colour) -> None:
    height, width = picture.shape[:2]
    rows, columns = region.pixels.shape
    x1, y1 = max(region.x, 0), max(region.y, 0)
    x2, y2 = min(region.x + columns, width), min(region.y + rows, height)
    if x1 >= x2 or y1 >= y2:
        return
    covered = region.pixels[y1 - region.y : y2 - region.y, x1 - region.x : x2 - region.x]
    patch = picture[y1:y2, x1:x2]
    _tint(patch, covered, colour)
    edges, _ = cv2.findContours(
        np.ascontiguousarray(covered, np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE, offset=(x1, y1)
    )
    cv2.drawContours(picture, edges, -1, colour, _line_width(picture))


def _cross(picture: Picture, point: Point, colour: Colour) -> None:
    arm = max(3.0, _shorter_side(picture) / 60)
    for along in (np.array([[-arm, 0], [arm, 0]]), np.array([[0, -arm], [0, arm]])):
        _outline(picture, [along + np.array([point.x, point.y])], colour, closed=False)


def _text(item: Annotation) -> str:
    words = [item.label, item.text and f"“{item.text}”", item.score is not None and f"{item.score:.2f}"]
    return " ".join(word for word in words if word)


def _names_of(picture: Picture, placed: list[Annotation]) -> list[tuple[Annotation, str, tuple[int, int]]]:
    """The annotations that are named, the words, and how large they are, pixels.

    Lines have none: an image has many of them, their colour tells the class, and names would hide them.
    """
    size, named = _letter_size(picture), []
    for item in placed:
        text = "" if isinstance(item.region, Polyline) else fitted(_text(item), size, picture.shape[1])
        if text:
            named.append((item, text, text_size(text, size)))
    return named


def _are_too_many(picture: Picture, names: list[tuple[Annotation, str, tuple[int, int]]]) -> bool:
    covered = sum(wide * tall for _, _, (wide, tall) in names)
    crowded = len(names) > _FEW_NAMES and covered > _MOST_COVERED * picture.shape[0] * picture.shape[1]
    return len(names) > _MOST_NAMES or crowded


def _draw_names(
    picture: Picture,
    names: list[tuple[Annotation, str, tuple[int, int]]],
    palette: Mapping[str, Colour],
    ceiling: int,
) -> None:
    """Each name beside its region, where least is hidden; never on the caption bar."""
    height, width = picture.shape[:2]
    bounds = [item.region.bounds(width, height) for item, _, _ in names]
    sizes = [size for _, _, size in names]
    gap = _line_width(picture) + 1
    places = named_places(bounds, sizes, (width, height), ceiling=ceiling, gap=gap)
    for (item, text, _), place in zip(names, places, strict=True):
        ground = palette.get(item.label, class_colour(item.label))
        write(picture, text, place, _letter_size(picture), ground=ground, opacity=0.9)


def _draw_captions(
    picture: Picture, captions: list[Annotation], palette: Mapping[str, Colour], bar: Colour | None
) -> int:
    """A bar along the top: the best labels, each behind a swatch of its colour; a strip on tiny images.

    Returns its height, pixels.
    """
    height, width = int(picture.shape[0]), int(picture.shape[1])
    first = captions[0].label
    if min(height, width) < _LEAST_LETTERING:
        strip = bar or palette.get(first, class_colour(first))
        picture[: max(height // 16, 1)] = strip
        return max(height // 16, 1)
    size = _letter_size(picture)
    ground = bar or _CAPTION
    tall: int = text_size("X", size)[1]
    band = picture[:tall].astype(np.float32)
    picture[:tall] = np.round(band + 0.82 * (np.array(ground, np.float32) - band)).astype(np.uint8)
    left = 0
    for item in captions[:_MOST_CAPTIONS]:
        if bar is None:
            swatch = max(size // 3, 3)
            picture[:tall, left : left + swatch] = palette.get(item.label, class_colour(item.label))
            left += swatch
        shown = fitted(_text(item), size, width - left)
        if not shown:
            break
        left += write(picture, shown, (left, 0), size, ground=ground, opacity=0.0)[0]
    return tall
