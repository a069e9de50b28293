# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers interleaved: the second one runs as a whole before the n-th request of the first one."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, Run, present
from ansible_collections.ellipsis.drive.tests.laws.laws import check_nothing_shown


@dataclass(frozen=True)
class Race:
    """seed decides the ids. clock_back: seconds by which the service's clock is late while the second one runs."""

    seed: int
    second_before: int
    held: bool = False
    clock_back: float = 0.0


def check_race(race: Race) -> None:
    """However two runs interleave, one token lives, both say so, and the secret of a token once answered lives on."""
    emulator = Emulator(None, ManualClock(), seed=race.seed)
    first, second = Controller(emulator, holds=race.held), Controller(emulator, holds=race.held)
    runs: list[Run] = []
    count = 0

    def hook(_request: requests.PreparedRequest) -> None:
        nonlocal count
        count += 1
        if count == race.second_before:
            emulator.set_policy(date_skew=-race.clock_back)
            runs.append(second.run(present()))
            emulator.set_policy(date_skew=0.0)

    first.hook = hook
    runs.append(first.run(present()))
    if len(runs) == 1:
        runs.append(second.run(present()))
    assert [run.error for run in runs] == [None, None]
    assert len(runs[1].after) == 1, "one token"
    assert {run.result["access_token"]["id"] for run in runs} == set(runs[1].after), "the same one on both sides"
    answered = [run.result["secret"] for run in runs if run.result.get("secret")]
    assert answered == [token.secret for token in runs[1].after.values()], "its secret was answered once"
    assert sum(run.result["changed"] for run in runs) == 1
    check_nothing_shown(first)
