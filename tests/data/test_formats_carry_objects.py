"""Every format that can hold boxes, turned boxes or outlines of objects brings them back as they were."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.catalogue import formats, load, save
from sightmill.data.regions import Box, Mask, Polygon, Region, RotatedBox
from sightmill.data.sample import Sample
from sightmill.evaluation.overlap import as_mask, as_turned, mask_iou, turned_iou

WIDTH, HEIGHT = 61, 47
QUICK = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

#: Which formats hold which regions as they are.
CARRIED = {
    "box": ("coco", "csv", "labelme", "sightmill", "voc", "yolo"),
    "rotated_box": ("sightmill", "voc", "yolo"),
    "polygon": ("coco", "labelme", "sightmill", "yolo"),
    "mask": ("coco", "labelme", "sightmill"),
}
#: Those that hold them in another form, from which the same is learnt.
TAKEN_FROM = {"rotated_box": ("coco", "labelme"), "mask": ("yolo",)}

sides = st.floats(1.5, 20, allow_nan=False)
labels = st.sampled_from(["cell", "screw M4", "Öse, groß"])


@st.composite
def box(draw: st.DrawFn) -> Box:
    width, height = draw(sides), draw(sides)
    x, y = draw(st.floats(0, WIDTH - 20)), draw(st.floats(0, HEIGHT - 20))
    return Box(x, y, x + width, y + height)


@st.composite
def rotated_box(draw: st.DrawFn) -> RotatedBox:
    place = draw(st.floats(16, WIDTH - 16)), draw(st.floats(16, HEIGHT - 16))
    return RotatedBox(*place, draw(sides), draw(sides), draw(st.floats(-90, 89.9)))


@st.composite
def polygon(draw: st.DrawFn) -> Polygon:
    """A star around a centre: its sides never cross."""
    x, y = draw(st.floats(16, WIDTH - 16)), draw(st.floats(16, HEIGHT - 16))
    reach = draw(st.lists(st.floats(2, 15), min_size=3, max_size=9))
    turn = 2 * np.pi * np.arange(len(reach)) / len(reach)
    return Polygon(np.array([x, y]) + np.array(reach)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1))


@st.composite
def mask(draw: st.DrawFn) -> Mask:
    """Any pixels; one part or several, with holes or without."""
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    pixels = np.array(draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns)), np.bool_)
    pixels[draw(st.integers(0, len(pixels) - 1))] = True
    whole = np.zeros((HEIGHT, WIDTH), np.bool_)
    x, y = draw(st.integers(0, WIDTH - columns)), draw(st.integers(0, HEIGHT - rows))
    whole[y : y + rows, x : x + columns] = pixels.reshape(rows, columns)
    found = Mask.of(whole)
    assert found is not None
    return found


DRAWN: dict[str, st.SearchStrategy[Region]] = {
    "box": box(),
    "rotated_box": rotated_box(),
    "polygon": polygon(),
    "mask": mask(),
}


def objects_of(kind: str) -> st.SearchStrategy[list[tuple[str, Region]]]:
    """Different ones: a line that stands twice in a table is read once."""
    return st.lists(st.tuples(labels, DRAWN[kind]), min_size=1, max_size=4, unique_by=repr)


def brought_back(objects: list[tuple[str, Region]], format: str) -> tuple[list[str], dict[str, Sample]]:
    """The sentences about losses, and the images as they are read again."""
    image = np.zeros((HEIGHT, WIDTH), np.uint8)
    annotations = tuple(Annotation(region, label) for label, region in objects)
    given = Dataset.of([Sample(image, "one.png", annotations, "train"), Sample(image, "two.png", (), "test")])
    with TemporaryDirectory() as folder:
        said = save(given, f"{folder}/out", format)
        return said, {sample.name.rpartition("/")[2]: sample for sample in load(f"{folder}/out", format=format)}


def numbers(region: Region) -> list[float]:
    if isinstance(region, Box):
        return [region.x1, region.y1, region.x2, region.y2]
    if isinstance(region, RotatedBox):
        return [region.cx, region.cy, region.width, region.height]
    assert isinstance(region, Polygon)
    return np.concatenate(region.parts).ravel().tolist()


def alike(first: Region, second: Region) -> bool:
    """The same region, but for the last digits that text has no room for."""
    if isinstance(first, Mask) or isinstance(second, Mask):
        return first == second
    if type(first) is not type(second) or len(numbers(first)) != len(numbers(second)):
        return False
    if isinstance(first, RotatedBox) and isinstance(second, RotatedBox):
        away = abs(first.angle - second.angle) % 180
        if min(away, 180 - away) > 1e-3:
            return False
    return bool(np.allclose(numbers(first), numbers(second), atol=1e-3))


def held(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize("format", CARRIED[kind])


def check(objects: list[tuple[str, Region]], format: str) -> None:
    said, back = brought_back(objects, format)
    assert said == []
    assert set(back) == {"one.png", "two.png"}
    assert (back["one.png"].split, back["two.png"].split) == ("train", "test")
    assert back["two.png"].annotated and back["two.png"].annotations == ()
    found = back["one.png"].annotations
    assert [item.label for item in found] == [label for label, _ in objects]
    for item, (_, region) in zip(found, objects, strict=True):
        assert alike(item.region, region), (item.region, region)


@held("box")
@QUICK
@given(objects=objects_of("box"))
def test_boxes_come_back(objects: list[tuple[str, Region]], format: str) -> None:
    check(objects, format)


@held("rotated_box")
@QUICK
@given(objects=objects_of("rotated_box"))
def test_turned_boxes_come_back(objects: list[tuple[str, Region]], format: str) -> None:
    check(objects, format)


@held("polygon")
@QUICK
@given(objects=objects_of("polygon"))
def test_outlines_come_back(objects: list[tuple[str, Region]], format: str) -> None:
    check(objects, format)


@held("mask")
@QUICK
@given(objects=objects_of("mask"))
def test_masks_come_back_pixel_by_pixel(objects: list[tuple[str, Region]], format: str) -> None:
    check(objects, format)


@pytest.mark.parametrize("format", TAKEN_FROM["rotated_box"])
@QUICK
@given(objects=objects_of("rotated_box"))
def test_turned_boxes_that_became_outlines_are_the_same_boxes(objects: list[tuple[str, Region]], format: str) -> None:
    said, back = brought_back(objects, format)
    assert any("polygons" in sentence for sentence in said)
    found = [as_turned(item.region) for item in back["one.png"].annotations]
    for box, (_, region) in zip(found, objects, strict=True):
        first, second = ([one.cx, one.cy, one.width, one.height, one.angle] for one in (box, as_turned(region)))
        assert turned_iou([first], [second])[0, 0] > 0.999


@pytest.mark.parametrize("format", TAKEN_FROM["mask"])
@QUICK
@given(objects=objects_of("polygon"))
def test_masks_that_became_outlines_cover_the_same_pixels(objects: list[tuple[str, Region]], format: str) -> None:
    # Star-shaped masks are of one part, which an outline can tell; several parts are joined, and that is said.
    size = (WIDTH, HEIGHT)
    masks = [(label, as_mask(region, size)) for label, region in objects]
    masks = [(label, found) for label, found in masks if found.pixels.any() and _of_one_part(found)]
    if not masks:
        return
    said, back = brought_back([(label, found) for label, found in masks], format)
    assert any("outlines around the same pixels" in sentence for sentence in said)
    for item, (_, region) in zip(back["one.png"].annotations, masks, strict=True):
        assert mask_iou([as_mask(item.region, size)], [region])[0, 0] == 1.0


def test_what_a_format_cannot_hold_is_said() -> None:
    """No format loses objects in silence: what comes back is the same, or a sentence says what was lost."""
    silent = []
    square = np.zeros((HEIGHT, WIDTH), np.bool_)
    square[5:12, 4:17] = True
    regions: dict[str, Region | None] = {
        "box": Box(3, 4, 20, 30),
        "rotated_box": RotatedBox(30, 22, 20, 8, 33),
        "polygon": Polygon([[2, 2], [30, 3], [20, 40]]),
        "mask": Mask.of(square),
    }
    others = {"class_folders", "mvtec"}  # folders of whole images: they refuse what has no class of its own
    for format in set(formats()) - others:
        for region in regions.values():
            assert region is not None
            said, back = brought_back([("cell", region)], format)
            found = [item.region for sample in back.values() for item in sample.annotations]
            if not said and not (len(found) == 1 and alike(found[0], region)):
                silent.append((format, region))
    assert silent == []


def _of_one_part(region: Mask) -> bool:
    """Whether the pixels hang together by their sides, and there is no hole."""
    from cv2 import connectedComponents

    around = np.pad(region.pixels, 1).astype(np.uint8)
    return connectedComponents(around, connectivity=4)[0] == 2 and connectedComponents(1 - around)[0] == 2
