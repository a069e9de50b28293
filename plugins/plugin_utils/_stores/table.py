# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of a backend: read, changed, and written where nobody else has changed them meanwhile."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import (
    Backend,
    Conflict,
    Versioned,
    Written,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import (
    Entry,
    StoredSlot,
    StoreError,
    entry_of,
    own,
    raw_of,
)

_TRIES = 50
Change = t.Callable[[Entry | None], Entry | None]
Changes = t.Sequence[tuple[StoredSlot, Change]]
Failures = dict[StoredSlot, StoreError]
Wrote = t.Callable[[StoredSlot, Entry | None, Entry | None], object]


class Table:
    """Entries by description. Every failure is a sentence that names the store. A server is asked once for each entry, until
    an entry is changed or what is known is dropped.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._known: dict[str, Versioned] = {}

    def entries(self) -> dict[str, Entry]:
        """All of them, read now."""
        with self.sentences():
            found = self._read(self.backend.names(), again=True)
            entries = ((name, _entry(name, each)) for name, each in found.items() if self._is_entry(each))
            return {name: entry for name, entry in entries if entry}

    def find(self, description: str) -> Entry | None:
        """The one under a description, whosever it is."""
        with self.sentences():
            return _entry(description, self._read([description])[description])

    def own(self, slot: StoredSlot) -> Entry | None:
        """The one of a slot."""
        found = self.find(slot.description)
        with self.sentences():
            return own({slot.description: found}, slot)

    def rehearse(self, names: t.Collection[str]) -> None:
        """Fail where writing or removing these would fail, without changing anything."""
        with self.sentences():
            self.backend.rehearse(names)

    def drop_known(self, but: t.Collection[str] = ()) -> None:
        """Read again what is asked for next."""
        self._known = {name: found for name, found in self._known.items() if name in but}

    def change(self, changes: Changes, wrote: Wrote) -> None:
        """All of the changes; what goes wrong with one of them is raised."""
        with self.sentences():
            for error in self.update(changes, wrote).values():
                raise error

    def update(self, changes: Changes, wrote: Wrote, *, each: bool = False) -> Failures:
        """Change entries that nobody else changes meanwhile. each: what can't be changed keeps nothing else from it."""
        failures: Failures = {}
        left = list(changes)
        for _attempt in range(_TRIES):
            before = self._read({slot.description for slot, _change in left})
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
                if isinstance(answer, Versioned):
                    wrote(slot, earlier[slot.description], after[slot.description])
            failures.update({slot: answer for slot, _change, answer in answers if isinstance(answer, StoreError)})
            left = [(slot, change) for slot, change, answer in answers if isinstance(answer, Conflict)]
            if not left:
                break
        else:
            raise StoreError(f"has {left[0][0].description!r} changed by others all the time; run again.")
        return {slot: self.said(error) for slot, error in failures.items()}

    def said(self, error: StoreError) -> StoreError:
        """What goes wrong with a store is one sentence that names it."""
        if str(error).startswith("The store "):
            return error
        return type(error)(f"The store {self.backend.address} {error}")

    @contextlib.contextmanager
    def sentences(self) -> t.Iterator[None]:
        """Whatever is raised within is one of these sentences."""
        try:
            yield
        except StoreError as exc:
            raise self.said(exc) from exc.__cause__

    def _read(self, names: t.Collection[str], *, again: bool = False) -> dict[str, Versioned]:
        if not self.backend.shared:
            return self.backend.read(names)
        missing = [name for name in names if again or name not in self._known]
        if missing:
            self._known.update(self.backend.read(missing))
        return {name: self._known[name] for name in names}

    def _write(self, changes: t.Mapping[str, Versioned]) -> dict[str, Written]:
        written = self.backend.write(changes) if changes else {}
        for name, answer in written.items():
            self._known.pop(name, None)
            if isinstance(answer, Versioned):
                self._known[name] = answer
        return written

    def _is_entry(self, found: Versioned) -> bool:
        """Others may keep secrets of another kind beside ours; everything in a file is of our own making."""
        return found.raw is not None and (not self.backend.shared or {"owner", "api_url"} <= found.raw.keys())


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
