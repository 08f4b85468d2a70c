"""Samples and data sets as values: read lazily, cut by split, counted, and identified."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.findings import Finding, refuse_errors
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Whole
from sightmill.data.sample import Sample
from sightmill.errors import DataError, ImageError

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)


def labelled(name: str, label: str, split: str | None = None) -> Sample:
    return Sample(PIXELS, name, (Annotation(label=label),), split)


def test_a_file_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "later.png", "later.png")
    with pytest.raises(ImageError, match="no such image file"):
        sample.read()
    write_image(tmp_path / "later.png", PIXELS)
    np.testing.assert_array_equal(sample.read(), PIXELS)
    assert sample.size == (4, 3)
    assert sample.info.format == "PNG"


def test_an_array_is_an_image_too() -> None:
    sample = Sample(np.dstack([PIXELS] * 4), "memory")
    assert sample.read().shape == (3, 4, 3)
    assert sample.info.channels == 3
    with pytest.raises(ImageError, match="memory"):
        Sample(np.zeros((2, 2), np.int32), "memory").read()


def test_labels_of_the_whole_image_are_its_labels() -> None:
    sample = Sample(
        PIXELS, "a", (Annotation(Box(0, 0, 1, 1), "hole"), Annotation(label="bad"), Annotation(label="wet"))
    )
    assert sample.labels == ("bad", "wet")
    assert sample.label == "bad"
    assert Sample(PIXELS).label is None
    with pytest.raises(FrozenInstanceError):
        sample.name = "b"  # type: ignore[misc]  # that this is refused is the point


def test_splits_are_cut_out_and_class_names_stay() -> None:
    data = Dataset.of([labelled("a", "x", "train"), labelled("b", "y", "test"), labelled("c", "x")])
    assert data.labels == ("x", "y")
    assert [sample.name for sample in data.split("train")] == ["a"]
    assert data.split("test").labels == ("x", "y")
    assert len(data.split("all")) == 3
    assert data.counts() == {"train": {"x": 1}, "test": {"y": 1}, "unassigned": {"x": 1}}
    assert data[1].with_split(None).split is None
    with pytest.raises(DataError, match="got valid; allowed: train, validation, test, all"):
        data.split("valid")


def test_the_order_of_given_class_names_is_kept() -> None:
    data = Dataset.of([labelled("a", "x")], labels=("z", "x"))
    assert data.labels == ("z", "x")
    assert data.with_samples([]).labels == ("z", "x")
    assert len(data.where(lambda sample: sample.name == "b")) == 0


def test_the_fingerprint_tells_data_apart(tmp_path: Path) -> None:
    first = Dataset.of([labelled("a", "x"), labelled("b", "y")])
    turned = Dataset.of([labelled("b", "y"), labelled("a", "x")])
    assert first.fingerprint() == turned.fingerprint()
    for other in (
        [labelled("a", "x"), labelled("b", "x")],
        [labelled("a", "x", "train"), labelled("b", "y")],
        [labelled("a", "x"), Sample(PIXELS + 1, "b", (Annotation(label="y"),))],
    ):
        assert Dataset.of(other).fingerprint() != first.fingerprint()
    write_image(tmp_path / "a.png", PIXELS)
    stored = Dataset.of([Sample(tmp_path / "a.png", "a")])
    before = stored.fingerprint()
    assert before == Dataset.of([Sample(tmp_path / "a.png", "a")]).fingerprint()
    write_image(tmp_path / "a.png", PIXELS + 1)
    assert stored.fingerprint() != before


def test_an_annotation_survives_json() -> None:
    for item in (
        Annotation(),
        Annotation(Box(0, 1, 2, 3), "hole", 0.25, "A7", {"author": "me"}),
        Annotation(Whole(), "ok"),
    ):
        assert Annotation.from_dict(item.to_dict()) == item


def test_errors_among_findings_are_raised_as_one_sentence() -> None:
    warning = Finding("warning", "w", "Odd.", "Look.")
    refuse_errors([warning])
    error = Finding("error", "e", "Broken.", "Mend it.", ("a.png",))
    with pytest.raises(DataError, match=r"a\.png: Broken \(and 1 more such findings\)\. Mend it\."):
        refuse_errors([warning, error, error])
    assert error.to_dict()["where"] == ["a.png"]
