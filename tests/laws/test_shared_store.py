# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers that share a store: who loses a race returns what the other one keeps, now or in a moment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.laws.harness import present
from ansible_collections.ellipsis.drive.tests.laws.laboratory import DESCRIPTION, Interruptions, Keeping, Report

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
