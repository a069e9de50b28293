# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""emulator: {advance: {seconds: 3600}} turns the handles of the emulator in the middle of a playbook."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.tests.emulator import Control


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        control = Control(os.environ["ELLIPSIS_TEST_URL"])
        answers = {name: getattr(control, name)(**fields) for name, fields in plain(self._task.args).items()}
        return {"changed": False, "answers": answers}
