"""Plots are well-formed, escaped, and say what they show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring

from sightmill.drawing.plots import (
    confusion_plot,
    curves_plot,
    histogram_plot,
    nice_ticks,
    number,
    table_html,
)

NASTY = "<img src=x onerror='alert(1)'> & \"co\"\x00"
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 97, [0, 20, 40, 60, 80]),
        (-3, 3, [-2, 0, 2]),
        (0.00012, 0.00032, [0.00015, 0.0002, 0.00025, 0.0003]),
        (5, 5, [5]),
        (math.nan, 1, []),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(expected)


def test_curves_have_axes_a_legend_and_a_name() -> None:
    svg = curves_plot(
        [("bolt (AUC 0.93)", [0, 0.2, 1], [0, 0.9, 1])],
        title="ROC",
        x_label="False positive rate",
        y_label="True positive rate",
        diagonal=True,
        x_range=(0, 1),
        y_range=(0, 1),
    )
    root = fromstring(svg)
    assert root.get("aria-label") == "ROC"
    assert {"bolt (AUC 0.93)", "False positive rate", "True positive rate", "0.2", "1"} <= set(texts(svg))
    assert len(list(root.iter(f"{SVG}polyline"))) == 1


@pytest.mark.parametrize(
    "svg",
    [
        curves_plot([], title="empty"),
        curves_plot([("one point", [3], [math.nan])]),
        curves_plot([("flat", [1, 1], [2, 2])]),
        curves_plot([(NASTY, [0, 1], [0, 1])] * 20, title=NASTY, x_label=NASTY, y_label=NASTY),
        histogram_plot([], {}, title="empty"),
        histogram_plot([0, 0], {"good": [3]}),
        histogram_plot([0, 1, 2], {NASTY: [3, 4]}, thresholds={NASTY: 9.0, "none": math.nan}),
        confusion_plot(np.zeros((0, 0)), []),
        confusion_plot([[1, 2], [3, 4]], [NASTY, "b" * 99]),
        confusion_plot(np.ones((40, 41), int), ["long class name"] * 41, ["r"] * 40),
    ],
    ids=range(10),
)
def test_every_plot_is_well_formed_and_nothing_escapes(svg: str) -> None:
    fromstring(svg)
    assert "<img" not in svg


def test_bars_are_green_and_orange_with_their_threshold() -> None:
    svg = histogram_plot(
        [0, 1, 2], {"good": [9000, 0], "defective": [0, 1]}, thresholds={"T": 1.5}, x_label="Anomaly score"
    )
    assert "var(--good,#009e73)" in svg
    assert "var(--bad,#d55e00)" in svg
    assert {"T 1.500", "good (9\u202f000)", "defective (1)"} <= set(texts(svg))
    bars = [e for e in fromstring(svg).iter(f"{SVG}rect") if list(e)]
    assert len(bars) == 2
    assert min(float(bar.get("height")) for bar in bars) >= 2


def test_a_matrix_shows_counts_and_column_shares_green_on_the_diagonal() -> None:
    svg = confusion_plot([[8, 1], [2, 9]], ["bolt", "nut"])
    assert {"8", "80.0 %", "2", "20.0 %", "Ground truth", "Prediction"} <= set(texts(svg))
    cells = list(fromstring(svg).iter(f"{SVG}rect"))
    assert ["--good" in cell.get("style") for cell in cells] == [True, False, False, True]
    titles = [element.text for element in fromstring(svg).iter(f"{SVG}title")]
    assert "nut called bolt: 1 (10.0 %)" in titles


def test_margins_of_a_matrix_are_errors() -> None:
    svg = confusion_plot([[8, 1, 3], [2, 9, 0]], ["bolt", "nut", "(not learnt)"], ["bolt", "nut"])
    cells = list(fromstring(svg).iter(f"{SVG}rect"))
    assert len(cells) == 6
    assert sum("--good" in cell.get("style") for cell in cells) == 2


def test_tables_set_numbers_right_and_escape_words() -> None:
    html = table_html(("Type", "Images", "Share"), [(NASTY, 1200, 1.0), ("b", None, math.nan), ("c", 3, True)])
    assert "<img" not in html
    assert "<td class='number'>1\u202f200</td>" in html
    assert "<td class='number'>1.000</td>" in html
    assert "<th scope='col' class='number'>Images</th>" in html
    assert "<td class='number'>–</td>" in html


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (12345, "12\u202f345"),
        (0.98765, "0.988"),
        (123.456, "123.5"),
        (1e-7, "1e-07"),
        (math.inf, "–"),
    ],
)
def test_numbers_read_well(value: float, shown: str) -> None:
    assert number(value) == shown
