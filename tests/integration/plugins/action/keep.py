# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""keep: {name: value} hands values to the test, and what was asked of the emulator since the last time."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.tests.emulator import Control


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        control = Control(os.environ["ELLIPSIS_TEST_URL"])
        line = {
            "host": (task_vars or {})["inventory_hostname"],
            "values": plain(self._task.args),
            # In one step, since other hosts do the same at the same time.
            "journal": control.clear_journal(),
        }
        with open(os.environ["ELLIPSIS_TEST_KEPT"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return {"changed": False}
