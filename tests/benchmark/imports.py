# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the first task of a process imports of this collection, beyond ansible-core and requests."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

from .figures import Target
from .laboratory import COLLECTIONS

LIMIT_MS = 40.0
# A play has read what ansible.builtin redirects (50 ms of YAML) before its first task, whatever that is.
_SCRIPT = """
import sys, time
import ansible.cli.playbook, ansible.plugins.action, requests
from ansible.plugins.loader import action_loader, init_plugin_loader
init_plugin_loader([sys.argv[1]])
action_loader.get("ansible.builtin.debug", class_only=True)
start = time.perf_counter()
action_loader.get("ellipsis.drive.ellipsis_access_token", class_only=True)
print(1000 * (time.perf_counter() - start))
"""


def import_ms() -> float:
    """Milliseconds in a fresh process."""
    command = [sys.executable, "-c", _SCRIPT, str(COLLECTIONS)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    return float(subprocess.check_output(command, env=environment, text=True).splitlines()[-1])


def import_target(rounds: int) -> Target:
    """The promise, and the median of so many processes."""
    taken = [import_ms() for _round in range(rounds)]
    return Target(
        f"imports of the first task beyond requests: at most {LIMIT_MS:g} ms",
        f"{median(taken):.0f} ms ({min(taken):.0f} to {max(taken):.0f})",
        median(taken) <= LIMIT_MS,
    )
