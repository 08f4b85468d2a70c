"""What all anomaly methods share: the scale, the decision, the regions, the calibration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.evaluation.report import Histogram, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods.anomaly_face import AnomalyMethod, Evidence, highest_mean
from sightmill.methods.contract import RawOutputs
from sightmill.methods.decision import FITTED_BY, DecisionInference, DecisionTraining

LABELS = ("good", "defect")
VIEW = View(width=64, height=64)


class Toy(AnomalyMethod[DecisionTraining, DecisionInference]):
    """The network's map is the answer; a second map is half of it."""

    id, title, summary = "toy", "Toy", "Takes a map for the answer."
    Training, Inference = DecisionTraining, DecisionInference
    shown: ClassVar[dict[str, Any]] = {}

    def evidence(self, raw: RawOutputs, frame: Frame, inference: DecisionInference) -> Evidence:
        values = frame.merge(raw["map"]).astype(np.float32)
        score = highest_mean(values, frame, inference.score_area)
        return Evidence(
            values,
            score,
            maps={"local": values / 2},
            scores={"local": score / 2},
            values={"parts": 3.0},
            pictures={"reconstructed": frame.picture(np.full((64, 64, 3), 0.5))},
            findings=("component 3: 2 found, 1 expected",) if score > 1 else (),
        )

    def resolve(self, samples: Sequence[Sample], training: DecisionTraining) -> DecisionTraining:
        return training

    def view(self, training: DecisionTraining, samples: Sequence[Sample]) -> View:
        return VIEW

    def learner(self, training: DecisionTraining, labels: tuple[str, ...], view: View) -> Any:
        raise NotImplementedError


TOY = Toy()


def answered(peak: float, inference: DecisionInference, *, side: int = 16, size: tuple[int, int] = (64, 64)) -> Result:
    """The answer for a map of zeros with a square of this height and this side, in pixels of the network."""
    values = np.zeros((1, 16, 16), np.float32)
    cells = side // 4
    values[0, 4 : 4 + cells, 4 : 4 + cells] = peak
    return TOY.decode({"map": values}, VIEW.frame(size), LABELS, inference)


def pairs_of(good: Sequence[float], bad: Sequence[float], inference: DecisionInference | None = None) -> list[Pair]:
    image = np.zeros((64, 64), np.uint8)
    given = inference or DecisionInference()
    return [
        Pair(Sample(image, annotations=(Annotation(label=label),)), answered(score, given))
        for label, scores in (("good", good), ("hole", bad))
        for score in scores
    ]


def fitted(good: Sequence[float], bad: Sequence[float] = (), **wishes: Any) -> DecisionInference:
    """Calibrated settings."""
    return TOY.calibrate(pairs_of(good, bad), LABELS, DecisionTraining(**wishes), DecisionInference()).inference


GOOD, BAD = np.linspace(1, 2, 80).tolist(), np.linspace(3, 5, 80).tolist()


def test_without_a_scale_scores_are_the_networks_own_and_nothing_is_decided() -> None:
    result = answered(3.0, DecisionInference())
    assert result.values["anomaly_score"] == result.values["raw_score"] == pytest.approx(3)
    assert (result.label, dict(result.flags)) == ("", {})
    assert "threshold" not in result.values
    assert result.heatmap is not None
    assert result.heatmap.max() == pytest.approx(3)


def test_the_fitted_threshold_is_shown_as_50_and_decides() -> None:
    inference = fitted(GOOD, BAD)
    assert inference.threshold == 50
    passed, rejected = answered(2.49, inference), answered(2.51, inference)
    assert 45 < passed.values["anomaly_score"] < 50 < rejected.values["anomaly_score"] < 55
    assert (passed.label, passed.flags["is_valid"]) == ("good", True)
    assert (rejected.label, rejected.flags["is_valid"]) == ("defect", False)
    assert answered(1.5, inference).values["anomaly_score"] == pytest.approx(25, abs=1)
    assert passed.values["raw_score"] == pytest.approx(2.49)


def test_heatmaps_and_parts_are_on_the_scale_of_the_score() -> None:
    inference = fitted(GOOD, BAD)
    result = answered(4.0, inference)
    assert list(result.heatmaps) == ["heatmap", "local"]
    assert result.heatmap.max() == pytest.approx(result.values["anomaly_score"], abs=1e-3)
    assert result.values["anomaly_score_local"] == pytest.approx(answered(2.0, inference).values["anomaly_score"])
    assert {heatmap.limits for heatmap in result.heatmaps.values()} == {(25.0, 100.0)}
    assert result.values["parts"] == 3.0


def test_a_lower_threshold_is_more_sensitive() -> None:
    inference = fitted(GOOD, BAD)
    assert answered(2.4, inference).flags["is_valid"]
    assert not answered(2.4, inference.changed(threshold=45)).flags["is_valid"]
    assert answered(2.6, inference.changed(threshold=55)).flags["is_valid"]
    assert answered(9.0, inference.changed(threshold=None)).label == ""


def test_between_t1_and_t2_an_answer_is_not_confident() -> None:
    rng = np.random.default_rng(0)
    inference = fitted(rng.normal(2, 0.2, 120).tolist(), rng.normal(2.5, 0.2, 120).tolist())
    low, high = inference.uncertain_low, inference.uncertain_high
    assert low < 50 < high
    flags = [answered(score, inference).flags["is_confident"] for score in (1.0, 2.25, 4.0)]
    assert flags == [True, False, True]
    assert answered(2.25, inference).values["threshold_1"] == low
    histogram = TOY.figures(pairs_of([1, 2], [3], inference), LABELS, inference)[0]
    assert isinstance(histogram, Histogram)
    assert histogram.thresholds == {"T": 50, "T1": low, "T2": high}
    moved = inference.changed(threshold=high + 10)
    assert answered(2.25, moved).values["threshold_2"] == high + 10
    plain = fitted(GOOD, BAD)
    assert plain.uncertain_low is None
    assert answered(2.5, plain).flags["is_confident"]


