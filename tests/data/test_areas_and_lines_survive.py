"""Areas and lines: every format carries them there and back, or says what it leaves out."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.ignored import IGNORED
from sightmill.data.regions import Mask, Polygon, Polyline, Region, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError
from sightmill.evaluation.label_maps import ignored_pixels, painted

WIDTH, HEIGHT = 24, 16
LABELS = ("crack", "größe 3", "stain")
#: Formats that keep each region as it is.
HOLD_REGIONS = ("coco", "labelme", "sightmill")
HOLD_LINES = ("labelme", "sightmill")
#: Formats that keep which pixels belong to which class, where no two classes share one.
HOLD_PIXELS = ("coco", "csv", "labelme", "masks", "sightmill", "yolo")
#: Those that also keep which pixels nobody judges.
HOLD_IGNORED = ("coco", "csv", "labelme", "masks", "sightmill")

COVERED = st.lists(st.booleans(), min_size=1, max_size=30).filter(any)
CORNERS = st.lists(
    st.tuples(st.floats(0, WIDTH, width=32), st.floats(0, HEIGHT, width=32)), min_size=2, max_size=6, unique=True
)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    """Any pixels, holes, islands and single ones among them."""
    flat = draw(COVERED)
    columns = draw(st.integers(1, 6))
    covered = np.zeros((HEIGHT, WIDTH), np.bool_)
    rows = -(-len(flat) // columns)
    block = np.zeros(rows * columns, np.bool_)
    block[: len(flat)] = flat
    y, x = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
    part = block.reshape(rows, columns)[: HEIGHT - y, : WIDTH - x]
    covered[y : y + part.shape[0], x : x + part.shape[1]] = part
    covered[y, x] = True
    mask = Mask.of(covered)
    assert mask is not None
    return mask


@st.composite
def index_maps(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Pixels of up to three classes, none of them twice: ``(HEIGHT, WIDTH)``, 0 for the background."""
    index = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number in draw(st.permutations((1, 2, 3)))[: draw(st.integers(0, 3))]:
        mask = draw(masks())
        index[mask.mask(WIDTH, HEIGHT)] = number
    return index


POLYGONS = st.builds(Polygon, CORNERS.filter(lambda corners: len(corners) > 2))
AREAS: st.SearchStrategy[Region] = st.one_of(masks(), POLYGONS)
LINES = st.builds(lambda parts: Polyline(*parts), st.lists(CORNERS, min_size=1, max_size=3))


def dataset(annotations: list[list[Annotation]]) -> Dataset:
    splits = ("train", "validation", "test")
    return Dataset.of(
        Sample(np.full((HEIGHT, WIDTH), index, np.uint8), f"{index}.png", tuple(found), splits[index % 3])
        for index, found in enumerate(annotations)
    )


def there_and_back(data: Dataset, format: str, learns_from: str) -> tuple[dict[str, Sample], list[str]]:
    """What is read again, by the names without folders, and what was said while writing."""
    with TemporaryDirectory() as folder:
        notes = save(data, Path(folder) / "data", format)
        found = load(Path(folder) / "data", format=format, learns_from=learns_from)
        for sample in found:
            _ = sample.size  # read while the folder is there
    return {Path(sample.name).name: sample for sample in found}, notes


def of_index(index: np.ndarray[Any, Any], labels: tuple[str, ...] = LABELS) -> list[Annotation]:
    regions = [(label, Mask.of(index == number)) for number, label in enumerate(labels, start=1)]
    return [Annotation(region, label) for label, region in regions if region is not None]


def classes(sample: Sample) -> np.ndarray[Any, Any]:
    return painted(sample.annotations, LABELS, WIDTH, HEIGHT)


