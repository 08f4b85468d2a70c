"""Annotations are drawn where they are, on any image, in any script."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Point, Polygon, RotatedBox, Whole
from sightmill.data.result import Result
from sightmill.drawing.colours import BAD, GOOD, class_colour, class_colours
from sightmill.drawing.lettering import fitted, text_size
from sightmill.drawing.naming import named_places
from sightmill.drawing.regions import displayable, draw_annotations, draw_result

GRAY = np.full((120, 160), 128, np.uint8)


@pytest.mark.parametrize(
    "region",
    [
        Whole(),
        Box(30, 60, 90, 100),
        RotatedBox(60, 80, 50, 20, 30),
        Polygon([[30, 60], [90, 60], [60, 100]]),
        Mask(np.ones((20, 30), bool), 40, 60),
        Point(60, 80),
    ],
    ids=lambda region: region.kind,
)
@pytest.mark.parametrize("shape", [(120, 160), (120, 160, 3), (16, 16), (1, 1), (1000, 20)])
def test_every_region_kind_on_every_size_keeps_the_shape_and_the_image(region, shape) -> None:
    image = np.full(shape, 128, np.uint8)
    picture = draw_annotations(image, [Annotation(region, "größer Riss 裂", 0.87)])
    assert picture.shape == (*shape[:2], 3)
    assert picture.dtype == np.uint8
    assert (image == 128).all()
    if shape[:2] == (120, 160):
        assert (picture != 128).any()


@pytest.mark.parametrize(
    "image",
    [
        np.arange(12, dtype=np.uint8).reshape(3, 4),
        (np.arange(12, dtype=np.uint16) * 300).reshape(3, 4),
        np.linspace(-1, 5, 12, dtype=np.float32).reshape(3, 4),
        np.zeros((3, 4, 3), np.float32),
        np.array([[np.nan, np.inf], [0.0, 1.0]], np.float32),
        np.ones((3, 4, 1), bool),
    ],
)
def test_any_depth_becomes_displayable(image) -> None:
    picture = displayable(image)
    assert picture.dtype == np.uint8
    assert picture.shape == (*image.shape[:2], 3)


def test_bytes_keep_their_values_and_twelve_bits_fill_the_screen() -> None:
    assert displayable(GRAY)[0, 0].tolist() == [128] * 3
    deep = np.linspace(0, 4095, 10_000).astype(np.uint16).reshape(100, 100)
    assert displayable(deep).min() == 0
    assert displayable(deep).max() == 255


def test_a_copy_is_drawn_on() -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    displayable(image)[:] = 9
    assert not image.any()


def test_a_mask_is_tinted_where_it_is_and_nowhere_else() -> None:
    covered = np.zeros((200, 200), bool)
    covered[120:160, 40:90] = True
    picture = draw_annotations(
        np.full((200, 200), 128, np.uint8), [Annotation(Mask.of(covered))], palette={"": (255, 0, 0)}
    )
    changed = (picture != 128).any(axis=2)
    assert changed[covered].all()
    assert not changed[~covered].any()


def test_polygons_and_boxes_beyond_the_edges_are_cut() -> None:
    drawn = draw_annotations(
        GRAY,
        [
            Annotation(Polygon([[-50, -50], [80, -50], [80, 60], [-50, 60]]), "a"),
            Annotation(Box(-1e7, -5, 1e7, 500), "b"),
            Annotation(Mask(np.ones((500, 500), bool), -100, -100), "c"),
            Annotation(Point(-10, 500), "d"),
        ],
    )
    assert drawn.shape == (120, 160, 3)


def test_the_caption_tells_valid_from_invalid_by_colour() -> None:
    def bar(valid: bool) -> np.ndarray:
        result = Result((Annotation(Whole(), "part", 0.4),), ("part",), (160, 120), flags={"is_valid": valid})
        return draw_result(GRAY, result)[1, -1].astype(int)

    assert np.abs(bar(True) - GOOD).sum() < np.abs(bar(True) - BAD).sum()
    assert np.abs(bar(False) - BAD).sum() < np.abs(bar(False) - GOOD).sum()


def test_colours_are_stable_by_name_and_differ_within_a_data_set() -> None:
    assert class_colour("scratch") == class_colour("scratch")
    colours = class_colours([f"class {index}" for index in range(12)])
    assert len(set(colours.values())) == 12
    assert len(class_colours([f"class {index}" for index in range(40)])) == 40


def test_text_is_cut_to_the_room_there_is() -> None:
    text = "a very long name of a class that nobody could want"
    cut = fitted(text, 14, 120)
    assert cut.endswith("…")
    assert text_size(cut, 14)[0] <= 120
    assert fitted("ok", 14, 120) == "ok"
    assert fitted("ok", 14, 1) == ""


@pytest.mark.parametrize("label", ["Größe", "трещина", "裂纹", "line\nbreak\x00", "\ud800broken", "👍", ""])
def test_labels_in_any_script_are_drawn(label: str) -> None:
    picture = draw_annotations(GRAY, [Annotation(Box(30, 60, 90, 100), label, 0.5)])
    assert (picture != 128).any()


def test_names_lie_off_one_another_and_off_small_objects() -> None:
    boxes = [Box(100 + 14 * index, 100, 110 + 14 * index, 110) for index in range(3)]
    places = named_places(boxes, [(40, 12)] * 3, (300, 200))
    names = [Box(x, y, x + 40, y + 12) for x, y in places]
    assert len(set(places)) == 3
    for index, name in enumerate(names):
        others = [*names[:index], *names[index + 1 :], *boxes]
        assert not any(
            name.x1 < other.x2 and other.x1 < name.x2 and name.y1 < other.y2 and other.y1 < name.y2 for other in others
        )


def test_names_stay_in_the_picture_and_below_a_bar() -> None:
    for box in (Box(0, 0, 20, 20), Box(280, 0, 300, 30), Box(0, 180, 300, 200), Box(0, 0, 300, 200)):
        ((x, y),) = named_places([box], [(60, 12)], (300, 200), ceiling=15)
        assert 0 <= x <= 240 and 15 <= y <= 188


def test_names_that_would_cover_the_picture_are_counted_instead() -> None:
    few = [Annotation(Box(10, 20 * index, 25, 20 * index + 15), "part", 0.5) for index in range(1, 7)]
    small = draw_annotations(np.full((150, 60), 128, np.uint8), few)
    bar = small[2, :, 0]
    assert (bar < 60).mean() > 0.5  # the legend's dark bar runs along the top
    large = draw_annotations(np.full((600, 600), 128, np.uint8), few)
    assert large[2, -1].tolist() == [128, 128, 128]
