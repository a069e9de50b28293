# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store remembers of replaced tokens, and what it answers the core."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.overlap import MOST_ALIVE
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Backend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.secret_store import StoredSecrets
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer

NOW = 1_800_000_000
SLOT, OTHER, LAKES = (Slot("team", name) for name in ("roads", "rivers", "lakes"))
API = "https://api.example.com/v3"


Make = Callable[[], StoredSecrets]


def stored_secrets(backend: Backend) -> StoredSecrets:
    return StoredSecrets(Store(backend, lock_timeout=0), Connection(API, api_token="test-login"))


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path) -> Make:
    return lambda: stored_secrets(
        FileBackend(tmp_path / "tokens.yml", VaultLib(), plaintext=True, backup=True, warn=pytest.fail)
    )


@pytest.fixture(name="server")
def fixture_server() -> MemoryServer:
    return MemoryServer(lambda: float(NOW))


@pytest.fixture(name="shared")
def fixture_shared(server: MemoryServer) -> Make:
    return lambda: stored_secrets(MemoryBackend(server))


@pytest.fixture(name="secrets")
def fixture_secrets(file: Make) -> StoredSecrets:
    return file()


def new(number: int, slot: Slot = SLOT, *, created: int = NOW, lifetime: int = 0) -> NewToken:
    marker = Marker(slot, "aaaaaa", created, lifetime, "aaaaa")
    return NewToken(Generation(f"id-{number}", marker, created + lifetime if lifetime else None), f"test-{number}")


def test_as_many_are_remembered_as_may_live(secrets: StoredSecrets) -> None:
    """Their ids and their secrets, the latest of them."""
    for number in range(15):
        assert not secrets.keep([new(number)])
    replaced = [f"id-{number}" for number in range(15 - MOST_ALIVE, 14)]
    held = secrets.held(SLOT)
    assert (held.tracked, held.id, held.pending, held.replaced) == (True, "id-14", frozenset(), frozenset(replaced))
    assert secrets.secrets() == {f"id-{number}": f"test-{number}" for number in range(15 - MOST_ALIVE, 15)}


@pytest.mark.parametrize(("later", "kept"), [(59, True), (60, False), (61, False)])
def test_the_secret_of_an_expired_token_is_not_kept(secrets: StoredSecrets, later: int, kept: bool) -> None:
    secrets.keep([new(0, lifetime=60)])
    secrets.keep([new(1, created=NOW + later)])
    assert secrets.superseded_secret(SLOT, "id-0") == ("test-0" if kept else None)
    assert secrets.held(SLOT).replaced == {"id-0"}


def test_what_the_core_asks(secrets: StoredSecrets, tmp_path: Path) -> None:
    address = str(tmp_path / "tokens.yml")
    assert secrets.held(SLOT) == Held(tracked=True, exclusive=address)
    assert (secrets.secret(SLOT), secrets.superseded_secret(SLOT, "id-0"), secrets.keeps(SLOT)) == (None, None, False)
    secrets.begin({SLOT: "aaaaa"})
    assert secrets.held(SLOT) == Held(tracked=True, pending=frozenset({"aaaaa"}), exclusive=address)
    secrets.keep([new(0)])
    secrets.keep([new(1)])
    assert secrets.held(SLOT) == Held(tracked=True, id="id-1", exclusive=address, replaced=frozenset({"id-0"}))
    assert (secrets.secret(SLOT), secrets.superseded_secret(SLOT, "id-0")) == ("test-1", "test-0")
    assert [secrets.holds(token_id) for token_id in ("id-0", "id-1", "id-2")] == [True, True, False]
    assert [secrets.keeps(slot) for slot in (SLOT, OTHER, Slot("other", "roads"))] == [True, False, False]
    secrets.put_back([SLOT])
    assert (secrets.secret(SLOT), secrets.superseded_secret(SLOT, "id-1")) == ("test-0", None)
    secrets.revoked({"id-0"})
    assert (secrets.secret(SLOT), secrets.keeps(SLOT), secrets.secrets()) == (None, False, {})


def test_what_is_stored_says_of_what_it_is(secrets: StoredSecrets) -> None:
    secrets.keep([new(0, lifetime=90 * 86400)])
    entry = secrets._store.find("roads")
    assert entry
    assert (entry.created_at, entry.expires_at) == ("2027-01-15T08:00:00Z", "2027-04-15T08:00:00Z")
    assert (entry.valid_for, entry.slot.owner, entry.slot.api_url) == ("90d", "team", API)
    secrets.keep([new(1)])
    entry = secrets._store.find("roads")
    assert entry and (entry.expires_at, entry.valid_for) == (None, "never")


def test_the_backup_is_of_what_was_there(file: Make, shared: Make, tmp_path: Path) -> None:
    first, second = file(), file()
    first.keep([new(0)])
    assert (first.backup_file, second.backup_file, shared().backup_file) == (None, None, None)
    before = (tmp_path / "tokens.yml").read_bytes()
    second.keep([new(1)])
    assert second.backup_file and Path(second.backup_file).read_bytes() == before


@pytest.mark.parametrize("shared_by_many", [False, True], ids=["file", "server"])
def test_a_claim_says_whether_what_was_read_counts(file: Make, shared: Make, shared_by_many: bool) -> None:
    """A file is as it was read, unless another run was there; on a server others may have been there before the claim."""
    make = shared if shared_by_many else file
    make().keep([new(0)])
    secrets = make()
    secrets.held(SLOT)
    assert secrets.claim([SLOT]) is shared_by_many
    assert not secrets.claim([SLOT])
    secrets.release()
    make().keep([new(1)])
    assert secrets.claim([SLOT])
    assert secrets.held(SLOT).id == "id-1"


class NoRights(MemoryBackend):
    """What the server says when it is asked for the rights of a login that may only read."""

    def rehearse(self, names: Collection[str]) -> None:
        raise StoreError(f"may not write {' and '.join(sorted(names))}.")


@pytest.mark.parametrize(
    ("slots", "token_ids", "said"),
    [
        ([SLOT], (), "roads"),
        ([], {"id-1"}, "lakes"),
        ([SLOT], {"id-1"}, "lakes and roads"),
        ([SLOT], {"id-0"}, "roads"),
        ([OTHER], {"unknown"}, "rivers"),
    ],
)
def test_a_write_is_rehearsed_for_the_slots_and_for_the_entries_of_the_tokens(
    shared: Make, server: MemoryServer, slots: list[Slot], token_ids: set[str], said: str
) -> None:
    shared().keep([new(0), new(1, LAKES)])
    with pytest.raises(StoreError, match=rf"^The store memory:// may not write {said}\.$"):
        stored_secrets(NoRights(server)).check(slots, token_ids)


def test_a_rehearsal_for_slots_alone_reads_no_entry(shared: Make, server: MemoryServer) -> None:
    shared().keep([new(0)])
    server.calls.clear()
    shared().check([SLOT])
    assert server.calls == []
