# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import re
import signal
import typing as t
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller import lock as _lock
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.lock import Lock, LockError, LockTimeout

KEY = ("https://api.example.com/v3", "default")
PATIENCE = 60


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 0.0
    naps: list[float] = field(default_factory=list)
    on_sleep: t.Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds
        self.on_sleep()

    def monotonic(self) -> float:
        return self.now


def refuse(message: str) -> None:
    raise AssertionError(f"unexpected warning: {message}")


def make(
    directory: Path,
    key: tuple[str, ...] = KEY,
    *,
    clock: Clock | None = None,
    timeout: float = 0.0,
    holder: str = "site.yml",
    warn: t.Callable[[str], None] = refuse,
) -> Lock:
    clock = clock or Clock()
    return Lock(directory, key, timeout=timeout, holder=holder, warn=warn, sleep=clock.sleep, monotonic=clock.monotonic)


@pytest.fixture(name="directory")
def fixture_directory(tmp_path: Path) -> t.Iterator[Path]:
    yield tmp_path / "home" / ".ansible" / "ellipsis-drive"
    assert not _lock._HELD


def hold(directory: Path, pipe: Connection) -> None:
    """In another process: take the lock, say so, keep it until told otherwise."""
    with make(directory, holder="rotate.yml"):
        pipe.send("held")
        pipe.recv()
    pipe.send("released")
    pipe.recv()


@dataclass
class Other:
    """A process that holds the lock."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection

    def say(self, word: str) -> object:
        self.pipe.send(word)
        return self.hear()

    def hear(self) -> object:
        assert self.pipe.poll(PATIENCE)
        return self.pipe.recv()


@pytest.fixture(name="other", params=["fork", "spawn"])
def fixture_other(request: pytest.FixtureRequest, directory: Path) -> t.Iterator[Other]:
    context = multiprocessing.get_context(request.param)
    ours, theirs = context.Pipe()
    process = context.Process(target=hold, args=(directory, theirs))
    process.start()
    theirs.close()
    other = Other(process, ours)
    assert other.hear() == "held"
    yield other
    process.kill()
    process.join(PATIENCE)


def test_a_timeout_names_the_holder(directory: Path, other: Other) -> None:
    clock = Clock()
    lock = make(directory, clock=clock, timeout=0.25)
    with pytest.raises(LockTimeout) as caught:
        lock.acquire()
    text = str(caught.value)
    assert isinstance(caught.value, EllipsisError)
    assert re.search(rf"pid {other.process.pid} on \S+ since \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(rotate\.yml\)", text)
    assert str(lock.path) in text
    assert "raise lock_timeout" in text
    assert clock.naps == pytest.approx([0.1, 0.1, 0.05])
    assert not lock.held


def test_it_is_had_as_soon_as_the_other_lets_go(directory: Path, other: Other) -> None:
    clock = Clock(on_sleep=lambda: other.say("let go"))
    with make(directory, clock=clock, timeout=10) as lock:
        assert lock.held
    assert len(clock.naps) == 1


def test_it_is_had_when_the_other_is_killed(directory: Path, other: Other) -> None:
    def kill() -> None:
        assert other.process.pid
        os.kill(other.process.pid, signal.SIGKILL)
        other.process.join(PATIENCE)

    with make(directory, clock=Clock(on_sleep=kill), timeout=10) as lock:
        assert f"pid {os.getpid()} " in lock.path.read_text()


def test_another_key_does_not_wait(directory: Path, other: Other) -> None:
    assert other.process.is_alive()
    with make(directory, (KEY[0], "another")) as lock:
        assert lock.held


def test_the_process_counts(directory: Path) -> None:
    first, second = make(directory), make(directory)
    first.acquire()
    second.acquire()
    first.release()
    assert first.held
    assert second.held
    second.release()
    assert not first.held
    assert not second.held
    assert second.path.read_text() == ""
    second.release()


def in_child(work: t.Callable[[], object]) -> object:
    """What a fork of this very process finds."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def run() -> None:
        theirs.send(work())

    process = context.Process(target=run)
    process.start()
    theirs.close()
    assert ours.poll(PATIENCE)
    answer = ours.recv()
    process.join(PATIENCE)
    return answer


