# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role access_tokens does on one host. The name starts with an underscore, since only the role uses it."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.one_host import OneHost


class ActionModule(OneHost):
    """See the role."""
