# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts with many tokens: what it takes to list them all for one that is looked for."""

from __future__ import annotations

from collections.abc import Mapping

from .figures import Figure, Target
from .rows import EMPTY_PLAY, Play, Row, pages

SIZES = (1_000, 10_000, 100_000)
QUICK_SIZE = 10_000
# Of memory for each token beyond the first thousand: what is known of one, and nothing of the answers that told.
BYTES_LIMIT = 4_000


def _row(tokens: int) -> Row:
    what = Play("info.yml", {"last": f"Copied in the app {tokens - 1}"})
    return Row(_name(tokens), what, EMPTY_PLAY, {"list": pages(tokens)}, most_rounds=1, seeded=tokens)


def _name(tokens: int) -> str:
    return f"one of {tokens:,} tokens: looked for"


LISTING_ROWS: Mapping[int, Row] = {tokens: _row(tokens) for tokens in SIZES}


def listing_targets(found: Mapping[str, Figure]) -> list[Target]:
    """That the calls are the pages and nothing else is checked with every run."""
    sizes = [tokens for tokens in SIZES if _name(tokens) in found]
    few, many = found[_name(sizes[0])], found[_name(sizes[-1])]
    each = (many.memory - few.memory) * 2**20 / (sizes[-1] - sizes[0])
    return [
        Target(
            f"listing {sizes[-1]:,} tokens: at most {BYTES_LIMIT:,} bytes of memory each",
            f"{each:,.0f} bytes; {many.memory:.0f} MiB after {few.memory:.0f} MiB, {many.calls['list']:,} calls",
            each <= BYTES_LIMIT,
        )
    ]
