"""Images of different sizes: seen at their own scale, or brought to one size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.imaging.view import View
from sightmill.methods.catalogue import named

METHODS = ["anomaly_detection", "anomaly_detection_precise"]


def resolved(method: str, shapes: list[tuple[int, int]], **values: object) -> tuple[Any, View]:
    good = (Annotation(Whole(), "good"),)
    samples = [Sample(np.zeros((height, width), np.uint8), annotations=good, split="train") for width, height in shapes]
    face = named(method)
    training = face.resolve(samples, face.Training.of(values))
    return training, face.view(training, samples)


def view_of(method: str, shapes: list[tuple[int, int]], **values: object) -> View:
    return resolved(method, shapes, **values)[1]


ALIKE = [(300, 200)] * 19 + [(604, 201)]
DIFFERENT = [(width, height) for width in (180, 240, 300) for height in (200, 260, 320)]


@pytest.mark.parametrize("method", METHODS)
def test_images_that_differ_in_size_are_brought_to_one_and_others_keep_their_scale(method: str) -> None:
    assert view_of(method, DIFFERENT).fit == view_of(method, ALIKE, sizes="one").fit == "stretch"
    assert view_of(method, ALIKE).fit == view_of(method, DIFFERENT, sizes="own").fit == "scale"
    assert resolved(method, ALIKE)[0].sizes == "own"


@pytest.mark.parametrize("method", METHODS)
def test_what_no_tile_holds_keeps_its_scale(method: str) -> None:
    large = [(10 * width, 10 * height) for width, height in DIFFERENT]
    assert view_of(method, large).fit == "stretch"
    training, view = resolved(method, large, feature_size=64)
    assert (training.sizes, view.fit) == ("own", "scale")


@pytest.mark.parametrize("method", METHODS)
def test_the_one_size_is_a_usual_one_and_every_image_fills_it(method: str) -> None:
    view = view_of(method, DIFFERENT)
    assert (view.width % 32, view.height % 32) == (0, 0)
    assert 0.8 < view.width / view.height < 1.1
    frame = view.frame((180, 320))
    assert len(frame.tiles) == 1 and frame.content == (0, 0, view.width, view.height)


def test_a_global_view_of_one_size_has_no_bars() -> None:
    assert view_of("anomaly_detection_precise", DIFFERENT, approach="global").fit == "stretch"
    assert view_of("anomaly_detection_precise", ALIKE, approach="global").fit == "pad"
