# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw docs/concepts.svg: `concepts.py > docs/concepts.svg`. What happens in a run, and the life of a token."""

from __future__ import annotations

STEPS = ("declare", "mint", "deliver", "check", "retire")
# Days of a token made for 90 days, and of its replacement; what is said below the line.
FIRST, SECOND = (0, 66), (60, 126)
MARKS = ((0, "made"), (60, "due: replaced"), (66, "retired after the overlap"), (120, "due again"))
WIDTH, HEIGHT = 760, 250
STYLE = (
    "text{font:14px sans-serif;fill:#1a1a1a}.box{fill:#e8f1fa;stroke:#2b6cb0}.line{stroke:#2b6cb0;stroke-width:2}"
    ".first{fill:#2b6cb0}.second{fill:#2f855a}.in{fill:#fff}"
    "@media(prefers-color-scheme:dark){svg{background:#fff}}"
)


def at(day: float) -> float:
    return 30 + day * (WIDTH - 60) / 126


def steps() -> list[str]:
    drawn = []
    for number, name in enumerate(STEPS):
        left = 30 + number * 148
        drawn.append(f'<rect class="box" x="{left}" y="20" width="108" height="40" rx="6"/>')
        drawn.append(f'<text x="{left + 54}" y="45" text-anchor="middle">{name}</text>')
        if number:
            drawn.append(f'<path class="line" d="M{left - 40} 40h34m-7-5l7 5l-7 5" fill="none"/>')
    return drawn


def life() -> list[str]:
    drawn = []
    for name, (begins, ends), top, kind in (
        ("first token", FIRST, 100, "first"),
        ("its replacement", SECOND, 132, "second"),
    ):
        width = at(ends) - at(begins)
        drawn.append(f'<rect class="{kind}" x="{at(begins):.0f}" y="{top}" width="{width:.0f}" height="26" rx="4"/>')
        drawn.append(f'<text class="in" x="{at(begins) + 10:.0f}" y="{top + 18}">{name}</text>')
    drawn.append(f'<path class="line" d="M30 172h{WIDTH - 60}"/>')
    for number, (day, text) in enumerate(MARKS):
        low = 192 + 20 * (number % 2)
        drawn.append(f'<path class="line" d="M{at(day):.0f} 166v12"/>')
        anchor = "end" if day > 100 else "start"
        drawn.append(f'<text x="{at(day):.0f}" y="{low}" text-anchor="{anchor}">{text}, day {day}</text>')
    return drawn


def picture() -> str:
    body = "\n".join([*steps(), *life()])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    title = f"<title>{' → '.join(STEPS)}; the life of a token of 90 days</title>"
    return f"{head}\n{title}\n<style>{STYLE}</style>\n{body}\n</svg>\n"


if __name__ == "__main__":
    print(picture(), end="")
