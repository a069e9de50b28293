# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tasks and lookups of one process share: an HTTP session and a listing for each account, and the locks.

Logins are shared by all processes of a run.
"""

from __future__ import annotations

import contextlib
import os
import sys
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import REQUESTS_IMPORT_ERROR
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import open_client
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.leftovers import remove_when_terminated, sweep
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.lock import Lock, LockError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_file import RunFile

display = Display()
# The process is part of the key: a fork must not use the sockets of its parent.
_ACCOUNTS: dict[tuple[int, Connection], Account] = {}


# Ansible loads actions in its main process before it forks; lookups may come to be loaded in forks alone.
remove_when_terminated()


def _open_client(connection: Connection) -> Client:
    if REQUESTS_IMPORT_ERROR:
        raise EllipsisError(
            f"requests is missing for {sys.executable}, the Python that runs Ansible on the controller; install it with "
            f"'{sys.executable} -m pip install requests'"
        )
    sweep()
    return open_client(connection, RunFile, _tell)


def _tell(line: str) -> None:
    # Programs read the results from the standard output.
    display.display(line, stderr=True)


def writer_lock(api_url: str, owner: str, *, timeout: float, holder: str) -> Lock:
    """The lock that lets one process of this controller write for an owner."""
    directory = Path(C.config.get_config_value("ANSIBLE_HOME")) / "ellipsis-drive"
    return Lock(directory, (api_url, owner), timeout=timeout, holder=holder, warn=display.warning)


def account_for(connection: Connection, *, lock_timeout: float, holder: str) -> Account:
    """The account of a connection in this process; its locks are held until the process ends."""

    def lock(owner: str) -> None:
        writer_lock(connection.api_url, owner, timeout=lock_timeout, holder=holder).acquire()

    def try_lock(owner: str) -> bool:
        try:
            writer_lock(connection.api_url, owner, timeout=0, holder=holder).acquire()
        except LockError:
            # Reading needs no lock. If the task has to write, lock() fails with the reason.
            return False
        return True

    key = (os.getpid(), connection)
    if key not in _ACCOUNTS:
        _ACCOUNTS[key] = Account(_open_client(connection), warn=display.warning, lock=lock, try_lock=try_lock)
    return _ACCOUNTS[key]


@contextlib.contextmanager
def lookup_account(connection: Connection, *, lock_timeout: float, holder: str) -> t.Iterator[Account]:
    """An account for one lookup. It gives its locks back: whoever evaluates templates lives on, and forks."""
    with contextlib.ExitStack() as locks:

        def lock(owner: str) -> None:
            locks.enter_context(writer_lock(connection.api_url, owner, timeout=lock_timeout, holder=holder))

        yield Account(_open_client(connection), warn=display.warning, lock=lock)


def accounts() -> t.Iterator[Account]:
    """The accounts that this process has opened."""
    return (account for (pid, _connection), account in _ACCOUNTS.items() if pid == os.getpid())
