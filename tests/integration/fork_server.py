# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts programs of ansible-core without their start-up: a server imports what they import, and forks for each run.

What depends on the environment is not imported by the server: neither ansible.constants, which reads the configuration,
nor what imports it, nor anything of this collection. A run is the console script itself, executed in a process of its own
with its own environment, working directory, arguments and files, and it ends like every Python program.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

# Parts of ansible-core that know nothing of its configuration.
_INDEPENDENT = ("ansible.module_utils.basic", "ansible.module_utils.urls", "ansible.errors")
_FINDER = "ansible.utils.collection_loader._collection_finder"
# What a run imports beside them; requests is what this collection needs.
_SCOUT = "import sys, ansible.cli.playbook, requests; print(*(name for name in sys.modules if name[:7] != 'ansible'))"


BYTECODE = str(Path(__file__).resolve().with_name("bytecode"))


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
        # Only what it needs to find its files: a run's environment comes with the run.
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "LC_ALL": "C.UTF-8"
        }
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).resolve()), str(theirs.fileno())],
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """End the server; what it has started goes on."""
        self._socket.close()

    def start(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: IO[Any], stderr: IO[Any]
    ) -> Forked:
        """Run a console script of this Python's environment. stdin is empty; it leads a session of its own."""
        reader, writer = os.pipe()
        message = json.dumps({"command": list(command), "cwd": str(cwd), "env": dict(env)}).encode()
        try:
            socket.send_fds(self._socket, [len(message).to_bytes(4, "big")], [stdout.fileno(), stderr.fileno(), writer])
            self._socket.sendall(message)
        finally:
            os.close(writer)
        return Forked(reader, command)


@functools.cache
def fork_server() -> ForkServer:
    """One for each process that runs tests."""
    return ForkServer()


def _serve(connection: socket.socket) -> None:
    """Fork for every request until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guardians
    while True:
        size, descriptors, _flags, _address = socket.recv_fds(connection, 4, 3)
        if not size:
            return
        request = json.loads(connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
        if os.fork() == 0:
            connection.close()
            _guard(request, *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _guard(request: dict[str, Any], stdout: int, stderr: int, status: int) -> None:
    """Start the run, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.write(status, f"{os.getpid()}\n".encode())
        _become(request, stdout, stderr)
        return
    _pid, ended = os.waitpid(pid, 0)
    os.write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
    os._exit(0)


def _become(request: dict[str, Any], stdout: int, stderr: int) -> None:
    """Turn this process into the one that a shell would have started. It ends when this returns or raises."""
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.closerange(3, 256)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    random.seed()
    sys.argv = request["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    added = request["env"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [folder for folder in added if folder]
    if any(added):
        # As Python does when it starts.
        sys.modules.pop("sitecustomize", None)
        with contextlib.suppress(ImportError):
            importlib.import_module("sitecustomize")
    sys.modules.pop("__main__")
    runpy.run_path(sys.argv[0], run_name="__main__")


def _preload() -> None:
    """Import what every run imports, as long as it can't know for whom."""
    names = subprocess.check_output([sys.executable, "-c", _SCOUT], text=True).split()
    for name in (*names, *_INDEPENDENT):
        # Some are private to a package that has them only under another name.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "ansible.constants" in sys.modules:
        raise SystemExit("the fork server has read a configuration, which would be that of every run")
    # ansible-core compiles collections anew in each process.
    sys.path.append(BYTECODE)
    compiled = importlib.import_module("compiled").compiled
    sys.path.remove(BYTECODE)

    def compile_once(source: str | bytes, filename: str, mode: str, **how: Any) -> Any:
        text = source if isinstance(source, bytes) else source.encode()
        return compiled(f"{filename} {mode} {how}", text, lambda: compile(source, filename, mode, **how))

    vars(importlib.import_module(_FINDER))["compile"] = compile_once


if __name__ == "__main__":
    _preload()
    _serve(socket.socket(fileno=int(sys.argv[1])))
