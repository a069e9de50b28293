# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers that do not know of each other want one token at the same moment."""

from __future__ import annotations

import pytest
import requests

from ansible_collections.ellipsis.drive.plugins.module_utils._account.creation import PATIENCE
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, present, service
from ansible_collections.ellipsis.drive.tests.laws.races import Race, check_race

# Who says what it holds and comes later does not race: it holds nothing and replaces what it finds.
MEETINGS = [(False, 1), (False, 2), (False, 3), (False, 4), (False, 5), (True, 3), (True, 4)]


@pytest.mark.parametrize(("held", "second_before"), MEETINGS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clock_back", [0.0, 3.0], ids=["same second", "clock went back"])
def test_two_at_once_make_one(second_before: int, held: bool, seed: int, clock_back: float) -> None:
    check_race(Race(seed, second_before, held, clock_back))


@pytest.mark.parametrize(
    ("later", "goes_after", "waited", "lost"),
    [
        (1, 0, 1, False),
        (1, PATIENCE, PATIENCE, False),
        (1, PATIENCE + 1, PATIENCE, True),
        (-1, PATIENCE, 0, True),
    ],
    ids=["goes at once", "goes at last", "goes too late", "came first"],
)
def test_who_came_first_waits_for_the_other_to_go(later: int, goes_after: float, waited: float, lost: bool) -> None:
    """Patiently, and not for ever; who came later goes at once."""
    controller, theirs = Controller(service()), list[str]()
    emulator, clock = controller.emulator, controller.emulator.clock
    other = Controller(emulator).account(pytest.fail).client
    start = clock.now()

    def hook(request: requests.PreparedRequest) -> None:
        if request.method == "POST":
            marker = Marker(Slot("default", "tiles"), "aaaaaa", int(start) + later, 86400, "aaaaa")
            theirs.extend(emulator.seed_tokens(1, description=encode(marker)))
        elif theirs and clock.now() - start >= max(goes_after, 1):
            other.delete_token(theirs[0])

    controller.hook = hook
    run = controller.run(present())
    assert run.error is None, run.error
    assert clock.now() - start == waited
    assert run.result["lost_race"] is lost
    assert (run.result["access_token"]["id"] in theirs) is lost
    assert ("secret" in run.result) is not lost
