# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store: entries by description, wherever they are kept. What entries mean is the same for every backend."""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Backend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import (
    Entry,
    StoredSlot,
    StoreError,
    without,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.table import Change, Changes, Failures, Table
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.turns import Claims, TakeOvers, Turns


class Store:
    """Entries of one backend. lock_timeout: how long to wait for another controller that changes the same entry."""

    def __init__(
        self,
        backend: Backend,
        *,
        lock_timeout: float = 300,
        sleep: t.Callable[[float], object] = time.sleep,
        monotonic: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend, self._table = backend, Table(backend)
        self._turns: Turns = (
            Claims(self._table, lock_timeout, sleep, monotonic) if backend.shared else TakeOvers(self._table)
        )

    @property
    def address(self) -> str:
        """What the user knows it by."""
        return self._backend.address

    @property
    def backup_file(self) -> str | None:
        """The copy that was made before the first change."""
        return self._backend.backup_file

    def check(self) -> None:
        """Fail where a write would fail, as far as looking tells."""
        with self._table.sentences():
            self._backend.check()

    def rehearse(self, names: t.Collection[str]) -> None:
        """Fail where writing or removing these entries would fail, without changing anything."""
        self._table.rehearse(names)

    def entries(self) -> dict[str, Entry]:
        """All entries by description, read now."""
        return self._table.entries()

    def find(self, description: str) -> Entry | None:
        """The entry under a description, whosever it is."""
        return self._table.find(description)

    def read(self, slot: StoredSlot) -> Entry | None:
        """The entry of a slot."""
        entry = self._table.own(slot)
        self._turns.saw(slot, entry)
        return entry

    def begin(self, nonces: t.Mapping[StoredSlot, str]) -> None:
        """Record the nonces of tokens that are about to be created."""

        def add(slot: StoredSlot, nonce: str) -> Change:
            def change(entry: Entry | None) -> Entry:
                begun = self._turns.begin(slot, entry) or Entry(slot)
                return replace(begun, pending=tuple(dict.fromkeys((*begun.pending, nonce))))

            return change

        self._change([(slot, add(slot, nonce)) for slot, nonce in nonces.items()])

    def keep(self, kept: t.Iterable[Entry]) -> None:
        """Put entries in place of what their slots had, pending nonces included."""
        self._change(self._replacing(kept))

    def keep_each(self, kept: t.Collection[Entry]) -> Failures:
        """The same, as far as it goes: what could not be kept, and why."""
        try:
            with self._table.sentences():
                return self._table.update(self._replacing(kept), self._turns.wrote, each=True)
        except StoreError as exc:
            return {entry.slot: exc for entry in kept}

    def forget(self, slots: t.Iterable[StoredSlot]) -> None:
        """Remove the entries of slots."""

        def remove(slot: StoredSlot) -> Change:
            def change(entry: Entry | None) -> None:
                if entry and slot in self._turns.claimed:
                    self._turns.still(slot, entry)

            return change

        self._change([(slot, remove(slot)) for slot in slots])

    def revoked(self, token_ids: t.Collection[str]) -> None:
        """Take tokens out of all entries, or, where controllers meet, of those that are claimed. It is true whoever has a claim."""
        slots = self.holding(token_ids)
        if self._turns.claimed and not slots:
            # What is known may be old: the claim of who took too long has ended.
            self._table.drop_known()
            slots = self.holding(token_ids)
        self._change([(slot, lambda entry: entry and without(entry, token_ids)) for slot in slots])

    def holding(self, token_ids: t.Collection[str]) -> list[StoredSlot]:
        """The slots whose entries have one of these tokens, or had: all, or, where controllers meet, those that are claimed."""
        claimed = self._turns.claimed if self._backend.shared else ()
        entries = [self.read(slot) for slot in claimed] or self.entries().values()
        return [entry.slot for entry in entries if entry and without(entry, token_ids) != entry]

    def claim(self, slots: t.Collection[StoredSlot]) -> bool:
        """Become the only controller that changes these entries, where controllers meet in the backend. True if what was read
        before does not count any more.
        """
        return self._turns.claim(slots)

    def take_over(self, slots: t.Collection[StoredSlot]) -> bool:
        """The same for a file, where others are not waited for."""
        return self._turns.take_over(slots)

    def release(self) -> None:
        """Give back what was claimed. Where that fails, the claim ends by itself."""
        self._turns.release()

    def _replacing(self, kept: t.Iterable[Entry]) -> Changes:
        def put(new: Entry) -> Change:
            return lambda entry: self._turns.in_place(new, entry)

        return [(entry.slot, put(entry)) for entry in kept]

    def _change(self, changes: Changes) -> None:
        self._table.change(changes, self._turns.wrote)
