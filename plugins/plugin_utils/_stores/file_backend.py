# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries in a file of YAML variables that Ansible Vault encrypts (private to this collection)."""

from __future__ import annotations

import contextlib
import os
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import vault_file as _vaultfile
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned, Written
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import KEY, Raw, StoreError, entries_of
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.vault_file import Content
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.yaml_edit import Unusable, read_key, write_key

# For the rehearsal of a write: how much longer a vault is than its text, and the most an entry takes.
_VAULT_GROWTH = 5
_ENTRY_BYTES = 4096


@dataclass(frozen=True)
class _Document:
    content: Content
    raw: dict[str, Raw] = field(repr=False)


# Decrypting is slow and a template may ask a thousand times. The vault is compared, so that no other one profits;
# a fork may use what it inherits, since the stamp of the file tells whether it is still true.
_READ: dict[Path, tuple[VaultLib, _Document]] = {}


class FileBackend:
    """A file of variables. vault: the VaultLib of the running DataLoader; plaintext: allow a file in plain text."""

    shared = False

    def __init__(
        self,
        path: Path,
        vault: VaultLib,
        *,
        vault_id: str | None = None,
        plaintext: bool = False,
        backup: bool = False,
        warn: t.Callable[[str], None],
    ) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))
        self.address = str(self.path)
        self.backup_file: str | None = None
        self._vault = vault
        self._vault_id = vault_id
        self._plaintext = plaintext
        self._backup = backup
        self._warn = warn

    def check(self) -> None:
        """Fail where a write would fail, as far as looking tells."""
        with _reasons():
            _vaultfile.check_directory(self.path)
            self._identity(self._load().content)

    def rehearse(self, names: t.Collection[str]) -> None:
        """Fail where a write would fail, whatever is written: do all of it beside the file, and throw that away."""
        del names
        with _reasons():
            _vaultfile.check_directory(self.path)
            document = self._load()
            identity = self._identity(document.content)
            # Whether the key can be changed depends on the text around it and not on what is written there.
            write_key(document.content.text or "---\n", KEY, {})
            size = len(document.content.text.encode()) * (_VAULT_GROWTH if identity else 1) + _ENTRY_BYTES
            _vaultfile.rehearse(self.path, size * (2 if self._backup else 1), private=identity is None)

    def names(self) -> t.Collection[str]:
        """The descriptions of all entries."""
        with _reasons():
            return self._load().raw.keys()

    def read(self, names: t.Collection[str]) -> dict[str, Versioned]:
        """The entries. What is in the file is its own version."""
        with _reasons():
            raw = self._load().raw
        return {name: Versioned(raw.get(name), raw.get(name)) for name in names}

    def write(self, changes: t.Mapping[str, Versioned]) -> dict[str, Written]:
        """Write all entries in one step, alone."""
        with _reasons():
            _vaultfile.check_directory(self.path)
            with _vaultfile.locked(self.path, self._warn):
                document = self._load()
                raw, written = dict(document.raw), dict[str, Written]()
                for name, change in changes.items():
                    if raw.get(name) != change.version:
                        written[name] = Conflict()
                        continue
                    written[name] = Versioned(change.raw, change.raw)
                    raw.pop(name, None)
                    if change.raw is not None:
                        raw[name] = change.raw
                if raw != document.raw:
                    self._write(document.content, plain(dict(sorted(raw.items()))))
        return written

    def now(self) -> None:
        """There is no server; processes share the lock of their machine."""

    def _load(self) -> _Document:
        vault, document = _READ.get(self.path, (None, None))
        if not document or vault is not self._vault or document.content.stamp != _vaultfile.current_stamp(self.path):
            document = _document(_vaultfile.read(self.path, self._vault))
            _READ[self.path] = self._vault, document
        self._refuse_plaintext(document.content)
        return document

    def _refuse_plaintext(self, content: Content) -> None:
        if content.text.strip() and not content.identity and not self._plaintext:
            raise StoreError(
                "is not encrypted: run 'ansible-vault encrypt' on it, or accept plain text with store_plaintext: true."
            )

    def _identity(self, content: Content) -> _vaultfile.Identity | None:
        """How to encrypt; None in plain text. An encrypted file stays encrypted, whatever is allowed."""
        if self._plaintext and not content.identity:
            return None
        return _vaultfile.choose_identity(content, self._vault, self._vault_id)

    def _write(self, content: Content, raw: dict[str, Raw]) -> None:
        identity = self._identity(content)
        text = write_key(content.text or "---\n", KEY, raw)
        data = _vaultfile.encrypted(text, identity) if identity else text.encode()
        if self._backup and content.stamp and not self.backup_file:
            self.backup_file = str(_vaultfile.back_up(self.path))
        stamp = _vaultfile.replace(self.path, data, private=identity is None)
        _READ[self.path] = self._vault, _document(Content(text, stamp, identity))


def _document(content: Content) -> _Document:
    value = read_key(content.text, KEY)
    entries_of(value)  # one that is damaged makes the whole file unusable
    return _Document(content, value or {})


@contextlib.contextmanager
def _reasons() -> t.Iterator[None]:
    try:
        yield
    except Unusable as exc:
        raise StoreError(str(exc)) from None
    except OSError as exc:
        raise StoreError(f"can't be used: {exc.strerror or exc}.") from exc
