# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down what callbacks are given, one line of JSON for each event."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: recorder
type: notification
short_description: Write down what callbacks are given
description: One line of JSON for each event, in the file that the environment names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "recorder"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, event: str, result: Any) -> None:
        # The name that every supported ansible-core has for what is given.
        given = result._result
        line = {"event": event, "host": result._host.get_name(), "task": result.task_name, "result": given}
        with open(os.environ["ELLIPSIS_TEST_EVENTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any, **_more: Any) -> None:
        self._note("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._note("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._note("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._note("unreachable", result)

    def v2_runner_retry(self, result: Any) -> None:
        self._note("retry", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._note("item", result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._note("item", result)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._note("item", result)

    def v2_on_file_diff(self, result: Any) -> None:
        self._note("diff", result)
