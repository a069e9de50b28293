# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers take turns in a store that they share, whatever their own clocks say and whatever becomes of calls."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import KeptOrNot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.aws_secretsmanager import SecretsManager
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned, Written
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault import HashiVault
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import RemoteBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.table import Table
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer
from ansible_collections.ellipsis.drive.tests.unit.plugin_utils.stores.times import LATE, Time

SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")
OTHER = replace(SLOT, description="rivers")
ENTRY = Entry(SLOT, id="1", token="test-secret")


@pytest.fixture(name="time")
def fixture_time() -> Time:
    return Time()


@pytest.fixture(name="server")
def fixture_server(time: Time) -> MemoryServer:
    return MemoryServer(lambda: time.now)


@pytest.fixture(name="make")
def fixture_make(server: MemoryServer, time: Time) -> Callable[[], Store]:
    def make() -> Store:
        return Store(MemoryBackend(server, time.sleep), sleep=time.sleep, monotonic=lambda: time.now - LATE)

    return make


def test_a_failure_names_the_store_once(server: MemoryServer, time: Time) -> None:
    """However many parts of a store it passes on its way."""
    table = Table(MemoryBackend(server, time.sleep))
    said = f"The store {table.backend.address} is full."
    with pytest.raises(StoreError) as caught, table.sentences(), table.sentences():
        raise StoreError("is full.")
    assert str(caught.value) == str(table.said(caught.value)) == said


class Contested(MemoryBackend):
    """Somebody else is always quicker."""

    tries = 0

    def write(self, changes: Mapping[str, Versioned]) -> dict[str, Written]:
        self.tries += 1
        return {name: Conflict() for name in changes}


def test_a_change_is_tried_fifty_times(server: MemoryServer, time: Time) -> None:
    """The message names the first of those that could not be changed."""
    backend = Contested(server, time.sleep)
    changes = [(SLOT, lambda _entry: ENTRY), (OTHER, lambda _entry: replace(ENTRY, slot=OTHER))]
    with pytest.raises(StoreError, match=r"^The store .* has 'roads' changed by others all the time; run again\.$"):
        Table(backend).change(changes, lambda *_written: None)
    assert backend.tries == 50
    assert server.calls == ["read", "read"] * 50


def test_who_comes_second_waits_and_reads_again(make: Callable[[], Store], time: Time) -> None:
    first, second = make(), make()
    assert second.read(SLOT) is None
    assert first.claim([SLOT])
    first.begin({SLOT: "aaaaa"})
    time.events = [lambda: None, lambda: first.keep([ENTRY]), first.release]
    assert second.claim([SLOT])
    assert time.now == LATE + 1.5
    assert second.read(SLOT) == replace(ENTRY, claim=second.read(SLOT).claim)  # type: ignore[union-attr]  # it is there
    second.release()
    assert make().read(SLOT) == ENTRY


def test_a_claim_ends_by_the_clock_of_the_server(make: Callable[[], Store], time: Time) -> None:
    dead, second = make(), make()
    dead.claim([SLOT, OTHER])
    dead.begin({SLOT: "aaaaa"})
    second.claim([OTHER, SLOT])
    # Two minutes, and a second for each entry.
    assert time.now - LATE == 122
    entry = second.read(SLOT)
    assert entry
    assert entry.pending == ("aaaaa",)
    acts: list[Callable[[], None]] = [lambda: dead.begin({SLOT: "bbbbb"}), lambda: dead.keep([ENTRY])]
    for act in acts:
        with pytest.raises(StoreError, match="in the hands of another controller by now, since this one took too long"):
            act()
    assert set(dead.keep_each([ENTRY, replace(ENTRY, slot=OTHER)])) == {SLOT, OTHER}
    dead.release()
    assert second.read(SLOT) == entry


