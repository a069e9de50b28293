# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the system sees when a store is rehearsed, written and locked, and what it answers."""

from __future__ import annotations

import dataclasses
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import vault_file
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError

MOUNTED = r"^is mounted as a single file, so it can't be replaced: mount its directory\.$"
MOUNTINFO = Path("/proc/self/mountinfo")


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.yml"
    path.write_text("a: 1\n")
    path.chmod(0o640)
    return path


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def rehearse(path: Path) -> None:
    vault_file.rehearse(path, 100, private=False)


def replace(path: Path) -> None:
    vault_file.replace(path, b"b: 1\n", private=False)


@pytest.mark.parametrize("there", [False, True])
def test_a_rehearsal_leaves_everything_as_it_is(path: Path, there: bool) -> None:
    if not there:
        path.unlink()
    before = path.read_bytes() if there else None
    rehearse(path)
    assert names(path) == (["tokens.yml"] if there else [])
    assert (path.read_bytes() if there else None) == before


def refuse_to_open(path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(file: Path, *more: Any) -> int:
        if file == path:
            raise OSError(number, os.strerror(number))
        return real(file, *more)

    monkeypatch.setattr(os, "open", refuse)


def test_a_file_that_may_not_be_written_can_be_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_open(path, errno.EACCES, monkeypatch)
    rehearse(path)


def test_a_file_that_nobody_may_change_can_not_be_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_open(path, errno.EPERM, monkeypatch)
    said = r"^can't be replaced, since it is immutable or append-only: use chattr -i -a\.$"
    with pytest.raises(StoreError, match=said):
        rehearse(path)
    assert names(path) == ["tokens.yml"]


@pytest.mark.parametrize(
    ("listed", "is_mount", "refused"),
    [
        (["/", "{path}"], False, True),
        (["{path}"], True, True),
        (["/"], True, True),
        (["/", "{path}2", "{parent}"], False, False),
        (None, True, True),
        (None, False, False),
    ],
    ids=["listed", "both", "another device", "neither", "no list, another device", "no list"],
)
@pytest.mark.parametrize("folder", ["plain", r"of two words \ é"])
def test_a_file_that_is_mounted_can_not_be_replaced(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, folder: str, listed: list[str] | None, is_mount: bool, refused: bool
) -> None:
    """The list of mounts has spaces and backslashes as octal numbers."""
    path = path.parent / folder / path.name
    path.parent.mkdir()
    path.write_text("a: 1\n")
    real = Path.read_bytes

    def read_bytes(self: Path) -> bytes:
        if self != MOUNTINFO:
            return real(self)
        if listed is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        places = [each.format(path=path, parent=path.parent) for each in listed]
        places = [place.replace("\\", r"\134").replace(" ", r"\040") for place in places]
        return "".join(f"36 35 98:0 /root {place} rw master:1 - ext4 /dev/x rw\n" for place in places).encode()

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    monkeypatch.setattr(Path, "is_mount", lambda _self: is_mount)
    if refused:
        with pytest.raises(StoreError, match=MOUNTED):
            rehearse(path)
    else:
        rehearse(path)
    assert names(path) == ["tokens.yml"]


@pytest.mark.parametrize("number", [errno.EIO, errno.EBUSY, errno.EXDEV, errno.ENOSPC])
def test_a_rename_that_fails(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Only one that is refused as busy was mounted meanwhile."""

    def rename(*_paths: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StoreError if number == errno.EBUSY else OSError) as caught:
        replace(path)
    said = str(caught.value)
    assert ("is mounted as a single file" in said) is (number == errno.EBUSY)
    assert (names(path), path.read_text()) == (["tokens.yml"], "a: 1\n")


def test_what_is_written_is_on_the_disk_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file before it takes the place of the old one, and its directory after that."""
    synced: list[tuple[str, str]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, path.read_text()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    replace(path)
    assert synced == [("file", "a: 1\n"), ("directory", "b: 1\n")]


@pytest.mark.parametrize("act", [rehearse, replace, vault_file.back_up, lambda path: vault_file.read(path, VaultLib())])
def test_no_file_stays_open(path: Path, act: Callable[[Path], object]) -> None:
    before = sorted(os.listdir("/dev/fd"))
    act(path)
    assert sorted(os.listdir("/dev/fd")) == before


def test_a_backup_has_the_mode_of_the_file(path: Path) -> None:
    copy = vault_file.back_up(path)
    assert (copy.read_bytes(), stat.S_IMODE(copy.stat().st_mode)) == (b"a: 1\n", 0o640)


def test_a_second_backup_in_the_same_second_is_the_first_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_file, "time", Clock())
    copy = vault_file.back_up(path)
    path.write_text("b: 1\n")
    assert vault_file.back_up(path) == copy
    assert copy.read_text() == "a: 1\n"


class Clock:
    """The time; waiting takes none."""

    def __init__(self) -> None:
        self.waited = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds

    def localtime(self) -> None:
        return None

    def strftime(self, _form: str, _now: None) -> str:
        return "2027-01-15@08:00:00"


def test_another_process_is_waited_for_a_minute(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(vault_file, "time", clock)
    said = r"^can't be written: another process kept its directory locked for 60 s\.$"
    with (
        vault_file.locked(path, pytest.fail),
        pytest.raises(StoreError, match=said),
        vault_file.locked(path.with_name("another.yml"), pytest.fail),
    ):
        pass
    assert round(clock.waited, 6) == 60


LEFT = ".tokens.yml.01234567.ellipsis-tmp"
OF_OTHERS = [".another.yml.01234567.ellipsis-tmp", ".tokens.yml.swp", "tokens.yml", "tokens.yml.1234.ellipsis-tmp"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(path: Path) -> None:
    for name in (LEFT, *OF_OTHERS):
        path.with_name(name).touch()
    with vault_file.locked(path, pytest.fail):
        assert names(path) == sorted(OF_OTHERS)


def test_what_another_process_removes_meanwhile_is_not_missed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who rehearses has no lock: what it has beside the file may be taken for something that was left."""
    monkeypatch.setattr(Path, "iterdir", lambda self: iter([self / LEFT]))
    with vault_file.locked(path, pytest.fail):
        monkeypatch.undo()

    def sweep(_descriptor: int) -> None:
        for name in names(path):
            if name != "tokens.yml":
                path.with_name(name).unlink()

    monkeypatch.setattr(os, "fsync", sweep)
    rehearse(path)
    assert names(path) == ["tokens.yml"]


@pytest.mark.parametrize("call", [rehearse, replace])
def test_what_is_on_its_way_is_beside_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[[Path], None]
) -> None:
    """Hidden, and under a name that nobody guesses."""
    seen: list[set[str]] = []
    monkeypatch.setattr(os, "fsync", lambda _descriptor: seen.append({*names(path)} - {"tokens.yml"}))
    call(path)
    [name] = seen[0]
    assert len(name) == len(LEFT) and name.startswith(".tokens.yml.") and name.endswith(".ellipsis-tmp")


@pytest.mark.parametrize(("uid", "gid"), [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (0, 0)])
def test_owner_and_group_are_those_of_the_file(path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, gid: int) -> None:
    """Nothing is asked of the system where they are so already. uid, gid: how what a new file has differs."""
    old, real = path.stat(), os.fstat
    asked: list[tuple[int, int]] = []

    def fstat(descriptor: int) -> Any:
        found = list(real(descriptor))
        found[stat.ST_UID] += uid
        found[stat.ST_GID] += gid
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(os, "fchown", lambda _descriptor, *owner: asked.append(owner))
    replace(path)
    assert asked == ([(old.st_uid, old.st_gid)] if uid or gid else [])


def test_what_was_read_is_everybodys_and_cannot_be_changed(path: Path) -> None:
    content, name = vault_file.read(path, VaultLib()), "text"
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(content, name, "another")
