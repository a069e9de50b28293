# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers that share a store: who loses a race returns what the other one keeps, and nobody keeps a dead secret."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.laws.harness import Options, absent, live_tokens, present
from ansible_collections.ellipsis.drive.tests.laws.laboratory import (
    DESCRIPTION,
    Interruptions,
    Keeping,
    Report,
    nonce_of,
)
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryServer

TASK = present(description=DESCRIPTION, return_secret=True)
# The second controller runs as a whole before the first one creates its token.
MOMENTS = range(3, 8)


class Waiting(ManualClock):
    """Tells when somebody waits."""

    def __init__(self, store: Path, late: Path) -> None:
        super().__init__()
        self._store, self._late, self.waited = store, late, 0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.waited += 1
        if self.waited == 3 and self._late.exists():
            shutil.copy(self._late, self._store)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("shared", [True, False], ids=["kept already", "kept in a moment"])
def test_who_loses_a_race_returns_the_secret_of_the_holder(tmp_path: Path, moment: int, shared: bool) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "ours" if shared else tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir(exist_ok=True)
    # The higher id loses at once, so that only the wait for the holder is left.
    emulator = Emulator(None, Waiting(ours / "tokens.yml", tmp_path / "theirs" / "tokens.yml"), seed=1)
    first, second = (Keeping(emulator, folder / "tokens.yml") for folder in (ours, theirs))
    reports: list[Report] = []
    reports.append(first.execute(TASK, Interruptions(moment, lambda: reports.append(second.execute(TASK)))))
    results = [report.result for report in reports if report.result]
    # Before it begins, the first one looks whether the file is still what it has planned with.
    assert [each["lost_race"] for each in results] == [False, not (shared and moment == MOMENTS[0])]
    assert [each["changed"] for each in results] == [True, False]
    assert len({(each["access_token"]["id"], each["secret"]) for each in results}) == 1


class Watching(Interruptions):
    """Looks at what the store has recorded at each moment."""

    def __init__(self, server: MemoryServer) -> None:
        super().__init__()
        self._server, self.recorded = server, list[list[str]]()

    def pass_by(self) -> None:
        entry = json.loads(self._server.texts.get(DESCRIPTION, ("null", 0))[0]) or {}
        self.recorded.append(entry.get("pending", []))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_creation_has_the_nonce_that_came_with_the_claim(lost: int) -> None:
    """So that one write does for both. Only the second creation after a lost answer has one that is written by itself."""
    emulator = Emulator(None, ManualClock())
    emulator.fault(kind="cut_after", method="POST", times=lost)
    server = MemoryServer(emulator.clock.now)
    watching = Watching(server)
    report = Keeping(emulator, server).execute(TASK, watching)
    assert report.error is None, report.error
    assert server.calls == ["read", "write", *["write"] * lost, "write", "write"]
    assert max(watching.recorded, key=len) == [nonce_of(token) for token in emulator.tokens]
    assert len(emulator.tokens) == 1 + lost


TASKS: dict[str, Options] = {
    "present": present(return_secret=True, overlap="0"),
    "always": present(return_secret=True, overlap="0", regenerate="always"),
    "absent": absent(),
}


BY_NAME = ("run again", "another controller", "another store")


class Two:
    """Two controllers with one store and no lock."""

    def __init__(self, folder: Path, *, shared: bool) -> None:
        self.emulator = Emulator(None, ManualClock(), seed=1)
        place = MemoryServer(self.emulator.clock.now) if shared else folder / "tokens.yml"
        self.first, self.second = Keeping(self.emulator, place), Keeping(self.emulator, place)

    def run(self, ours: str, theirs: str, moment: int) -> list[Report]:
        """The second one runs as a whole at a moment of the first one. What came of both, if there is such a moment."""
        reports: list[Report] = []
        act = Interruptions(moment, lambda: reports.append(self.second.execute(TASKS[theirs])))
        return [self.first.execute(TASKS[ours], act), *reports]

    def dead(self) -> dict[str, str]:
        """The secrets that are stored and don't work."""
        live = live_tokens(self.emulator)
        return {token_id: secret for token_id, secret in self.second.stored().items() if token_id not in live}


# A server has the claims, so a row for each of our tasks is enough.
@pytest.mark.parametrize(
    ("ours", "theirs", "shared"),
    [
        *((ours, theirs, False) for ours in TASKS for theirs in TASKS),
        *((ours, "always", True) for ours in TASKS),
    ],
)
def test_no_run_keeps_a_secret_that_another_one_has_given_up(
    tmp_path: Path, ours: str, theirs: str, shared: bool
) -> None:
    for moment in count():
        folder = tmp_path / str(moment)
        folder.mkdir()
        two = Two(folder, shared=shared)
        if ours != "present":
            two.second.execute(TASKS["present"])
        reports = two.run(ours, theirs, moment)
        assert not two.dead(), moment
        errors = [str(report.error) for report in reports if report.error]
        assert all(any(name in error for name in BY_NAME) for error in errors), errors
        two.second.execute(TASKS["present"])
        live = {token.id: token.secret for token in live_tokens(two.emulator).values()}
        assert len(live) == 1 and two.second.stored() == live, moment
        if len(reports) == 1:
            break
