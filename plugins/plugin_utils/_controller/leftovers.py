# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes the files of runs that were ended before Ansible could remove its temporary directory (law 11).

A run that is terminated removes its own. What a killed one left is removed by the next run of the same user.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import signal
import socket
import stat
import threading
import time
import typing as t
from pathlib import Path

from ansible import constants as C

# What RunFile makes, unfinished writes included, and what is on its way to a host.
_OURS = re.compile(r"ellipsis-([a-z-]+-)?[0-9a-f]{32}(\.[0-9a-f]{8})?")
# Tells forks that go on for a moment that their run was terminated.
_TERMINATED = "ellipsis-terminated"
# How ansible-core names the temporary directory of a run.
_DIRECTORIES = "ansible-local-*"
# Nothing in such a file is of use for longer: a login ends after an hour, a run-only token after a day.
_STALE_SECONDS = 2 * 86400
# In /proc/PID/stat, counted behind the name: the state is the first field, and this one tells when the process began.
_BEGINNING = 19
_ENDED = ("Z", "X")
Mark = dict[str, t.Any]


def mark_of_this_run() -> Mark:
    """Tells this run from every other one, also from a later one with the same process id."""
    parent = multiprocessing.parent_process()
    pid = os.getpid() if parent is None or parent.pid is None else parent.pid
    return {"place": _place(), "pid": pid, "began": _began(pid)}


def sweep() -> None:
    """Remove what dead runs left beside the temporary directory of this run."""
    ours = Path(C.DEFAULT_LOCAL_TMP)
    for directory in ours.parent.glob(_DIRECTORIES):
        if directory != ours:
            with contextlib.suppress(OSError):
                _clear(directory, _is_dead)


def remove_when_terminated() -> None:
    """From now on SIGTERM removes the files of this run before it does what it did before.

    Ansible ends without removing its temporary directory then. Only its main process does this; its forks go their own way.
    """
    if multiprocessing.parent_process() or threading.current_thread() is not threading.main_thread():
        return
    before, main = signal.getsignal(signal.SIGTERM), os.getpid()

    def terminate(number: int, _frame: object) -> None:
        if os.getpid() == main:
            with contextlib.suppress(OSError):
                # First, so that a file is either seen here or removed by who writes it.
                Path(C.DEFAULT_LOCAL_TMP, _TERMINATED).touch()
                _clear(Path(C.DEFAULT_LOCAL_TMP), lambda _files: True)
        signal.signal(number, before)
        os.kill(os.getpid(), number)

    if before not in (signal.SIG_IGN, None):
        signal.signal(signal.SIGTERM, terminate)


def is_terminated() -> bool:
    """Whether this run has removed its files, so that nothing may come after them."""
    return Path(C.DEFAULT_LOCAL_TMP, _TERMINATED).exists()


def _clear(directory: Path, is_to_go: t.Callable[[list[int]], bool]) -> None:
    """Remove our files from a directory that is the user's own and no link. All of them are of one run."""
    with contextlib.ExitStack() as opened:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        opened.callback(os.close, descriptor)
        if os.fstat(descriptor).st_uid != os.geteuid():
            return
        files = {}
        for name in filter(_OURS.fullmatch, os.listdir(descriptor)):
            with contextlib.suppress(OSError):
                files[name] = os.open(
                    name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor
                )
                opened.callback(os.close, files[name])
        regular = {name: file for name, file in files.items() if stat.S_ISREG(os.fstat(file).st_mode)}
        if regular and is_to_go(list(regular.values())):
            for name in regular:
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=descriptor)


def _is_dead(files: list[int]) -> bool:
    """Whether the run that wrote these is over. Where no file tells that, old age has to do."""
    for mark in filter(None, map(_mark, files)):
        return bool(_began(int(mark["pid"])) != mark["began"])
    return all(time.time() - os.fstat(file).st_mtime > _STALE_SECONDS for file in files)


def _mark(file: int) -> Mark | None:
    """The mark in a file, where it means something here."""
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError):
        mark = json.loads(os.read(file, 1 << 20))["run"]
        if mark["place"] == _place() and mark["began"] is not None and int(mark["pid"]):
            return t.cast(Mark, mark)
    return None


def _place() -> str:
    """Where process ids mean the same as here: one start of one machine, and one container."""
    with contextlib.suppress(OSError):
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {os.readlink('/proc/self/ns/pid')}"
    return socket.gethostname()


def _began(pid: int) -> str | None:
    """When a process began, as the system counts it; None where there is none, or the system has no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in _ENDED else fields[_BEGINNING]
