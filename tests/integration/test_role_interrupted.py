# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interrupted rollout is finished by the next run: what hosts have loaded works at every moment, and is renewed in the end."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, _play
from ansible_collections.ellipsis.drive.tests.integration.role import ROLE, Role, slot, told
from ansible_collections.ellipsis.drive.tests.integration.test_killed import kill_all

FILE = {"dest": "{{ out }}/token.json", "format": "json", "notify": ["load"]}
# It stays where it is for as long as there is a file to hold it.
HOLD = "touch {{ out }}/%(where)s; while [ -e {{ hold }}-%(where)s ]; do sleep 0.1; done"
LOAD = f"{HOLD % {'where': 'handling'}}; cp {{{{ out }}}}/token.json {{{{ out }}}}/loaded.json"
HANDLERS = [{"name": "load", "ansible.builtin.shell": LOAD}]
CHECK = f"- ansible.builtin.shell: '{HOLD % {'where': 'checking'}}'\n  changed_when: false\n"
# A host that can't be reached any more once it has the new secret: the second file is delivered with it.
LOST = (
    "{{ '/dev/null/nowhere' if lost | default(false) and inventory_hostname == 'beta' and (out ~ '/second') is file"
    " else lookup('env', 'ANSIBLE_REMOTE_TEMP') }}"
)


@pytest.fixture
def role(controller: Controller, emulator: Emulator) -> Role:
    role = Role(controller, emulator)
    role.variables["access_tokens"] = [slot("tile server", FILE, overlap="0")]
    role.variables["hold"] = str(controller.folder / "hold")
    role.variables |= {"ansible_remote_tmp": LOST, "ansible_pipelining": False}
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    role.run(handlers=HANDLERS)
    return role


def loaded(role: Role) -> list[str]:
    return [told(role.out, host, "loaded")["id"] for host in ("alpha", "beta")]


def interrupted(role: Role, number: int, where: str) -> None:
    """A rotation that is ended where all hosts have come to."""
    folder = role.controller.folder
    role.controller.serve_modules(served=False)
    (folder / f"hold-{where}").touch()
    play = {"handlers": HANDLERS, "vars": {**role.variables, "access_tokens_rotate": ["*"]}}
    playbook = folder / "interrupted.yml"
    playbook.write_text(_play("alpha:beta", play, ROLE))
    command = [
        "ansible-playbook",
        "-i",
        str(role.controller.inventory),
        "--vault-password-file",
        "password",
        str(playbook),
    ]
    marks = [role.out / host / where for host in ("alpha", "beta")]
    with open(os.devnull, "w") as nowhere:
        run = role.controller.start(command, nowhere, nowhere)
        while run.poll() is None and not all(mark.exists() for mark in marks):
            time.sleep(0.05)
        if number == signal.SIGKILL:
            kill_all(run.pid)
        else:
            run.send_signal(number)
            with suppress(Exception):
                run.wait(3)
            kill_all(run.pid)
        (folder / f"hold-{where}").unlink()
        assert run.wait(30) != 0
    role.controller.serve_modules()


def check_finished(role: Role, first: str) -> None:
    """One ordinary run loads the new secret everywhere and retires the old one; the next one has nothing to do."""
    assert set(loaded(role)) <= set(role.live) and first in role.live
    run = role.run(handlers=HANDLERS)
    assert role.live == loaded(role)[:1] != [first]
    assert len(set(loaded(role))) == 1
    assert "its handlers run again" in run.text or "has the secret of" in run.text
    again = role.run(handlers=HANDLERS)
    assert role.calls == {"list": 1} and "RUNNING HANDLER" not in again.text


INTERRUPTIONS = (
    (signal.SIGKILL, "handling"),
    (signal.SIGTERM, "handling"),
    (signal.SIGINT, "handling"),
    (signal.SIGKILL, "checking"),
)


def test_a_run_that_is_ended_is_finished_by_the_next(role: Role) -> None:
    for number, where in INTERRUPTIONS:
        [first] = role.live
        for mark in role.out.glob("*/*ing"):
            mark.unlink()
        interrupted(role, number, where)
        check_finished(role, first)


def test_a_host_that_is_lost_during_the_handlers(role: Role) -> None:
    [first] = role.live
    second: dict[str, Any] = {"dest": "{{ out }}/second", "format": "raw"}
    role.variables["access_tokens"][0]["deliver"].append(second)
    role.run("-e", json.dumps({"lost": True, "access_tokens_rotate": ["*"]}), handlers=HANDLERS, code=4)
    assert loaded(role)[1] == first
    check_finished(role, first)


def test_a_host_that_is_lost_on_the_way_back(role: Role) -> None:
    """What it has loaded lives, though the others go back."""
    [first] = role.live
    tasks = f"""{CHECK}
- ansible.builtin.file: {{path: "{{{{ out }}}}/second", state: touch}}
- ansible.builtin.fail: {{msg: no tile}}
  when: inventory_hostname == 'alpha' and lost | default(false)
"""
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", tasks)
    run = role.run("-e", json.dumps({"lost": True, "access_tokens_rotate": ["*"]}), handlers=HANDLERS, code=4)
    assert "'beta' may have the new token" in run.text
    assert loaded(role) == role.live and role.live[0] == first
    check_finished(role, first)


def test_hosts_of_later_batches_use_what_was_replaced(role: Role) -> None:
    """Whatever the overlap is: their turn is to come."""
    [first] = role.live
    second: dict[str, Any] = {"dest": "{{ out }}/second", "format": "raw"}
    role.variables["access_tokens"][0]["deliver"].append(second)
    role.run("-e", json.dumps({"lost": True, "access_tokens_rotate": ["*"]}), handlers=HANDLERS, serial=1, code=4)
    assert loaded(role)[1] == first and first in role.live
    check = role.tasks("check.yml", f"{CHECK}- ansible.legacy.keep: {{checked: 'yes'}}\n")
    role.run(handlers=HANDLERS, serial=1, vars={**role.variables, "access_tokens_check_tasks": check})
    # Since the last check.
    assert [entry.method for entry in role.emulator.journal if entry.method != "GET"] == ["DELETE"]
    assert loaded(role) == role.live * 2 != [first] * 2


def test_what_no_host_declares_is_named_and_pruned_when_asked(role: Role) -> None:
    role.variables["access_tokens_owner"] = "platform"
    role.variables["access_tokens"] = [slot("one"), slot("two")]
    role.variables["access_tokens_check_tasks"] = ""
    role.run()
    role.variables["access_tokens"] = [slot("one")]
    run = role.run()
    assert (
        "Tokens of owner 'platform' that no host declares: 'two'; access_tokens_prune=true would revoke them."
        in run.text
    )
    assert role.calls == {"list": 1} and len(role.live) == 3
    role.variables["access_tokens_prune"] = True
    role.emulator.clock.advance(7200)  # what is young may belong to a run that has just begun
    role.run("--limit", "alpha")
    assert len(role.live) == 3
    assert "two: pruned" in role.run().text and len(role.live) == 2
    role.run()
    assert role.calls == {"list": 1}