def test_the_region_list_has_boxes_polygons_areas_and_peaks() -> None:
    inference = fitted(GOOD, BAD)
    result = answered(4.0, inference, size=(128, 128))
    whole, region = json.loads(json.dumps(result.to_dict()))["annotations"]
    assert whole["label"] == "defect"
    assert "area" not in whole
    x1, y1, x2, y2 = region["box"]
    assert 26 <= x1 <= 36 <= 60 <= x2 <= 70
    assert region["area"] == pytest.approx((x2 - x1) * (y2 - y1), rel=0.15)
    assert region["score"] == pytest.approx(whole["score"], abs=1e-3)
    (outline,) = region["polygons"]
    assert (np.ptp(np.array(outline), axis=0) >= [x2 - x1 - 1, y2 - y1 - 1]).all()
    assert answered(1.0, inference).to_dict()["annotations"][0]["label"] == "good"
    assert len(answered(1.0, inference).annotations) == 1


def test_a_pixel_threshold_changes_the_regions_and_not_the_decision() -> None:
    inference = fitted(GOOD, BAD)
    areas = []
    for threshold in (30, None, 70):
        result = answered(4.0, inference.changed(pixel_threshold=threshold))
        assert not result.flags["is_valid"]
        areas.append(sum(item.region.area(64, 64) for item in result.annotations[1:]))
    assert areas[0] > areas[1] > areas[2] > 0


def test_an_image_whose_regions_are_all_too_small_is_good() -> None:
    inference = fitted(GOOD, BAD).changed(minimum_defect_area=200)
    small, large = answered(4.0, inference, side=8), answered(4.0, inference, side=24)
    assert (small.label, small.values["anomaly_score"], small.values["raw_score"]) == ("good", 50, pytest.approx(4))
    assert (large.label, len(large.annotations)) == ("defect", 2)
    assert isinstance(large.annotations[1].region, Mask)


def test_what_passes_wrongly_counts_as_wrong_even_at_the_threshold() -> None:
    inference = fitted(GOOD, BAD).changed(minimum_defect_area=200)
    hole = Sample(np.zeros((64, 64), np.uint8), annotations=(Annotation(label="hole"),))
    assert TOY.badness(Pair(hole, answered(4.0, inference, side=8))) > 0.5
    assert TOY.badness(Pair(hole, answered(4.0, inference, side=24))) < 0.5
    good, bad = pairs_of([2.4, 9.0], [1.0], inference)[:2]
    assert TOY.badness(good) < 0.5 < TOY.badness(bad) <= 1


def test_findings_and_pictures_reach_the_result() -> None:
    result = answered(4.0, fitted(GOOD, BAD), size=(90, 70))
    assert result.to_dict()["findings"] == ["component 3: 2 found, 1 expected"]
    picture = result.pictures["reconstructed"].at_image_size()
    assert (picture.shape, picture.dtype) == ((70, 90, 3), np.uint8)
    assert (picture == 128).all()


def test_calibrating_anew_does_not_depend_on_the_settings_before() -> None:
    first = fitted(GOOD, BAD)
    moved = first.changed(threshold=45, uncertain_low=10, uncertain_high=90)
    again = TOY.calibrate(pairs_of(GOOD, BAD, moved), LABELS, DecisionTraining(), moved)
    assert again.inference.score_centre == pytest.approx(first.score_centre)
    assert again.inference.threshold == 45
    assert again.inference.uncertain_low is None
    assert "stands at 45" in again.notes[-1]
    assert json.loads(json.dumps(dict(again.facts)))["threshold"]["escapes"]["count"] == 80


def test_good_images_alone_promise_nothing_about_escapes_and_keep_passing() -> None:
    found = TOY.calibrate(pairs_of(GOOD[:10], []), LABELS, DecisionTraining(), DecisionInference())
    assert "no defective image was held out" in " ".join(found.notes)
    assert "cannot be promised: that takes 59" in " ".join(found.notes)
    assert all(answered(score, found.inference).flags["is_valid"] for score in GOOD[:10])


def test_wishes_move_the_threshold() -> None:
    centres = {rule: fitted(GOOD, BAD, threshold_rule=rule).score_centre for rule in ("max_good", "min_bad", "sigma")}
    assert 2 < centres["max_good"] < 2.1
    assert 2.9 < centres["min_bad"] < 3
    assert centres["sigma"] == pytest.approx(np.mean(GOOD) + 3 * np.std(GOOD, ddof=1), rel=1e-5)
    tight, wide = (
        fitted(GOOD, threshold_rule="good_only", false_reject_target=target).score_centre for target in (4.0, 30.0)
    )
    assert tight > wide
    assert set(FITTED_BY) == set(TOY.calibrated_by)
    assert "good_label" not in FITTED_BY


@pytest.mark.parametrize("ends", [{"uncertain_low": 40}, {"uncertain_low": 60, "uncertain_high": 40}])
def test_half_a_band_or_one_upside_down_is_refused(ends: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="uncertain_low"):
        DecisionInference.of(ends)


def test_the_highest_mean_is_that_of_the_part_that_is_looked_at() -> None:
    values = np.zeros((16, 16), np.float32)
    values[0] = 8.0  # the padding above a wide image
    values[8, 8] = 4.0
    frame = VIEW.frame((64, 32))
    assert highest_mean(values, frame, 0) == 4.0
    assert highest_mean(values, frame, 100) == pytest.approx(4.0 / 128)
