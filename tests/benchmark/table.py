# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table, in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .figures import Figure, Target

KINDS = ("list", "create", "delete", "verify", "path")
_HEAD = ("", "runs", "median s", "min to max", "listing s", "without", *KINDS, "MiB")


def table(found: Iterable[Figure]) -> str:
    """The figures, one line each."""
    return aligned([_HEAD, *(_cells(figure) for figure in found)])


def verdicts(found: Iterable[Target]) -> str:
    """The targets, one line each."""
    return aligned([("reached" if each.reached else "MISSED", each.text, each.found) for each in found], left=3)


def aligned(lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """Columns of equal width; the first ones aligned to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [
        [
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _cells(figure: Figure) -> tuple[str, ...]:
    listing = (f"{figure.listing:.2f}", f"{figure.without_listing:.2f}") if figure.listing else ("", "")
    spread = f"{figure.least:.2f} to {figure.most:.2f}"
    calls = (str(figure.calls.get(kind, "") or "") for kind in KINDS)
    return (figure.name, str(figure.runs), f"{figure.seconds:.2f}", spread, *listing, *calls, f"{figure.memory:.0f}")
