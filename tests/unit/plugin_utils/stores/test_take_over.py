# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs with one file: what either does between any two steps of the other, and whose entry a revocation changes."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Claim, Entry, StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer

SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")
ENTRY = Entry(SLOT, id="1", token="test-roads")
THEIRS = replace(ENTRY, id="2", token="test-theirs")
OTHER = replace(ENTRY, slot=replace(SLOT, description="rivers"), id="3", token="test-rivers")
BEGUN = Entry(SLOT, pending=("aaaaa",))
CHANGED = r"^The store .+ has 'roads' changed by another run meanwhile; run again\.$"
Make = Callable[[], Store]
Act = Callable[[Store], object]


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path) -> Make:
    return lambda: Store(FileBackend(tmp_path / "tokens.yml", VaultLib(), plaintext=True, warn=pytest.fail))


@pytest.fixture(name="shared")
def fixture_shared() -> Make:
    server = MemoryServer(lambda: 1_800_000_000.0)
    return lambda: Store(MemoryBackend(server), lock_timeout=0, sleep=lambda _seconds: None)


def take_over(store: Store) -> None:
    store.read(SLOT)
    store.take_over([SLOT])


def begin(store: Store) -> None:
    take_over(store)
    store.begin({SLOT: "bbbbb"})


def keep(store: Store) -> None:
    begin(store)
    store.keep([THEIRS])


def forget(store: Store) -> None:
    take_over(store)
    store.forget([SLOT])


@pytest.mark.parametrize(
    ("there", "theirs", "may_begin"),
    [
        (None, None, True),
        (BEGUN, None, True),
        (ENTRY, None, True),
        # Nothing was begun yet that could be given up.
        (None, take_over, True),
        (ENTRY, take_over, True),
        (BEGUN, take_over, False),
        (None, begin, False),
        (ENTRY, begin, False),
        (BEGUN, begin, False),
        # Who is through has a token that is in the list.
        (None, keep, True),
        (ENTRY, keep, True),
        (BEGUN, keep, True),
        (ENTRY, forget, True),
    ],
)
def test_a_creation_begins_where_no_other_is_under_way(
    file: Make, there: Entry | None, theirs: Act | None, may_begin: bool
) -> None:
    file().keep([there] if there else [])
    mine = file()
    take_over(mine)
    if theirs:
        theirs(file())
    if may_begin:
        mine.begin({SLOT: "ccccc"})
        entry = file().read(SLOT)
        assert entry and "ccccc" in entry.pending
        return
    with pytest.raises(StoreError, match=CHANGED):
        mine.begin({SLOT: "ccccc"})


def keep_mine(store: Store) -> None:
    store.keep([ENTRY])


def forget_mine(store: Store) -> None:
    store.forget([SLOT])


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        *((keep_mine, act) for act in (take_over, begin, keep, forget)),
        *((forget_mine, act) for act in (take_over, begin, keep)),
    ],
)
def test_a_creation_that_another_run_has_given_up_changes_nothing(file: Make, mine: Act, theirs: Act) -> None:
    store = file()
    begin(store)
    theirs(file())
    # Another look does not make it ours.
    left = store.read(SLOT)
    with pytest.raises(StoreError, match=CHANGED):
        mine(store)
    assert file().read(SLOT) == left


def test_a_revocation_does_not_make_an_entry_ours(file: Make) -> None:
    """It is written whoever has changed the entry."""
    store = file()
    begin(store)
    file().keep([replace(THEIRS, previous=ENTRY)])
    store.revoked({"1"})
    assert file().read(SLOT) == THEIRS
    with pytest.raises(StoreError, match=CHANGED):
        store.keep([ENTRY])
    assert file().read(SLOT) == THEIRS


@pytest.mark.parametrize(
    ("there", "theirs", "again"),
    [
        (None, None, False),
        (ENTRY, None, False),
        (ENTRY, keep, True),
        (None, begin, True),
        (BEGUN, None, True),
        (replace(ENTRY, claim=Claim("somebody", "")), None, True),
    ],
)
def test_what_was_read_counts_as_long_as_it_is_so(
    file: Make, there: Entry | None, theirs: Act | None, again: bool
) -> None:
    """To take over a creation changes its entry, too."""
    file().keep([there] if there else [])
    mine = file()
    mine.read(SLOT)
    if theirs:
        theirs(file())
    assert mine.take_over([SLOT]) is again
    assert not mine.take_over([SLOT])


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("shared_by_many", [False, True], ids=["file", "server"])
def test_whose_entries_a_revocation_changes(file: Make, shared: Make, shared_by_many: bool, claimed: bool) -> None:
    """All of them; where controllers meet, those that are claimed, if any is."""
    make = shared if shared_by_many else file
    make().keep([ENTRY, OTHER])
    store = make()
    if claimed:
        _done = store.claim([SLOT]) or store.take_over([SLOT])
    store.revoked({"1", "3"})
    store.release()
    assert make().entries() == ({"rivers": OTHER} if shared_by_many and claimed else {})


@pytest.mark.parametrize("released", [True, False])
def test_what_was_let_go_may_be_changed_by_others(file: Make, *, released: bool) -> None:
    """A later task of this run, which is about another slot, plans again only for what it still has."""
    ours, theirs = file(), file()
    take_over(ours)
    if released:
        ours.release()
    keep(theirs)
    ours.read(SLOT)
    assert ours.take_over([OTHER.slot]) is not released


def test_nothing_is_given_up_where_no_creation_could_follow(file: Make) -> None:
    """On a disk that has room for the claim, and for no more."""
    theirs, ours = file(), file()
    begin(theirs)
    ours.read(SLOT)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(StoreError, match="File too large"):
            ours.take_over([SLOT])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    theirs.keep([THEIRS])
    assert file().read(SLOT) == THEIRS
