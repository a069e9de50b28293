# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module ellipsis_access_token on the controller."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.plugins.module_utils._modules.access_token import SPEC, run
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.action import EllipsisAction


class ActionModule(EllipsisAction):
    """See the documentation of the module."""

    module = "ellipsis.drive.ellipsis_access_token"
    spec = SPEC
    core = staticmethod(run)
