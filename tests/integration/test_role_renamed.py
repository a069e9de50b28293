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


# Tasks of the user, which keep them in a file.
FETCH = """
- ansible.builtin.set_fact:
    access_tokens_held: "{{ lookup('file', kept, errors='ignore') | default('{}', true) | from_json }}"
"""
KEEP = """
- ansible.builtin.copy:
    content: "{{ access_tokens_held | combine(access_tokens_to_keep) | to_json }}"
    dest: "{{ kept }}"
    mode: "0600"
"""


@pytest.fixture(params=["store", "hosts", "tasks"])
def role(controller: Controller, emulator: Emulator, request: pytest.FixtureRequest) -> Role:
    role = Role(controller, emulator)
    if request.param != "store":
        del role.variables["access_tokens_store"]
    if request.param == "tasks":
        role.variables["kept"] = str(controller.folder / "kept.json")
        for name, text in {"fetch": FETCH, "keep": KEEP}.items():
            role.variables[f"access_tokens_{name}_tasks"] = role.tasks(f"{name}.yml", text)
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    role.run()
    role.variables["access_tokens"] = [RENAMED]
    return role


def check_hosts(role: Role, token: str, description: str) -> None:
    for host in ("alpha", "beta"):
        content = told(role.out, host)
        assert (content["id"], content["description"]) == (token, description)


def test_the_earlier_token_goes_when_every_host_has_the_new_one(role: Role) -> None:
    [first] = role.live
    role.run()
    # Since the last check.
    assert [entry.method for entry in role.emulator.journal if entry.method != "GET"] == ["DELETE"]
    [token] = role.live
    assert token != first
    check_hosts(role, token, "map proxy")
    again = role.run()
    assert role.calls_of(again) == {"list": 1} and role.live == [token]


def test_a_failed_check_brings_the_earlier_one_back(role: Role) -> None:
    [first] = role.live
    run = role.run("-e", "bad=yes", code=2)
    assert f"the earlier token {first} is in use again" in run.text
    assert role.live == [first]
    assert told(role.out, "alpha")["id"] == first
    role.run()
    check_hosts(role, *role.live, "map proxy")


def test_a_limit_keeps_both(role: Role) -> None:
    [first] = role.live
    role.run("--limit", "alpha")
    assert role.live[0] == first == told(role.out, "beta")["id"] and len(role.live) == 2
    role.run()
    check_hosts(role, *role.live, "map proxy")
