# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoke what a run made for itself when the run ends."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_only_tokens
type: aggregate
short_description: Revoke run-only access tokens at the end of a run
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - The lookup P(ellipsis.drive.ellipsis_access_token#lookup) makes tokens that live for one run, with
    O(ellipsis.drive.ellipsis_access_token#lookup:create=true) and without a store. With this callback they are
    revoked when the run ends, whether it went well or not. It prints nothing.
  - Ctrl-C ends a run in that way, too. SIGTERM and SIGKILL end Ansible at once, so such tokens live until they expire then; a
    creation that was under way at a SIGTERM is taken back.
  - Without it Ansible tells the collection of that end only when the playbook has a task with a module of this collection,
    too. Otherwise such tokens live until they expire.
requirements:
  - C(ellipsis.drive.run_only_tokens) in the setting C(callbacks_enabled) of the section C(defaults).
"""

from ansible.plugins.callback import CallbackBase

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_tokens import revoke_at_end


class CallbackModule(CallbackBase):
    """See the documentation above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "ellipsis.drive.run_only_tokens"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        revoke_at_end()
