# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what deserves attention among the tokens of an account. Pure: what the API was asked is an argument."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from .access_list import spec_of
from .desired import SCOPES
from .overlap import MOST_ALIVE
from .tokens import Generation, ListedToken, actual_expiry, by_slot, format_date

SEVERITIES: t.Mapping[str, str] = {
    "never_expires": "warning",
    "expires_soon": "warning",
    "duplicate": "error",
    "unmanaged": "info",
    "marker_broken": "warning",
    "differs_from_marker": "error",
    "superseded_overdue": "warning",
    "too_wide": "warning",
    "path_missing": "error",
    "secret_missing": "error",
    "verify_failed": "error",
    "run_only": "info",
}
_NO_TASK = "no task renews it, so declare one that takes its place"


@dataclass(frozen=True)
class Finding:
    """One thing about one token. finding: a key of SEVERITIES."""

    finding: str
    token_id: str
    description: str
    message: str

    @property
    def severity(self) -> str:
        """info, warning or error."""
        return SEVERITIES[self.finding]


@dataclass(frozen=True)
class Evidence:
    """What findings are made from. now: epoch seconds by the server; soon, overdue: seconds.

    missing_paths: paths that were looked for and not found. root: the paths of the whole drive, empty where nobody looked.
    held: the tokens whose secrets are in the store, None without a store.
    """

    tokens: tuple[ListedToken, ...]
    now: float
    soon: int
    overdue: int
    missing_paths: frozenset[str] = frozenset()
    root: frozenset[str] = frozenset()
    held: t.Collection[str] | None = None

    @cached_property
    def names(self) -> Counter[str]:
        """How many tokens have each name."""
        return Counter(map(name_of, self.tokens))

    @cached_property
    def has_dates(self) -> bool:
        """Whether the server tells dates at all."""
        return any(token.expires_at is not None for token in self.tokens)


def audit(evidence: Evidence) -> tuple[Finding, ...]:
    """All findings, in the order of the tokens."""
    slots = by_slot(evidence.tokens)
    found: list[Finding] = []
    for token in evidence.tokens:
        live = slots[token.marker.slot] if token.marker else ()
        notes = (*_about_life(token, evidence), *_about_marker(token, evidence, live), *_about_access(token, evidence))
        found.extend(Finding(name, token.id, name_of(token), text) for name, text in notes)
    return tuple(found)


def name_of(token: ListedToken) -> str:
    """What people call a token."""
    return token.marker.slot.description if token.marker else token.description


def summary(findings: t.Iterable[Finding]) -> dict[str, int]:
    """How many there are of each."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for each in findings:
        counts[each.finding] += 1
    return counts


Notes = t.Iterator[tuple[str, str]]


def _about_life(token: ListedToken, evidence: Evidence) -> Notes:
    expires = actual_expiry(token.marker, token.expires_at) if token.marker else token.expires_at
    if expires is None:
        # Where the server tells no dates at all, the absence of one means nothing.
        if token.marker or evidence.has_dates:
            remedy = "give it a lifetime with valid_for" if token.marker else _NO_TASK
            yield "never_expires", f"It never expires; {remedy}."
    elif expires <= evidence.now + evidence.soon and not (token.marker and token.marker.slot.run_only):
        remedy = "run the task that renews it" if token.marker else _NO_TASK
        yield "expires_soon", f"It expires at {format_date(expires)}; {remedy}."


def _about_marker(token: ListedToken, evidence: Evidence, live: t.Sequence[Generation]) -> Notes:
    """live: all generations of its slot, oldest first."""
    marker = token.marker
    if marker is None:
        yield from _about_foreign(token, evidence)
        return
    if marker.slot.run_only:
        yield "run_only", "It was made for one run of Ansible and ends by itself."
        return
    if token.access_list is not None and marker.spec not in {spec_of(token.access_list, scope) for scope in SCOPES}:
        yield "differs_from_marker", "The server reports another access than it was made with."
    if live[-1].id != token.id:
        successor = live[[each.id for each in live].index(token.id) + 1]
        if successor.marker.created + evidence.overdue < evidence.now:
            yield (
                "superseded_overdue",
                f"It was replaced by {successor.id} and is still live; run its task to retire it.",
            )
        if len(live) > MOST_ALIVE:
            yield "duplicate", f"It is one of {len(live)} live tokens of {marker.slot.description!r}; run its task."
    elif evidence.held is not None and not any(each.id in evidence.held for each in live):
        yield "secret_missing", "Its secret is not in the store; run its task, or point store to the right file."


def _about_foreign(token: ListedToken, evidence: Evidence) -> Notes:
    if token.marker_broken:
        yield (
            "marker_broken",
            "Somebody changed the marker in its description; revoke it by token_id if it is not needed.",
        )
        return
    yield "unmanaged", "It was not made by this collection; no task renews it."
    if evidence.names[token.description] > 1:
        yield "duplicate", "Another token has the same description; revoke by token_id what is not needed."


def _about_access(token: ListedToken, evidence: Evidence) -> Notes:
    grants = token.access_list or ()
    paths = {grant.path_id for grant in grants}
    if "admin" in {grant.access_tier for grant in grants}:
        yield "too_wide", "It may do everything with a path, permanent deletion included; a lower tier may do."
    if evidence.root and paths >= evidence.root:
        yield "too_wide", "It gives access to everything in the drive; name the paths that are needed."
    for path_id in sorted(paths & evidence.missing_paths):
        yield "path_missing", f"The path {path_id} does not exist, or the account has no access to it any more."
