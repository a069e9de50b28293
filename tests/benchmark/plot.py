# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small plots side by side, with logarithms on both axes, as one SVG. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10

Point = tuple[float, float]
WIDTH, HEIGHT = 210, 190
_LEFT, _TOP, _GAP, _BETWEEN = 50, 64, 26, 58
# Below this a time is nothing but noise, and logarithms have no zero.
FLOOR = 0.01
# Colours that are told apart on white and on black, by most eyes, and dashes for the others.
_STROKES = (
    ("#2f81f7", ""),
    ("#8b949e", "2 3"),
    ("#d98200", "7 3"),
    ("#2ea043", "10 3 2 3"),
    ("#d2519c", "4 4"),
)
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.grid { stroke: #d1d9e0 } .axis { stroke: #818b98 }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .grid { stroke: #3d444d } .axis { stroke: #9198a1 } }
"""


@dataclass(frozen=True)
class Panel:
    """One plot. lines: by the name of each line, from the left to the right."""

    title: str
    lines: Mapping[str, Sequence[Point]]


@dataclass(frozen=True)
class Axes:
    """What all panels show, in powers of ten from the left and from the bottom. ticks: of the horizontal axis."""

    ticks: Sequence[float]
    bottom: int
    top: int

    def x(self, value: float) -> float:
        """Pixels from the left of a panel."""
        first, last = log10(self.ticks[0]), log10(self.ticks[-1])
        return WIDTH * (log10(value) - first) / ((last - first) or 1)

    def y(self, value: float) -> float:
        """Pixels from the top of a panel."""
        return HEIGHT * (self.top - log10(max(value, 10**self.bottom))) / (self.top - self.bottom)


def svg(title: str, panels: Sequence[Sequence[Panel]], ticks: Sequence[float]) -> str:
    """Rows of panels with the same axes, and one legend for all of them."""
    lines = [line for row in panels for panel in row for line in panel.lines.values()]
    values = [max(value, FLOOR) for line in lines for _at, value in line] or [FLOOR, 1.0]
    axes = Axes(ticks, int(log10(min(values)) // 1), max(int(-(-log10(max(values)) // 1)), 0))
    names = list(dict.fromkeys(name for row in panels for panel in row for name in panel.lines))
    width = _LEFT + max(map(len, panels)) * (WIDTH + _GAP)
    height = _TOP + len(panels) * (HEIGHT + _BETWEEN)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        f"<style>{_STYLE}</style>",
        *_legend(names),
    ]
    for down, row in enumerate(panels):
        for across, panel in enumerate(row):
            parts.extend(_panel(panel, axes, names, across, down))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(names: Sequence[str]) -> Iterator[str]:
    at: float = _LEFT
    for number, name in enumerate(names):
        yield _line(number, [(at, 18), (at + 28, 18)])
        yield f'<text x="{at + 34}" y="22">{escape(name)}</text>'
        at += 56 + 6.5 * len(name)


def _panel(panel: Panel, axes: Axes, names: Sequence[str], across: int, down: int) -> Iterator[str]:
    left, top = _LEFT + across * (WIDTH + _GAP), _TOP + down * (HEIGHT + _BETWEEN)
    yield f'<g transform="translate({left} {top})">'
    yield f'<text class="title" x="0" y="-10">{escape(panel.title)}</text>'
    for power in range(axes.bottom, axes.top + 1):
        y = axes.y(10**power)
        yield f'<line class="grid" x1="0" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}"/>'
        if not across:
            yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{10**power:g} s</text>'
    for tick in axes.ticks:
        x = axes.x(tick)
        yield f'<line class="axis" x1="{x:.1f}" y1="{HEIGHT}" x2="{x:.1f}" y2="{HEIGHT + 4}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT + 17}" text-anchor="middle">{_short(tick)}</text>'
    yield f'<line class="axis" x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/>'
    for name, points in panel.lines.items():
        yield _line(names.index(name), [(axes.x(at), axes.y(value)) for at, value in points])
    yield "</g>"


def _short(tick: float) -> str:
    return f"{tick:g}" if tick < 1000 else f"{tick / 1000:g}k"


def _line(number: int, points: Sequence[Point]) -> str:
    """A line with a dot at each point."""
    colour, dashes = _STROKES[number % len(_STROKES)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    return f'<polyline class="line" stroke="{colour}" stroke-dasharray="{dashes or "none"}" points="{path}"/><g fill="{colour}">{dots}</g>'