@pytest.mark.parametrize("format", HOLD_REGIONS)
@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.builds(Annotation, AREAS, st.sampled_from(LABELS)), max_size=4), min_size=1, max_size=3))
def test_areas_survive_corner_by_corner_and_pixel_by_pixel(format: str, drawn: list[list[Annotation]]) -> None:
    before = dataset(drawn)
    after, notes = there_and_back(before, format, "mask" if any(drawn) else "box")
    assert notes == []
    for sample in before:
        assert after[sample.name].annotations == sample.annotations
        assert (after[sample.name].split, after[sample.name].annotated) == (sample.split, True)


@pytest.mark.parametrize("format", HOLD_LINES)
@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.builds(Annotation, LINES, st.sampled_from(LABELS)), max_size=3), min_size=1, max_size=3))
def test_lines_survive_to_the_last_digit(format: str, drawn: list[list[Annotation]]) -> None:
    if not any(drawn):
        return  # nothing says then that the data is for edges
    before = dataset(drawn)
    after, notes = there_and_back(before, format, "edge")
    assert not any("left out" in note for note in notes)
    for sample in before:
        again = after[sample.name]
        assert [item.region for item in again.annotations] == [item.region for item in sample.annotations]
        assert [item.label for item in again.annotations] == [item.label for item in sample.annotations]


@pytest.mark.parametrize("format", HOLD_PIXELS)
@settings(max_examples=10, deadline=None)
@given(st.lists(index_maps(), min_size=1, max_size=3).filter(lambda maps: any(one.any() for one in maps)))
def test_the_pixels_of_each_class_survive(format: str, drawn: list[np.ndarray[Any, Any]]) -> None:
    before = dataset([of_index(index) for index in drawn])
    after, notes = there_and_back(before, format, "mask")
    assert not any("left out" in note or "take" in note for note in notes)
    for sample in before:
        np.testing.assert_array_equal(classes(after[sample.name]), classes(sample))
        assert after[sample.name].split == sample.split


@pytest.mark.parametrize("format", HOLD_IGNORED)
def test_pixels_that_nobody_judges_survive(format: str) -> None:
    index = np.zeros((HEIGHT, WIDTH), np.uint8)
    index[2:9, 3:12], index[9:12, 3:20], index[0, 0] = 1, 2, 2
    labels = ("crack", IGNORED)
    before = dataset([of_index(index, labels), of_index(index * (index == 1), labels)])
    after, _ = there_and_back(before, format, "mask")
    for sample in before:
        again = after[sample.name].annotations
        np.testing.assert_array_equal(
            ignored_pixels(again, WIDTH, HEIGHT), ignored_pixels(sample.annotations, WIDTH, HEIGHT)
        )
        np.testing.assert_array_equal(classes(after[sample.name]), classes(sample))


@settings(max_examples=10, deadline=None)
@given(masks())
def test_defects_among_good_images_survive_in_their_folders(mask: Mask) -> None:
    """One class for each image is what this layout can say."""
    bad, good = (Annotation(Whole(), "stain"), Annotation(mask, "stain")), (Annotation(Whole(), "good"),)
    before = Dataset.of(
        Sample(np.full((HEIGHT, WIDTH), 9, np.uint8), name, found, split)
        for name, found, split in (("a.png", good, "train"), ("b.png", good, "test"), ("c.png", bad, "test"))
    )
    after, notes = there_and_back(before, "mvtec", "anomaly")
    assert notes == []
    for sample in before:
        np.testing.assert_array_equal(classes(after[sample.name]), classes(sample))


@pytest.mark.parametrize("region", [Polyline([[1, 1], [9, 9]]), Mask(np.ones((2, 3), np.bool_), 4, 5)])
@pytest.mark.parametrize("format", sorted(formats()))
def test_what_is_not_carried_is_said(format: str, region: Region) -> None:
    data = dataset([[Annotation(region, "crack")], []])
    try:
        after, notes = there_and_back(data, format, "edge" if isinstance(region, Polyline) else "mask")
    except FormatError:
        return  # refused in a sentence
    if "0.png" not in after or after["0.png"].annotations != data[0].annotations:
        assert any(word in note for note in notes for word in ("left out", "became", "one mask for all", "lost their"))
