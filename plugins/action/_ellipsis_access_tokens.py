# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role access_tokens does once for all hosts, and the playbook move_store. Only these use it, hence the underscore.

An action plugin needs a module of its name, so that the two share one: C(step=move) is of the playbook.
"""

from __future__ import annotations

import typing as t

from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.move_store import MoveStore
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.all_hosts import AllHosts


class ActionModule(AllHosts):
    """See the role, and docs/stores.md."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The result of a step."""
        if self._task.args.get("step") != "move":
            return super().run(tmp, task_vars)
        self._task.args = {name: value for name, value in self._task.args.items() if name != "step"}
        parts = (self._task, self._connection, self._play_context, self._loader, self._templar, self._shared_loader_obj)
        return MoveStore(*parts).run(tmp, task_vars)
