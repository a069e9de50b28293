# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-rulebook with the rulebook of the collection: a token is renewed when it is due."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock, serve

PROGRAM = Path(sys.executable).with_name("ansible-rulebook")
pytestmark = [
    pytest.mark.skipif(not PROGRAM.exists(), reason="ansible-rulebook is not in this environment: say make rulebook"),
    pytest.mark.skipif(
        shutil.which("java") is None, reason="ansible-rulebook needs Java 17 or newer, and there is none"
    ),
]
PATIENCE = 120


class Rulebook:
    """A rulebook that runs, and what it has said."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder, self.process = folder, process

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def wait_for(self, true: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE
        while not true():
            if self.process.poll() is not None or time.monotonic() > ends:
                pytest.fail(f"the rulebook ended or took too long\n{self.said}", pytrace=False)
            time.sleep(0.2)  # another program's work, there is no clock to inject


@contextmanager
def rulebook(folder: Path, url: str) -> Iterator[Rulebook]:
    """Run the rulebook on one host that wants a token in a file."""
    token = {
        "description": "tiles",
        "access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}],
        "valid_for": "90d",
        "deliver": [{"dest": str(folder / "tiles.env"), "format": "env"}],
    }
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "access_tokens": [token]}
    (folder / "inventory.yml").write_text(json.dumps({"all": {"hosts": {"alpha": host}}}))
    variables = {"ellipsis_renew_interval": 1, "ellipsis_provision_hosts": "alpha", "access_tokens_owner": "platform"}
    (folder / "vars.yml").write_text(json.dumps(variables))
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ELLIPSIS_API_URL": url,
        "ELLIPSIS_API_TOKEN": USER_TOKEN,
    }
    command = [str(PROGRAM), "--rulebook", "ellipsis.drive.renew", "-i", "inventory.yml", "--vars", "vars.yml"]
    environment["ANSIBLE_NOCOLOR"] = "1"
    play = ["ansible-playbook", "-i", "inventory.yml", "-e", "@vars.yml", "ellipsis.drive.provision"]
    first = subprocess.run(play, cwd=folder, env=environment, check=False, text=True, capture_output=True)
    assert first.returncode == 0, first.stdout + first.stderr
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdout=said, stderr=said, start_new_session=True
        )
        try:
            yield Rulebook(folder, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_tokens_are_kept_alive_and_no_secret_is_said(tmp_path: Path) -> None:
    clock = ManualClock()
    emulator = Emulator(clock=clock)

    def secret() -> str:
        [found] = re.findall(r"epat_\w+", (tmp_path / "tiles.env").read_text())
        return str(found)

    with serve(emulator) as url, rulebook(tmp_path, url) as running:
        first = secret()
        running.wait_for(lambda: len(emulator.journal) > 6)
        clock.advance(61 * 86400)
        running.wait_for(lambda: secret() != first)
    assert not [each for each in emulator.secrets if each in running.said]
