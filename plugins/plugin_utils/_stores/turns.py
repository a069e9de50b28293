# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How controllers that change the same entries keep out of each other's way: in turns, or, in a file, by taking over."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import typing as t
from dataclasses import replace
from types import MappingProxyType

from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import format_date, read_date
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Claim, Entry, StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.table import Change, Table

# Longer than a creation takes; who was killed keeps others waiting until its claim ends.
_CLAIM_SECONDS = 120
# As long as this is left of a claim, a creation may begin without another write.
_ENOUGH_SECONDS = 60
_POLL_SECONDS = 0.5
NO_NONCES: t.Mapping[StoredSlot, str] = MappingProxyType({})


class Turns(t.Protocol):
    """What a store asks before it changes entries, and tells of what it has read and written."""

    claimed: set[StoredSlot]
    # Nonces that were recorded with the claim, and that are of no creation yet.
    reserved: dict[StoredSlot, str]

    def claim(self, slots: t.Collection[StoredSlot], nonces: t.Mapping[StoredSlot, str] = NO_NONCES) -> bool:
        """Wait for a turn. True if what was read before does not count any more."""

    def take_over(self, slots: t.Collection[StoredSlot]) -> bool:
        """The same, without waiting."""

    def release(self) -> None:
        """End the turn."""

    def saw(self, slot: StoredSlot, entry: Entry | None) -> None:
        """An entry was read."""

    def wrote(self, slot: StoredSlot, before: Entry | None, after: Entry | None) -> None:
        """An entry was written in place of another."""

    def begin(self, slot: StoredSlot, entry: Entry | None, nonce: str) -> Entry:
        """The entry with the nonce of a creation. Raises StoreError, as the others do, where the turn is over."""

    def still(self, slot: StoredSlot, entry: Entry | None) -> Entry | None:
        """The entry that may be changed now."""

    def in_place(self, kept: Entry, entry: Entry | None) -> Entry:
        """What is written in place of the entry of the same slot, to keep another one."""


def _new_name() -> str:
    return f"{socket.gethostname()} pid {os.getpid()} {secrets.token_hex(4)}"