def test_a_fork_holds_nothing(directory: Path) -> None:
    def work() -> tuple[bool, bool, str]:
        held = lock.held, has_open(lock.path)
        try:
            make(directory).acquire()
        except LockTimeout as exc:
            lock.release()
            return *held, str(exc)
        return *held, "acquired"

    with make(directory) as lock:
        assert has_open(lock.path)
        held, is_open, text = t.cast("tuple[bool, bool, str]", in_child(work))
        assert lock.held
        assert not held
        assert not is_open
        assert f"pid {os.getpid()} " in text


def has_open(path: Path) -> bool:
    return any(link.resolve() == path.resolve() for link in Path("/proc/self/fd").iterdir())


def test_a_fork_does_not_prolong_the_lock(directory: Path) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    with make(directory):
        process = context.Process(target=theirs.recv)
        process.start()
    assert in_child(make(directory).acquire) is None
    ours.send("done")
    process.join(PATIENCE)


def test_a_copy_of_the_descriptor_does_not_prolong_the_lock(directory: Path) -> None:
    with make(directory) as lock:
        copy = os.dup(_lock._HELD[lock.path].descriptor)
    try:
        assert in_child(make(directory).acquire) is None
    finally:
        os.close(copy)


def test_contention(directory: Path, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=count, args=(directory, counter, 25)) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert counter.read_text() == "100"


def count(directory: Path, counter: Path, times: int) -> None:
    for _number in range(times):
        with Lock(directory, KEY, timeout=PATIENCE, holder="x", warn=refuse, sleep=lambda _seconds: os.sched_yield()):
            counter.write_text(str(int(counter.read_text()) + 1))


def test_a_deleted_file_is_not_a_lock(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.flock
    deletions = iter([True])

    def flock(descriptor: int, operation: int) -> None:
        real(descriptor, operation)
        if next(deletions, False):
            lock.path.unlink()

    lock = make(directory)
    monkeypatch.setattr(fcntl, "flock", flock)
    with lock:
        assert f"pid {os.getpid()} " in lock.path.read_text()


def test_modes_and_names(directory: Path) -> None:
    with make(directory) as lock:
        assert directory.stat().st_mode & 0o777 == 0o700
        assert lock.path.stat().st_mode & 0o777 == 0o600
        assert re.fullmatch(r"[0-9a-f]{32}\.lock", lock.path.name)
    assert lock.path.exists()
    assert make(directory, ("a", "bc")).path != make(directory, ("ab", "c")).path


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_no_locks_is_one_warning(directory: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(code, os.strerror(code))

    warnings: list[str] = []
    monkeypatch.setattr(fcntl, "flock", flock)
    for _time in range(2):
        with make(directory, warn=warnings.append) as lock:
            assert lock.held
    assert len(warnings) == 1
    assert str(directory) in warnings[0]


def link_directory(directory: Path) -> None:
    directory.parent.mkdir(parents=True)
    (directory.parent / "elsewhere").mkdir()
    directory.symlink_to("elsewhere")


def link_file(directory: Path) -> None:
    directory.mkdir(parents=True, mode=0o700)
    make(directory).path.symlink_to("elsewhere")


def open_directory(directory: Path) -> None:
    directory.mkdir(parents=True)
    directory.chmod(0o770)


def no_directory(directory: Path) -> None:
    directory.parent.mkdir(parents=True)
    directory.touch()


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (link_directory, "not a link"),
        (link_file, "must not be a link"),
        (open_directory, "mode to 0700"),
        (no_directory, "can't be used"),
    ],
)
def test_unsafe_places(directory: Path, prepare: t.Callable[[Path], None], says: str) -> None:
    prepare(directory)
    with pytest.raises(LockError, match=says):
        make(directory).acquire()


def test_a_directory_of_somebody_else(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345678)
    with pytest.raises(LockError, match="another user"):
        make(directory).acquire()
