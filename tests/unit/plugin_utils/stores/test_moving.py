# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving entries between stores never leaves a secret in neither place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Versioned, Written
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Claim, Entry, StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.moving import Moved, move
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer

ROADS = Entry(
    StoredSlot("roads", "default", "https://api.example.com/v3"),
    id="1",
    token="test-roads",
    pending=("aaaaa",),
    replaced=("0",),
)
RIVERS = replace(ROADS, slot=replace(ROADS.slot, description="rivers"), id="2", token="test-rivers")
ENTRIES = {"roads": ROADS, "rivers": RIVERS}
Make = Callable[[], Store]


@pytest.fixture(name="server")
def fixture_server() -> MemoryServer:
    return MemoryServer(lambda: 1_800_000_000.0)


@pytest.fixture(name="shared")
def fixture_shared(server: MemoryServer) -> Make:
    return lambda: Store(MemoryBackend(server), lock_timeout=0, sleep=lambda _seconds: None)


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path) -> Make:
    return lambda: Store(FileBackend(tmp_path / "tokens.yml", VaultLib(), plaintext=True, warn=pytest.fail))


def test_there_and_back(file: Make, shared: Make) -> None:
    file().keep(ENTRIES.values())
    everything = ("rivers", "roads")
    assert move(file(), shared(), (), remove=True, apply=False) == Moved(everything, (), everything)
    assert (file().entries(), shared().entries()) == (ENTRIES, {})
    assert move(file(), shared(), ["roads"], remove=False, apply=True) == Moved(("roads",), (), ())
    assert (file().entries(), shared().entries()) == (ENTRIES, {"roads": ROADS})
    assert move(file(), shared(), (), remove=True, apply=True) == Moved(("rivers",), ("roads",), everything)
    assert (file().entries(), shared().entries()) == ({}, ENTRIES)
    assert move(shared(), file(), (), remove=True, apply=True) == Moved(everything, (), everything)
    assert (file().entries(), shared().entries()) == (ENTRIES, {})


@pytest.mark.parametrize("call", range(14))
@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("back", [False, True])
def test_a_server_that_goes_away(
    file: Make, shared: Make, server: MemoryServer, call: int, fault: str, back: bool
) -> None:
    source, target = (shared, file) if back else (file, shared)
    source().keep(ENTRIES.values())
    server.down = [""] * call + [fault] * 60
    with contextlib.suppress(StoreError):
        move(source(), target(), (), remove=True, apply=True)
    server.down = []
    kept = [{name: replace(entry, claim=None) for name, entry in each().entries().items()} for each in (source, target)]
    for name, entry in ENTRIES.items():
        assert entry in (kept[0].get(name), kept[1].get(name))


@pytest.mark.parametrize(
    ("there", "names", "said"),
    [
        *(
            (
                [replace(ROADS, id=token_id)],
                (),
                r"^The store memory:// has another token as 'roads': remove it there, or leave it out\.$",
            )
            for token_id in ("0", "3")
        ),
        ([], ("roads", "lakes"), r"tokens\.yml has no 'lakes'\.$"),
        ([], ("lakes", "canals"), r"tokens\.yml has no 'canals', 'lakes'\.$"),
    ],
)
def test_what_is_refused(file: Make, shared: Make, there: list[Entry], names: tuple[str, ...], said: str) -> None:
    file().keep(ENTRIES.values())
    shared().keep(there)
    with pytest.raises(StoreError, match=said):
        move(file(), shared(), names, remove=True, apply=True)
    assert file().entries() == ENTRIES
    assert shared().entries() == {entry.slot.description: entry for entry in there}


class NoRights(MemoryBackend):
    """What the server says when it is asked for the rights of a login that may only read."""

    def rehearse(self, names: Collection[str]) -> None:
        raise StoreError(f"may not write {', '.join(sorted(names))}")


