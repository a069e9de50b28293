# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A slot of the role gets another description: C(replaces) names the earlier one, and no host has a dead secret meanwhile."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller
from ansible_collections.ellipsis.drive.tests.integration.role import Role, slot, told

FILE = {"dest": "{{ out }}/token.json", "format": "json"}
CHECK = "- ansible.legacy.keep: {checked: 'yes'}\n- ansible.builtin.fail: {msg: no tile}\n  when: bad | default('no') == 'yes'\n"
RENAMED = slot("map proxy", FILE, replaces=[{"description": "tile server"}])


@pytest.fixture(params=["store", "hosts"])
def role(controller: Controller, emulator: Emulator, request: pytest.FixtureRequest) -> Role:
    role = Role(controller, emulator)
    if request.param == "hosts":
        del role.variables["access_tokens_store"]
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    role.run()
    role.variables["access_tokens"] = [RENAMED]
    return role


def test_no_host_has_a_dead_secret_meanwhile(role: Role) -> None:
    [first] = role.live
    run = role.run("-e", "bad=yes", code=2)
    assert f"the earlier token {first} is in use again" in run.text
    assert role.live == [first] == [told(role.out, "alpha")["id"]]

    run = role.run()
    # Since the last check.
    assert [entry.method for entry in role.emulator.journal if entry.method != "GET"] == ["DELETE"]
    [token] = role.live
    assert f"map proxy: revoked {first}, replaced by {token}" in run.text
    for host in ("alpha", "beta"):
        content = told(role.out, host)
        assert (content["id"], content["description"]) == (token, "map proxy")
    again = role.run()
    assert role.calls_of(again) == {"list": 1} and role.live == [token]
