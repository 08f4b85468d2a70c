"""Plots as SVG and tables as HTML, from plain arrays.

The pictures carry no script and no style sheet. Their ink is ``currentColor`` and their colours are CSS
variables (``--good``, ``--bad``, ``--line-1`` ... ``--ground``) with a default each, so that a page may turn
them dark while a picture saved alone still shows. Every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.drawing.colours import BAD, CATEGORIES, GOOD, hexadecimal

__all__ = ["confusion_plot", "curves_plot", "escaped", "histogram_plot", "nice_ticks", "number", "table_html"]

_FONT = "font-family='system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'"
_DASHES = ("", "7 4", "2 3", "10 3 2 3")
_GROUP_TONES = {
    "good": ("--good", GOOD),
    "correct": ("--good", GOOD),
    "defective": ("--bad", BAD),
    "bad": ("--bad", BAD),
    "wrong": ("--bad", BAD),
}


def curves_plot(
    series: Sequence[tuple[str, npt.ArrayLike, npt.ArrayLike]],
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    diagonal: bool = False,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    markers: bool = False,
) -> str:
    """Lines ``(name, x, y)`` over two axes, with a legend below.

    Parameters
    ----------
    diagonal : draw the dashed line from corner to corner.
    x_range, y_range : ends of the axes; None takes those of the points.
    markers : draw the points too; a series of one point always shows it.
    """
    lines = [(name, *_finite(x, y)) for name, x, y in series]
    plot = _Plot(
        440,
        360,
        _range(x_range, [x for _, x, _ in lines]),
        _range(y_range, [y for _, _, y in lines]),
        x_label,
        y_label,
    )
    plot.axes()
    if diagonal:
        plot.add(
            f"<line x1='{plot.left}' y1='{plot.bottom}' x2='{plot.right}' y2='{plot.top}' "
            "stroke='currentColor' stroke-opacity='.45' stroke-dasharray='4 4'/>"
        )
    for index, (name, x, y) in enumerate(lines):
        colour = _line_colour(index)
        dash = _DASHES[index // len(CATEGORIES) % len(_DASHES)]
        points = [(plot.x(a), plot.y(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        plot.add(
            f"<polyline points='{path}' fill='none' style='stroke:{colour}' stroke-width='2.2' "
            f"stroke-linejoin='round' stroke-dasharray='{dash}'><title>{escaped(name)}</title></polyline>"
        )
        if markers or len(points) == 1:
            plot.add(
                *(
                    f"<circle cx='{a:.1f}' cy='{b:.1f}' r='3.5' style='fill:{colour}'>"
                    f"<title>{escaped(f'{number(x[i])}, {number(y[i])}')}</title></circle>"
                    for i, (a, b) in enumerate(points)
                )
            )
    plot.legend([(name, _line_colour(index)) for index, (name, _, _) in enumerate(lines)])
    return plot.svg(title)


def histogram_plot(
    edges: npt.ArrayLike,
    groups: Mapping[str, npt.ArrayLike],
    *,
    title: str = "",
    x_label: str = "",
    thresholds: Mapping[str, float] | None = None,
) -> str:
    """Bars per group over ``edges`` ``(B + 1,)``, and named vertical lines.

    Groups called good or correct are green, those called defective, bad or wrong orange. A bar that counts
    anything is always high enough to be seen.
    """
    ends = np.asarray(edges, np.float64)
    bars = {name: np.asarray(counts, np.float64) for name, counts in groups.items()}
    thresholds = thresholds or {}
    if len(ends) < 2:
        ends = np.array([0.0, 1.0])
        bars = {name: np.zeros(1) for name in bars}
    marks = [value for value in thresholds.values() if math.isfinite(value)]
    low, high = min([float(ends[0]), *marks]), max([float(ends[-1]), *marks])
    most = max([1.0, *(float(counts.max(initial=0)) for counts in bars.values())])
    plot = _Plot(640, 320, _range((low, high), []), (0.0, most * 1.08), x_label, "Images")
    plot.axes(whole_y=True)
    for index, (name, counts) in enumerate(bars.items()):
        colour = _group_colour(name, index)
        for count, start, end in zip(counts.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=False):
            if count <= 0:
                continue
            x, width = plot.x(start), plot.x(end) - plot.x(start)
            share = width / len(bars)
            height = max(plot.bottom - plot.y(count), 2.0)
            told = f"{name}: {number(count)} from {number(start)} to {number(end)}"
            plot.add(
                f"<rect x='{x + index * share + 0.3:.2f}' y='{plot.bottom - height:.2f}' "
                f"width='{max(share - 0.6, 0.8):.2f}' height='{height:.2f}' style='fill:{colour}'>"
                f"<title>{escaped(told)}</title></rect>"
            )
    for index, (name, value) in enumerate(thresholds.items()):
        if math.isfinite(value):
            plot.mark(name, value, index)
    totals = [
        (f"{name} ({number(counts.sum())})", _group_colour(name, i)) for i, (name, counts) in enumerate(bars.items())
    ]
    plot.legend(totals)
    return plot.svg(title)


def confusion_plot(
    counts: npt.ArrayLike, labels: Sequence[str], row_labels: Sequence[str] = (), *, title: str = ""
) -> str:
    """A confusion matrix ``(rows, columns)``: columns are ground truth, rows are prediction.

    Cells show the count and the share of their column; the diagonal is green, errors are orange, both the
    stronger the larger the share. Large matrices show counts only, and very large ones colours only.
    """
    matrix = np.asarray(counts, np.int64)
    rows, columns = matrix.shape
    across, down = list(labels), list(row_labels or labels)
    cell = 76 if columns <= 6 else 58 if columns <= 12 else max(14, 620 // columns)
    high = cell if columns > 12 else round(cell * 0.74)
    letters = 12 if cell >= 30 else 9
    left = 46 + min(max((len(name) for name in down), default=0), 18) * 7
    slanted = columns > 6 or max((len(name) for name in across), default=0) * 7 > cell
    top = 44 + (min(max((len(name) for name in across), default=0), 18) * 5 + 6 if slanted else 12)
    width = left + columns * cell + (70 if slanted else 16)
    height = top + rows * high + 12
    totals = matrix.sum(axis=0)
    parts = [
        f"<text x='{left + columns * cell / 2}' y='16' text-anchor='middle' font-size='13' "
        "fill-opacity='.75'>Ground truth</text>",
        f"<text transform='translate(16 {top + rows * high / 2}) rotate(-90)' text-anchor='middle' "
        "font-size='13' fill-opacity='.75'>Prediction</text>",
    ]
    for column, name in enumerate(across):
        x = left + (column + 0.5) * cell
        turn = f"transform='translate({x:.1f} {top - 8}) rotate(-38)'" if slanted else f"x='{x:.1f}' y='{top - 8}'"
        anchor = "start" if slanted else "middle"
        parts.append(f"<text {turn} text-anchor='{anchor}' font-size='{letters}'>{_cut(name, 18)}</text>")
    for row, name in enumerate(down):
        y = top + (row + 0.5) * high + letters * 0.35
        parts.append(
            f"<text x='{left - 8}' y='{y:.1f}' text-anchor='end' font-size='{letters}'>{_cut(name, 18)}</text>"
        )
    for row in range(rows):
        for column in range(columns):
            share = float(matrix[row, column] / totals[column]) if totals[column] else 0.0
            right = row == column and across[column] == down[row]
            parts.append(
                _cell(
                    (left + column * cell, top + row * high, cell, high),
                    int(matrix[row, column]),
                    share,
                    right,
                    f"{across[column]} called {down[row]}",
                )
            )
    return _svg(width, height, title, parts)


def table_html(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """An HTML table; numbers are set flush right, missing ones as a dash."""
    head = "".join(
        f"<th scope='col'{_NUMBER if _numeric(rows, index) else ''}>{escaped(column)}</th>"
        for index, column in enumerate(columns)
    )
    body = "".join("<tr>" + "".join(_table_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def nice_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """About `count` round numbers (steps of 1, 2 or 5 times a power of ten) from `low` to `high`."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((times * power for times in (1, 2, 5) if times * power >= rough * 0.999), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def number(value: Any) -> str:
    """A number as people write it: integers whole, others with three or four digits that count."""
    value = float(value)
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:.3f}" if 1e-3 <= abs(value) < 10 else f"{value:.4g}"


