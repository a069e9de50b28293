# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store remembers of replaced tokens, and what it answers the core."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.overlap import MOST_ALIVE
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.secret_store import StoredSecrets
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

NOW = 1_800_000_000
SLOT, OTHER = Slot("team", "roads"), Slot("team", "rivers")
API = "https://api.example.com/v3"


@pytest.fixture(name="secrets")
def fixture_secrets(tmp_path: Path) -> StoredSecrets:
    store = Store(FileBackend(tmp_path / "tokens.yml", VaultLib(), plaintext=True, warn=pytest.fail))
    return StoredSecrets(store, Connection(API, api_token="test-login"))


def new(number: int, *, created: int = NOW, lifetime: int = 0) -> NewToken:
    marker = Marker(SLOT, "aaaaaa", created, lifetime, "aaaaa")
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
