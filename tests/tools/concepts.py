# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw docs/concepts.svg: `concepts.py > docs/concepts.svg`. What happens in a run, and the life of a token."""

from __future__ import annotations

STEPS = ("declare", "create", "deliver", "check", "retire")
# Days of a token made for 90 days, and of its replacement; what is said below the line.
FIRST, SECOND = (0, 66), (60, 126)
# With the row of its words.
MARKS = ((0, "made", 0), (60, "due: replaced", 1), (66, "retired after the overlap", 0), (120, "due again", 2))
WIDTH, HEIGHT, EDGE = 500, 222, 10
BOX = 80
STYLE = (
    "text{font:14px sans-serif;fill:#1a1a1a}.box{fill:#e8f1fa;stroke:#2b6cb0}.line{stroke:#2b6cb0;stroke-width:2}"
    ".first{fill:#2b6cb0}.second{fill:#2f855a}.in{fill:#fff}"
    "@media(prefers-color-scheme:dark){svg{background:#fff}}"
)


def at(day: float) -> float:
    return EDGE + day * (WIDTH - 2 * EDGE) / SECOND[1]


def steps() -> list[str]:
    drawn = []
    gap = (WIDTH - 2 * EDGE - len(STEPS) * BOX) / (len(STEPS) - 1)
    for number, name in enumerate(STEPS):
        left = EDGE + number * (BOX + gap)
        drawn.append(f'<rect class="box" x="{left:g}" y="10" width="{BOX}" height="36" rx="6"/>')
        drawn.append(f'<text x="{left + BOX / 2:g}" y="33" text-anchor="middle">{name}</text>')
        if number:
            drawn.append(f'<path class="line" d="M{left - gap + 3:g} 28h{gap - 7:g}m-5-4l5 4l-5 4" fill="none"/>')
    return drawn


def life() -> list[str]:
    drawn = []
    for name, (begins, ends), top, kind in (
        ("first token", FIRST, 70, "first"),
        ("its replacement", SECOND, 100, "second"),
    ):
        width = at(ends) - at(begins)
        drawn.append(f'<rect class="{kind}" x="{at(begins):.0f}" y="{top}" width="{width:.0f}" height="26" rx="4"/>')
        drawn.append(f'<text class="in" x="{at(begins) + 8:.0f}" y="{top + 18}">{name}</text>')
    drawn.append(f'<path class="line" d="M{EDGE} 140h{WIDTH - 2 * EDGE}"/>')
    for day, text, row in MARKS:
        drawn.append(f'<path class="line" d="M{at(day):.0f} 134v12"/>')
        anchor = "end" if day > FIRST[1] else "start"
        drawn.append(f'<text x="{at(day):.0f}" y="{164 + 20 * row}" text-anchor="{anchor}">{text}, day {day}</text>')
    return drawn


def picture() -> str:
    body = "\n".join([*steps(), *life()])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="600" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    title = f"<title>{' → '.join(STEPS)}; the life of a token of 90 days</title>"
    return f"{head}\n{title}\n<style>{STYLE}</style>\n{body}\n</svg>\n"


if __name__ == "__main__":
    print(picture(), end="")
