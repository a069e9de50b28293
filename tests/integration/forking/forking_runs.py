# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forks for each request, and tells how each run ended."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import marshal
import os
import random
import runpy
import selectors
import shutil
import socket
import sys
import threading
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONSTANTS, MADE_FOR_EACH_RUN = "ansible.constants", "DEFAULT_LOCAL_TMP"
# Where a run has its modules, in its temporary directory, and where all of them are.
_BUILT_BY_RUN, _BUILT = "ansiballz_cache", Path(sys.prefix, "modules")


class Runs:
    """Waits for requests and for the ends of runs. connection: when its other end is closed, the server ends."""

    def __init__(self, connection: socket.socket, listener: socket.socket | None = None) -> None:
        self._connection, self._listener = connection, listener
        self._selector = selectors.DefaultSelector()
        for source in filter(None, (connection, listener)):
            self._selector.register(source, selectors.EVENT_READ)

    def serve(self) -> None:
        """Return in the server when it ends, and in each run."""
        while True:
            for key, _events in self._selector.select():
                if key.fileobj is self._connection:
                    message, descriptors = received(self._connection)
                    if not message or self._answered(message, descriptors):
                        return
                elif key.fileobj is self._listener:
                    asking, _address = self._listener.accept()
                    message, descriptors = received(asking)
                    # Whoever comes by the listener is told the end by its own connection.
                    if message and self._forked(marshal.loads(message), [*descriptors, asking.detach()]):
                        return
                else:
                    pid, status = key.data
                    self._tell_end(pid, status, key.fd)

    def _answered(self, message: bytes, descriptors: list[int]) -> bool:
        """Whether this is the process of the run now."""
        return self._forked(marshal.loads(message), descriptors)

    def _forked(self, request: dict[str, Any], descriptors: list[int]) -> bool:
        stdout, stderr, status = descriptors
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.write(status, f"{os.getpid()}\n".encode())
            self.leave()
            _become(request, stdout, stderr)
            return True
        os.close(stdout)
        os.close(stderr)
        self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, status))
        return False

    def _tell_end(self, pid: int, status: int, watched: int) -> None:
        _pid, ended = os.waitpid(pid, 0)
        # Whoever asked may be gone.
        with contextlib.suppress(OSError):
            os.write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
        self._selector.unregister(watched)
        os.close(watched)
        os.close(status)

    def leave(self) -> None:
        """In a child: what is the server's is none of its business."""
        self._selector.close()
        self._connection.close()
        if self._listener:
            self._listener.close()


def send(connection: socket.socket, message: bytes, descriptors: Sequence[int]) -> None:
    """A request and the files that go with it."""
    socket.send_fds(connection, [len(message).to_bytes(4, "big")], descriptors)
    connection.sendall(message)


def received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """What was sent so; nothing when the other end is closed."""
    size, descriptors, _flags, _address = socket.recv_fds(connection, 4, 3)
    return connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL) if size else b"", descriptors


def _become(request: dict[str, Any], stdout: int, stderr: int) -> None:
    """Turn this process into the one that a shell would have started. It ends when this returns or raises."""
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    # The server's objects know whether its own output is a file.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for all of the run
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115 - likewise
    os.closerange(3, 256)
    os.chdir(request["cwd"])
    if "umask" in request:
        os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    random.seed()
    # A run is short; to look for what it could free takes a tenth of its time.
    gc.disable()
    if CONSTANTS in sys.modules:
        constants: Any = sys.modules[CONSTANTS]
        setattr(constants, MADE_FOR_EACH_RUN, constants.config.get_config_value(MADE_FOR_EACH_RUN))
        _share_modules(_BUILT, Path(constants.DEFAULT_LOCAL_TMP, _BUILT_BY_RUN))
    sys.argv = request["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent) if request.get("program") is None else ""
    _add_to_path([folder for folder in request["env"].get("PYTHONPATH", "").split(os.pathsep) if folder])
    sys.modules.pop("__main__")
    try:
        _execute(request.get("program"))
    except SystemExit as exc:
        if exc.code is not None and not isinstance(exc.code, int):
            raise
        _end(exc.code or 0)


def _add_to_path(folders: list[str]) -> None:
    """As Python does when it starts."""
    sys.path[1:1] = folders
    if folders:
        sys.modules.pop("sitecustomize", None)
        with contextlib.suppress(ImportError):
            importlib.import_module("sitecustomize")


def _execute(program: bytes | None) -> None:
    if program is None:
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        main.__file__ = "<stdin>"
        exec(compile(program, main.__file__, "exec"), vars(main))


def _share_modules(source: Path, target: Path) -> None:
    """A run keeps the modules of ansible-core that it has made ready to be sent. They are the same for all runs of one core."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("ansible.modules.*"):
        if file.suffix != ".lock" and not (target / file.name).exists():
            unfinished = target / f"{os.getpid()}.{file.name}"
            shutil.copyfile(file, unfinished)
            unfinished.replace(target / file.name)


def _end(code: int) -> None:
    """End like Python does, but leave the memory to the system: to clear what the server has imported takes 0.1 s."""
    if CONSTANTS in sys.modules:
        _share_modules(Path(vars(sys.modules[CONSTANTS])[MADE_FOR_EACH_RUN], _BUILT_BY_RUN), _BUILT)
    _threading: Any = threading
    _threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)