@pytest.mark.parametrize("apply", [False, True])
def test_what_cannot_be_written_is_refused_first(file: Make, server: MemoryServer, apply: bool) -> None:
    """A plan says so, too; it needs no right to write what is there already."""
    file().keep(ENTRIES.values())

    def readable() -> Store:
        return Store(NoRights(server), lock_timeout=0, sleep=lambda _seconds: None)

    with pytest.raises(StoreError, match="may not write rivers, roads"):
        move(file(), readable(), (), remove=True, apply=apply)
    assert (file().entries(), bare(readable())) == (ENTRIES, {})
    Store(MemoryBackend(server)).keep(ENTRIES.values())
    assert move(file(), readable(), (), remove=False, apply=False).same == ("rivers", "roads")
    with pytest.raises(StoreError, match="may not write rivers, roads"):
        move(readable(), file(), (), remove=True, apply=apply)
    assert (file().entries(), bare(readable())) == (ENTRIES, ENTRIES)


def test_a_creation_that_was_begun_is_moved_and_a_claim_is_not(file: Make, shared: Make) -> None:
    begun = Entry(replace(ROADS.slot, description="begun"), pending=("aaaaa",))
    claimed = Entry(replace(ROADS.slot, description="claimed"), claim=Claim("somebody", ""))
    file().keep([begun, claimed])
    assert move(file(), shared(), (), remove=True, apply=True) == Moved(("begun",), (), ("begun",))
    assert (file().entries(), shared().entries()) == ({"claimed": claimed}, {"begun": begun})


@pytest.mark.parametrize("back", [False, True])
def test_an_entry_in_the_hands_of_another_controller_is_not_moved(file: Make, shared: Make, back: bool) -> None:
    source, target = (shared, file) if back else (file, shared)
    source().keep(ENTRIES.values())
    shared().claim([ROADS.slot])
    with pytest.raises(StoreError, match=r"^The store memory:// has 'roads' in the hands of another controller"):
        move(source(), target(), (), remove=True, apply=True)
    assert bare(source()) == ENTRIES
    assert not any(entry.id for entry in target().entries().values())


class Sealed(MemoryBackend):
    """A server that can be read, and says that it can't be written."""

    def check(self) -> None:
        raise StoreError("is sealed.")


@pytest.mark.parametrize("back", [False, True])
def test_what_looking_tells_is_told_even_when_nothing_is_to_be_written(
    file: Make, shared: Make, server: MemoryServer, back: bool
) -> None:
    for make in (file, shared):
        make().keep(ENTRIES.values())
    source, target = (Store(Sealed(server)), file()) if back else (file(), Store(Sealed(server)))
    with pytest.raises(StoreError, match=r"^The store memory:// is sealed\."):
        move(source, target, (), remove=False, apply=False)


class Met(FileBackend):
    """A file that another run comes to as soon as something was written to it."""

    meet: Callable[[], object]

    def write(self, changes: Mapping[str, Versioned]) -> dict[str, Written]:
        written = super().write(changes)
        self.meet()
        return written


OTHER = replace(ROADS, id="3", token="test-other")


@pytest.mark.parametrize("where", ["from.yml", "to.yml"])
@pytest.mark.parametrize(
    "meet",
    [
        lambda store: store.keep([OTHER]),
        lambda store: store.begin({ROADS.slot: "bbbbb"}),
        lambda store: store.forget([ROADS.slot]),
    ],
    ids=["another token", "another creation", "no token"],
)
def test_what_was_changed_meanwhile_is_not_removed(tmp_path: Path, where: str, meet: Callable[[Store], object]) -> None:
    """In neither store: what is there now is what the other run has left."""

    def store(name: str) -> Store:
        return Store(FileBackend(tmp_path / name, VaultLib(), plaintext=True, warn=pytest.fail))

    store("from.yml").keep(ENTRIES.values())
    target = Met(tmp_path / "to.yml", VaultLib(), plaintext=True, warn=pytest.fail)
    target.meet = lambda: meet(store(where))
    said = rf"^The store {tmp_path / where} changed 'roads' meanwhile; nothing was removed, run again\.$"
    with pytest.raises(StoreError, match=said):
        move(store("from.yml"), Store(target), (), remove=True, apply=True)
    for name in ("from.yml", "to.yml"):
        there = store(name).entries()
        assert there["rivers"] == RIVERS
        assert (there.get("roads") == ROADS) is (name != where)


def bare(store: Store) -> dict[str, Entry]:
    """What is in it, without what only counts for the moment."""
    return {
        name: replace(entry, claim=None)
        for name, entry in store.entries().items()
        if entry != replace(entry, id="", token="")
    }
