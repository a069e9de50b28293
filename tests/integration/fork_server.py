# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts programs of ansible-core without their start-up: a server imports what they import, and forks for each run.

A run is the console script itself, executed in a process of its own with its own environment, working directory, arguments
and files, and it ends like every Python program. The programs of the server are in C(forking).
"""

from __future__ import annotations

import functools
import marshal
import os
import random
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ansible_collections.ellipsis.drive.tests.integration.forking.forking_runs import send

_FORKING = Path(__file__).resolve().with_name("forking")
BYTECODE = str(_FORKING / "bytecode")


class Forked:
    """A run, with as much of subprocess.Popen as the tests use."""

    def __init__(self, status: int, args: Sequence[str]) -> None:
        self.args = args
        self.returncode: int | None = None
        self._status = open(status, encoding="utf-8")  # noqa: SIM115 - closed with the run
        self.pid = int(self._status.readline())

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status once there is one."""
        if self.returncode is None and not select.select([self._status], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """To the process itself."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """The end that nobody can catch."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The server of this process; it ends with it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        # Of no file, so nothing has to be removed.
        self._address = f"\0ellipsis-tests-{os.getpid()}-{random.randrange(1 << 64):x}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._address)
        listener.listen(64)
        # Only what it needs to find its files: a run's environment comes with the run.
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "LC_ALL": "C.UTF-8"
        }
        with theirs, listener:
            descriptors = [theirs.fileno(), listener.fileno()]
            self.process = subprocess.Popen(
                [sys.executable, str(_FORKING / "forking_server.py"), *map(str, descriptors)],
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=descriptors,
                start_new_session=True,
            )

    def interpreter(self, folder: Path) -> str:
        """A program that does what Python does with a module, in a file or on stdin, by this server. Like Python with anything else."""
        file = folder / "python"
        program = (_FORKING / "interpreter.py").read_text().replace('"ADDRESS"', repr(self._address))
        file.write_text(f"#!{sys.executable} -IS\n{program}".replace('"PYTHON"', repr(sys.executable)))
        file.chmod(0o700)
        return str(file)

    def close(self) -> None:
        """End the server; what it has started goes on."""
        self._socket.close()

    def start(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: IO[Any], stderr: IO[Any]
    ) -> Forked:
        """Run a console script of this Python's environment. stdin is empty; it leads a session of its own."""
        reader, writer = os.pipe()
        message = marshal.dumps({"command": list(command), "cwd": str(cwd), "env": dict(env)})
        try:
            send(self._socket, message, [stdout.fileno(), stderr.fileno(), writer])
        finally:
            os.close(writer)
        return Forked(reader, command)


@functools.cache
def fork_server() -> ForkServer:
    """One for each process that runs tests."""
    return ForkServer()
