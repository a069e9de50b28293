# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw what `make demo` says as a terminal: `recording.py docs/recording.svg`.

Scenes that fit together make a page, and the pages follow each other for ever. Only empty lines and recaps are left out.
Who wants no motion sees the first page.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape
from pathlib import Path

COLUMNS, SECONDS = 88, 6
LINE, CHARACTER, EDGE, BAR = 18, 7.8, 16, 30
# The first pattern that fits a line gives its class.
KINDS = (
    ("title", r"────|Of \d+ secrets"),
    ("typed", r"\$ "),
    ("new", r"changed:|\+"),
    ("old", r"-"),
    ("same", r"ok:|skipping:"),
    ("dim", r"PLAY|TASK|RUNNING|@@|     \w"),
)
STYLE = (
    "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6edf3;white-space:pre}"
    ".title{fill:#79c0ff;font-weight:bold}.typed{font-weight:bold}.new{fill:#7ee787}.old{fill:#ffa198}.same{fill:#a5d6ff}"
    ".dim{fill:#9198a1}"
)


def scenes(transcript: str) -> list[list[str]]:
    """The lines of each scene. The last words belong to the last one."""
    lines = [
        line for line in transcript.splitlines() if line.strip() and not re.match(r"PLAY RECAP|\w+ +: ok=|== ", line)
    ]
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("────"):
            found.append([])
        if found:
            found[-1].append(re.sub(r" \*+$", "", line))
    return found


def pages(told: list[list[str]]) -> list[list[str]]:
    """Each as long as the longest scene, with as many scenes as fit and an empty line between them."""
    rows = max(map(len, told))
    found: list[list[str]] = [[]]
    for scene in told:
        if found[-1] and len(found[-1]) + 1 + len(scene) > rows:
            found.append([])
        found[-1] += ["", *scene] if found[-1] else scene
    return found


def kind(line: str) -> str:
    return next((name for name, pattern in KINDS if re.match(pattern, line)), "")


def drawn(line: str, top: float) -> str:
    given = f' class="{kind(line)}"' if kind(line) else ""
    return f'<text{given} x="{EDGE}" y="{top:g}">{escape(line, quote=False)}</text>'


def motion(count: int, height: int) -> str:
    """Each page in its turn, without a slide."""
    steps = "".join(f"{100 * page / count:.2f}%{{transform:translateY(-{page * height}px)}}" for page in range(count))
    name = f"#pages{{animation:turn {count * SECONDS}s step-end infinite}}"
    return f"@media(prefers-reduced-motion:no-preference){{{name}}}@keyframes turn{{{steps}}}"


def picture(transcript: str) -> str:
    shown = pages(scenes(transcript))
    wide = [line for page in shown for line in page if len(line) > COLUMNS]
    if wide:
        raise SystemExit(f"longer than {COLUMNS} characters, shorten it in tests/demo: {wide[0]}")
    page_height, width = max(map(len, shown)) * LINE + EDGE, round(COLUMNS * CHARACTER + 2 * EDGE)
    height = page_height + BAR
    texts = [
        drawn(line, number * page_height + BAR + LINE * (row + 1))
        for number, page in enumerate(shown)
        for row, line in enumerate(page)
        if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
            "<title>A terminal: make demo. A token is made, found again, replaced and revoked, and no secret is shown</title>",
            f"<style>{STYLE}{motion(len(shown), page_height)}</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
            f'<svg y="{BAR}" width="{width}" height="{page_height}" viewBox="0 {BAR} {width} {page_height}"><g id="pages">',
            *texts,
            "</g></svg>",
            *(f'<circle cx="{EDGE + 5 + 18 * dot}" cy="16" r="5" fill="#484f58"/>' for dot in range(3)),
            f'<text class="dim" x="{width / 2:g}" y="20" text-anchor="middle">make demo</text>',
            "</svg>",
            "",
        ]
    )


def main() -> None:
    demo = Path(__file__).resolve().parents[1] / "demo" / "demo.py"
    said = subprocess.run([sys.executable, str(demo)], stdout=subprocess.PIPE, text=True, check=True).stdout
    Path(sys.argv[1]).write_text(picture(said), encoding="utf-8")


if __name__ == "__main__":
    main()
