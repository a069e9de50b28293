# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store: entries by description, wherever they are kept. What entries mean is the same for every backend."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import time
import typing as t
from dataclasses import replace

from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import format_date, read_date
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import (
    Backend,
    Conflict,
    Versioned,
    Written,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import (
    Claim,
    Entry,
    StoredSlot,
    StoreError,
    entry_of,
    own,
    raw_of,
    without,
)

# Longer than a creation takes; who was killed keeps others waiting until its claim ends.
_CLAIM_SECONDS = 120
_POLL_SECONDS = 0.5
_TRIES = 50
Change = t.Callable[[Entry | None], Entry | None]
Changes = t.Sequence[tuple[StoredSlot, Change]]
Failures = dict[StoredSlot, StoreError]


class _Taken(Exception):
    """Another controller has a claim."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry


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
        self._backend, self._lock_timeout = backend, lock_timeout
        self._sleep, self._monotonic = sleep, monotonic
        self._known: dict[str, Versioned] = {}
        self._claimed: set[StoredSlot] = set()
        # In a file: how each entry was when its slot was claimed, and from then on what was written here in place of that.
        self._seen: dict[StoredSlot, Entry | None] = {}
        self._me = f"{socket.gethostname()} pid {os.getpid()} {secrets.token_hex(4)}"

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
        with self._sentences():
            self._backend.check()

    def rehearse(self, names: t.Collection[str]) -> None:
        """Fail where writing or removing these entries would fail, without changing anything."""
        with self._sentences():
            self._backend.rehearse(names)

    def entries(self) -> dict[str, Entry]:
        """All entries by description, read now."""
        with self._sentences():
            found = self._read(self._backend.names(), again=True)
            entries = ((name, _entry(name, each)) for name, each in found.items() if self._is_entry(each))
            return {name: entry for name, entry in entries if entry}

    def find(self, description: str) -> Entry | None:
        """The entry under a description, whosever it is."""
        with self._sentences():
            return _entry(description, self._read([description])[description])

    def read(self, slot: StoredSlot) -> Entry | None:
        """The entry of a slot."""
        found = self.find(slot.description)
        with self._sentences():
            entry = own({slot.description: found}, slot)
        if slot not in self._claimed:
            self._seen[slot] = entry
        return entry

    def begin(self, nonces: t.Mapping[StoredSlot, str]) -> None:
        """Record the nonces of tokens that are about to be created."""

        def add(slot: StoredSlot, nonce: str) -> Change:
            def change(entry: Entry | None) -> Entry:
                if not self._backend.shared and not self._begun_since(slot, entry):
                    # Who has begun and ended meanwhile is seen by the token that it made.
                    self._seen[slot] = entry
                entry = self._still_claimed(slot, entry) or Entry(slot)
                return replace(entry, pending=tuple(dict.fromkeys((*entry.pending, nonce))))

            return change

        self._change([(slot, add(slot, nonce)) for slot, nonce in nonces.items()])

    def keep(self, kept: t.Iterable[Entry]) -> None:
        """Put entries in place of what their slots had, pending nonces included."""
        self._change([(entry.slot, self._in_place(entry)) for entry in kept])

    def keep_each(self, kept: t.Collection[Entry]) -> Failures:
        """The same, as far as it goes: what could not be kept, and why."""
        try:
            with self._sentences():
                return self._update([(entry.slot, self._in_place(entry)) for entry in kept], each=True)
        except StoreError as exc:
            return {entry.slot: exc for entry in kept}

    def forget(self, slots: t.Iterable[StoredSlot]) -> None:
        """Remove the entries of slots."""

        def remove(slot: StoredSlot) -> Change:
            def change(entry: Entry | None) -> None:
                if entry and slot in self._claimed:
                    self._still_claimed(slot, entry)

            return change

        self._change([(slot, remove(slot)) for slot in slots])

    def revoked(self, token_ids: t.Collection[str]) -> None:
        """Take tokens out of all entries, or, where controllers meet, of those that are claimed. It is true whoever has a claim."""
        slots = self.holding(token_ids)
        if self._claimed and not slots:
            # What is known may be old: the claim of who took too long has ended.
            self._known.clear()
            slots = self.holding(token_ids)
        self._change([(slot, lambda entry: entry and without(entry, token_ids)) for slot in slots])

    def holding(self, token_ids: t.Collection[str]) -> list[StoredSlot]:
        """The slots whose entries have one of these tokens, or had: all, or, where controllers meet, those that are claimed."""
        claimed = self._claimed if self._backend.shared else ()
        entries = [self.read(slot) for slot in claimed] or self.entries().values()
        return [entry.slot for entry in entries if entry and without(entry, token_ids) != entry]

    def claim(self, slots: t.Collection[StoredSlot]) -> bool:
        """Become the only controller that changes these entries, where controllers meet in the backend. True if what was read
        before does not count any more.
        """
        if not self._backend.shared or self._claimed.issuperset(slots):
            return False
        end = self._monotonic() + self._lock_timeout
        wanted = sorted(self._claimed.union(slots), key=lambda slot: slot.description)
        self.rehearse([slot.description for slot in wanted])
        self._claimed.update(wanted)
        # A claim in place of what was read says that it is still there, so those are not read again first.
        self._known = {
            each.description: self._known[each.description] for each in wanted if each.description in self._known
        }
        fresh = False
        while True:
            try:
                self._change([(slot, self._take(slot)) for slot in wanted])
                return True
            except _Taken as taken:
                # Nothing is kept while waiting, so that nobody waits for one who waits.
                self.release()
                self._claimed.update(wanted)
                if fresh and self._monotonic() >= end:
                    raise self._said(StoreError(_in_use(taken.entry, self._lock_timeout))) from None
            if fresh:
                self._sleep(_POLL_SECONDS)
            self._known.clear()
            fresh = True

    def release(self) -> None:
        """Give back what was claimed. Where that fails, the claim ends by itself."""
        slots, self._claimed = self._claimed, set()
        if self._backend.shared:
            with contextlib.suppress(StoreError):
                self._change([(slot, self._drop) for slot in slots])

    def take_over(self, slots: t.Collection[StoredSlot]) -> bool:
        """The same for a file. Without a common clock nobody can wait there, so a creation that another run has begun is given
        up before its token is revoked: the claim changes its entry, so that its secret can't be kept any more. It stays until
        another one is kept.
        """
        if self._backend.shared:
            return False
        before = self._seen
        self._claimed.update(slots)
        self._seen = {slot: self.read(slot) for slot in self._claimed}
        begun = [slot for slot, entry in self._seen.items() if entry and (entry.pending or entry.claim)]
        if begun:
            self.rehearse([slot.description for slot in begun])
            claim = Claim(self._me, "")
            self._change([(slot, lambda entry: entry and replace(entry, claim=claim)) for slot in begun])
        return any(before.get(slot) != entry for slot, entry in self._seen.items())

    def _begun_since(self, slot: StoredSlot, entry: Entry | None) -> bool:
        """Whether another run has taken the entry over, or begun a creation, since it was last seen."""
        seen = self._seen.get(slot)
        known = {None, self._me, seen.claim.by if seen and seen.claim else None}
        by = entry.claim.by if entry and entry.claim else None
        return by not in known or not set(entry.pending if entry else ()) <= set(seen.pending if seen else ())

    def _take(self, slot: StoredSlot) -> Change:
        def change(entry: Entry | None) -> Entry:
            now = self._now()
            claim = entry.claim if entry else None
            if entry and claim and claim.by != self._me and (read_date(claim.until) or 0.0) > now:
                raise _Taken(entry)
            return replace(entry or Entry(slot), claim=self._new_claim(now))

        return change

    def _drop(self, entry: Entry | None) -> Entry | None:
        if entry is None or entry.claim is None or entry.claim.by != self._me:
            return entry
        return replace(entry, claim=None) if entry.id or entry.pending else None

    def _still_claimed(self, slot: StoredSlot, entry: Entry | None) -> Entry | None:
        """The entry with a claim that is ours for longer. Somebody else may have waited until it ended."""
        if not self._backend.shared:
            if slot in self._claimed and entry != self._seen.get(slot):
                raise StoreError(f"has {slot.description!r} changed by another run meanwhile; run again.")
            return entry
        if slot not in self._claimed or entry is None or entry.claim is None or entry.claim.by != self._me:
            raise StoreError(
                f"has {slot.description!r} in the hands of another controller by now, since this one took too long."
            )
        return replace(entry, claim=self._new_claim(self._now()))

    def _in_place(self, kept: Entry) -> Change:
        def change(entry: Entry | None) -> Entry:
            if kept.slot in self._claimed:
                entry = self._still_claimed(kept.slot, entry)
            return replace(kept, claim=entry.claim if entry else None) if self._backend.shared else kept

        return change

    def _new_claim(self, now: float) -> Claim:
        return Claim(self._me, format_date(now + _CLAIM_SECONDS + len(self._claimed)) or "")

    def _now(self) -> float:
        now = self._backend.now()
        if now is None:
            raise StoreError("does not say what time it is, so controllers can't take turns there.")
        return now

    def _change(self, changes: Changes) -> None:
        """All of the changes; what goes wrong with one of them is raised."""
        with self._sentences():
            for error in self._update(changes).values():
                raise error

    def _update(self, changes: Changes, *, each: bool = False) -> Failures:
        """Change entries that nobody else changes meanwhile. each: what can't be changed keeps nothing else from it."""
        failures: Failures = {}
        left = list(changes)
        for attempt in range(_TRIES):
            before = self._read({slot.description for slot, _change in left}, again=attempt > 0)
            earlier = {name: _entry(name, found) for name, found in before.items()}
            after, refused = _changed(earlier, left)
            if refused and not each:
                raise next(iter(refused.values()))
            failures.update(refused)
            written = self._write(
                {
                    name: Versioned(plain(raw_of(entry, before[name].raw)) if entry else None, before[name].version)
                    for name, entry in after.items()
                    if entry != earlier[name]
                }
            )
            answers = [(slot, change, written.get(slot.description)) for slot, change in left]
            for slot, _change, answer in answers:
                # What another one has changed before stays unseen.
                if isinstance(answer, Versioned) and self._seen.get(slot) == earlier[slot.description]:
                    self._seen[slot] = after[slot.description]
            failures.update({slot: answer for slot, _change, answer in answers if isinstance(answer, StoreError)})
            left = [(slot, change) for slot, change, answer in answers if isinstance(answer, Conflict)]
            if not left:
                break
        else:
            raise StoreError(f"has {left[0][0].description!r} changed by others all the time; run again.")
        return {slot: self._said(error) for slot, error in failures.items()}

    def _read(self, names: t.Collection[str], *, again: bool = False) -> dict[str, Versioned]:
        if not self._backend.shared:
            return self._backend.read(names)
        missing = [name for name in names if again or name not in self._known]
        if missing:
            self._known.update(self._backend.read(missing))
        return {name: self._known[name] for name in names}

    def _write(self, changes: t.Mapping[str, Versioned]) -> dict[str, Written]:
        written = self._backend.write(changes) if changes else {}
        for name, answer in written.items():
            self._known.pop(name, None)
            if isinstance(answer, Versioned):
                self._known[name] = answer
        return written

    def _is_entry(self, found: Versioned) -> bool:
        """Others may keep secrets of another kind beside ours; everything in a file is of our own making."""
        return found.raw is not None and (not self._backend.shared or {"owner", "api_url"} <= found.raw.keys())

    def _said(self, error: StoreError) -> StoreError:
        """What goes wrong with a store is one sentence that names it."""
        if str(error).startswith("The store "):
            return error
        return type(error)(f"The store {self.address} {error}")

    @contextlib.contextmanager
    def _sentences(self) -> t.Iterator[None]:
        try:
            yield
        except StoreError as exc:
            raise self._said(exc) from exc.__cause__


def _changed(earlier: t.Mapping[str, Entry | None], changes: Changes) -> tuple[dict[str, Entry | None], Failures]:
    """The entries after all changes, each of which sees what those before it made; and what refused to be changed."""
    after, refused = dict(earlier), dict[StoredSlot, StoreError]()
    for slot, change in changes:
        try:
            after[slot.description] = change(own(after, slot))
        except StoreError as exc:  # noqa: PERF203 - one that can't be changed is no reason to leave the others
            refused[slot] = exc
    return after, refused


def _entry(name: str, found: Versioned) -> Entry | None:
    return None if found.raw is None else entry_of(name, found.raw)


def _in_use(entry: Entry, waited: float) -> str:
    claim = t.cast(Claim, entry.claim)
    return (
        f"has {entry.slot.description!r} in the hands of another controller ({claim.by}, until {claim.until}) after {waited:g} s"
        " of waiting. Let it finish, or raise lock_timeout."
    )
