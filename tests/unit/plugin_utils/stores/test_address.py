# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an address of a store must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.address import BACKENDS, open_store, store_opener
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError

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


def test_a_file_is_beside_the_playbook_or_where_its_path_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path / "place"))
    assert opened("~/tokens.yml").address == str(tmp_path / "tokens.yml")
    assert opened("$PLACE/tokens.yml").address == str(tmp_path / "place" / "tokens.yml")
    assert opened("tokens.yml").address == str(Path.cwd() / "tokens.yml")


def test_a_store_that_can_not_be_written_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "tokens.yml").write_text("a: 1\n")
    opener = store_opener(DataLoader(), Connection("http://drive.invalid/v3"), lambda _name: None)
    params = {"store": str(tmp_path / "tokens.yml"), **FILE_OPTIONS}
    with pytest.raises(StoreError, match="is not encrypted"):
        opener(params)
    assert opener({**params, "store_plaintext": True}).secrets() == {}
