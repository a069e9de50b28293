# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places tokens on a timeline by the time they have left (pure). All bands have one width, so urgent ones get more room."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

DAY = 86400
BAND_WIDTH, STEP, RADIUS, MARGIN = 136, 12, 4.5, 8
# What a band is called and where it ends, in days from now.
BANDS: tuple[tuple[str, float], ...] = (
    ("within a day", 1),
    ("within a week", 7),
    ("within 30 days", 30),
    ("within 90 days", 90),
    ("within a year", 365),
    ("later", math.inf),
    ("never", math.nan),
)
_COLUMNS = (BAND_WIDTH - 2 * MARGIN) // STEP
_ROWS = 14
Item = t.TypeVar("Item")


@dataclass(frozen=True)
class Dot(t.Generic[Item]):
    """An item and the middle of its dot. y counts upwards from the axis."""

    item: Item
    x: float
    y: float


@dataclass(frozen=True)
class Band(t.Generic[Item]):
    """A stretch of time, from x on, and what ends in it."""

    name: str
    x: int
    dots: tuple[Dot[Item], ...]


def timeline(items: t.Iterable[tuple[Item, float | None]]) -> tuple[Band[Item], ...]:
    """Items with the seconds that they have left, None for ever, as dots in bands. Who comes first stands lowest."""
    sorted_in: list[list[tuple[Item, float]]] = [[] for _band in BANDS]
    for item, left in items:
        sorted_in[_band_of(left)].append((item, max(left or 0, 0) / DAY))
    return tuple(_band(number, members) for number, members in enumerate(sorted_in))


def height(bands: t.Iterable[Band[Item]]) -> float:
    """What all dots need above the axis."""
    return max((dot.y for band in bands for dot in band.dots), default=0.0) + RADIUS


def _band_of(left: float | None) -> int:
    if left is None:
        return len(BANDS) - 1
    return next(number for number, (_name, end) in enumerate(BANDS) if left <= end * DAY)


def _band(number: int, members: t.Sequence[tuple[Item, float]]) -> Band[Item]:
    """Dots pile up in columns; a column that is full overflows into the nearest one that is not."""
    name, end = BANDS[number]
    start = BANDS[number - 1][1] if number else 0.0
    if not math.isfinite(end):
        end = max((left for _item, left in members), default=start)
    rows = max(_ROWS, math.ceil(len(members) / _COLUMNS))
    step = STEP * _ROWS / rows
    heights = [0] * _COLUMNS
    dots = []
    for item, left in members:
        share = (left - start) / (end - start) if end > start else 0.0
        wish = min(int(share * _COLUMNS), _COLUMNS - 1) if math.isfinite(share) else 0
        column = _column(heights, wish, rows) if name != "never" else heights.index(min(heights))
        dots.append(Dot(item, number * BAND_WIDTH + MARGIN + (column + 0.5) * STEP, (heights[column] + 0.5) * step))
        heights[column] += 1
    return Band(name, number * BAND_WIDTH, tuple(dots))


def _column(heights: t.Sequence[int], wish: int, rows: int) -> int:
    return min((n for n, filled in enumerate(heights) if filled < rows), key=lambda n: (abs(n - wish), n))
