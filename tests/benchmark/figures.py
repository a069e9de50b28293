# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From samples to figures and targets. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from . import rows
from .rows import Calls, Row

ITEM_LIMIT, UNCHANGED_LIMIT = 2.0, 1.5
URI_LIMIT = 15.0
LOOKUP_LIMIT = 2.0
_LOOP = f"loop of {rows.TOKENS} tokens,"


@dataclass(frozen=True)
class Sample:
    """One run. seconds: from the start of the process to its end. memory: its peak in MiB, see timed.py."""

    seconds: float
    calls: Calls
    memory: float = 0.0


@dataclass(frozen=True)
class Figure:
    """A row of the table, in seconds beyond its baseline. listing: what its list calls take by themselves.

    memory: MiB, the baseline included.
    """

    name: str
    runs: int
    seconds: float
    least: float
    most: float
    listing: float
    calls: Calls
    memory: float = 0.0

    @property
    def without_listing(self) -> float:
        return self.seconds - self.listing


@dataclass(frozen=True)
class Target:
    """A promise and what came of it."""

    text: str
    found: str
    reached: bool


def figures(
    wanted: Iterable[Row], samples: Mapping[str, Sequence[Sample]], list_calls: Mapping[int, float]
) -> dict[str, Figure]:
    """The figures by name. list_calls: seconds that one list call takes, by latency."""
    middle = {name: median(each.seconds for each in found) for name, found in samples.items()}
    return {
        row.name: _figure(row, samples[row.name], middle.get(row.beyond, 0.0), list_calls[row.latency_ms])
        for row in wanted
    }


def _figure(row: Row, found: Sequence[Sample], baseline: float, list_call: float) -> Figure:
    beyond = sorted(each.seconds - baseline for each in found)
    listing = row.calls.get("list", 0) * list_call
    memory = median(each.memory for each in found)
    return Figure(row.name, len(beyond), median(beyond), beyond[0], beyond[-1], listing, row.calls, memory)


def targets(found: Mapping[str, Figure], decryptions: Mapping[str, int]) -> list[Target]:
    """What issues promise. decryptions: by process, in a run that uses several."""
    create, unchanged = found[rows.CREATE], found[rows.UNCHANGED]
    items = ITEM_LIMIT * found[rows.ASSERT].seconds
    most = max(decryptions.values(), default=0)
    return [
        Target(
            f"{_LOOP} unchanged: costs the list pages only",
            _words(unchanged.calls),
            dict(unchanged.calls) == {"list": rows.pages(rows.TOKENS)},
        ),
        at_most(
            f"{_LOOP} unchanged, listing aside: at most {UNCHANGED_LIMIT:g} x assert",
            unchanged.without_listing,
            UNCHANGED_LIMIT * found[rows.ASSERT].seconds,
        ),
        at_most(
            f"{_LOOP} created, listing aside: at most {ITEM_LIMIT:g} x assert + bare requests",
            create.without_listing,
            items + found[rows.BARE_CREATE].seconds,
        ),
        _uri(found[rows.URI_CREATE], create, found[rows.BARE_CREATE]),
        Target(
            "lookups: one decryption per process",
            f"{sum(decryptions.values())} in {len(decryptions)} processes, at most {most} in one",
            most == 1,
        ),
        at_most(
            f"{rows.LOOKUPS:,} lookups: at most {LOOKUP_LIMIT:g} s", found[rows.MANY_LOOKUPS].seconds, LOOKUP_LIMIT
        ),
    ]


def at_most(text: str, seconds: float, limit: float) -> Target:
    """A promise in seconds."""
    return Target(text, f"{seconds:.2f} s of {limit:.2f} s", seconds <= limit)


def _uri(uri: Figure, ours: Figure, bare: Figure) -> Target:
    """Beside it what it is without the listing, and what no client can exceed that sends one request at a time."""
    whole = uri.seconds / ours.seconds
    aside, bound = uri.without_listing / ours.without_listing, uri.seconds / bare.seconds
    return Target(
        f"{_LOOP} created: a loop of uri takes at least {URI_LIMIT:g} x as long",
        f"{whole:.1f} x ({aside:.1f} x with listing aside; bare requests {bound:.1f} x)",
        whole >= URI_LIMIT,
    )


def _words(calls: Calls) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in calls.items()) or "no calls"
