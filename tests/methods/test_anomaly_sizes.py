"""Images of different sizes: seen at their own scale, or brought to one size."""

from __future__ import annotations

import numpy as np

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Whole
from sightmill.data.sample import Sample
from sightmill.imaging.view import View
from sightmill.methods.anomaly_detection.method import METHOD


def view_of(shapes: list[tuple[int, int]], **values: object) -> View:
    good = (Annotation(Whole(), "good"),)
    samples = [Sample(np.zeros((height, width), np.uint8), annotations=good, split="train") for width, height in shapes]
    return METHOD.view(METHOD.resolve(samples, METHOD.Training.of(values)), samples)


ALIKE = [(300, 200)] * 9 + [(304, 201)]
DIFFERENT = [(width, height) for width in (180, 240, 300) for height in (200, 260, 320)]


def test_images_keep_their_scale_unless_they_are_to_be_brought_to_one_size() -> None:
    assert view_of(DIFFERENT).fit == view_of(ALIKE).fit == "scale"
    assert view_of(DIFFERENT, sizes="one").fit == view_of(ALIKE, sizes="one").fit == "stretch"


def test_the_one_size_is_a_usual_one_and_every_image_fills_it() -> None:
    view = view_of(DIFFERENT, sizes="one")
    assert (view.width % 32, view.height % 32) == (0, 0)
    assert 0.8 < view.width / view.height < 1.1
    frame = view.frame((180, 320))
    assert len(frame.tiles) == 1 and frame.content == (0, 0, view.width, view.height)
