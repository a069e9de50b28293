# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the secret of a lost race is waited for."""

from __future__ import annotations

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
