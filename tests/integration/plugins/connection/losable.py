# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection local, to a host that may be lost; each use of it is a moment of the run."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

from ansible_collections.ellipsis.drive.tests.integration.moments import LOST, of_this_run

DOCUMENTATION = r"""
name: losable
short_description: The connection local, to a host that may be lost
description: See moments.py.
options:
  pipelining:
    description: No module is sent without a file.
    type: bool
    default: false
  host:
    description: The name of the host.
    type: str
    vars: [{name: inventory_hostname}]
"""


class Connection(Local):
    transport = "losable"

    def _use(self) -> None:
        moments, host = of_this_run(), str(self.get_option("host"))
        if moments:
            moments.pass_by(host)
            if moments.lost and host == LOST:
                raise AnsibleConnectionFailure("this host is lost")

    def exec_command(self, *arguments: Any, **more: Any) -> Any:
        self._use()
        return super().exec_command(*arguments, **more)

    def put_file(self, in_path: str, out_path: str) -> Any:
        self._use()
        return super().put_file(in_path, out_path)
