# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role access_tokens when something fails: the earlier secret is in use again, the new token is gone, and the message says so."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Fault
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller
from ansible_collections.ellipsis.drive.tests.integration.role import Role, slot, told


@pytest.fixture
def role(controller: Controller, emulator: Emulator) -> Role:
    return Role(controller, emulator)


SHARED = {"dest": "{{ out }}/token.json", "format": "json", "notify": ["reload"]}
OWN = {"dest": "{{ out }}/own.json", "format": "json"}
# Each of them can be made to fail on one host; what it has loaded by then stays loaded.
HANDLERS = [
    {
        "name": "reload",
        "ansible.builtin.shell": {
            "cmd": "cp token.json loaded.json; {{ bad_handler if inventory_hostname == 'beta' else 'true' }}",
            "chdir": "{{ out }}",
        },
    }
]
# Fails once.
FLAKY = "! rm flaky"
CHECK = """
- name: Ask the map for a tile
  ansible.builtin.fail: {msg: no tile}
  when: bad_check | default('') == inventory_hostname
"""


@pytest.fixture
def running(role: Role) -> Role:
    """Three hosts at work with a token that they share and one of their own."""
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    role.variables["access_tokens"] = [slot("tile server", SHARED), slot("of {{ inventory_hostname }}", OWN)]
    role.variables["bad_handler"] = "true"
    role.run(handlers=HANDLERS, hosts="alpha:beta:gamma")
    return role


def files(role: Role, name: str = "token") -> dict[str, Any]:
    return {host: told(role.out, host, name) for host in ("alpha", "beta", "gamma")}


FAILURES = {
    "bad_check": ("beta", "beta failed at Ask the map for a tile: no tile."),
    "bad_handler": (FLAKY, "beta failed at "),
    "bad_delivery": ("beta", "beta failed at Write the files: "),
}


def test_those_who_share_a_token_go_back_and_the_others_go_on(running: Role) -> None:
    extra = {
        "dest": "{{ out }}/{{ 'nowhere/' if bad_delivery | default('') == inventory_hostname }}raw",
        "format": "raw",
    }
    running.variables["access_tokens"][0]["deliver"].append(extra)
    before, settled = files(running), dict(running.variables)
    shared = before["beta"]["id"]
    for what, (value, said) in FAILURES.items():
        own = files(running, "own")
        (running.out / "beta" / "flaky").touch()
        running.variables = {**settled, what: value}
        run = running.rotate(handlers=HANDLERS, hosts="alpha:beta:gamma", code=2)
        assert said in run.text
        assert f"'tile server': the earlier token {shared} is in use again, the new token " in run.text
        assert files(running) == files(running, "loaded") == before
        # The tokens of their own of the others are no concern of beta.
        now = files(running, "own")
        assert [now[host] == own[host] for host in own] == [False, True, False]
        assert {shared, *(each["id"] for each in now.values())} == set(running.live)
        assert len(running.live) == 4
    # Nothing is left to mend.
    running.variables = settled
    running.variables["access_tokens"][0]["deliver"].remove(extra)
    running.run(handlers=HANDLERS, hosts="alpha:beta:gamma")
    assert running.calls == {"list": 1} and files(running) == before


def test_what_can_not_be_brought_back_stays(running: Role) -> None:
    """The handler fails again, so nobody knows what beta has loaded."""
    before = files(running)
    shared = before["beta"]["id"]
    running.variables["bad_handler"] = "false"
    run = running.rotate(handlers=HANDLERS, hosts="alpha:beta:gamma", code=2)
    [new] = [
        token.id
        for token in running.emulator.tokens
        if token.description.startswith("tile server") and token.id != shared
    ]
    assert (
        f"'tile server': the earlier token {shared} is in use again where it could be brought back; 'beta' may have the new token "
        f"{new}, so both stay, and the next run goes on with the new one."
    ) in run.text
    assert {shared, new} < set(running.live) and files(running) == before
    running.variables["bad_handler"] = "true"
    running.run(handlers=HANDLERS, hosts="alpha:beta:gamma")
    assert {each["id"] for each in files(running, "loaded").values()} == {new}
    assert new in running.live and shared not in running.live and len(running.live) == 4


def test_there_may_be_nothing_to_go_back_to(role: Role) -> None:
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    role.variables["bad_check"] = "alpha"
    run = role.run(code=2)
    assert "there was none before it, so the delivered files hold a dead one" in run.text
    assert role.live == []
    del role.variables["bad_check"]
    role.run()
    assert role.live == [told(role.out, "beta")["id"]]


def test_a_failure_without_a_new_token_changes_nothing(running: Role) -> None:
    before, live = files(running), running.live
    running.variables["bad_check"] = "beta"
    run = running.run(handlers=HANDLERS, hosts="alpha:beta:gamma", code=2)
    assert "was not made by this run and stays" in run.text
    assert (files(running), running.live) == (before, live)


def test_a_later_batch_goes_back_alone(running: Role) -> None:
    before = files(running)
    running.emulator.clock.advance(80 * 86400)
    running.variables["bad_check"] = "gamma"
    run = running.run(handlers=HANDLERS, hosts="alpha:beta:gamma", serial=1, code=2)
    now = files(running)
    assert now["gamma"] == before["gamma"] and now["alpha"]["id"] == now["beta"]["id"] != before["alpha"]["id"]
    assert {now["alpha"]["id"], now["gamma"]["id"]} <= set(running.live)
    assert "is in use again here; other hosts use the new token" in run.text
    del running.variables["bad_check"]
    running.run(handlers=HANDLERS, hosts="alpha:beta:gamma")
    assert len({each["id"] for each in files(running).values()}) == 1
    assert len(running.live) == 4


def test_what_cannot_be_created_keeps_nothing_else_from_being_delivered(role: Role) -> None:
    bad = slot("of alpha", OWN, access_list=[{"path_id": "{{ roads_id }}", "access_tier": "admin"}])
    role.variables["access_tokens"] = [slot("tile server", SHARED), bad]
    role.emulator.faults.add(Fault("status", method="POST", status=403, skip=1, times=None))
    run = role.run(handlers=HANDLERS, code=2, vars={**role.variables, "bad_handler": "true"})
    assert "'of alpha': " in run.text or "'tile server': " in run.text
    assert len(role.live) == 1


BAD = {
    "different": (
        [slot("tile server", SHARED, scope="{{ 'ogc' if inventory_hostname == 'beta' else 'all' }}")],
        "alpha and beta declare 'tile server' with different 'scope'",
    ),
    "twice": ([slot("tile server", SHARED), slot("tile server", OWN)], "'tile server' is there twice"),
    "typo": ([{**slot("tile server", SHARED), "valid_until": "90d"}], "valid_until"),
    "nobody keeps it": (
        [slot("tile server", {**SHARED, "format": "raw"})],
        "nothing keeps the secret of 'tile server'",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named_before_anything_is_asked(role: Role, what: str) -> None:
    role.variables["access_tokens"], words = BAD[what]
    if what == "nobody keeps it":
        del role.variables["access_tokens_store"]
    run = role.run(code=2)
    assert words in run.text
    assert role.calls == {}
