# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers without a common lock run the role for the same hosts with the same file: who comes too late fails by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, _play
from ansible_collections.ellipsis.drive.tests.integration.role import ROLE, Role, slot, told

FILE = {"dest": "{{ out }}/token.json", "format": "json", "notify": ["load"]}
LOAD = {"name": "load", "ansible.builtin.command": "cp {{ out }}/token.json {{ out }}/loaded.json"}
ROTATE = {"access_tokens_rotate": ["*"]}


@pytest.fixture
def role(controller: Controller, emulator: Emulator) -> Role:
    role = Role(controller, emulator)
    role.variables["access_tokens"] = [slot("tile server", FILE, overlap="0")]
    role.run(handlers=[LOAD])
    return role


def second_run(role: Role, more: dict[str, Any]) -> dict[str, Any]:
    """A handler that is the run of another controller, as a whole."""
    folder = role.controller.folder
    home = folder / "another home"
    home.mkdir(exist_ok=True)
    playbook = folder / "second.yml"
    playbook.write_text(_play("alpha:beta", {"handlers": [LOAD], "vars": {**role.variables, **more}}, ROLE))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    inventory = str(role.controller.inventory)
    return {
        "name": "load",
        "ansible.builtin.command": {
            "argv": [program, "-i", inventory, "--vault-password-file", str(folder / "password"), str(playbook)],
        },
        "environment": {**role.controller.environment, "HOME": str(home), "ELLIPSIS_TEST_EVENTS": str(home / "events")},
        "when": "inventory_hostname == 'alpha'",
    }


def check_hosts(role: Role) -> None:
    """What hosts have, and what they have loaded, is the one token that lives."""
    names = ("token", "loaded")
    assert [told(role.out, host, name)["id"] for host in ("alpha", "beta") for name in names] == role.live * 4


def test_no_host_has_a_dead_secret_when_another_run_is_done_meanwhile(role: Role) -> None:
    ours = {**role.variables, **ROTATE}
    load = {**LOAD, "name": "load afterwards", "listen": "load"}
    # It finds a rollout that did not end, and finishes it.
    role.run(handlers=[second_run(role, {}), load], vars=ours)
    check_hosts(role)
    # It replaces what the first one has just delivered.
    run = role.run(handlers=[second_run(role, ROTATE), load], vars=ours, code=2)
    assert "'tile server': another run replaced the token while this one delivered it" in run.stdout + run.stderr
    check_hosts(role)
