"""Points and the classes that an image shows: every format carries them there and back, or says what it leaves out."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import formats, load, save
from sightmill.data.regions import Box, Point, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError
from sightmill.evaluation.multi_label import labels_of
from sightmill.evaluation.points import points_of

WIDTH, HEIGHT = 60, 40
HOLD_POINTS = ("csv", "labelme", "sightmill")
HOLD_LABELS = ("coco", "csv", "labelme", "sightmill")
#: Formats whose boxes count as the points that they are the centres of.
HOLD_BOXES = ("coco", "csv", "labelme", "sightmill", "voc", "yolo")

LABELS = st.sampled_from(["nut", "hex bolt", "größe 3", "a/b", "0"])
PLACES = st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT))
#: No point twice: a line that repeats another one is read once.
POINTS = st.lists(
    st.builds(lambda place, label: Annotation(Point(*place), label), PLACES, LABELS),
    max_size=8,
    unique_by=lambda item: (item.region, item.label),
)
SETS = st.lists(LABELS, max_size=5, unique=True)


def dataset(annotations: list[list[Annotation]]) -> Dataset:
    """Images with these annotations, in turn for training, validation and testing."""
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


@pytest.mark.parametrize("format", HOLD_POINTS)
@settings(max_examples=15, deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=4))
def test_points_survive_to_the_last_digit(format: str, drawn: list[list[Annotation]]) -> None:
    before = dataset(drawn)
    if not any(drawn):
        return  # nothing says then that the data is for points
    after, notes = there_and_back(before, format, "point")
    assert notes == []
    for sample in before:
        again = after[sample.name]
        assert again.annotations == sample.annotations
        assert (again.split, again.annotated) == (sample.split, True)


@pytest.mark.parametrize("format", HOLD_LABELS)
@settings(max_examples=15, deadline=None)
@given(st.lists(SETS, min_size=1, max_size=4))
def test_sets_of_labels_survive(format: str, drawn: list[list[str]]) -> None:
    before = dataset([[Annotation(Whole(), name) for name in names] for names in drawn])
    if not any(drawn):
        return
    after, _ = there_and_back(before, format, "multi_label")
    for sample in before:
        again = after[sample.name]
        assert labels_of(again) == labels_of(sample)
        assert (again.split, again.annotated) == (sample.split, True)


@pytest.mark.parametrize("format", HOLD_BOXES)
def test_boxes_are_points_and_labels_in_every_format(format: str) -> None:
    boxes = [Annotation(Box(x, y, x + 10, y + 6), name) for x, y, name in ((3, 4, "nut"), (30, 20, "bolt"))]
    before = dataset([boxes, boxes[:1], []])
    after, _ = there_and_back(before, format, "box")
    for sample in before:
        again = after[sample.name]
        assert labels_of(again) == labels_of(sample)
        for (name, *place), (other, *again_at) in zip(sorted(points_of(sample)), sorted(points_of(again)), strict=True):
            assert name == other
            assert place == pytest.approx(again_at, abs=1e-3)


@pytest.mark.parametrize("format", sorted(set(formats()) - set(HOLD_POINTS)))
def test_what_is_not_carried_is_said(format: str) -> None:
    data = dataset([[Annotation(Point(3, 4), "nut")], []])
    try:
        after, notes = there_and_back(data, format, "point")
    except FormatError:
        return  # refused in a sentence
    assert not any(points_of(sample) for sample in after.values())
    assert any("left out" in note or "not annotated" in note for note in notes)
