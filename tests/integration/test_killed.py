# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real processes killed with SIGKILL before and after every request (and so between all writes to the store)."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, Request, Response, Token
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao
from ansible_collections.ellipsis.drive.tests.integration.playbook import VARIABLES, Controller

pytestmark = pytest.mark.real_interpreter

PLAY = """
- ellipsis.drive.{module}:
    store: tokens.yml
    store_plaintext: true
    {options}
"""
ONE = """description: tile server
    access_list: [{path_id: "{{ rivers_id }}", access_tier: view}]
    valid_for: 90d
"""
SET = """tokens:
      - {description: tile server, access_list: "{{ layers }}"}
      - {description: viewer, access_list: "{{ layers }}"}
    defaults: {valid_for: 90d}
"""
LAYERS = {"layers": [{"path_id": "{{ rivers_id }}", "access_tier": "view"}]}
# What a replacement sends: two lists, a creation, a list, a proof, a revocation. Each has a before and an after.
MOMENTS_OF_ONE = range(12)
# A set of two creates and proves twice.
MOMENTS_OF_A_SET = (5, 6, 7, 9, 11)


def kill_all(pid: int) -> None:
    """Kill a process and all that it started: newer cores give each worker a session of its own.

    It is stopped first: what it would start between the list and the kill would live on.
    """
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in listed.stdout.split():
        kill_all(int(child))


class KillingEmulator(Emulator):
    """An emulator that kills a process with its children at one moment: before or after a request is carried out."""

    victim: int | None = None
    moment: int | None = None

    def handle(self, request: Request) -> Response:
        self._pass_by(request)
        answer = super().handle(request)
        self._pass_by(request)
        return answer

    def _pass_by(self, request: Request) -> None:
        if self.moment is None or request.path.startswith("/_emulator"):
            return
        if self.moment == 0 and self.victim:
            kill_all(self.victim)
        self.moment -= 1


@pytest.fixture
def emulator() -> Emulator:
    return KillingEmulator(clock=ManualClock())


@pytest.fixture
def lifeless(emulator: KillingEmulator, controller: Controller) -> Callable[[str, int], None]:
    """Runs tasks in a process group of its own that is killed at a moment."""

    def run(tasks: str, moment: int) -> None:
        playbook = controller.folder / "killed.yml"
        play = [
            {
                "hosts": "localhost",
                "gather_facts": False,
                "vars": {**VARIABLES, **LAYERS},
                "tasks": yaml.safe_load(tasks),
            }
        ]
        playbook.write_text(yaml.safe_dump(play))
        with open(os.devnull, "w") as nowhere:
            process = controller.start(["ansible-playbook", str(playbook)], nowhere, nowhere)
        emulator.victim, emulator.moment = process.pid, moment
        assert process.wait(60) == -signal.SIGKILL
        emulator.victim = emulator.moment = None

    return run


def live(emulator: Emulator, description: str) -> list[Token]:
    now = emulator.clock.now()
    return [token for token in emulator.tokens if token.live(now) and token.description.startswith(f"{description} [")]


def check_healed(controller: Controller, emulator: Emulator, tasks: str, names: list[str]) -> None:
    """Law 5: one good run, and after the overlap one more."""
    controller.run(tasks, play={"vars": LAYERS})
    entries = yaml.safe_load((controller.folder / "tokens.yml").read_text())["ellipsis_access_tokens"]
    for name in names:
        tokens = {token.id: token.secret for token in live(emulator, name)}
        assert len(tokens) <= 2
        assert tokens[entries[name]["id"]] == entries[name]["token"]
    emulator.advance(7200)
    controller.run(tasks, play={"vars": LAYERS})
    entries = yaml.safe_load((controller.folder / "tokens.yml").read_text())["ellipsis_access_tokens"]
    for name in names:
        assert [token.secret for token in live(emulator, name)] == [entries[name]["token"]]


@pytest.mark.parametrize("moment", MOMENTS_OF_ONE)
def test_a_killed_replacement_is_healed(
    moment: int, controller: Controller, emulator: Emulator, lifeless: Callable[[str, int], None]
) -> None:
    tasks = PLAY.format(module="ellipsis_access_token", options=ONE)
    controller.run(tasks)
    held = live(emulator, "tile server")[0]
    lifeless(tasks + "    regenerate: always\n    overlap: 0\n", moment)
    entries = yaml.safe_load((controller.folder / "tokens.yml").read_text())["ellipsis_access_tokens"]
    kept = entries["tile server"]["token"]
    assert kept in {token.secret for token in live(emulator, "tile server")}, "what is kept has to work at any moment"
    assert held.live(emulator.clock.now()) or kept != held.secret
    check_healed(controller, emulator, tasks, ["tile server"])


@pytest.mark.parametrize("moment", MOMENTS_OF_A_SET)
def test_a_killed_set_is_healed(
    moment: int, controller: Controller, emulator: Emulator, lifeless: Callable[[str, int], None]
) -> None:
    tasks = PLAY.format(module="ellipsis_access_tokens", options=SET)
    lifeless(tasks, moment)
    check_healed(controller, emulator, tasks, ["tile server", "viewer"])


@pytest.mark.parametrize("moment", [3, 6])
def test_a_killed_controller_of_a_shared_store(
    moment: int,
    bao: OpenBao,
    folder: str,
    controller: Controller,
    emulator: Emulator,
    lifeless: Callable[[str, int], None],
) -> None:
    """Its claim keeps others waiting until it ends. Then the next one revokes what it may have made."""
    controller.environment |= {"VAULT_ADDR": bao.url, "VAULT_TOKEN": bao.admin.token}
    tasks = PLAY.format(module="ellipsis_access_token", options=ONE).replace("    store_plaintext: true\n", "")
    tasks = tasks.replace("tokens.yml", f"hashi_vault://secret/{folder}") + "    lock_timeout: 1\n"
    lifeless(tasks, moment)
    left = bao.read(f"{folder}/tile server")
    waited = controller.run(tasks, code=2)
    assert f"in the hands of another controller ({left['claim']['by']}, until {left['claim']['until']})" in waited.text
    bao.write(f"{folder}/tile server", {**left, "claim": {**left["claim"], "until": "2026-01-01T00:00:00Z"}})
    controller.run(tasks)
    kept = bao.read(f"{folder}/tile server")
    assert [token.secret for token in live(emulator, "tile server")] == [kept["token"]]
    assert "claim" not in kept
    assert "pending" not in kept
