# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole sets of tokens as rows: so many of them, what is to be done about them, and a way to do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .rows import EMPTY_PLAY, EMPTY_SCRIPT, Calls, Play, Row, Script, pages

CREATE, UNCHANGED, DRIFT, PRUNE = ACTIONS = ("create", "unchanged", "10 % drift", "prune 10 %")
ONE_TASK, POOL, CLIENT, LOOP, URI = WAYS = ("one task", "thread pool", "client", "loop", "uri")
# What ellipsis_access_tokens has by default; the bare thread pool has as many threads.
CONCURRENCY = 8
# How often, by latency and number of tokens. What takes minutes is worth one time, and depends less on a moment of load.
ROUNDS: Mapping[int, Mapping[int, int]] = {
    20: {1: 5, 30: 5, 300: 5, 1000: 3, 5000: 1},
    100: {1: 1, 30: 1, 300: 3, 1000: 1, 5000: 1},
}
LATENCIES = tuple(ROUNDS)
SIZES = tuple(ROUNDS[LATENCIES[0]])
# Ways that send one request at a time: up to which number of tokens they end in reasonable time, and how often, by latency.
_LARGEST: Mapping[str, Mapping[int, int]] = {
    CLIENT: {20: 300, 100: 30},
    LOOP: {20: 30, 100: 30},
    URI: {20: 30, 100: 30},
}
_SLOW_ROUNDS = {20: 3, 100: 1}


@dataclass(frozen=True)
class Cell:
    """A place in the table."""

    latency_ms: int
    tokens: int
    action: str
    way: str

    @property
    def name(self) -> str:
        """The name of its row."""
        return f"{self.latency_ms} ms, {self.tokens:,} tokens, {self.way}: {self.action}"


def tenth(tokens: int) -> int:
    """How many of them drift or go."""
    return max(1, tokens // 10)


def _cells() -> Iterator[Cell]:
    """In an order in which each action finds what the one before has left."""
    for latency_ms in LATENCIES:
        for tokens in SIZES:
            for way in WAYS:
                if tokens <= _LARGEST.get(way, {}).get(latency_ms, tokens):
                    actions = (CREATE, UNCHANGED) if way == URI else ACTIONS
                    yield from (Cell(latency_ms, tokens, action, way) for action in actions)


def _row(cell: Cell) -> Row:
    rounds = ROUNDS[cell.latency_ms][cell.tokens]
    return Row(
        cell.name,
        _what(cell),
        EMPTY_SCRIPT if cell.way in (POOL, CLIENT) else EMPTY_PLAY,
        _calls(cell),
        fresh=cell.action == CREATE,
        most_rounds=min(rounds, _SLOW_ROUNDS[cell.latency_ms]) if cell.way in _LARGEST else rounds,
        latency_ms=cell.latency_ms,
    )


def _what(cell: Cell) -> Play | Script:
    part = tenth(cell.tokens)
    if cell.way in (POOL, CLIENT):
        more = {DRIFT: ("--again", str(part)), PRUNE: ("--revoke", str(part))}.get(cell.action, ())
        program = (
            ("{here}/bare.py", "--concurrency", str(CONCURRENCY))
            if cell.way == POOL
            else ("-m", "ansible_collections.ellipsis.drive.tests.benchmark.client")
        )
        return Script((*program, "{api_url}", "{path_id}", str(cell.tokens), *more))
    if cell.way == URI:
        return Play("uri.yml", {"count": cell.tokens})
    if cell.way == LOOP:
        file = {DRIFT: "token_drift.yml", PRUNE: "token_absent.yml"}.get(cell.action, "token.yml")
        return Play(file, {"count": cell.tokens, "drifted": part, "removed": part})
    return Play("set.yml", {"tokens": _declared(cell), "prune": cell.action == PRUNE})


def _declared(cell: Cell) -> list[dict[str, Any]]:
    """The list that the task has; what has drifted stays as it became."""
    part = tenth(cell.tokens)
    drifted = part if cell.action in (DRIFT, PRUNE) else 0
    return [
        {"description": f"benchmark {number}", **({"valid_for": "91d"} if number < drifted else {})}
        for number in range(cell.tokens - (part if cell.action == PRUNE else 0))
    ]


def _calls(cell: Cell) -> Calls:
    """What a way asks of the API. Replaced tokens live on for their overlap, and so they are listed."""
    tokens, part = cell.tokens, tenth(cell.tokens)
    before = {CREATE: 0, PRUNE: tokens + part}.get(cell.action, tokens)
    if cell.action == UNCHANGED:
        return {"list": pages(before)}
    writes = {"delete": part} if cell.action == PRUNE else {"create": tokens if cell.action == CREATE else part}
    # The access of the account to the path, before anything is created.
    look = {} if cell.action == PRUNE else {"path": 1}
    if cell.way == ONE_TASK:
        # The plan under the lock, and a look for twins.
        twins = 0 if cell.action == PRUNE else pages(before + writes["create"])
        return {"list": pages(before) + twins, **writes, **look}
    if cell.way == LOOP:
        # A look for twins after each creation; what is absent has no overlap.
        looks = sum(pages(before + each) for each in range(1, writes.get("create", 0) + 1))
        replaced = {"delete": part + max(0, 2 * part - tokens)} if cell.action == PRUNE else {}
        return {"list": pages(before) + looks, **writes, **replaced, **look}
    return {"list": pages(before), **writes}


ROWS_BY_CELL: Mapping[Cell, Row] = {cell: _row(cell) for cell in _cells()}