class _Plot:
    """Two axes in pixels, and what has been drawn over them."""

    def __init__(
        self,
        width: int,
        height: int,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        x_label: str,
        y_label: str,
    ) -> None:
        self.width, self.height = width, height
        self.left, self.right, self.top, self.bottom = 62, width - 18, 16, height - 50
        self.x_range, self.y_range = x_range, y_range
        self.x_label, self.y_label = x_label, y_label
        self.parts: list[str] = []

    def add(self, *parts: str) -> None:
        self.parts.extend(parts)

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def axes(self, *, whole_y: bool = False) -> None:
        for tick in nice_ticks(*self.x_range):
            x = self.x(tick)
            self.add(
                f"<line x1='{x:.1f}' y1='{self.top}' x2='{x:.1f}' y2='{self.bottom}' {_GRID}/>",
                f"<text x='{x:.1f}' y='{self.bottom + 18}' text-anchor='middle' font-size='12'>"
                f"{_tick(tick, self.x_range)}</text>",
            )
        for tick in nice_ticks(*self.y_range):
            if whole_y and tick != int(tick):
                continue
            y = self.y(tick)
            self.add(
                f"<line x1='{self.left}' y1='{y:.1f}' x2='{self.right}' y2='{y:.1f}' {_GRID}/>",
                f"<text x='{self.left - 8}' y='{y + 4:.1f}' text-anchor='end' font-size='12'>"
                f"{_tick(tick, self.y_range)}</text>",
            )
        self.add(
            f"<path d='M{self.left} {self.top}V{self.bottom}H{self.right}' fill='none' "
            "stroke='currentColor' stroke-opacity='.55'/>",
            f"<text x='{(self.left + self.right) / 2}' y='{self.bottom + 40}' text-anchor='middle' "
            f"font-size='13' fill-opacity='.75'>{escaped(self.x_label)}</text>",
            f"<text transform='translate(15 {(self.top + self.bottom) / 2}) rotate(-90)' "
            f"text-anchor='middle' font-size='13' fill-opacity='.75'>{escaped(self.y_label)}</text>",
        )

    def mark(self, name: str, value: float, index: int) -> None:
        """A threshold: a vertical line with its name and value beside it, on the side with more room."""
        x = self.x(value)
        flip = x > (self.left + self.right) / 2
        at, anchor = (x - 6, "end") if flip else (x + 6, "start")
        self.add(
            f"<line x1='{x:.1f}' y1='{self.top}' x2='{x:.1f}' y2='{self.bottom}' stroke='currentColor' "
            "stroke-width='1.6' stroke-dasharray='6 3'/>",
            f"<text x='{at:.1f}' y='{self.top + 12 + 16 * index}' text-anchor='{anchor}' font-size='12' "
            f"font-weight='600' {_HALO}>{escaped(f'{name} {number(value)}')}</text>",
        )

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """Names below the plot, in as many lines as they need."""
        x, y = float(self.left), self.height + 12
        for name, colour in entries:
            shown = name if len(name) <= 44 else name[:43] + "…"
            wide = 26 + len(shown) * 6.8
            if x > self.left and x + wide > self.right:
                x, y = float(self.left), y + 20
            self.add(
                f"<rect x='{x:.1f}' y='{y - 9}' width='12' height='12' rx='2' style='fill:{colour}'/>",
                f"<text x='{x + 18:.1f}' y='{y + 1.5}' font-size='12'>{escaped(shown)}</text>",
            )
            x += wide + 10
        if entries:
            self.height = y + 10

    def svg(self, title: str) -> str:
        return _svg(self.width, self.height, title, self.parts)


