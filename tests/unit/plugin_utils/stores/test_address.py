# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an address of a store must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import hashi_vault
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.address import (
    BACKENDS,
    Variable,
    open_store,
    store_opener,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer

FILE_OPTIONS = {"store_vault_id": None, "store_plaintext": False, "backup": False}


def opened(store: str, **options: Any) -> Any:
    return open_store({"store": store, **FILE_OPTIONS, **options}, DataLoader(), lambda _name: None)


def test_a_scheme_that_nobody_knows() -> None:
    with pytest.raises(
        OptionError, match=r"^store: ftp:// is no kind of store; .* aws_secretsmanager://, hashi_vault://$"
    ):
        opened("ftp://there")


@pytest.mark.parametrize("scheme", BACKENDS)
@pytest.mark.parametrize("option", FILE_OPTIONS)
def test_options_of_a_file_are_none_of_a_server(scheme: str, option: str) -> None:
    with pytest.raises(
        OptionError, match=rf"^{option}: is for a store that is a file, not for {scheme}://; leave it out$"
    ):
        opened(f"{scheme}://there", **{option: "x"})


def test_a_server_is_opened_with_the_rest_of_the_address_and_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a time to wait, nobody is waited for."""
    seen: list[tuple[str, Any]] = []
    server = MemoryServer(lambda: 1_800_000_000.0)

    def open_memory(place: str, variable: Variable) -> MemoryBackend:
        seen.append((place, variable("ansible_hashi_vault_url")))
        return MemoryBackend(server)

    monkeypatch.setattr(hashi_vault, "open_hashi_vault", open_memory)
    store = open_store({"store": "hashi_vault://secret/a://b"}, DataLoader(), {"ansible_hashi_vault_url": "x"}.get)
    assert seen == [("secret/a://b", "x")]
    slot = StoredSlot("roads", "default", "https://api.example.com/v3")
    Store(MemoryBackend(server)).claim([slot])
    with pytest.raises(StoreError, match=r"in the hands of another controller .* after 0 s of waiting\."):
        store.claim([slot])


def test_a_file_is_beside_the_playbook_or_where_its_path_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path / "place"))
    assert opened("~/tokens.yml").address == str(tmp_path / "tokens.yml")
    assert opened("$PLACE/tokens.yml").address == str(tmp_path / "place" / "tokens.yml")
    assert opened("tokens.yml").address == str(Path.cwd() / "tokens.yml")


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"store_vault_id": "dev"}, "$ANSIBLE_VAULT;1.2;AES256;dev"),
        ({"store_vault_id": "prod"}, "$ANSIBLE_VAULT;1.2;AES256;prod"),
        ({"store_plaintext": True}, "---"),
    ],
    ids=["dev", "prod", "plain text"],
)
@pytest.mark.parametrize("backup", [False, True])
def test_the_options_of_a_file(tmp_path: Path, options: dict[str, Any], header: str, backup: bool) -> None:
    loader = DataLoader()
    loader.set_vault_secrets([(name, VaultSecret(b"test-password")) for name in ("dev", "prod")])
    params = {"store": str(tmp_path / "tokens.yml"), **FILE_OPTIONS, **options, "backup": backup}
    for number in range(2):
        store = open_store(params, loader, lambda _name: None)
        store.begin({StoredSlot("roads", "default", "https://api.example.com/v3"): f"nonce{number}"})
    assert (tmp_path / "tokens.yml").read_text().splitlines()[0] == header
    assert bool(store.backup_file) is backup


def test_a_store_that_can_not_be_written_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "tokens.yml").write_text("a: 1\n")
    opener = store_opener(DataLoader(), Connection("http://drive.invalid/v3"), lambda _name: None)
    params = {"store": str(tmp_path / "tokens.yml"), **FILE_OPTIONS}
    with pytest.raises(StoreError, match="is not encrypted"):
        opener(params)
    assert opener({**params, "store_plaintext": True}).secrets() == {}
