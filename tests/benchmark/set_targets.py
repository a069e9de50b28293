# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is promised about whole sets, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from . import rows, sets
from .figures import Figure, Target, at_most
from .sets import LATENCIES, ONE_TASK, POOL, ROWS_BY_CELL, Cell

CREATED, CREATE_LIMIT, ASIDE_LIMIT = 300, 1.3, 1.1
DRIFTED, DRIFT_LIMIT = 1000, 1.6
FOUND, FOUND_FACTOR, FOUND_SECONDS = 1000, 1.2, 1.0
LARGE, SMALL, MEMORY_LIMIT = 5000, 1000, 2.0
PLANNED, PLANNING_SECONDS = 5000, 1.0
URI_LIMIT = 20.0


def set_targets(found: Mapping[str, Figure], planning: Sequence[float]) -> list[Target]:
    """The targets whose rows were measured. planning: seconds of CPU."""
    return [*_creation(found), *_drift(found), *_unchanged(found), *_memory(found), _planning(planning), _uri(found)]


def of(found: Mapping[str, Figure], cell: Cell) -> Figure | None:
    """The figure of a place in the table, where there is one."""
    row = ROWS_BY_CELL.get(cell)
    return found.get(row.name) if row else None


def _both(found: Mapping[str, Figure], tokens: int, action: str) -> Iterator[tuple[int, Figure, Figure]]:
    """By latency, the task and the bare thread pool."""
    for latency_ms in LATENCIES:
        ours = of(found, Cell(latency_ms, tokens, action, ONE_TASK))
        bare = of(found, Cell(latency_ms, tokens, action, POOL))
        if ours and bare:
            yield latency_ms, ours, bare


def _creation(found: Mapping[str, Figure]) -> Iterator[Target]:
    for latency_ms, ours, bare in _both(found, CREATED, sets.CREATE):
        what = f"one task creates {CREATED} tokens at {latency_ms} ms"
        yield _ratio(
            f"{what}: at most {CREATE_LIMIT:g} x the bare thread pool", ours.seconds / bare.seconds, CREATE_LIMIT
        )
        aside = ours.without_listing / bare.without_listing
        yield _ratio(f"{what}, listing aside: at most {ASIDE_LIMIT:g} x the bare thread pool", aside, ASIDE_LIMIT)


def _drift(found: Mapping[str, Figure]) -> Iterator[Target]:
    for latency_ms, ours, bare in _both(found, DRIFTED, sets.DRIFT):
        yield _ratio(
            f"one task replaces a tenth of {DRIFTED:,} tokens at {latency_ms} ms: at most {DRIFT_LIMIT:g} x the bare thread pool",
            ours.seconds / bare.seconds,
            DRIFT_LIMIT,
        )


def _ratio(text: str, ratio: float, limit: float) -> Target:
    return Target(text, f"{ratio:.2f} x", ratio <= limit)


def _unchanged(found: Mapping[str, Figure]) -> Iterator[Target]:
    for latency_ms, ours, bare in _both(found, FOUND, sets.UNCHANGED):
        limit = FOUND_FACTOR * bare.seconds + FOUND_SECONDS
        yield at_most(
            f"one task finds {FOUND:,} tokens unchanged at {latency_ms} ms: at most {FOUND_FACTOR:g} x a bare listing "
            f"and {FOUND_SECONDS:g} s",
            ours.seconds,
            limit,
        )


def _memory(found: Mapping[str, Figure]) -> Iterator[Target]:
    large, small = (_peak(found, tokens) for tokens in (LARGE, SMALL))
    if large and small:
        yield Target(
            f"peak memory with {LARGE:,} tokens: at most {MEMORY_LIMIT:g} x that with {SMALL:,}",
            f"{large:.0f} MiB, {large / small:.2f} x {small:.0f} MiB",
            large <= MEMORY_LIMIT * small,
        )


def _peak(found: Mapping[str, Figure], tokens: int) -> float:
    """The most that any action needs."""
    cells = (Cell(latency, tokens, action, ONE_TASK) for latency in LATENCIES for action in sets.ACTIONS)
    return max((figure.memory for figure in (of(found, cell) for cell in cells) if figure), default=0.0)


def _planning(planning: Sequence[float]) -> Target:
    seconds = median(planning)
    return Target(
        f"planning {PLANNED:,} tokens: under {PLANNING_SECONDS:g} s of CPU",
        f"{seconds:.2f} s ({min(planning):.2f} to {max(planning):.2f})",
        seconds < PLANNING_SECONDS,
    )


def _uri(found: Mapping[str, Figure]) -> Target:
    ratio = found[rows.URI_CREATE].seconds / found[rows.SET_CREATE].seconds
    return Target(
        f"one task creates {rows.TOKENS} tokens: a loop of uri takes at least {URI_LIMIT:g} x as long",
        f"{ratio:.1f} x",
        ratio >= URI_LIMIT,
    )
