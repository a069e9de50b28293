# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose turn it is in a store: when a claim counts, what waits for it, and what is asked without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Claim, Entry, StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer
from ansible_collections.ellipsis.drive.tests.unit.plugin_utils.stores.times import Time

SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")
OTHER = replace(SLOT, description="rivers")
ENTRY = Entry(SLOT, id="1", token="test-secret")
IN_AN_HOUR = "2027-01-15T09:00:00Z"
# Before and after the name of any controller, in the order of letters.
NAMES = ("!", "~")


@pytest.fixture(name="time")
def fixture_time() -> Time:
    return Time()


@pytest.fixture(name="server")
def fixture_server(time: Time) -> MemoryServer:
    return MemoryServer(lambda: time.now)


@pytest.fixture(name="make")
def fixture_make(server: MemoryServer, time: Time) -> Callable[[], Store]:
    return lambda: Store(
        MemoryBackend(server, time.sleep), lock_timeout=0, sleep=time.sleep, monotonic=lambda: time.now
    )


def claimed(server: MemoryServer, by: str, until: str = IN_AN_HOUR) -> None:
    """Another controller has the entry now."""
    text, version = server.texts["roads"]
    server.texts["roads"] = json.dumps({**json.loads(text), "claim": {"by": by, "until": until}}), version + 1


@pytest.mark.parametrize(
    ("until", "ended"),
    [
        ("2027-01-15T08:00:01Z", False),
        ("2027-01-15T08:00:00Z", True),
        ("2027-01-15T07:59:59Z", True),
        ("2027-01-14T08:00:00Z", True),
        ("tomorrow", True),
        ("", True),
    ],
)
@pytest.mark.parametrize("by", NAMES)
def test_a_claim_counts_until_it_ends(
    make: Callable[[], Store], server: MemoryServer, by: str, until: str, ended: bool
) -> None:
    """One whose end can't be read does not count."""
    make().keep([ENTRY])
    claimed(server, by, until)
    store = make()
    if ended:
        assert store.claim([SLOT])
        return
    with pytest.raises(StoreError, match=r"in the hands of another controller \([!~], until 2027-01-15T08:00:01Z\)"):
        store.claim([SLOT])
    store.release()
    assert make().read(SLOT) == replace(ENTRY, claim=Claim(by, until))


@pytest.mark.parametrize("by", NAMES)
@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.begin({SLOT: "aaaaa"}),
        lambda store: store.keep([ENTRY]),
        lambda store: store.forget([SLOT]),
    ],
    ids=["begin", "keep", "forget"],
)
def test_who_has_lost_the_claim_changes_nothing(
    make: Callable[[], Store], server: MemoryServer, by: str, act: Callable[[Store], object]
) -> None:
    store = make()
    store.claim([SLOT])
    claimed(server, by)
    before = server.texts["roads"]
    with pytest.raises(StoreError, match="in the hands of another controller by now, since this one took too long"):
        act(store)
    store.release()
    assert server.texts["roads"] == before


@pytest.mark.parametrize("shared_by_many", [False, True], ids=["file", "server"])
def test_without_a_claim_an_entry_is_changed_at_once(
    make: Callable[[], Store], tmp_path: Path, shared_by_many: bool
) -> None:
    """As when entries are moved."""

    def store() -> Store:
        file = FileBackend(tmp_path / "tokens.yml", VaultLib(), plaintext=True, warn=pytest.fail)
        return make() if shared_by_many else Store(file)

    store().keep([ENTRY])
    assert store().read(SLOT) == ENTRY
    store().forget([SLOT, OTHER])
    assert store().entries() == {}


def test_what_is_claimed_is_not_claimed_again(make: Callable[[], Store], server: MemoryServer) -> None:
    store = make()
    assert not store.claim([])
    assert server.calls == []
    assert store.claim([SLOT, OTHER])
    server.calls.clear()
    assert not store.claim([OTHER])
    assert not store.claim([SLOT, OTHER])
    assert server.calls == []


def test_only_a_server_has_claims_and_only_a_file_take_overs(make: Callable[[], Store], tmp_path: Path) -> None:
    file = FileBackend(tmp_path / "tokens.yml", VaultLib(), plaintext=True, warn=pytest.fail)
    assert not Store(file).claim([SLOT])
    assert not make().take_over([SLOT])


def test_a_claim_that_was_seen_and_is_over_is_not_waited_for(make: Callable[[], Store], time: Time) -> None:
    first, second = make(), make()
    first.keep([ENTRY])
    first.claim([SLOT])
    second.read(SLOT)
    first.release()
    assert second.claim([SLOT])
    assert time.sleeps == []


class Timeless(MemoryBackend):
    """Its answers have no date."""

    def now(self) -> None:
        return None


def test_nobody_takes_turns_without_the_time(server: MemoryServer) -> None:
    said = r"^The store memory:// does not say what time it is, so controllers can't take turns there\.$"
    with pytest.raises(StoreError, match=said):
        Store(Timeless(server)).claim([SLOT])
    assert server.texts == {}


@pytest.mark.parametrize(("seconds", "looks"), [(0, 0), (1, 2), (1.2, 3)])
def test_how_long_another_controller_is_waited_for(
    make: Callable[[], Store], server: MemoryServer, time: Time, seconds: float, looks: int
) -> None:
    """It is looked at every half second, and once more when the time is over."""
    make().keep([ENTRY])
    claimed(server, "somebody")
    backend = MemoryBackend(server, time.sleep)
    store = Store(backend, lock_timeout=seconds, sleep=time.sleep, monotonic=lambda: time.now)
    with pytest.raises(StoreError, match=rf" after {seconds} s of waiting\. "):
        store.claim([SLOT])
    assert time.sleeps == [0.5] * looks