_NUMBER = " class='number'"
_GRID = "stroke='currentColor' stroke-opacity='.13'"
_HALO = "style='paint-order:stroke;stroke:var(--ground,#fff);stroke-width:4px;stroke-linejoin:round'"


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' "
        f"height='{height:.0f}' role='img' aria-label='{escaped(title)}' fill='currentColor' {_FONT}>"
        + "".join(parts)
        + "</svg>"
    )


def _cell(frame: tuple[float, float, float, float], count: int, share: float, right: bool, told: str) -> str:
    x, y, width, height = frame
    colour = f"var(--good,{hexadecimal(GOOD)})" if right else f"var(--bad,{hexadecimal(BAD)})"
    strength = 0.0 if count == 0 else 0.12 + 0.68 * share
    told = f"{told}: {count} ({100 * share:.1f} %)"
    drawn = (
        f"<g><title>{escaped(told)}</title><rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' "
        f"height='{height:.1f}' style='fill:{colour}' fill-opacity='{strength:.3f}' stroke='currentColor' "
        "stroke-opacity='.25'/>"
    )
    if width >= 24 and (count or right):
        percent = width >= 50
        middle = y + height / 2 + (-1 if percent else 4)
        size = 14 if width >= 50 else 10
        drawn += (
            f"<text x='{x + width / 2:.1f}' y='{middle:.1f}' text-anchor='middle' font-size='{size}' "
            f"font-weight='600'>{number(count)}</text>"
        )
        if percent:
            drawn += (
                f"<text x='{x + width / 2:.1f}' y='{middle + 15:.1f}' text-anchor='middle' font-size='11' "
                f"fill-opacity='.8'>{100 * share:.1f} %</text>"
            )
    return drawn + "</g>"


