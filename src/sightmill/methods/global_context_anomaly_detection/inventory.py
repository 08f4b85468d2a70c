"""What is in an image, in numbers that can be said in words: how many of each component, how much, and where.

A component is a kind of place that the global network tells apart by itself: the heads of bolts, the brass of nuts, the
ground. It has a number, and a colour in ``pictures["components"]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["COLUMNS", "Inventory", "ordinary", "take_inventory", "told"]

FloatArray = npt.NDArray[np.float32]
#: Per component ``(K, 4)``: number of pieces, share of the image, and where its middle lies (x and y from 0 to 1).
Inventory = npt.NDArray[np.float64]

#: The numbers of an inventory, in their order.
COLUMNS = ("count", "share", "x", "y")
#: A piece smaller than this share of a usual one, or than this many cells, is not counted.
SMALL, FEWEST_CELLS = 0.35, 4
#: Components with more pieces than this, or whose number differs more than this from image to image, are not counted.
MOST_PIECES, MOST_DIFFERENT = 12, 4
#: A component that covers less of the image than this lies nowhere in particular.
LEAST_SHARE = 0.002
#: How far beyond the range of good images a number must lie to be told, in shares of that range, and at least.
BEYOND, LEAST_BEYOND = 0.25, {"share": 0.15, "x": 0.03, "y": 0.03}
#: Sentences in one answer, at most.
MOST_SENTENCES = 4


def take_inventory(shares: FloatArray, pieces: npt.NDArray[np.float64]) -> Inventory:
    """The inventory of one image.

    Parameters
    ----------
    shares : ``(K, h, w)``: how much of each place belongs to each component; sums to 1 over the first axis.
    pieces : ``(K,)``: area of a usual piece of each component, in shares of the image; 0 is unknown.
    """
    count, high, wide = shares.shape
    owner = shares.argmax(0)
    found = np.zeros((count, len(COLUMNS)))
    rows, columns = (np.arange(side) + 0.5 for side in (high, wide))
    for index in range(count):
        areas = pieces_of(owner == index)
        unit = pieces[index] * high * wide
        large = areas[areas >= max(SMALL * unit, FEWEST_CELLS)]
        # Pieces that touch are one region of several pieces' area.
        found[index, 0] = np.maximum(np.rint(large / unit), 1).sum() if unit else len(large)
        amount = float(shares[index].sum())
        found[index, 1] = amount / (high * wide)
        if found[index, 1] > LEAST_SHARE:
            found[index, 2] = float(shares[index].sum(0) @ columns) / amount / wide
            found[index, 3] = float(shares[index].sum(1) @ rows) / amount / high
        else:
            found[index, 2:] = np.nan
    return found


def pieces_of(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Areas of the connected regions, cells."""
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return np.asarray(statistics[1:, cv2.CC_STAT_AREA], np.float64)


def ordinary(inventories: Sequence[Inventory]) -> npt.NDArray[np.float64]:
    """Least and greatest of each number among good images, ``(K, 8)``; NaN where nothing can be said.

    The outermost hundredth on both sides is left out when there are images enough for it.
    """
    seen = np.stack(inventories)  # (N, K, 4)
    known = np.full((seen.shape[1], 2 * len(COLUMNS)), np.nan)
    for index in range(seen.shape[1]):
        for column in range(len(COLUMNS)):
            values = seen[:, index, column]
            values = values[np.isfinite(values)]
            if len(values) < max(0.8 * len(seen), 3) and column > 1:
                continue
            low, high = np.quantile(values, [0.01, 0.99], method="inverted_cdf")
            if column == 0 and (high > MOST_PIECES or high - low > MOST_DIFFERENT or high < 1):
                continue
            known[index, 2 * column : 2 * column + 2] = low, high
    return known


def told(inventory: Inventory, known: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """What differs from good images, in sentences, the most telling first."""
    sentences: list[tuple[float, str]] = []
    for index, (row, limits) in enumerate(zip(inventory, known, strict=True), 1):
        low, high = limits[0], limits[1]
        if np.isfinite(low) and not low <= row[0] <= high:
            expected = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
            away = max(low - row[0], row[0] - high)
            sentences.append((10 + away, f"component {index}: {row[0]:.0f} found, {expected} expected"))
            continue
        away = _beyond("share", row[1], limits[2], limits[3])
        if away > 0:
            sentences.append(
                (
                    min(away, 5.0),
                    f"component {index}: {_percent(row[1])} of the image, "
                    f"{_percent(limits[2])} to {_percent(limits[3])} expected",
                )
            )
        for column, name, ways in ((2, "x", ("left", "right")), (3, "y", ("up", "down"))):
            low, high = limits[2 * column], limits[2 * column + 1]
            away = _beyond(name, row[column], low, high)
            if away > 0:
                way, far = (ways[0], low - row[column]) if row[column] < low else (ways[1], row[column] - high)
                sentences.append(
                    (
                        min(away, 4.0),
                        f"component {index}: lies {_percent(far)} of the image further {way} than expected",
                    )
                )
    sentences.sort(key=lambda item: -item[0])
    return tuple(sentence for _, sentence in sentences[:MOST_SENTENCES])


def _beyond(name: str, value: float, low: float, high: float) -> float:
    """How far outside its range a number lies, in ranges; 0 within, or where nothing is known."""
    if not (np.isfinite(low) and np.isfinite(value)):
        return 0.0
    least = LEAST_BEYOND[name] * (abs(low + high) / 2 if name == "share" else 1.0)
    wide = max(high - low, least, 1e-6)
    margin = max(BEYOND * wide, least)
    return float(max(low - margin - value, value - high - margin, 0.0) / wide)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"
