"""Marked regions of other images in windows of training: brought to their brightness, and marked like the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box
from sightmill.data.sample import Sample
from sightmill.imaging.view import View
from sightmill.methods.learner import Batch
from sightmill.methods.pasting import KEPT, Piece, Pieces, pasted
from sightmill.methods.semantic_segmentation.learner import SegmentationLearner
from sightmill.methods.semantic_segmentation.method import METHOD
from sightmill.methods.semantic_segmentation.pasting import gather
from sightmill.nn.map_losses import NOWHERE

FloatImage = npt.NDArray[np.float32]
LABELS = ("crack", "stain")


def pieces(*, window: tuple[int, int] = (96, 96)) -> Pieces[Piece]:
    return Pieces(window, np.random.default_rng(0))


def spotted(level: float, *, row: int = 40, side: int = 10) -> tuple[FloatImage, npt.NDArray[np.bool_]]:
    """A gray image with a square that is 0.2 darker, and where that is."""
    image = np.full((1, 96, 96), level, np.float32)
    there = np.zeros((96, 96), np.bool_)
    there[row : row + side, 30 : 30 + side] = True
    image[:, there] -= 0.2
    return image, there


def placed(corner: tuple[int, int], piece: Piece) -> npt.NDArray[np.bool_]:
    """What a piece that begins at this row and column covers."""
    marked = np.zeros((96, 96), np.bool_)
    height, width = piece.mask.shape
    marked[corner[0] : corner[0] + height, corner[1] : corner[1] + width] = piece.mask
    return marked


def test_a_piece_takes_the_brightness_of_its_new_surroundings() -> None:
    known = pieces()
    image, there = spotted(0.9)
    gather(known, image, [(2, there)])
    piece = known.drawn(np.random.default_rng(0), flips=(False, False))
    assert piece is not None and piece.number == 2 and piece.mask.sum() == 100
    dark = np.full((1, 96, 96), 0.4, np.float32)
    found = pasted(dark, np.ones((96, 96), np.bool_), piece, np.random.default_rng(1))
    assert found is not None
    shown, marked = found[0], placed(found[1], piece)
    assert marked.sum() == 100 and shown[:, marked].min() == pytest.approx(0.2, abs=1e-3)
    far = ~np.pad(marked, 8)[16:, 16:] & ~np.pad(marked, 8)[:-16, :-16] & ~marked
    np.testing.assert_allclose(shown[:, far], 0.4, atol=0.02)
    np.testing.assert_array_equal(dark, np.float32(0.4))  # the window itself was not written to


def test_nothing_is_pasted_over_marks_or_what_nobody_judges() -> None:
    known = pieces()
    image, there = spotted(0.9)
    gather(known, image, [(1, there)])
    free = np.zeros((96, 96), np.bool_)
    for seed in range(20):
        piece = known.drawn(np.random.default_rng(seed), flips=(True, True))
        assert piece is not None and pasted(image, free, piece, np.random.default_rng(seed)) is None
    free[50:90, 40:90] = True
    found = [pasted(image, free, piece, np.random.default_rng(seed)) for seed in range(60)]
    marks = [placed(one[1], piece) for one in found if one is not None]
    assert marks and all(not (marked & ~free).any() for marked in marks)


def test_large_regions_are_left_where_they_are_and_of_many_some_are_kept() -> None:
    known = pieces()
    image, there = spotted(0.5, row=4, side=80)
    gather(known, image, [(1, there)])
    assert known.drawn(np.random.default_rng(0), flips=(True, True)) is None
    for row in range(2 * KEPT):
        image, there = spotted(0.5, row=row % 80)
        gather(known, image + row / 1000, [(1, there)])
    levels = {
        round(float(known.drawn(np.random.default_rng(seed), flips=(False, False)).pixels.max()), 3)
        for seed in range(900)
    }
    assert len(levels) == KEPT and max(levels) > 0.5 + 1.5 * KEPT / 1000


def test_pieces_stay_below_their_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    known = pieces()
    for row in range(2 * KEPT):
        for number in (1, 2):
            gather(known, spotted(0.5)[0], [(number, spotted(0.5, row=row % 40, side=40 - 30 * (number == 2))[1])])
    stated = known.ceiling(classes=2, channels=1)
    taken = sum(piece.nbytes for kept in known._of.values() for piece in kept)
    assert taken <= stated < 5_000_000
    monkeypatch.setattr("sightmill.methods.pasting.MOST_BYTES", taken // 2)
    gather(known, spotted(0.5)[0], [(2, spotted(0.5)[1])])
    left = [len(kept) for kept in known._of.values()]
    assert sum(piece.nbytes for kept in known._of.values() for piece in kept) <= taken // 2
    assert left[0] < KEPT == left[1]  # the class of large pieces gives way
    assert known.ceiling(classes=2, channels=1) == taken // 2
    monkeypatch.setattr("sightmill.methods.pasting.MOST_BYTES", 1)
    gather(known, spotted(0.5)[0], [(1, spotted(0.5)[1])])
    assert known.drawn(np.random.default_rng(0), flips=(True, True)) is None


@pytest.mark.parametrize("overlapping", [False, True])
def test_windows_show_regions_of_other_images_and_mark_them(overlapping: bool) -> None:
    good = Sample(np.full((96, 96), 120, np.uint8), "good", split="train")
    region = (Annotation(Box(30, 40, 40, 50), "stain"), Annotation(Box(60, 60, 66, 90), "ignore"))
    bad = Sample((spotted(0.5)[0][0] * 255).astype(np.uint8), "bad", region, "train")
    shares = {}
    for share in (0, 60):
        training = METHOD.resolve([bad], METHOD.Training.of({"overlapping": overlapping, "pasted_regions": share}))
        view: View = METHOD.view(training, [bad])
        learner = METHOD.learner(training, LABELS, view)
        assert isinstance(learner, SegmentationLearner)
        learner.experienced = True
        rows = []
        for owner, one in enumerate((good, bad)):
            pixels, frame = view(one.read())
            rows.append(Batch(torch.from_numpy(pixels), learner.encode(one, frame), (owner,)))
        learner.prepare(lambda rows=rows: rows)
        image, targets = rows[0].images[0].numpy(), {name: part[0] for name, part in rows[0].targets.items()}
        before = {name: part.clone() for name, part in targets.items()}
        shown = [learner.compose(image, targets, np.random.default_rng(seed)) for seed in range(100)]
        marks = [cut["there"][1] if overlapping else (cut["classes"] == 2) for _, cut in shown]
        shares[share] = sum(bool(one.any()) for one in marks)
        assert all(one.sum() in (0, 100) for one in marks)
        assert all((before[name] == targets[name]).all() for name in targets)
        for pixels, cut in shown:
            if not overlapping:
                assert set(cut["classes"].unique().tolist()) <= {0, 2, NOWHERE}
            dark = pixels[0] < pixels.max() - 0.1
            assert dark.sum() <= 160
    assert shares[0] == 0 and 40 <= shares[60] <= 80
