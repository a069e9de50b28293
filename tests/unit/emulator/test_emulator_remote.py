# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a program of its own, and the handles it offers over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Control, Emulator, serve
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import ROADS, TOKENS, wish

MODULE = "ansible_collections.ellipsis.drive.tests.emulator"
HEADERS = {"Authorization": f"Bearer {USER_TOKEN}"}


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with serve(emulator) as url:
        yield url


def test_the_control_turns_every_handle(base_url: str, emulator: Emulator) -> None:
    control = Control(base_url)
    ids = control.seed(3, description="made elsewhere {n}", age=10)
    secret = requests.post(f"{base_url}{TOKENS}", json=wish(), headers=HEADERS).json()["token"]
    assert [token["id"] for token in control.tokens()][:3] == ids
    assert control.secrets() == emulator.secrets
    assert control.secrets()[-1] == secret
    assert [(entry["method"], entry["status"], entry["authorization"]) for entry in control.journal()] == [
        ("POST", 200, "user")
    ]
    control.fault(kind="status", status=502)
    assert requests.get(base_url).status_code == 502
    control.fault(kind="status", times=None)
    control.clear_faults()
    assert len(control.clear_journal()) == 2
    assert requests.get(base_url).status_code == 200
    assert len(control.journal()) == 1
    before = emulator.clock.now()
    control.advance(5)
    control.policy(list_lag=9)
    assert (emulator.clock.now(), emulator.policy.list_lag) == (before + 5, 9)
    assert set(control.add_folder_tree(["A/B"])) == {"A", "A/B"}
    control.reset("mix01")
    assert (control.tokens(), control.journal(), emulator.variant.create_id) == ([], [], False)
    control.reset({"errors": "html"})
    assert emulator.variant.errors == "html"


def test_a_mistake_is_reported(base_url: str) -> None:
    control = Control(base_url)
    for wrong in (
        lambda: control.fault(kind="explosion"),
        lambda: control.fault(nonsense=1),
        lambda: control.policy(nonsense=1),
        lambda: control.reset("nonsense"),
        lambda: control.seed(1, paths=["nonsense"]),
    ):
        with pytest.raises(ValueError, match=r"explosion|nonsense"):
            wrong()


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", MODULE, *arguments], stdout=subprocess.PIPE, text=True)


def test_the_program_says_where_it_is_and_obeys_a_signal(tmp_path: Path) -> None:
    url_file = tmp_path / "url"
    program = start("--url-file", str(url_file), "--variant", "mix01", "--clock-offset", "1000", "--max-seconds", "60")
    try:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        assert requests.get(f"{url}/path/{ROADS}", headers=HEADERS).status_code == 200
        control = Control(url)
        control.seed(1, paths=[PATHS["Elevation"]])
        assert control.tokens()[0]["created"] > 1000
        assert url_file.read_text().strip() == url
    finally:
        program.send_signal(signal.SIGTERM)
        rest, _errors = program.communicate(timeout=20)
    assert (program.returncode, rest) == (0, "")


def test_the_program_ends_by_itself() -> None:
    program = start("--max-seconds", "0.1")
    assert program.communicate(timeout=20)[0].startswith("http://127.0.0.1:")
    assert program.returncode == 0


def test_the_program_ends_with_its_parent() -> None:
    """The child inherits the standard error of its parent: `run` returns only once both have ended."""
    parent = (
        "import subprocess, sys;"
        f"child = subprocess.Popen([sys.executable, '-m', {MODULE!r}, '--max-seconds', '60'], stdout=subprocess.PIPE);"
        "print(child.stdout.readline().decode())"
    )
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, timeout=20, check=True)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(done.stdout.strip(), timeout=5)
