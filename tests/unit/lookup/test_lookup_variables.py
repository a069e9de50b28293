# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables reach a lookup as they were written, so it evaluates the templates in them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible import template
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.plugins.loader import lookup_loader

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

# From ansible-core 2.19 on only strings of a playbook are templates.
as_written: t.Callable[[str], str] = getattr(template, "trust_as_template", str)
SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")


@pytest.mark.parametrize("store", ["{{ folder }}/tokens.yml", "{{ folder ~ '/' ~ file }}"])
def test_the_variable_with_the_store_may_be_a_template(tmp_path: Path, store: str) -> None:
    loader = DataLoader()
    loader.set_vault_secrets([("default", VaultSecret(b"test"))])
    Store(FileBackend(tmp_path / "tokens.yml", loader._vault, warn=pytest.fail)).keep(
        [Entry(SLOT, id="17", token="test-secret")]
    )
    variables = {"folder": str(tmp_path), "file": "tokens.yml", "ellipsis_store": as_written(store)}
    templar = template.Templar(loader, variables=variables)
    lookup = lookup_loader.get("ellipsis.drive.ellipsis_access_token", loader=loader, templar=templar)
    assert lookup.run(["roads"], variables) == ["test-secret"]
