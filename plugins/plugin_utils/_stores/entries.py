# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stored secrets as values, and as the plain mapping that stands in the YAML file (pure)."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field, replace

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError

KEY = "ellipsis_access_tokens"
Raw = dict[str, t.Any]
_TOKEN_FIELDS = ("id", "token", "created_at", "expires_at", "valid_for", "fingerprint")
_LIST_FIELDS = ("pending", "replaced")
_KNOWN = frozenset({*_TOKEN_FIELDS, *_LIST_FIELDS, "owner", "api_url", "organization_id", "previous", "claim"})


class StoreError(EllipsisError):
    """The store can't be used as it is. Below Store, the message continues a sentence that starts with its address."""


class ForeignEntry(StoreError):
    """The description is taken by a token of another account, owner or organization."""


@dataclass(frozen=True)
class StoredSlot:
    """Whose secret an entry holds."""

    description: str
    owner: str
    api_url: str
    organization_id: str | None = None


@dataclass(frozen=True)
class Claim:
    """Which controller alone may change an entry, and until when by the clock of the store's server."""

    by: str
    until: str


@dataclass(frozen=True)
class Entry:
    """A held secret; without an id only the nonces of creations that were begun.

    replaced: ids held before, latest last. previous: the token that the held one replaced, for as long as it lives, with the
    one before it as its own previous one. claim: in stores that controllers share, who is changing it.
    """

    slot: StoredSlot
    id: str | None = None
    token: str | None = field(default=None, repr=False)
    created_at: str | None = None
    expires_at: str | None = None
    valid_for: str | None = None
    fingerprint: str | None = None
    pending: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    previous: Entry | None = None
    claim: Claim | None = None

    @property
    def bare(self) -> Entry:
        """The held secret and those before it."""
        return replace(self, pending=(), replaced=(), claim=None)

    def tokens(self) -> t.Iterator[Entry]:
        """The held token and those before it, latest first."""
        if self.id:
            yield self
        if self.previous:
            yield from self.previous.tokens()


def entries_of(value: t.Any) -> dict[str, Entry]:
    """The entries by description; fails on whatever this collection did not write."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise StoreError(f"must have a mapping of descriptions to entries in {KEY}.")
    return {description: entry_of(description, raw) for description, raw in value.items()}


def raw_of(entry: Entry, before: Raw | None = None) -> Raw:
    """The mapping of an entry; what others added to it before is kept."""
    raw = {name: getattr(entry, name) for name in _TOKEN_FIELDS} if entry.id else {}
    raw.update(owner=entry.slot.owner, api_url=entry.slot.api_url)
    if entry.slot.organization_id:
        raw["organization_id"] = entry.slot.organization_id
    raw.update({name: list(getattr(entry, name)) for name in _LIST_FIELDS if getattr(entry, name)})
    if entry.previous:
        raw["previous"] = _raw_previous(entry.previous)
    if entry.claim:
        raw["claim"] = asdict(entry.claim)
    raw.update({name: value for name, value in sorted((before or {}).items()) if name not in _KNOWN})
    return raw


def own(entries: t.Mapping[str, Entry | None], slot: StoredSlot) -> Entry | None:
    """The entry of a slot; an entry of another one under its description is an error."""
    entry = entries.get(slot.description)
    if entry and entry.slot != slot:
        raise ForeignEntry(
            f"has {slot.description!r} of {_name(entry.slot)}, not of {_name(slot)}: {_remedy(entry.slot, slot)}"
        )
    return entry


def _remedy(stored: StoredSlot, asked: StoredSlot) -> str:
    others = "use another description or another store."
    if replace(asked, api_url=stored.api_url) == stored:
        return f"set api_url to {stored.api_url}, or {others}"
    return others


def without(entry: Entry, token_ids: t.Collection[str]) -> Entry | None:
    """The entry when these tokens are no more: the previous secret comes back in place of a held one that is gone."""
    if not any(each.id in token_ids for each in entry.tokens()):
        return entry
    chain = chained([each for each in entry.tokens() if each.id not in token_ids])
    if chain is None and not entry.pending:
        return None
    back = chain or Entry(entry.slot)
    replaced = tuple(each for each in entry.replaced if each != back.id)
    return replace(back, pending=entry.pending, replaced=replaced, claim=entry.claim)


def chained(tokens: t.Sequence[Entry]) -> Entry | None:
    """Tokens, latest first, each with the next one as its previous one."""
    chain: Entry | None = None
    for each in reversed(tokens):
        chain = replace(each.bare, previous=chain)
    return chain


def _raw_previous(entry: Entry) -> Raw:
    raw: Raw = {name: getattr(entry, name) for name in _TOKEN_FIELDS}
    return {**raw, "previous": _raw_previous(entry.previous)} if entry.previous else raw


def entry_of(description: str, raw: t.Any) -> Entry:
    """The entry that a mapping stands for."""
    where = f"{KEY}[{description!r}]"
    if not isinstance(raw, dict):
        raise StoreError(f"must have a mapping in {where}.")
    pending, replaced = (_texts(raw, name, where) for name in _LIST_FIELDS)
    slot = StoredSlot(
        description,
        owner=_text(raw, "owner", where, required=True) or "",
        api_url=_text(raw, "api_url", where, required=True) or "",
        organization_id=_text(raw, "organization_id", where) or None,
    )
    claim = _claim_of(raw["claim"], f"{where}.claim") if raw.get("claim") else None
    return replace(_token_of(slot, raw, where), pending=pending, replaced=replaced, claim=claim)


def _claim_of(raw: t.Any, where: str) -> Claim:
    if not isinstance(raw, dict):
        raise StoreError(f"must have a mapping in {where}.")
    return Claim(*(_text(raw, name, where, required=True) or "" for name in ("by", "until")))


def _token_of(slot: StoredSlot, raw: t.Any, where: str) -> Entry:
    if not isinstance(raw, dict):
        raise StoreError(f"must have a mapping in {where}.")
    texts: dict[str, t.Any] = {name: _text(raw, name, where) for name in _TOKEN_FIELDS}
    if bool(texts["id"]) != bool(texts["token"]):
        raise StoreError(f"must have both id and token, or neither, in {where}.")
    previous = _token_of(slot, raw["previous"], f"{where}.previous") if raw.get("previous") else None
    return Entry(slot, **texts, previous=previous)


def _texts(raw: Raw, name: str, where: str) -> tuple[str, ...]:
    values = raw.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise StoreError(f"must have a list of texts in {where}.{name}.")
    return tuple(values)


def _text(raw: Raw, name: str, where: str, *, required: bool = False) -> str | None:
    value = raw.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        raise StoreError(f"must have text in {where}.{name}.")
    return value


def _name(slot: StoredSlot) -> str:
    organization = f", organization {slot.organization_id}" if slot.organization_id else ""
    return f"owner {slot.owner!r} at {slot.api_url}{organization}"
