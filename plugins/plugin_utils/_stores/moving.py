# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moves entries from one store to another: written to the target, compared, and only then removed from the source."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store


@dataclass(frozen=True)
class Moved:
    """Descriptions: written to the target, there already, and removed from the source."""

    copied: tuple[str, ...]
    same: tuple[str, ...]
    removed: tuple[str, ...]


def move(source: Store, target: Store, names: t.Collection[str], *, remove: bool, apply: bool) -> Moved:
    """names: which entries; none is all of them. At every moment each secret is in one of the stores at least."""
    for store in (source, target):
        store.check()
    try:
        if apply:
            slots = [entry.slot for entry in _wanted(source, names).values()]
            for store in (source, target):
                store.claim(slots)
        wanted = _wanted(source, names)
        there = {name: _bare(entry) for name, entry in target.entries().items()}
        _refuse_others(target, wanted, there)
        copied = tuple(sorted(name for name, entry in wanted.items() if there.get(name) != entry))
        same = tuple(sorted(set(wanted) - set(copied)))
        removed = tuple(sorted(wanted)) if remove else ()
        if copied:
            target.rehearse(copied)
        if removed:
            source.rehearse(removed)
        if apply:
            target.keep([wanted[name] for name in copied])
            _compare(source, target, wanted)
            source.forget([wanted[name].slot for name in removed])
        return Moved(copied, same, removed)
    finally:
        for store in (source, target):
            store.release()


def _wanted(source: Store, names: t.Collection[str]) -> dict[str, Entry]:
    entries = {name: _bare(entry) for name, entry in source.entries().items() if entry.id or entry.pending}
    unknown = sorted(set(names) - set(entries))
    if unknown:
        raise StoreError(f"The store {source.address} has no {', '.join(map(repr, unknown))}.")
    return {name: entry for name, entry in entries.items() if not names or name in names}


def _bare(entry: Entry) -> Entry:
    """The entry without its claim."""
    return replace(entry, claim=None)


def _refuse_others(target: Store, wanted: t.Mapping[str, Entry], there: t.Mapping[str, Entry]) -> None:
    other = sorted(
        name for name, entry in wanted.items() if name in there and there[name].id and there[name].id != entry.id
    )
    if other:
        raise StoreError(
            f"The store {target.address} has another token as {', '.join(map(repr, other))}: remove it there, or leave it out."
        )


def _compare(source: Store, target: Store, wanted: t.Mapping[str, Entry]) -> None:
    """Raises StoreError if an entry of either store was changed meanwhile, so that no changed secret is removed (law 26)."""
    for store in (source, target):
        now = store.entries()
        different = sorted(name for name, entry in wanted.items() if name not in now or _bare(now[name]) != entry)
        if different:
            raise StoreError(
                f"The store {store.address} changed {', '.join(map(repr, different))} meanwhile; nothing was removed, run again."
            )
