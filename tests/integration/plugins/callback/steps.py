# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says which step of the role a run has come to."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.ellipsis.drive.tests.integration.moments import STEPS, of_this_run

DOCUMENTATION = r"""
name: steps
type: notification
short_description: Say which step of the role a run has come to
description: See moments.py.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "steps"
    CALLBACK_NEEDS_ENABLED = True

    def _enter(self, step: str | None) -> None:
        moments = of_this_run()
        if moments and step:
            moments.enter(step)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._enter(STEPS.get(task.name))

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._enter(STEPS.get(task.name))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._enter("end")
