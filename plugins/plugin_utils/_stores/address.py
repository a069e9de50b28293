# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the option O(store) to a store: an address says which backend it is, anything else is a file."""

from __future__ import annotations

import os
import typing as t
from importlib import import_module
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.task_context import Params
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Backend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.secret_store import StoredSecrets
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

Variable = t.Callable[[str], t.Any]
Opener = t.Callable[[str, Variable], Backend]
# The schemes of addresses. Each is the name of a module here, which has the function open_<scheme>: it opens a backend with the
# rest of the address, and a way to the variables of Ansible. Imported when used, since their libraries take half a second.
BACKENDS = ("aws_secretsmanager", "hashi_vault")


def open_store(params: Params, loader: DataLoader, variable: Variable) -> Store:
    """The store that options name. variable: the value of a variable of Ansible, None where it is not set."""
    return Store(_backend(params, loader, variable), lock_timeout=params.get("lock_timeout", 0))


def store_opener(loader: DataLoader, connection: Connection, variable: Variable) -> t.Callable[[Params], StoredSecrets]:
    """What opens the store, and fails where writing to it would."""

    def open_secret_store(params: Params) -> StoredSecrets:
        store = open_store(params, loader, variable)
        store.check()
        return StoredSecrets(store, connection)

    return open_secret_store


def _backend(params: Params, loader: DataLoader, variable: Variable) -> Backend:
    scheme, separator, rest = params["store"].partition("://")
    if not separator:
        return _file(params, loader)
    if scheme not in BACKENDS:
        known = ", ".join(f"{name}://" for name in BACKENDS)
        raise OptionError(f"store: {scheme}:// is no kind of store; write the path of a file, or one of {known}")
    for option in ("store_vault_id", "store_plaintext", "backup"):
        if params.get(option):
            raise OptionError(f"{option}: is for a store that is a file, not for {scheme}://; leave it out")
    opener: Opener = getattr(import_module(f"{__package__}.{scheme}"), f"open_{scheme}")
    return opener(rest, variable)


def _file(params: Params, loader: DataLoader) -> FileBackend:
    """Relative paths start at the playbook."""
    path = os.path.expanduser(os.path.expandvars(params["store"]))
    return FileBackend(
        Path(loader.path_dwim(path)),
        loader._vault,  # noqa: SLF001 - ansible-core has no public way to the vault secrets of a run
        vault_id=params["store_vault_id"],
        plaintext=params["store_plaintext"],
        backup=params["backup"],
        warn=Display().warning,
    )
