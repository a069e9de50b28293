# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hundred hosts with a token each cost what a set of two hundred tokens costs, not two hundred times what one does."""

from __future__ import annotations

import sys

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller
from ansible_collections.ellipsis.drive.tests.integration.role import Role, slot

COUNT = 200
# 200 tokens are seven pages.
PAGES = 7


def test_two_hundred_hosts(controller: Controller, emulator: Emulator) -> None:
    local = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    controller.inventory.write_text("".join(f"host{number} {local}\n" for number in range(COUNT)))
    role = Role(controller, emulator)
    # Nothing is delivered: that costs a module on every host, whoever made the tokens.
    role.variables["access_tokens"] = [slot("of {{ inventory_hostname }}")]
    role.run("--forks", "2", hosts="all")
    # The list before the creations and after them. The path that they share is looked at for the plan and for the run, and
    # every token is tried.
    calls = role.calls
    assert calls.pop("list") <= 2 + PAGES
    assert calls == {"create": COUNT, "use": 2 + COUNT}
    assert len(role.live) == COUNT