class _Taken(Exception):
    """Another controller has a claim."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry


class Claims:
    """Turns in a backend where controllers meet: who has a claim is the only one that changes an entry, as long as it counts.

    lock_timeout: how long to wait for another controller.
    """

    def __init__(
        self,
        table: Table,
        lock_timeout: float,
        sleep: t.Callable[[float], object],
        monotonic: t.Callable[[], float],
    ) -> None:
        self._table, self._lock_timeout = table, lock_timeout
        self._sleep, self._monotonic = sleep, monotonic
        self.claimed: set[StoredSlot] = set()
        self.reserved: dict[StoredSlot, str] = {}
        self._me = _new_name()

    def claim(self, slots: t.Collection[StoredSlot], nonces: t.Mapping[StoredSlot, str] = NO_NONCES) -> bool:
        """Become the only controller that changes these entries."""
        if self.claimed.issuperset(slots):
            return False
        end = self._monotonic() + self._lock_timeout
        wanted = sorted(self.claimed.union(slots), key=lambda slot: slot.description)
        self._table.rehearse([slot.description for slot in wanted])
        self.claimed.update(wanted)
        # A claim in place of what was read says that it is still there, so those are not read again first.
        self._table.drop_known(but=[each.description for each in wanted])
        self.reserved = {**nonces, **self.reserved}
        fresh = False
        while True:
            try:
                self._table.change([(slot, self._take(slot)) for slot in wanted], self.wrote)
                return True
            except _Taken as taken:
                # Nothing is kept while waiting, so that nobody waits for one who waits.
                reserved = dict(self.reserved)
                self.release()
                self.claimed.update(wanted)
                self.reserved.update(reserved)
                if fresh and self._monotonic() >= end:
                    raise self._table.said(StoreError(_in_use(taken.entry, self._lock_timeout))) from None
            if fresh:
                self._sleep(_POLL_SECONDS)
            self._table.drop_known()
            fresh = True

    def take_over(self, slots: t.Collection[StoredSlot]) -> bool:
        """Not here."""
        del slots
        return False

    def release(self) -> None:
        """Give back what was claimed. Where that fails, the claim ends by itself."""
        slots, self.claimed = self.claimed, set()
        with contextlib.suppress(StoreError):
            self._table.change([(slot, self._drop) for slot in slots], self.wrote)
        self.reserved = {}

    def saw(self, slot: StoredSlot, entry: Entry | None) -> None:
        """The claim is in the entry itself."""

    def wrote(self, slot: StoredSlot, before: Entry | None, after: Entry | None) -> None:
        """The claim is in the entry itself."""

    def begin(self, slot: StoredSlot, entry: Entry | None, nonce: str) -> Entry:
        """Where the claim is ours. What was recorded with it is written again only when little time is left."""
        begun = self.still(slot, entry)
        if entry and entry.claim and nonce in entry.pending and self._left(entry.claim) >= _ENOUGH_SECONDS:
            return entry
        return _with_nonce(begun, slot, nonce)

    def still(self, slot: StoredSlot, entry: Entry | None) -> Entry | None:
        """The entry with a claim that is ours for longer. Somebody else may have waited until it ended."""
        if slot not in self.claimed or entry is None or entry.claim is None or entry.claim.by != self._me:
            raise StoreError(
                f"has {slot.description!r} in the hands of another controller by now, since this one took too long."
            )
        return replace(entry, claim=self._new_claim(self._now()))

    def in_place(self, kept: Entry, entry: Entry | None) -> Entry:
        """The claim stays."""
        if kept.slot in self.claimed:
            entry = self.still(kept.slot, entry)
        return replace(kept, claim=entry.claim if entry else None)

    def _take(self, slot: StoredSlot) -> Change:
        def change(entry: Entry | None) -> Entry:
            claim = entry.claim if entry else None
            if entry and claim and claim.by != self._me and self._left(claim) > 0:
                raise _Taken(entry)
            taken = _with_nonce(entry, slot, self.reserved.get(slot))
            return replace(taken, claim=self._new_claim(self._now()))

        return change

    def _drop(self, entry: Entry | None) -> Entry | None:
        if entry is None or entry.claim is None or entry.claim.by != self._me:
            return entry
        pending = tuple(nonce for nonce in entry.pending if nonce != self.reserved.get(entry.slot))
        return replace(entry, claim=None, pending=pending) if entry.id or pending else None

    def _left(self, claim: Claim) -> float:
        return (read_date(claim.until) or 0.0) - self._now()

    def _new_claim(self, now: float) -> Claim:
        return Claim(self._me, format_date(now + _CLAIM_SECONDS + len(self.claimed)) or "")

    def _now(self) -> float:
        now = self._table.backend.now()
        if now is None:
            raise StoreError("does not say what time it is, so controllers can't take turns there.")
        return now


class TakeOvers:
    """No turns in a file, whose entries may be changed by another run between any two looks at them."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.claimed: set[StoredSlot] = set()
        self.reserved: dict[StoredSlot, str] = {}
        # How each entry was when its slot was claimed, and from then on what was written here in place of that.
        self._seen: dict[StoredSlot, Entry | None] = {}
        self._me = _new_name()

    def claim(self, slots: t.Collection[StoredSlot], nonces: t.Mapping[StoredSlot, str] = NO_NONCES) -> bool:
        """Not here."""
        del slots, nonces
        return False

    def take_over(self, slots: t.Collection[StoredSlot]) -> bool:
        """Without a common clock nobody can wait, so a creation that another run has begun is given up before its token is
        revoked: the claim changes its entry, so that its secret can't be kept any more. It stays until another one is kept.
        """
        before = self._seen
        self.claimed.update(slots)
        self._seen = {slot: self._table.own(slot) for slot in self.claimed}
        begun = [slot for slot, entry in self._seen.items() if entry and (entry.pending or entry.claim)]
        if begun:
            self._table.rehearse([slot.description for slot in begun])
            claim = Claim(self._me, "")
            self._table.change(
                [(slot, lambda entry: entry and replace(entry, claim=claim)) for slot in begun], self.wrote
            )
        return any(before.get(slot) != entry for slot, entry in self._seen.items())

    def release(self) -> None:
        """Nobody waits."""
        self.claimed = set()

    def saw(self, slot: StoredSlot, entry: Entry | None) -> None:
        """From the claim on, another run's changes stay unseen."""
        if slot not in self.claimed:
            self._seen[slot] = entry

    def wrote(self, slot: StoredSlot, before: Entry | None, after: Entry | None) -> None:
        """What another run has changed before stays unseen."""
        if self._seen.get(slot) == before:
            self._seen[slot] = after

    def begin(self, slot: StoredSlot, entry: Entry | None, nonce: str) -> Entry:
        """Who has begun and ended meanwhile is seen by the token that it made."""
        if not self._begun_since(slot, entry):
            self._seen[slot] = entry
        return _with_nonce(self.still(slot, entry), slot, nonce)

    def still(self, slot: StoredSlot, entry: Entry | None) -> Entry | None:
        """The entry as it was seen."""
        if slot in self.claimed and entry != self._seen.get(slot):
            raise StoreError(f"has {slot.description!r} changed by another run meanwhile; run again.")
        return entry

    def in_place(self, kept: Entry, entry: Entry | None) -> Entry:
        """What is kept, and nothing else."""
        if kept.slot in self.claimed:
            self.still(kept.slot, entry)
        return kept

    def _begun_since(self, slot: StoredSlot, entry: Entry | None) -> bool:
        """Whether another run has taken the entry over, or begun a creation, since it was last seen."""
        seen = self._seen.get(slot)
        known = {None, self._me, seen.claim.by if seen and seen.claim else None}
        by = entry.claim.by if entry and entry.claim else None
        return by not in known or not set(entry.pending if entry else ()) <= set(seen.pending if seen else ())


def _with_nonce(entry: Entry | None, slot: StoredSlot, nonce: str | None) -> Entry:
    entry = entry or Entry(slot)
    return replace(entry, pending=tuple(dict.fromkeys((*entry.pending, nonce)))) if nonce else entry


def _in_use(entry: Entry, waited: float) -> str:
    claim = t.cast(Claim, entry.claim)
    return (
        f"has {entry.slot.description!r} in the hands of another controller ({claim.by}, until {claim.until}) after {waited:g} s"
        " of waiting. Let it finish, or raise lock_timeout."
    )
