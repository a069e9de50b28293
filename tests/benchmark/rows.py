# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOKENS = 50
LOOKUPS = 1000
PAGE_SIZE = 30
LATENCY_MS = 20
# What takes half a minute is not worth more.
SLOW_ROUNDS = 3
Calls = Mapping[str, int]


@dataclass(frozen=True)
class Play:
    """A playbook of the folder plays. hosts: how many there are in the group many, all of them this machine."""

    file: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    hosts: int = 0


@dataclass(frozen=True)
class Script:
    """Arguments for Python; {here}, {api_url} and {path_id} are filled in."""

    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """Something to measure.

    beyond: the row whose time is subtracted. calls: what it must ask of the API, by kind; other calls are an error.
    fresh: on an account without tokens; otherwise with what the row above left. latency_ms: of each answer.
    layers: what a fresh account has in its drive beside the usual. seeded: how many tokens it has that are not ours.
    """

    name: str
    what: Play | Script
    beyond: str = ""
    calls: Calls = field(default_factory=dict)
    fresh: bool = True
    most_rounds: int | None = None
    latency_ms: int = LATENCY_MS
    layers: tuple[str, ...] = ()
    seeded: int = 0


def pages(tokens: int) -> int:
    """How many calls it takes to list them."""
    return max(1, -(-tokens // PAGE_SIZE))


EMPTY_PLAY = "empty play"
EMPTY_SCRIPT = "empty Python script"
ASSERT = f"loop of {TOKENS} assert"
CREATE = f"loop of {TOKENS} tokens, verify none: create"
UNCHANGED = f"loop of {TOKENS} tokens, verify none: unchanged"
VERIFIED = f"loop of {TOKENS} tokens, verify basic: create"
SET_CREATE = f"one task for {TOKENS} tokens, verify none: create"
SET_UNCHANGED = f"one task for {TOKENS} tokens, verify none: unchanged"
BARE_CREATE = f"bare requests, {TOKENS} tokens: create"
BARE_UNCHANGED = f"bare requests, {TOKENS} tokens: unchanged"
URI_CREATE = f"loop of {TOKENS} uri: create"
URI_UNCHANGED = f"loop of {TOKENS} uri: unchanged"
ONE_LOOKUP = "template with 1 lookup"
MANY_LOOKUPS = f"template with {LOOKUPS:,} lookups"

# The plan under the lock, a look at the path, then a look for twins after each creation.
_CREATED = {"list": 1 + sum(pages(made) for made in range(1, TOKENS + 1)), "create": TOKENS, "path": 1}
_CREATED_TOGETHER = {"list": 1 + pages(TOKENS), "create": TOKENS, "path": 1}
_FOUND = {"list": pages(TOKENS)}
_BLINDLY_CREATED = {"list": 1, "create": TOKENS}

_TOKEN_LOOP = Play("token.yml", {"count": TOKENS})
_VERIFIED_LOOP = Play("verified.yml", {"count": TOKENS})
_SET = Play("set.yml", {"tokens": [{"description": f"benchmark {number}"} for number in range(TOKENS)], "prune": False})
_URI_LOOP = Play("uri.yml", {"count": TOKENS})
_BARE = Script(("{here}/bare.py", "{api_url}", "{path_id}", str(TOKENS)))

ROWS: tuple[Row, ...] = (
    Row(EMPTY_PLAY, Play("empty.yml")),
    Row(EMPTY_SCRIPT, Script(("-c", "pass"))),
    Row(ASSERT, Play("assert.yml", {"count": TOKENS}), EMPTY_PLAY),
    Row(CREATE, _TOKEN_LOOP, EMPTY_PLAY, _CREATED),
    Row(UNCHANGED, _TOKEN_LOOP, EMPTY_PLAY, _FOUND, fresh=False),
    Row(VERIFIED, _VERIFIED_LOOP, EMPTY_PLAY, {**_CREATED, "verify": TOKENS}),
    Row(SET_CREATE, _SET, EMPTY_PLAY, _CREATED_TOGETHER),
    Row(SET_UNCHANGED, _SET, EMPTY_PLAY, _FOUND, fresh=False),
    Row(BARE_CREATE, _BARE, EMPTY_SCRIPT, _BLINDLY_CREATED),
    Row(BARE_UNCHANGED, _BARE, EMPTY_SCRIPT, _FOUND, fresh=False),
    Row(URI_CREATE, _URI_LOOP, EMPTY_PLAY, _BLINDLY_CREATED, most_rounds=SLOW_ROUNDS),
    Row(URI_UNCHANGED, _URI_LOOP, EMPTY_PLAY, _FOUND, fresh=False, most_rounds=SLOW_ROUNDS),
    Row(ONE_LOOKUP, Play("lookups.yml", {"lookups": 1}), EMPTY_PLAY),
    Row(MANY_LOOKUPS, Play("lookups.yml", {"lookups": LOOKUPS}), EMPTY_PLAY),
)
