# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which tokens of an owner go because no entry declares them. Pure. In doubt a token stays (law 6)."""

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass

from .durations import parse_duration
from .errors import OptionError, Refused
from .identifiers import is_id
from .marker import Slot
from .tokens import Generation

_LIMIT = re.compile(r"(?P<number>\d{1,9})|(?P<percent>\d{1,2}|100)\s*%")


@dataclass(frozen=True)
class Limit:
    """How many of the tokens may go: a number, or a percentage of them."""

    number: int
    percent: int

    def of(self, total: int) -> int:
        """How many of so many that is."""
        return self.number + total * self.percent // 100


# Of few tokens a percentage says nothing.
_LIMIT_OF_FEW = 3
_LIMIT_OF_MANY = Limit(number=0, percent=30)


@dataclass(frozen=True)
class Rules:
    """How careful to be. limit: how many may go, None for the usual limit. min_age, overlap: seconds; protect: patterns."""

    limit: Limit | None
    min_age: int
    protect: tuple[str, ...]
    overlap: int

    def allowed(self, total: int) -> int:
        """How many of so many tokens may go."""
        return self.limit.of(total) if self.limit else max(_LIMIT_OF_FEW, _LIMIT_OF_MANY.of(total))


@dataclass(frozen=True)
class Decision:
    """About one live token that is not declared. reason: why it goes, or why it stays."""

    generation: Generation
    revoke: bool
    reason: str


def rules_of(params: t.Mapping[str, t.Any]) -> Rules:
    """The rules that options set; OptionError names the option and the value."""
    overlap = params["defaults"].get("overlap")
    return Rules(
        _limit(params["prune_limit"]),
        parse_duration("prune_min_age", params["prune_min_age"]),
        tuple(params["prune_protect"]),
        parse_duration("overlap", "1h" if overlap is None else str(overlap)),
    )


def _limit(text: str | None) -> Limit | None:
    if text is None:
        return None
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        raise OptionError(f"prune_limit: {text!r} is neither a number nor a percentage; write one like 5 or 30%")
    return Limit(int(match["number"] or 0), int(match["percent"] or 0))


def decide(
    declared: t.Collection[Slot], live: t.Mapping[Slot, t.Sequence[Generation]], owner: str, rules: Rules, now: float
) -> tuple[Decision, ...]:
    """A decision about each live token of the owner whose slot is not declared. live: all our tokens by slot, oldest first.

    Raises Refused when more would go than the limit allows.
    """
    slots = [
        slot for slot in sorted(live, key=lambda each: each.description) if slot.owner == owner and not slot.run_only
    ]
    decisions = tuple(
        _about(generation, live[slot][-1], rules, now)
        for slot in slots
        if slot not in declared
        for generation in live[slot]
    )
    total, going = sum(len(live[slot]) for slot in slots), sum(each.revoke for each in decisions)
    if going > rules.allowed(total):
        raise Refused(
            f"prune would revoke {going} of the {total} tokens of owner {owner}, and prune_limit allows "
            f"{rules.allowed(total)}; nothing was changed. Declare what is still needed, or raise prune_limit."
        )
    return decisions


def _about(generation: Generation, newest: Generation, rules: Rules, now: float) -> Decision:
    description, created = generation.marker.slot.description, generation.marker.created
    if not is_id(generation.id):
        return Decision(
            generation, False, "its id is not a UUID, as every id of the API is, so no request is made with it"
        )
    pattern = next((each for each in rules.protect if fnmatch.fnmatchcase(description, each)), None)
    if pattern is not None:
        return Decision(generation, False, f"protected by {pattern!r}")
    if now - created < rules.min_age:
        return Decision(generation, False, "younger than prune_min_age")
    if generation is not newest and now < newest.marker.created + rules.overlap:
        return Decision(generation, False, "replaced, and still inside its overlap")
    return Decision(generation, True, "not declared")
