# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What backends on a server have in common: the server's time, names of entries, and writes whose answers are lost."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, BrokenBarrierError

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.aws_secretsmanager import SecretsManager
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault import HashiVault
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import (
    RemoteBackend,
    ServerClock,
    Unavailable,
    Unsettled,
)
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer

MINE, THEIRS = '{"id": "mine"}', '{"id": "theirs"}'


@pytest.mark.parametrize(
    ("dates", "now"),
    [
        ([], None),
        ([None], None),
        (["yesterday"], None),
        (["Fri, 15 Jan 2027 08:00:00 GMT"], 1_800_000_007.0),
        (["Fri, 15 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 2027 08:00:10 GMT"], 1_800_000_017.0),
        (["Fri, 15 Jan 2027 08:00:00 GMT", None, "yesterday"], 1_800_000_007.0),
    ],
    ids=["no answer", "no date", "no such date", "a date", "a later date", "no date any more"],
)
def test_the_time_is_that_of_the_last_date_and_goes_on(dates: list[str | None], now: float | None) -> None:
    monotonic = [1000.0]
    clock = ServerClock(lambda: monotonic[0])
    for date in dates:
        clock.note(date)
    monotonic[0] += 7
    assert clock.now() == now


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        (SecretsManager, "roads", "roads"),
        (SecretsManager, ".roads.old", "=2Eroads.old"),
        (SecretsManager, "..", "=2E."),
        (SecretsManager, "a/b", "a=2Fb"),
        (SecretsManager, "a=2Fb", "a=3D2Fb"),
        (SecretsManager, "é😀%41", "=C3=A9=F0=9F=98=80=2541"),
        (HashiVault, "a/b", "a%2Fb"),
        (HashiVault, "a%2Fb", "a%252Fb"),
        (HashiVault, "é=41", "é%3D41"),
        (HashiVault, ".roads.old", "%2Eroads.old"),
    ],
)
def test_keys_of_descriptions(kind: type[RemoteBackend], name: str, key: str) -> None:
    """An entry that was once written has to be found by all later releases."""
    backend = kind.__new__(kind)
    assert (backend.key_of(name), backend.name_of(key)) == (key, name)


@pytest.mark.parametrize("key", ["a=2fb", "a=2", "a=", "=zz=41", "=41", "=C3x", "=FF", "%41=41"])
def test_a_key_that_no_description_has_is_somebody_elses(key: str) -> None:
    server = MemoryServer(lambda: 0.0, {key: (THEIRS, 1), "a=2Fb": (MINE, 1)})
    assert MemoryBackend(server).names() == ["a/b"]


def others_write(server: MemoryServer, version: int) -> Callable[[], None]:
    def write() -> None:
        server.texts["roads"] = THEIRS, version

    return write


@pytest.mark.parametrize(
    ("down", "meanwhile", "answer", "calls"),
    [
        pytest.param([], None, 6, ["write"], id="nothing is lost"),
        pytest.param(["before"], None, 6, ["write", "read", "write"], id="not written"),
        pytest.param(["after"], None, 6, ["write", "read"], id="written"),
        pytest.param(["before", "before"], None, 6, ["write", "read", "read", "write"], id="not written, twice"),
        pytest.param(["before", "", "after"], None, 6, ["write", "read", "write", "read"], id="written at last"),
        pytest.param(["before"], 6, Conflict, ["write", "read"], id="somebody else wrote"),
        # A server may number an entry anew that was removed with all of its versions.
        pytest.param(["before"], 4, Conflict, ["write", "read"], id="somebody else wrote a lower version"),
        pytest.param(["after"], 7, Conflict, ["write", "read"], id="written, and then by somebody else"),
    ],
)
@pytest.mark.parametrize("removed", [False, True], ids=["kept", "removed"])
def test_what_became_of_a_write_is_asked_before_it_is_sent_again(
    down: list[str], meanwhile: int | None, answer: int | type[Conflict], calls: list[str], removed: bool
) -> None:
    server = MemoryServer(lambda: 0.0, {"roads": (THEIRS, 5)}, list(down))
    events = [others_write(server, meanwhile)] if meanwhile else []
    backend = MemoryBackend(server, lambda _seconds: events and events.pop()())
    raw = None if removed else {"id": "mine"}
    [(name, written)] = backend.write({"roads": Versioned(raw, 5)}).items()
    assert (name, server.calls) == ("roads", calls)
    if isinstance(answer, int):
        assert written == Versioned(raw, answer)
        assert server.texts["roads"] == ("null" if removed else MINE, answer)
    else:
        assert isinstance(written, answer)
        assert server.texts["roads"] == (THEIRS, meanwhile)


def test_one_that_was_changed_before_is_not_asked_about() -> None:
    server = MemoryServer(lambda: 0.0, {"roads": (THEIRS, 6)})
    [written] = MemoryBackend(server).write({"roads": Versioned({"id": "mine"}, 5)}).values()
    assert isinstance(written, Conflict)
    assert (server.calls, server.texts["roads"]) == (["write"], (THEIRS, 6))


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_server_that_stays_away_tells_nobody_what_became_of_a_write(lost: str) -> None:
    server = MemoryServer(lambda: 0.0, {"roads": (THEIRS, 5)}, [lost, *["before"] * 20])
    pauses: list[float] = []
    [written] = MemoryBackend(server, pauses.append).write({"roads": Versioned({"id": "mine"}, 5)}).values()
    assert isinstance(written, Unsettled)
    assert str(written) == "is down, so whether it was written is not known; the next run settles it."
    assert server.calls == ["write", "read", "read", "read", "read"]
    assert sum(pauses) == 7.5


@pytest.mark.parametrize("times", [0, 1, 4, 5])
def test_a_read_is_tried_five_times(times: int) -> None:
    server = MemoryServer(lambda: 0.0, {"roads": (MINE, 1)}, ["before"] * times)
    pauses: list[float] = []
    backend = MemoryBackend(server, pauses.append)
    if times < 5:
        assert backend.read(["roads"]) == {"roads": Versioned({"id": "mine"}, 1)}
    else:
        with pytest.raises(Unavailable):
            backend.read(["roads"])
    assert pauses == [0.5, 1.0, 2.0, 4.0][:times]
    assert len(server.calls) == min(times + 1, 5)


def test_what_trying_again_cannot_mend_is_tried_once() -> None:
    class Forbidden(MemoryBackend):
        def get(self, key: str) -> Versioned:
            super().get(key)
            raise StoreError("is forbidden.")

    server = MemoryServer(lambda: 0.0)
    with pytest.raises(StoreError, match=r"^is forbidden\.$"):
        Forbidden(server).read(["roads", "rivers"])
    assert server.calls == ["read", "read"]


class Meeting(MemoryBackend):
    """So many reads want to meet, and wait so long for it, before any of them goes on."""

    def __init__(self, number: int, seconds: float) -> None:
        super().__init__(MemoryServer(lambda: 0.0))
        self._meeting, self._seconds, self.met = Barrier(number), seconds, False

    def get(self, key: str) -> Versioned:
        try:
            self._meeting.wait(self._seconds)
            self.met = True
        except BrokenBarrierError:
            pass
        return super().get(key)


@pytest.mark.parametrize(("number", "seconds", "meet"), [(8, 10, True), (9, 0.05, False)])
def test_no_more_than_eight_entries_are_read_at_a_time(number: int, seconds: float, meet: bool) -> None:
    backend = Meeting(number, seconds)
    assert len(backend.read([f"slot {each}" for each in range(number)])) == number
    assert backend.met is meet
