"""What an evaluation answers: estimates with intervals, figures as data, and the samples behind them.

Figures are plain data: `sightmill.drawing.plots` turns them into pictures, the studio draws them live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.data.result import Result
from sightmill.data.sample import Sample

__all__ = [
    "Curves",
    "Estimate",
    "Figure",
    "Histogram",
    "Matrix",
    "Metric",
    "Pair",
    "Report",
    "Series",
    "Table",
    "counted",
]


@dataclass(frozen=True)
class Metric:
    """A figure of merit that a method is judged by.

    Parameters
    ----------
    name : its key in JSON (``accuracy``).
    title : its name on a page.
    better : which way is good.
    limit : the best value it can take.
    """

    name: str
    title: str
    better: str = "higher"
    limit: float = 1.0


@dataclass(frozen=True)
class Estimate:
    """A figure measured on a sample of the world, with the interval it may be trusted to.

    Parameters
    ----------
    value : the figure.
    low, high : ends of the 95 % confidence interval; None when none was asked for or none exists.
    count : how many images (or objects) it rests on.
    """

    value: float
    low: float | None = None
    high: float | None = None
    count: int = 0


@dataclass(frozen=True)
class Pair:
    """A sample with its truth, and what the model answered."""

    sample: Sample
    result: Result


def counted(names: Iterable[str]) -> str:
    """How many of what, in words (``2 bolt, 1 nut``); ``(none)`` where there is nothing."""
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(names).items())) or "(none)"


@dataclass(frozen=True, eq=False)
class Series:
    """One line of a plot: points ``(x, y)``, an optional name and an optional marked point index."""

    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Figure:
    """Base of the figures: a title, and one sentence that tells how to read it."""

    title: str
    note: str


@dataclass(frozen=True, eq=False)
class Curves(Figure):
    """Lines over two axes (ROC, precision-recall, reliability, PRO)."""

    x_label: str = ""
    y_label: str = ""
    series: tuple[Series, ...] = ()
    diagonal: bool = False
    x_range: tuple[float, float] | None = (0.0, 1.0)
    y_range: tuple[float, float] | None = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Histogram(Figure):
    """Counts of a score, one series of bars per group (good green, bad red), with named thresholds."""

    x_label: str = ""
    edges: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    groups: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Matrix(Figure):
    """A confusion matrix: columns are ground truth, rows are prediction."""

    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    labels: tuple[str, ...] = ()
    row_labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table(Figure):
    """Rows of cells under column names; numbers stay numbers."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Report:
    """The whole answer of one evaluation.

    Parameters
    ----------
    method : method id.
    split : which samples were evaluated; ``train`` is flagged by `trained_on`.
    images : how many.
    metrics : estimates by metric name, the deciding one first.
    figures : plots and tables.
    samples : per image: name, truth, answer, score and how bad it is (``badness``, worst first).
    trained_on : True when these images taught the model: its figures then say nothing about new images.
    notes : sentences to print above the figures.
    """

    method: str
    split: str
    images: int
    metrics: Mapping[str, Estimate]
    figures: Sequence[Figure] = ()
    samples: Sequence[Mapping[str, Any]] = ()
    trained_on: bool = False
    notes: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON report: ``method``, ``split``, ``images``, ``metrics`` {name: value}, ``intervals`` ..."""
        return {
            "method": self.method,
            "split": self.split,
            "images": self.images,
            "trained_on": self.trained_on,
            "metrics": {name: _plain(estimate.value) for name, estimate in self.metrics.items()},
            "intervals": {
                name: [_plain(estimate.low), _plain(estimate.high)]
                for name, estimate in self.metrics.items()
                if estimate.low is not None and estimate.high is not None
            },
            "figures": [_figure_dict(figure) for figure in self.figures],
            "samples": [dict(sample) for sample in self.samples],
            "notes": list(self.notes),
        }


def _figure_dict(figure: Figure) -> dict[str, Any]:
    return {
        "kind": type(figure).__name__.lower(),
        **{key: _plain(value) for key, value in vars(figure).items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Series):
        return {"name": value.name, "x": _plain(value.x), "y": _plain(value.y)}
    return value
