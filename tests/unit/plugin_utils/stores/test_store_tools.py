# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's own tools work on the store, and the store works after them."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

SLOT = StoredSlot("roads: é😀 #1", "default", "https://api.example.com/v3")
ENTRY = Entry(SLOT, id="17", token="test-secret: {{ 'of' }} roads", expires_at="2026-06-01T00:00:00Z", valid_for="90d")

Run = t.Callable[..., str]


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    for name in ("old", "new"):
        (tmp_path / f"{name}.password").write_text(f"password of {name}\n")
    path = tmp_path / "tokens.yml"
    make(path, "old").keep([ENTRY])
    return path


@pytest.fixture(name="run")
def fixture_run(tmp_path: Path) -> Run:
    """Run one of Ansible's programs, and return what it says."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }

    def run(program: str, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            env=environment | more,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def make(path: Path, name: str) -> Store:
    """A store with the vault of a real DataLoader."""
    loader = DataLoader()
    loader.set_vault_secrets([(name, VaultSecret(f"password of {name}".encode()))])
    return Store(FileBackend(path, loader._vault, warn=pytest.fail))


def test_view(path: Path, run: Run) -> None:
    shown = run("ansible-vault", "view", "--vault-id", "old@old.password", path.name)
    assert "roads: é" in shown
    assert ENTRY.token
    assert ENTRY.token in shown.replace("''", "'")


def test_edit(path: Path, run: Run) -> None:
    editor = path.with_name("editor.py")
    editor.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "file.write_text('# edited\\nother: 1\\n' + file.read_text('utf-8').removeprefix('---'), 'utf-8')\n"
    )
    run("ansible-vault", "edit", "--vault-id", "old@old.password", path.name, EDITOR=f"{sys.executable} {editor}")
    store = make(path, "old")
    assert store.read(SLOT) == ENTRY
    store.begin({SLOT: "aaaaa"})
    shown = run("ansible-vault", "view", "--vault-id", "old@old.password", path.name)
    assert shown.startswith("# edited\nother: 1\n")


def test_rekey(path: Path, run: Run) -> None:
    run("ansible-vault", "rekey", "--vault-id", "old@old.password", "--new-vault-id", "new@new.password", path.name)
    store = make(path, "new")
    assert store.read(SLOT) == ENTRY
    store.begin({SLOT: "aaaaa"})
    assert path.read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;new\n")


def test_decrypt_and_encrypt(path: Path, run: Run) -> None:
    run("ansible-vault", "decrypt", "--vault-id", "old@old.password", path.name)
    assert ENTRY.token
    assert ENTRY.token in path.read_text("utf-8").replace("''", "'")
    run("ansible-vault", "encrypt", "--vault-id", "new@new.password", path.name)
    assert make(path, "new").read(SLOT) == ENTRY


def test_vars_files(path: Path, run: Run) -> None:
    playbook = path.with_name("playbook.yml")
    playbook.write_text(
        "- hosts: localhost\n"
        "  gather_facts: false\n"
        "  vars_files: [tokens.yml]\n"
        "  tasks:\n"
        "    - ansible.builtin.assert:\n"
        "        that:\n"
        "          - entry.id == '17'\n"
        "          - entry.expires_at == '2026-06-01T00:00:00Z'\n"
        "          - entry.created_at is none\n"
        "      vars:\n"
        f"        entry: \"{{{{ ellipsis_access_tokens['{SLOT.description}'] }}}}\"\n"
    )
    assert "ok=1" in run("ansible-playbook", "--vault-id", "old@old.password", playbook.name)
