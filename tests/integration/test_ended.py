# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real runs that are ended in a way that Python can see: the keyword timeout, Ctrl-C, SIGTERM, on this host and another.

Every row is one of the moments of tests/laws/test_ended.py. Nothing keeps the secret but the result that nobody gets.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.emulator import PASSWORD, USER, Emulator, ManualClock, Request, Response
from ansible_collections.ellipsis.drive.tests.integration.playbook import VARIABLES, Controller

pytestmark = pytest.mark.real_interpreter

TASK = """
- ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list: [{path_id: "{{ rivers_id }}", access_tier: view}]
    valid_for: 90d
    lock_timeout: 60
  timeout: 600
  register: token
"""
DELEGATED = TASK.replace("  timeout: 600", "  timeout: 600\n  delegate_to: bastion")
LOOKUP = """
- ansible.builtin.set_fact:
    secret: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', create=true, valid_for='1h', access_list=layers) }}"
  vars: {layers: [{path_id: "{{ rivers_id }}", access_tier: view}]}
  timeout: 600
"""
_PATIENCE = 20


class EndingEmulator(Emulator):
    """Lets something happen after a request was carried out, and holds the answer back until it was noticed."""

    _after: Callable[[Request], bool] | None = None
    _act: Callable[[], None]
    _noticed: Callable[[], bool]

    def end(self, after: Callable[[Request], bool], act: Callable[[], None], noticed: Callable[[], bool]) -> None:
        """noticed: another sign beside the next request, which a task that waits for its answer does not send."""
        self._after, self._act, self._noticed = after, act, noticed
        self._next = threading.Event()

    def handle(self, request: Request) -> Response:
        self.__dict__.get("_next", threading.Event()).set()
        answer = super().handle(request)
        if self._after and self._after(request):
            self._after = None
            self._next.clear()
            self._act()
            for _try in range(_PATIENCE * 20):
                if self._next.wait(0.05) or self._noticed():
                    break
        return answer


@pytest.fixture
def emulator() -> Emulator:
    return EndingEmulator(clock=ManualClock())


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)


def is_creation(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/accessToken")


def is_proof(request: Request) -> bool:
    """The creation is listed by then, and the new token is tried."""
    return request.path.startswith("/v3/path/") and "epat_" in str(request.headers)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def terminate(pid: int) -> None:
    """As kill, a cancelled job and a stopped container do."""
    os.kill(pid, signal.SIGTERM)


def press_ctrl_c(pid: int) -> None:
    os.killpg(pid, signal.SIGINT)


def time_out(pid: int) -> None:
    """The time of the keyword timeout is over."""
    for child in children(pid):
        os.kill(child, signal.SIGALRM)


# How a run ends is Ansible's affair, and stays as it is without this collection.
CODES: dict[Callable[[int], None], int] = {time_out: 2, terminate: -signal.SIGTERM, press_ctrl_c: 99}
ROWS = [
    (TASK, time_out, is_creation),
    (TASK, time_out, is_proof),
    (TASK, terminate, is_creation),
    (TASK, terminate, is_proof),
    (TASK, press_ctrl_c, is_creation),
    (TASK, press_ctrl_c, is_proof),
    (LOOKUP, terminate, is_creation),
    (LOOKUP, press_ctrl_c, is_creation),
    (DELEGATED, press_ctrl_c, is_creation),
    (DELEGATED, time_out, is_creation),
]


def end_a_run(
    tasks: str,
    act: Callable[[int], None],
    after: Callable[[Request], bool],
    controller: Controller,
    emulator: EndingEmulator,
    **environment: str,
) -> tuple[int, str]:
    """How it ended, and what it said."""
    playbook = controller.folder / "ended.yml"
    play = {"hosts": "localhost", "gather_facts": False, "vars": VARIABLES, "tasks": yaml.safe_load(tasks)}
    playbook.write_text(yaml.safe_dump([play]))
    command = ["ansible-playbook", "-i", str(controller.inventory), str(playbook)]
    with (controller.folder / "said").open("w") as said:
        process = controller.start(command, said, said, {**controller.environment, **environment})
        emulator.end(after, lambda: act(process.pid), lambda: is_gone(process.pid))
        code = process.wait(60)
    return code, (controller.folder / "said").read_text()


@pytest.mark.parametrize(("tasks", "act", "after"), ROWS, ids=lambda each: getattr(each, "__name__", ""))
def test_an_ended_run_takes_its_token_back(
    tasks: str,
    act: Callable[[int], None],
    after: Callable[[Request], bool],
    controller: Controller,
    emulator: EndingEmulator,
) -> None:
    code, output = end_a_run(tasks, act, after, controller, emulator)
    assert code == CODES[act], output
    assert emulator.tokens, output
    # What is left of a run may still be at it.
    wait_until(lambda: all(token.revoked_at is not None for token in emulator.tokens))
    assert [token.revoked_at is None for token in emulator.tokens] == [False], output
    assert not any(secret in output for secret in emulator.secrets)


def kill(pid: int) -> None:
    for each in (*children(pid), pid):
        os.kill(each, signal.SIGKILL)


def test_nothing_is_left_in_the_temporary_directory(controller: Controller, emulator: EndingEmulator) -> None:
    """A killed run leaves the login, the next run removes that, and one that is terminated leaves none."""

    def left() -> list[str]:
        files = (controller.folder / "local_tmp").glob("*/ellipsis-*")
        return [text for text in (path.read_text() for path in files) if text]

    login = {"ELLIPSIS_API_TOKEN": "", "ELLIPSIS_USERNAME": USER, "ELLIPSIS_PASSWORD": PASSWORD}
    code, output = end_a_run(TASK, kill, is_creation, controller, emulator, **login)
    assert code == -signal.SIGKILL, output
    assert any("logins" in text for text in left())
    another = TASK.replace("tile server", "viewer")
    code, output = end_a_run(another, terminate, is_creation, controller, emulator, **login)
    assert code == -signal.SIGTERM, output
    # Forks take their tokens back after the end of the run.
    wait_until(lambda: not left())
    assert not left()