def _numeric(rows: Sequence[Sequence[Any]], index: int) -> bool:
    held = [row[index] for row in rows if row[index] is not None]
    return bool(held) and all(
        isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in held
    )


def _table_cell(value: Any) -> str:
    if value is None:
        return f"<td{_NUMBER}>–</td>"
    if isinstance(value, bool | np.bool_):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, float | np.floating) and abs(float(value)) < 10:
        return f"<td{_NUMBER}>{float(value):.3f}</td>"
    if isinstance(value, int | float | np.integer | np.floating):
        return f"<td{_NUMBER}>{number(value)}</td>"
    return f"<td>{escaped(value)}</td>"


def _finite(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    across, up = np.asarray(x, np.float64).reshape(-1), np.asarray(y, np.float64).reshape(-1)
    kept = np.isfinite(across) & np.isfinite(up)
    return across[kept], up[kept]


def _range(given: tuple[float, float] | None, values: Sequence[npt.NDArray[np.float64]]) -> tuple[float, float]:
    low, high = given or (0.0, 1.0)
    held = [value for value in values if len(value)]
    if given is None and held:
        low, high = min(float(v.min()) for v in held), max(float(v.max()) for v in held)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _tick(value: float, ends: tuple[float, float]) -> str:
    span = ends[1] - ends[0]
    if max(abs(end) for end in ends) >= 1e6 or span < 1e-4:
        return f"{value:.4g}"
    digits = max(0, 1 - math.floor(math.log10(span)))
    shown = f"{value:.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _line_colour(index: int) -> str:
    place = index % len(CATEGORIES)
    return f"var(--line-{place + 1},{hexadecimal(CATEGORIES[place])})"


def _group_colour(name: str, index: int) -> str:
    if name in _GROUP_TONES:
        variable, colour = _GROUP_TONES[name]
        return f"var({variable},{hexadecimal(colour)})"
    return _line_colour(index)


def _cut(name: str, most: int) -> str:
    return escaped(name if len(name) <= most else name[: most - 1] + "…")


def escaped(value: object) -> str:
    """Escaped, and free of control characters, which XML does not allow."""
    shown = "".join(letter if letter.isprintable() or letter == "\u202f" else " " for letter in str(value))
    return escape(shown, quote=True)
