# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the secret of a lost race is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.apply import Outcome
from ansible_collections.ellipsis.drive.plugins.module_utils._account.lost_race import await_holders
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import plan
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, service

DESIRED = Desired(Slot("default", "tiles"))
THEIRS = Generation("theirs", Marker(DESIRED.slot, DESIRED.spec, 1_800_000_000, 0, "aaaaa"), None)


@pytest.mark.parametrize(
    ("lost", "current", "held", "waited"),
    [
        (True, THEIRS, "theirs", 0),
        (True, THEIRS, "ours", 15),
        (True, THEIRS, None, 15),
        (True, None, "ours", 0),
        (False, THEIRS, "ours", 0),
    ],
)
def test_only_a_lost_race_waits_and_not_for_ever(
    lost: bool, current: Generation | None, held: str | None, waited: float
) -> None:
    account = Controller(service()).account(pytest.fail)
    start = account.client.sender.monotonic()
    outcome = Outcome(plan(DESIRED, [THEIRS], Held(), start), current, lost_race=lost)
    await_holders([outcome], account, ExternalStore({DESIRED.slot: Held(tracked=True, id=held)}))
    assert account.client.sender.monotonic() - start == waited


@dataclass(frozen=True)
class Filling(ExternalStore):
    """A place for secrets that others fill. comes: when the secret of each slot comes. takes: happens at each look."""

    now: Callable[[], float] = lambda: 0.0
    comes: Mapping[Slot, float] = field(default_factory=dict)

    takes: Callable[[], object] = lambda: None

    def held(self, slot: Slot) -> Held:
        self.takes()
        return Held(tracked=True, id="theirs" if self.now() >= self.comes[slot] else "ours")


def lost(start: float, *slots: Slot) -> list[Outcome]:
    """For each slot, another controller was quicker."""
    outcomes = []
    for slot in slots:
        desired, current = replace(DESIRED, slot=slot), replace(THEIRS, marker=replace(THEIRS.marker, slot=slot))
        outcomes.append(Outcome(plan(desired, [current], Held(), start), current, lost_race=True))
    return outcomes


@pytest.mark.parametrize(
    ("tiles", "roads", "waited"), [(0, 0, 0), (0, 1, 1), (2, 0, 2), (2, 3, 3), (0.5, 0, 1), (0, 15, 15), (99, 0, 15)]
)
def test_all_secrets_are_waited_for_and_looked_for_once_a_second(tiles: float, roads: float, waited: float) -> None:
    account = Controller(service()).account(pytest.fail)
    clock = account.client.sender.monotonic
    start = clock()
    comes = {Slot("default", "tiles"): start + tiles, Slot("default", "roads"): start + roads}
    await_holders(lost(start, *comes), account, Filling(now=clock, comes=comes))
    assert clock() - start == waited


def test_the_time_that_looking_takes_counts() -> None:
    """A look that takes long ends the wait, too."""
    controller = Controller(service())
    account = controller.account(pytest.fail)
    clock = controller.emulator.clock
    start = clock.now()
    store = Filling(now=clock.now, comes={DESIRED.slot: start + 99}, takes=lambda: clock.advance(0.75))
    await_holders(lost(start, DESIRED.slot), account, store)
    assert clock.now() - start == 10 * 0.75 + 9
