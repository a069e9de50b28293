# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run-only tokens: one for each description, shared by all processes of the run, revoked when it ends (law 13).

Templates are evaluated in forks, which end without a word, so what is to be revoked is noted in the file of the token.
The process that started them reads those files when it ends, if Ansible had a reason to load code of this collection there.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import time
import typing as t

from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import open_client
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_file import RunFile, Value

_KIND = "run-only-"
# A token is not handed out in the last tenth of its life: a run may be longer than it.
_LAST_USE = 0.9
# The run is over; nobody wants to wait for long.
_SECONDS_AT_THE_END = 5
display = Display()
_registered: list[int] = []


def once_per_run(
    connection: Connection, desired: Desired, make: t.Callable[[], t.ContextManager[tuple[Value, Account]]]
) -> Value:
    """The fields of a run-only token. The first process that asks makes it, while the others wait. make: creates it."""
    credential = connection.username or connection.api_token
    slot = desired.slot
    place = (connection.api_url, connection.organization_id, credential, slot.owner, slot.description)
    shared = RunFile(*place, kind=_KIND)
    found = _usable(shared)
    if found is None:
        with shared.locked():
            found = _usable(shared)
            if found is None:
                with make() as (found, account):
                    shared.write(
                        {
                            "token": found,
                            "until": time.time() + _LAST_USE * desired.lifetime,
                            "api_token": account.client.bearer(),
                            "connection": {
                                name: getattr(connection, name) for name in ("api_url", "validate_certs", "ca_path")
                            },
                        }
                    )
    return found


def _usable(shared: RunFile) -> Value | None:
    value = shared.read()
    return t.cast(Value, value["token"]) if value and time.time() < value["until"] else None


def revoke_at_end() -> None:
    """Revoke the tokens of this run when this process ends, if it is the one that runs the playbook."""
    if multiprocessing.parent_process() is None and os.getpid() not in _registered:
        _registered.append(os.getpid())
        atexit.register(_revoke, os.getpid())


def _revoke(process: int) -> None:
    if process != os.getpid():
        return
    for value in RunFile.values(_KIND):
        connection = Connection(
            **value["connection"], api_token=value["api_token"], timeout=_SECONDS_AT_THE_END, retry_time=0
        )
        try:
            open_client(connection).delete_token(value["token"]["id"])
        except EllipsisError as exc:
            token = value["token"]
            display.warning(
                f"The token {token['id']} of this run could not be revoked ({exc}); it ends at {token['expires_at']}."
            )
