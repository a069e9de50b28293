# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run removes of other runs: files of ours, of the same user, of processes that are gone, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible import constants

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.leftovers import mark_of_this_run, sweep
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_file import RunFile

NAME = "ellipsis-" + "0" * 32
THREE_DAYS = 3 * 86400


def gone() -> int:
    """The id of a process that is no more."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def mark(**differs: Any) -> str:
    return json.dumps({"run": {**mark_of_this_run(), **differs}, "value": {}})


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary directory of another run, beside that of this one."""
    for name in ("ansible-local-1abcdefgh", "ansible-local-2abcdefgh"):
        (tmp_path / name).mkdir(mode=0o700)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "ansible-local-1abcdefgh"))
    return tmp_path / "ansible-local-2abcdefgh"


# The content, how old it is, and whether it is removed.
ROWS: dict[str, tuple[Callable[[], str], float, bool]] = {
    "dead": (lambda: mark(pid=gone(), began="1"), 0, True),
    "alive": (mark, 0, False),
    "alive and old": (mark, THREE_DAYS, False),
    "its id was given to another process": (lambda: mark(began="1"), 0, True),
    "of another machine or container": (lambda: mark(pid=gone(), place="elsewhere"), 0, False),
    "of another machine or container, long ago": (lambda: mark(place="elsewhere"), THREE_DAYS, True),
    "unfinished": (lambda: mark(pid=gone())[:20], 0, False),
    "unfinished, long ago": (lambda: mark()[:20], THREE_DAYS, True),
    "not ours": (lambda: '["run"]', 0, False),
}


@pytest.mark.parametrize("name", [NAME, NAME + ".01234567"])
@pytest.mark.parametrize("row", ROWS)
def test_what_is_removed(row: str, name: str, other: Path) -> None:
    content, age, removed = ROWS[row]
    file = other / name
    file.write_text(content())
    os.utime(file, (time.time() - age,) * 2)
    sweep()
    assert file.exists() is not removed


@pytest.mark.parametrize("name", ["ellipsis-notes", "tmpabc", NAME + ".txt", "x" + NAME, NAME[:-1]])
def test_other_files_stay(name: str, other: Path) -> None:
    (other / name).write_text(mark(pid=gone()))
    sweep()
    assert (other / name).exists()


def test_other_places_stay(other: Path, tmp_path: Path) -> None:
    """A link to a directory, a link to a file, a directory of another name, one of another user, and what is no file."""
    dead = mark(pid=gone())
    for name in ("elsewhere", "ansible-local-3abcdefgh"):
        (tmp_path / name).mkdir()
        (tmp_path / name / NAME).write_text(dead)
    (tmp_path / "ansible-local-4abcdefgh").symlink_to(tmp_path / "elsewhere")
    (other / NAME).symlink_to(tmp_path / "elsewhere" / NAME)
    os.mkfifo(other / f"{NAME[:-1]}1")
    if os.geteuid() == 0:
        os.chown(tmp_path / "ansible-local-3abcdefgh", 12345, 12345)
    sweep()
    assert (tmp_path / "elsewhere" / NAME).exists()
    assert sorted(each.name for each in other.iterdir()) == [NAME, f"{NAME[:-1]}1"]
    assert (tmp_path / "ansible-local-3abcdefgh" / NAME).exists() is (os.geteuid() == 0)


def test_what_was_on_its_way_to_a_host_goes_with_its_run(other: Path) -> None:
    """It has no mark, so the other files of its run tell."""
    for pid, stays in ((os.getpid(), True), (gone(), False)):
        (other / NAME).write_text(mark(pid=pid) if stays else mark(pid=pid, began="1"))
        (other / f"{NAME[:-1]}1").write_text("a rendered file")
        sweep()
        assert (other / f"{NAME[:-1]}1").exists() is stays


def test_a_run_knows_its_own_files(other: Path) -> None:
    file = RunFile("key")
    file.write({"token": "test"})
    [path] = Path(constants.DEFAULT_LOCAL_TMP).iterdir()
    path.rename(other / path.name)
    assert file.read() is None
    sweep()
    assert (other / path.name).exists()


def test_nothing_is_written_after_a_run_was_terminated(other: Path) -> None:
    Path(constants.DEFAULT_LOCAL_TMP, "ellipsis-terminated").touch()
    file = RunFile("key")
    file.write({"token": "test"})
    assert file.read() is None
