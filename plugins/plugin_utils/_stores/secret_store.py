# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Implements SecretStore, which the core asks and tells, with the entries of a store."""

from __future__ import annotations

import secrets
import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import format_duration
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot, new_nonce
from ansible_collections.ellipsis.drive.plugins.module_utils._model.overlap import MOST_ALIVE
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import format_date
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.result import fingerprint
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot, chained, without
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

# How many replaced tokens are known as our own, and their secrets kept; more than these never live at a time.
_REMEMBERED = MOST_ALIVE - 1


class StoredSecrets:
    """Keeps the secrets of one account in a store. Every failure is a StoreError."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self._store, self._connection = store, connection
        self._replaced: dict[Slot, Entry | None] = {}

    @property
    def backup_file(self) -> str | None:
        """The copy that was made of the file before it was changed."""
        return self._store.backup_file

    def held(self, slot: Slot) -> Held:
        """The stored token, and the creations of ours whose secret never came to be stored."""
        entry = self._store.read(self._stored(slot))
        if entry is None:
            return Held(tracked=True, exclusive=self._store.address)
        # What the claim has recorded is of a creation that has not begun.
        pending = frozenset(entry.pending) - {self._store.reserved(entry.slot)}
        replaced = frozenset(entry.replaced)
        return Held(True, entry.id, pending, exclusive=self._store.address, replaced=replaced)

    def secret(self, slot: Slot) -> str | None:
        """The stored secret."""
        entry = self._store.read(self._stored(slot))
        return entry.token if entry else None

    def superseded_secret(self, slot: Slot, token_id: str) -> str | None:
        """The secret of a replaced token, kept beside that of its replacement, or alone where another slot took over from it."""
        entry = self._store.read(self._stored(slot))
        return next((each.token for each in (entry.tokens() if entry else ()) if each.id == token_id), None)

    def holds(self, token_id: str) -> bool:
        """Whether any entry holds the token, now or as the previous one."""
        return any(without(entry, {token_id}) != entry for entry in self._store.entries().values())

    def keeps(self, slot: Slot) -> bool:
        """Whether the entry of this description is of this slot."""
        entry = self._store.entries().get(slot.description)
        return entry is not None and entry.slot == self._stored(slot)

    def revoked(self, token_ids: t.Collection[str]) -> None:
        """Take the tokens out of all entries, and the previous secrets back."""
        self._store.revoked(token_ids)

    def claim(self, slots: t.Collection[Slot], creating: t.Collection[Slot] = ()) -> bool:
        """Wait for other controllers that share the store, or take over from them."""
        stored = [self._stored(slot) for slot in slots]
        nonces = {self._stored(slot): new_nonce(secrets.choice) for slot in creating}
        return self._store.claim(stored, nonces) or self._store.take_over(stored)

    def nonce(self, slot: Slot) -> str | None:
        """The one that was recorded with the claim."""
        return self._store.take_reserved(self._stored(slot))

    def release(self) -> None:
        """Give back the claims."""
        self._store.release()

    def check(self, slots: t.Collection[Slot] = (), token_ids: t.Collection[str] = ()) -> None:
        """Do all of a write but its last step."""
        holding = self._store.holding(token_ids) if token_ids else []
        self._store.rehearse({slot.description for slot in holding} | {slot.description for slot in slots})

    def begin(self, nonces: t.Mapping[Slot, str]) -> None:
        """Record the nonces, which also proves that the secrets can be stored."""
        self._store.begin({self._stored(slot): nonce for slot, nonce in nonces.items()})

    def keep(self, new: t.Sequence[NewToken]) -> t.Mapping[Slot, EllipsisError]:
        """Store the secrets in place of the earlier ones."""
        self._replaced = {each.slot: self._store.read(self._stored(each.slot)) for each in new}
        failures = self._store.keep_each([self._entry(each) for each in new])
        return {each.slot: failures[stored] for each in new if (stored := self._stored(each.slot)) in failures}

    def put_back(self, slots: t.Collection[Slot]) -> None:
        """Store what was there before keep(), the recorded nonces included."""
        earlier = [self._replaced.get(slot) for slot in slots]
        self._store.keep([entry for entry in earlier if entry])

    def forget(self, slots: t.Collection[Slot]) -> None:
        """Remove the entries."""
        self._store.forget([self._stored(slot) for slot in slots])

    def secrets(self) -> t.Mapping[str, str]:
        """Everything that is in the store, previous secrets included."""
        kept = (each for entry in self._store.entries().values() for each in entry.tokens())
        return {each.id: each.token for each in kept if each.id and each.token}

    def _entry(self, new: NewToken) -> Entry:
        generation, earlier = new.generation, self._replaced[new.slot]
        replaced = (*earlier.replaced, earlier.id)[-_REMEMBERED:] if earlier and earlier.id else ()
        created_at = format_date(generation.marker.created) or ""
        # Dates in this form are in the order of time.
        before = earlier.tokens() if earlier else ()
        living = [each for each in before if each.expires_at is None or each.expires_at > created_at]
        return Entry(
            self._stored(new.slot),
            id=generation.id,
            token=new.secret,
            created_at=created_at,
            expires_at=format_date(generation.expires_at),
            valid_for=format_duration(generation.marker.lifetime),
            fingerprint=fingerprint(new.secret),
            replaced=replaced,
            previous=chained(living[:_REMEMBERED]),
        )

    def _stored(self, slot: Slot) -> StoredSlot:
        connection = self._connection
        return StoredSlot(slot.description, slot.owner, connection.api_url, connection.organization_id)
