# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listed tokens, read tolerantly: only C(id) is certain in an entry of the list, the rest is read where it can be.

Source: the API page "get access tokens" names the facts but not the keys, so several spellings are known here.
"""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone

from .access_list import AccessList, from_api
from .errors import IncompleteListing
from .marker import TAGS, Marker, Slot, parse

_CREATED_KEYS = ("creationDate", "createdAt", "creation_date", "dateCreated", "created_at", "created")
_EXPIRY_KEYS = (
    *("expiryDate", "expiresAt", "expiry_date", "expirationDate", "expires_at", "expiration_date"),
    *("validTill", "validUntil", "dateExpires", "expires", "expiry", "expiration"),
)
_ACCESS_KEYS = ("accessList", "access_list", "paths", "access")
# Numbers above this are milliseconds: as seconds they would lie beyond the year 5000.
_MILLISECONDS_FROM = 1e11
# The year 10000, where dates end.
_LATEST = 253402300800
_FRACTION = re.compile(r"\.(\d+)")


@dataclass(frozen=True)
class ListedToken:
    """A live token as the server reports it. Dates are epoch seconds; None is unknown (or never, for expires_at)."""

    id: str
    description: str
    marker: Marker | None = None
    access_list: AccessList | None = None
    scope: str | None = None
    created_at: float | None = None
    expires_at: float | None = None

    @property
    def marker_broken(self) -> bool:
        """Whether it looks like one of ours whose description somebody changed."""
        return self.marker is None and any(tag in self.description for tag in TAGS)


@dataclass(frozen=True)
class Generation:
    """A live token of one slot. expires_at: epoch seconds, None is never."""

    id: str
    marker: Marker
    expires_at: float | None
    access_list: AccessList | None = None

    @property
    def order(self) -> tuple[int, str]:
        """Generations are ordered by the marker, never by the server's dates."""
        return (self.marker.created, self.id)


def read_date(value: object) -> float | None:
    """Epoch seconds from ISO 8601 text (with T or a space, UTC unless it says otherwise) or from a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _if_possible(value / 1000 if value > _MILLISECONDS_FROM else float(value))
    if not isinstance(value, str):
        return None
    text = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), value.strip().replace("Z", "+00:00"))
    try:
        date = datetime.fromisoformat(text)
        return _if_possible((date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp())
    except (ValueError, OverflowError):
        return None


def _if_possible(seconds: float) -> float | None:
    """The date if it can be shown (1970 to 9999), else None: a server may send any number."""
    return seconds if 0 <= seconds < _LATEST else None


def format_date(seconds: float | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first(entry: t.Mapping[str, t.Any], keys: t.Iterable[str]) -> t.Any:
    return next((entry[key] for key in keys if entry.get(key) is not None), None)


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def read_token(entry: object) -> ListedToken:
    """An entry of the list; IncompleteListing when it has no id, since then the whole list can't be trusted."""
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise IncompleteListing("The list of access tokens holds an entry without an id; nothing was changed.")
    description = entry.get("description")
    description = description if isinstance(description, str) else ""
    created_at, scope, valid_for = (
        read_date(_first(entry, _CREATED_KEYS)),
        entry.get("scope"),
        _number(entry.get("validFor")),
    )
    expires_at = read_date(_first(entry, _EXPIRY_KEYS))
    if expires_at is None and created_at is not None and valid_for is not None and valid_for > 0:
        expires_at = _if_possible(created_at + valid_for)
    return ListedToken(
        entry["id"],
        description,
        parse(description),
        from_api(_first(entry, _ACCESS_KEYS)),
        scope if isinstance(scope, str) else None,
        created_at,
        expires_at,
    )


def actual_expiry(marker: Marker, reported: float | None) -> float | None:
    """When a token of ours expires: as reported where that is believable, since a server may shorten lifetimes."""
    intended = marker.created + marker.lifetime if marker.lifetime else None
    latest = float("inf") if intended is None else intended + marker.lifetime / 10
    return reported if reported is not None and marker.created <= reported <= latest else intended


def generation(token: ListedToken, marker: Marker) -> Generation:
    """A listed token seen as one of ours."""
    return Generation(token.id, marker, actual_expiry(marker, token.expires_at), token.access_list)


def as_generation(token: ListedToken) -> Generation:
    """Any token seen as one of ours: where it has no marker, by what the server reports."""
    if token.marker:
        return generation(token, token.marker)
    marker = Marker(Slot("", token.description), "", int(token.created_at or 0), 0, "")
    return Generation(token.id, marker, token.expires_at, token.access_list)


def unmanaged_namesakes(tokens: t.Iterable[ListedToken]) -> dict[str, tuple[ListedToken, ...]]:
    """Tokens somebody else made, by description: those of a slot are reported, never adopted and never touched."""
    found: dict[str, list[ListedToken]] = defaultdict(list)
    for token in tokens:
        if token.marker is None:
            found[token.description].append(token)
    return {description: tuple(namesakes) for description, namesakes in found.items()}


def by_slot(tokens: t.Iterable[ListedToken]) -> dict[Slot, tuple[Generation, ...]]:
    """Our tokens by slot, each slot's oldest first."""
    slots: dict[Slot, list[Generation]] = defaultdict(list)
    for token in tokens:
        if token.marker:
            slots[token.marker.slot].append(generation(token, token.marker))
    return {slot: tuple(sorted(live, key=lambda each: each.order)) for slot, live in slots.items()}
