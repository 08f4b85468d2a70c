"""The bar that counts classes along the top of a picture."""

from __future__ import annotations

import numpy as np

from sightmill.drawing.colours import class_colours
from sightmill.drawing.legend import draw_legend


def test_each_class_is_behind_a_swatch_of_its_colour() -> None:
    palette = class_colours(("bolt", "nut"))
    picture = np.full((200, 300, 3), 128, np.uint8)
    tall = draw_legend(picture, {"bolt": 12, "nut": 3}, palette=palette, size=14)
    assert 14 <= tall < 40
    assert (picture[tall:] == 128).all()
    row = picture[tall // 2]
    at = [int(np.flatnonzero((row == palette[name]).all(1))[0]) for name in ("bolt", "nut")]
    assert at[0] == 0 < at[1]
    assert picture[:tall].std() > 10, "there are letters"


def test_classes_that_do_not_fit_are_left_out() -> None:
    palette = class_colours(("bolt", "nut"))
    narrow = np.full((60, 24, 3), 128, np.uint8)
    tall = draw_legend(narrow, {"bolt": 12, "nut": 3}, palette=palette, size=14)
    assert narrow.shape == (60, 24, 3) and (narrow[tall:] == 128).all()
    assert not (narrow == palette["nut"]).all(2).any()
