"""Sentences along the bottom of pictures."""

from __future__ import annotations

import numpy as np

from sightmill.drawing.sentences import draw_sentences

LONG = "component 3: 4.1 % of the image, 6.0 % to 7.2 % expected"


def test_a_sentence_that_is_too_long_is_broken_not_cut() -> None:
    narrow, wide = np.full((200, 160, 3), 120, np.uint8), np.full((200, 600, 3), 120, np.uint8)
    tall, flat = (draw_sentences(picture, [(LONG, None)], 11) for picture in (narrow, wide))
    assert tall >= 2 * flat > 0
    assert (narrow[: 200 - tall] == 120).all() and (narrow[200 - tall :].min(2) > 200).any()


def test_each_sentence_has_its_swatch_and_those_without_room_are_left_out() -> None:
    picture = np.full((120, 400, 3), 120, np.uint8)
    line = draw_sentences(picture.copy(), [("one", None)], 11)
    drawn = draw_sentences(picture, [("one", (200, 30, 30)), ("two", None), *[("three", None)] * 20], 11)
    assert 2 * line <= drawn <= 0.4 * 120
    assert (picture[120 - drawn + 2, 0] == (200, 30, 30)).all()
    assert not (picture[120 - drawn + line + 2, 0] == (200, 30, 30)).all()


def test_tiny_pictures_stay_as_they_are() -> None:
    picture = np.full((40, 40, 3), 120, np.uint8)
    assert draw_sentences(picture, [("one", None)], 11) == 0 and (picture == 120).all()
