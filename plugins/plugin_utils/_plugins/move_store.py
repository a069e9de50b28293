# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook move_store does: entries from one store to another. No secret is in the result."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.process import writer_lock
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.validation import validated
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.address import open_store
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.moving import move
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

Values = dict[str, t.Any]
SPEC: Values = {
    "source": {"type": "str", "required": True},
    "target": {"type": "str", "required": True},
    "descriptions": {"type": "list", "elements": "str", "default": []},
    "remove": {"type": "bool", "default": False},
    "store_vault_id": {"type": "str"},
    "store_plaintext": {"type": "bool", "default": False},
    "lock_timeout": {"type": "int", "default": 300},
}


class MoveStore(ActionBase):
    """Runs on the controller."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Which entries were copied, were there already, and were removed."""
        super().run(tmp, task_vars)
        del tmp
        try:
            params = validated(SPEC, plain(self._task.args), "move_store")
            source, target = (self._open(params, params[name], task_vars or {}) for name in ("source", "target"))
            with contextlib.ExitStack() as locks:
                for slot in sorted({(entry.slot.api_url, entry.slot.owner) for entry in source.entries().values()}):
                    locks.enter_context(writer_lock(*slot, timeout=params["lock_timeout"], holder="move_store"))
                moved = move(
                    source, target, params["descriptions"], remove=params["remove"], apply=not self._task.check_mode
                )
        except EllipsisError as exc:
            return {"failed": True, "msg": str(exc)}
        facts = {name: list(getattr(moved, name)) for name in ("copied", "same", "removed")}
        return {"changed": bool(moved.copied or moved.removed), **facts}

    def _open(self, params: Values, store: str, task_vars: Values) -> Store:
        """The options of files are for whichever of the stores is one."""
        of_file = {name: params[name] for name in ("store_vault_id", "store_plaintext")}
        if "://" in store:
            of_file = {"store_vault_id": None, "store_plaintext": False}
        options = {"store": store, "backup": False, "lock_timeout": params["lock_timeout"], **of_file}

        def variable(name: str) -> t.Any:
            return plain(self._templar.template(task_vars[name])) if name in task_vars else None

        return open_store(options, self._loader, variable)
