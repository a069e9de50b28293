# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time on this controller, among forks and parallel playbooks (private to this collection)."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import socket
import stat
import time
import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError

POLL_SECONDS = 0.1
_UNSUPPORTED = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})

Sleep = t.Callable[[float], object]
Monotonic = t.Callable[[], float]


class LockError(EllipsisError):
    """The place where locks live can't be used."""


class LockTimeout(LockError):
    """Somebody else kept the lock for longer than we may wait."""


class LockUnsupported(LockError):
    """The file system has no locks."""


@dataclass
class _Held:
    descriptor: int
    count: int = 1


_HELD: dict[Path, _Held] = {}
_WARNED: set[Path] = set()


def _drop_inherited() -> None:
    # The parent unlocks explicitly, so closing our copies never takes its locks; keeping them would
    # keep the locks of a parent that was killed.
    for held in _HELD.values():
        os.close(held.descriptor)
    _HELD.clear()


os.register_at_fork(after_in_child=_drop_inherited)


def take_flock(descriptor: int, *, timeout: float, sleep: Sleep, monotonic: Monotonic) -> bool:
    """Whether the lock of an open file was had within the time."""
    end = monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            remaining = end - monotonic()
            if remaining <= 0:
                return False
        except OSError as exc:
            if exc.errno in _UNSUPPORTED:
                raise LockUnsupported(os.strerror(exc.errno)) from exc
            raise
        sleep(min(POLL_SECONDS, remaining))


def drop_flock(descriptor: int) -> None:
    """Unlock and close. Closing alone would leave the lock to a fork that still has the descriptor."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


class Lock:
    """A lock file; re-entrant within the process (not per thread), never inherited by a fork."""

    def __init__(
        self,
        directory: Path,
        key: tuple[str, ...],
        *,
        timeout: float,
        holder: str,
        warn: t.Callable[[str], None],
        sleep: Sleep = time.sleep,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        digest = hashlib.sha256("\0".join(key).encode()).hexdigest()
        self.path = Path(os.path.abspath(directory)) / f"{digest[:32]}.lock"
        self._timeout = timeout
        self._holder = holder
        self._warn = warn
        self._sleep = sleep
        self._monotonic = monotonic

    @property
    def held(self) -> bool:
        """Whether this process holds the lock, through whichever object."""
        return self.path in _HELD

    def acquire(self) -> None:
        """Take the lock, or fail with who holds it."""
        if self.path in _HELD:
            _HELD[self.path].count += 1
            return
        try:
            _check_directory(self.path.parent)
            _HELD[self.path] = _Held(self._take())
        except OSError as exc:
            raise LockError(f"The lock file {self.path} can't be used: {exc.strerror}.") from exc

    def release(self) -> None:
        """Give back one acquisition; without one nothing happens, so that it may stand in any ``finally``."""
        held = _HELD.get(self.path)
        if held is None:
            return
        held.count -= 1
        if held.count == 0:
            del _HELD[self.path]
            with contextlib.suppress(OSError):
                os.ftruncate(held.descriptor, 0)
            drop_flock(held.descriptor)

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *_details: object) -> None:
        self.release()

    def _take(self) -> int:
        end = self._monotonic() + self._timeout
        while True:
            descriptor = _open(self.path)
            try:
                self._wait(descriptor, end - self._monotonic())
                if _is_still(self.path, descriptor):
                    _write(descriptor, _describe(self._holder))
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _wait(self, descriptor: int, timeout: float) -> None:
        try:
            if take_flock(descriptor, timeout=timeout, sleep=self._sleep, monotonic=self._monotonic):
                return
        except LockUnsupported as exc:
            if self.path not in _WARNED:
                _WARNED.add(self.path)
                self._warn(
                    f"No locks in {self.path.parent} ({exc}): don't run two playbooks for one account at a time."
                )
            return
        raise LockTimeout(
            f"After {self._timeout:g} s the lock {self.path} is still held by {_read(descriptor) or 'another process'}."
            " Let it finish, or raise lock_timeout."
        )


def _check_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise LockError(f"{directory} must be a directory, not a link.")
    if found.st_uid != os.geteuid():
        raise LockError(f"{directory} belongs to another user (uid {found.st_uid}).")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise LockError(f"Others can write in {directory}: set its mode to 0700.")


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            raise LockError(f"The lock file {path} must not be a link.") from exc
        raise


def _is_still(path: Path, descriptor: int) -> bool:
    # A lock on a file that somebody deleted meanwhile excludes nobody.
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _describe(holder: str) -> str:
    since = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"pid {os.getpid()} on {socket.gethostname()} since {since} ({holder})"


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{text}\n".encode(), 0)


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 500, 0).decode(errors="replace").strip()