def test_nobody_waits_for_ever(make: Callable[[], Store], time: Time) -> None:
    first, second = make(), make()
    first.claim([SLOT])
    time.events = [lambda: first.begin({SLOT: "aaaaa"})] * 10_000
    said = (
        rf"^The store memory:// has 'roads' in the hands of another controller \({re.escape(socket.gethostname())} pid "
        rf"{os.getpid()} [0-9a-f]{{8}}, until 2027-01-15T08:06:05Z\) after 300 s of waiting. Let it finish, or raise "
        r"lock_timeout\.$"
    )
    with pytest.raises(StoreError, match=said):
        second.claim([OTHER, SLOT])
    assert time.now - LATE == 300
    assert make().find("rivers") is None


def test_what_was_only_claimed_leaves_nothing(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    store.claim([SLOT])
    store.claim([OTHER])
    store.release()
    assert make().entries() == {}
    assert {text for text, _version in server.texts.values()} == {"null"}


def test_what_others_add_is_kept(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    store.claim([SLOT])
    text, version = server.texts["roads"]
    server.texts["roads"] = json.dumps({**json.loads(text), "note": ["mine"]}), version + 1
    server.texts["of somebody else"] = json.dumps({"password": "x"}), 1
    server.texts["of nobody"] = json.dumps({"owner": "default", "api_url": SLOT.api_url}), 1
    store.keep([ENTRY])
    store.release()
    assert json.loads(server.texts["roads"][0])["note"] == ["mine"]
    nobody = replace(SLOT, description="of nobody")
    assert make().entries() == {"roads": ENTRY, "of nobody": Entry(nobody)}
    assert server.texts["of somebody else"] == (json.dumps({"password": "x"}), 1)


def test_an_unchanged_token_costs_one_call(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    for _question in ("held", "secret", "superseded"):
        store.read(SLOT)
    store.release()
    assert server.calls == ["read"]


def test_a_creation_costs_one_read_and_three_writes(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    store.read(SLOT)
    store.claim([SLOT], {SLOT: "aaaaa"})
    assert store.reserved(SLOT) == "aaaaa"
    store.begin({SLOT: store.take_reserved(SLOT) or ""})
    assert json.loads(server.texts["roads"][0])["pending"] == ["aaaaa"]
    store.keep([ENTRY])
    store.release()
    assert server.calls == ["read", "write", "write", "write"]
    assert make().entries() == {"roads": ENTRY}


# A minute has to be left of 121 seconds.
@pytest.mark.parametrize(("seconds", "writes"), [(30, 0), (61, 0), (61.5, 1), (90, 1)])
def test_a_claim_that_ends_soon_is_written_again_before_a_creation(
    make: Callable[[], Store], server: MemoryServer, time: Time, seconds: float, writes: int
) -> None:
    store = make()
    store.claim([SLOT], {SLOT: "aaaaa"})
    time.now += seconds
    server.calls.clear()
    store.begin({SLOT: "aaaaa"})
    assert server.calls == ["write"] * writes


def test_a_nonce_that_came_to_no_creation_goes_with_the_claim(make: Callable[[], Store], time: Time) -> None:
    first, second = make(), make()
    first.claim([SLOT], {SLOT: "aaaaa"})
    first.claim([OTHER], {SLOT: "bbbbb", OTHER: "ccccc"})
    assert (first.reserved(SLOT), first.reserved(OTHER)) == ("aaaaa", "ccccc")
    first.release()
    assert make().entries() == {}
    first.claim([OTHER])
    time.events = [lambda: None, first.release]
    second.claim([SLOT, OTHER], {SLOT: "ddddd"})
    entry = make().read(SLOT)
    assert entry and entry.pending == ("ddddd",)


@pytest.mark.parametrize(
    ("down", "kept"),
    [
        (["before"], True),
        (["after"], True),
        (["after", "before", "", ""], True),
        (["before", "before", "", "after"], True),
        (["after"] + ["before"] * 20, None),
        (["before"] * 20, None),
    ],
    ids=str,
)
def test_calls_that_fail(make: Callable[[], Store], server: MemoryServer, down: list[str], kept: bool | None) -> None:
    """None: whether it was kept can't be told."""
    store = make()
    store.claim([SLOT])
    server.down = list(down)
    failures = store.keep_each([ENTRY])
    server.down = []
    assert [isinstance(error, KeptOrNot) for error in failures.values()] == ([] if kept else [True])
    held = make().read(SLOT)
    assert held
    assert (held.token == ENTRY.token) is (kept or down[0] == "after")


@pytest.mark.parametrize("call", [lambda store: store.entries(), lambda store: store.keep_each([ENTRY])])
def test_a_server_that_stays_away_is_given_some_seconds(
    make: Callable[[], Store], server: MemoryServer, time: Time, call: Callable[[Store], object]
) -> None:
    store = make()
    store.read(SLOT)
    store.read(OTHER)
    store.claim([SLOT])
    start, server.down = time.now, ["before"] * 20
    with contextlib.suppress(StoreError):
        call(store)
    assert (time.now - start, server.down) == (7.5, ["before"] * 15)


@pytest.mark.parametrize("begun", [False, True])
def test_nothing_is_reserved_after_the_turn(make: Callable[[], Store], begun: bool) -> None:
    store = make()
    store.claim([SLOT], {SLOT: "aaaaa"})
    if begun:
        store.begin({SLOT: store.take_reserved(SLOT) or ""})
    assert store.reserved(SLOT) == (None if begun else "aaaaa")
    store.release()
    assert store.reserved(SLOT) is None
    entry = make().read(SLOT)
    assert (entry.pending if entry else ()) == (("aaaaa",) if begun else ())


@pytest.mark.parametrize("kind", [MemoryBackend, HashiVault, SecretsManager])
@given(st.text(min_size=1, max_size=50), st.text(min_size=1, max_size=50))
@example("..", ".")
@example("a/b", "a%2Fb")
@example("=2F", "/")
def test_every_description_has_a_key_of_its_own(kind: type[RemoteBackend], one: str, two: str) -> None:
    backend = kind.__new__(kind)
    names = [name.encode(errors="ignore").decode() for name in (one, two)]
    keys = [backend.key_of(name) for name in names]
    assert [backend.name_of(key) for key in keys] == names
    assert (keys[0] == keys[1]) is (names[0] == names[1])
    assert not any("/" in key or key.startswith(".") or key != key.strip("\n") for key in keys)


def test_what_is_known_of_a_claimed_entry_is_not_read_again(make: Callable[[], Store], server: MemoryServer) -> None:
    """Unless it holds none of the revoked tokens: then the claim may be over, and somebody else has written."""
    make().keep([ENTRY])
    store = make()
    store.claim([SLOT])
    server.calls.clear()
    store.revoked({"2"})
    assert server.calls == ["read"]
    server.calls.clear()
    store.revoked({"1"})
    assert server.calls == ["write"]
    store.release()
    assert make().read(SLOT) is None


def test_all_are_told_when_nothing_could_be_read(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    server.down = ["before"] * 100
    failures = store.keep_each([ENTRY, replace(ENTRY, slot=OTHER)])
    assert failures.keys() == {SLOT, OTHER}
    assert all(str(error).startswith("The store memory:// ") for error in failures.values())


def test_what_may_have_been_written_is_read_again(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    assert store.read(SLOT) is None
    server.down = ["after"] + ["before"] * 100
    assert store.keep_each([ENTRY]).keys() == {SLOT}
    server.down = []
    assert store.read(SLOT) == ENTRY


def test_names_that_are_not_written_like_this_are_those_of_others(server: MemoryServer, time: Time) -> None:
    for key in ("a=2Fb", "a=2fb", "=41", "plain"):
        server.texts[key] = '{"owner": "default"}', 1
    assert sorted(MemoryBackend(server, time.sleep).names()) == ["a/b", "plain"]


def test_one_that_is_refused_keeps_no_other_from_being_kept(make: Callable[[], Store]) -> None:
    theirs = replace(OTHER, owner="team")
    make().keep([Entry(theirs, id="2", token="test-secret")])
    store = make()
    failures = store.keep_each([ENTRY, replace(ENTRY, slot=OTHER)])
    assert failures.keys() == {OTHER} and "of owner 'team'" in str(failures[OTHER])
    assert store.read(SLOT) == ENTRY
