# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 10: what the store would refuse, check mode refuses too, in the same words, and nothing was written or revoked before.

Each row is a store that really is like that. It is made so in a process of its own, with mounts that nobody else sees.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_tokens as _access_tokens
from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.laws.harness import Options, access
from ansible_collections.ellipsis.drive.tests.laws.laboratory import DESCRIPTION, Keeping

NOBODY = 65534
TASK: Options = {"description": DESCRIPTION, "owner": "team", "access_list": [access()], "valid_for": "30d"}
TASKS: dict[str, Options] = {
    "new": {**TASK, "description": "another"},
    "replacement": {**TASK, "regenerate": "always"},
    "absent": {"description": DESCRIPTION, "owner": "team", "state": "absent"},
    "by id": {"token_id": "", "owner": "team", "state": "absent"},
    "set": {"owner": "team", "tokens": [{"description": "x", "access_list": [access()], "valid_for": "30d"}]},
    "prune": {"owner": "team", "prune": True, "allow_empty": True, "prune_limit": "100%", "prune_min_age": "0"},
}


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def mounted(path: Path) -> None:
    run("mount", "--bind", str(path), str(path))


def full(path: Path) -> None:
    text = path.read_bytes()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "none", str(path.parent))
    path.write_bytes(text)
    with suppress(OSError), (path.parent / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(512)):
            pass


def read_only(path: Path) -> None:
    run("mount", "--bind", str(path.parent), str(path.parent))
    run("mount", "-o", "remount,bind,ro", str(path.parent))


def of_somebody_else(path: Path) -> None:
    os.chown(path, 12345, 12345)
    path.chmod(0o644)
    path.parent.chmod(0o700)
    os.chown(path.parent, NOBODY, NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def in_a_directory_of_somebody_else(path: Path) -> None:
    path.chmod(0o644)
    path.parent.chmod(0o755)
    os.setuid(NOBODY)


def immutable(path: Path) -> None:
    run("chattr", "+i", str(path))


def append_only(path: Path) -> None:
    run("chattr", "+a", str(path))


def aliased(path: Path) -> None:
    text = path.read_text().replace("ellipsis_access_tokens:", "ellipsis_access_tokens: &ours")
    path.write_text(f"{text}copy: *ours\n")


ROWS: dict[Callable[[Path], None], str] = {
    mounted: r"is mounted as a single file, so it can't be replaced: mount its directory\.",
    full: r"can't be used: No space left on device\.",
    read_only: r"can't be (used: Read-only file system|written, since its directory is not writable)\.",
    of_somebody_else: r"belongs to another user or group \(uid 12345, gid 12345\), .*: change its owner, or run as that user",
    in_a_directory_of_somebody_else: r"can't be written, since its directory is not writable\.",
    immutable: r"can't be replaced, since it is immutable or append-only: use chattr -i -a\.",
    append_only: r"can't be replaced, since it is immutable or append-only: use chattr -i -a\.",
    aliased: r"is written in a way that ellipsis_access_tokens can't be changed without touching the rest",
}
Answer = tuple[str, str, str, bool]


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    # Not below a directory that only root may enter.
    place = Path(tempfile.gettempdir()) / f"ellipsis-{os.getpid()}-{tmp_path.name}"
    place.mkdir(mode=0o755)
    yield place
    for path in place.iterdir():
        subprocess.run(["chattr", "-i", "-a", str(path)], check=False, capture_output=True)
    shutil.rmtree(place)


def leave_mounts() -> None:
    """What is mounted from now on is seen by this process and those that it starts."""
    if sys.platform != "linux" or sys.version_info < (3, 12):
        raise OSError("os.unshare() is needed")
    os.unshare(os.CLONE_NEWNS)
    run("mount", "--make-rprivate", "/")


def try_all(make: Callable[[Path], None], folder: Path, answers: Any) -> None:
    """In a process of its own: what check mode and a run of every task say, and whether anything was written."""
    emulator = Emulator(None, ManualClock())
    controller = Keeping(emulator, folder / "tokens.yml")
    made = controller.execute(TASK)
    assert made.result, made.error
    store = folder / "tokens.yml"
    try:
        leave_mounts()
        make(store)
    except (OSError, subprocess.CalledProcessError) as exc:
        answers.send(str(exc))
        return
    before = store.read_bytes(), sorted(os.listdir(folder)), [token.revoked_at for token in emulator.tokens]
    for name, task in TASKS.items():
        named = {"token_id": made.result["access_token"]["id"]} if "token_id" in task else {}
        module = _access_tokens if name in ("set", "prune") else _access_token
        said = [str(controller.execute({**task, **named}, None, module, apply=apply).error) for apply in (False, True)]
        after = store.read_bytes(), sorted(os.listdir(folder)), [token.revoked_at for token in emulator.tokens]
        answers.send((name, *said, after == before))


@pytest.mark.parametrize("make", ROWS, ids=lambda each: each.__name__)
def test_check_mode_and_a_run_refuse_alike(make: Callable[[Path], None], folder: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=try_all, args=(make, folder, theirs))
    process.start()
    theirs.close()
    for name in TASKS:
        answer: Answer | str = ours.recv()
        if isinstance(answer, str):
            pytest.skip(f"such a store can't be made here: {answer}")
        tried, dry, wet, untouched = answer
        assert tried == name
        assert re.search(rf"^The store {folder}/tokens\.yml {ROWS[make]}", wet), (name, wet)
        assert dry == wet, name
        assert untouched, f"{name}: something was written"
    process.join()
