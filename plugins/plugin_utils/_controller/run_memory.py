# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of a run declared and replaced (law 12), in one file for each account that all processes share."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.ellipsis.drive.plugins.module_utils._account.run_memory import Made
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import spec_of
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import format_duration
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_file import RunFile

Entry = dict[str, t.Any]


@dataclass(frozen=True)
class Declarer:
    """Who declares: in words, and what tells tasks apart (a task has the same one on all hosts and for all items)."""

    name: str
    task: str | None = None


class FileMemory:
    """Implements RunMemory. Check mode has a file of its own, since what it declares is not done."""

    def __init__(self, connection: Connection, declarer: Declarer, *, apply: bool) -> None:
        credential = connection.username or connection.api_token
        mode = "run" if apply else "check"
        self._file = RunFile("slots", mode, connection.api_url, connection.organization_id, credential)
        self._declarer = declarer
        self._noted: set[Slot] = set()

    def declare(self, wanted: t.Sequence[Desired]) -> None:
        """Note what nobody has declared yet. Those who agree only read."""
        if self._new(wanted, self._file.read() or {}):
            with self._file.locked():
                entries = self._file.read() or {}
                new = self._new(wanted, entries)
                self._file.write({**entries, **{_key(slot): entry for slot, entry in new.items()}})
            self._noted.update(
                slot for slot, entry in new.items() if entries.get(_key(slot), {}).get("wants") != entry["wants"]
            )

    def withdraw(self, slots: t.Collection[Slot]) -> None:
        """Forget what was noted for these by this task."""
        gone = {_key(slot) for slot in self._noted.intersection(slots)}
        if gone:
            with self._file.locked():
                entries = self._file.read() or {}
                self._file.write({key: entry for key, entry in entries.items() if key not in gone})

    def made(self, slot: Slot) -> Made | None:
        """What this run made for a slot."""
        made = (self._file.read() or {}).get(_key(slot), {}).get("made")
        return Made(**made) if made else None

    def remember(self, new: t.Iterable[NewToken]) -> None:
        """This run has made these."""
        with self._file.locked():
            entries = self._file.read() or {}
            for each in new:
                entries.setdefault(_key(each.slot), {})["made"] = {"id": each.generation.id, "secret": each.secret}
            self._file.write(entries)

    def _new(self, wanted: t.Sequence[Desired], entries: t.Mapping[str, Entry]) -> dict[Slot, Entry]:
        """What is to be noted; Refused where it goes against what another one has declared."""
        found: dict[Slot, Entry] = {}
        for slot, entry in self._declared(wanted):
            known = found.get(slot) or entries.get(_key(slot), {})
            same_task = entry["task"] is not None and known.get("task") == entry["task"]
            if known.get("wants") == entry["wants"]:
                if entry["task"] and not same_task:
                    # What the other hosts of this task want is compared with this one.
                    found[slot] = {**known, **entry}
                continue
            both_there = "wants" in known and "absent" not in (known["wants"]["state"], entry["wants"]["state"])
            if both_there or same_task:
                raise Refused(_sentence(slot, known, entry))
            # A later task may revoke what an earlier one made, and make another one.
            found[slot] = entry
        return found

    def _declared(self, wanted: t.Iterable[Desired]) -> t.Iterator[tuple[Slot, Entry]]:
        """What is wanted for each slot, and for those that it replaces."""
        for desired in wanted:
            yield desired.slot, self._entry(desired)
            for slot in desired.replaced_slots:
                yield slot, {"wants": {"state": "replaced"}, "by": self._declarer.name, "task": self._declarer.task}

    def _entry(self, desired: Desired) -> Entry:
        wants: Entry = {"state": "present" if desired.present else "absent"}
        if desired.present:
            known = all(grant.path_id for grant in desired.access_list)
            wants["access_list"] = spec_of(desired.access_list, "all") if known else repr(desired.access_list)
            wants.update(scope=desired.scope, valid_for=format_duration(desired.lifetime))
        return {"wants": wants, "by": self._declarer.name, "task": self._declarer.task}


def _key(slot: Slot) -> str:
    return f"{slot.owner} {'of this run ' if slot.run_only else ''}{slot.description}"


def _sentence(slot: Slot, known: Entry, entry: Entry) -> str:
    there, here = known["wants"], entry["wants"]
    differences = [
        option if option == "access_list" else f"{option} ({there[option]} there, {here[option]} here)"
        for option in here
        if option in there and there[option] != here[option]
    ]
    return (
        f"{slot.description!r} (owner {slot.owner}) is declared twice in this run, by {known['by']} and by {entry['by']}, and they "
        f"differ in {' and '.join(differences)}; they would replace each other's tokens. Make them agree, or give one of them "
        "another description or owner."
    )
