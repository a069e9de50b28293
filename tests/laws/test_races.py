# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers that do not know of each other want one token at the same moment."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.laws.races import Race, check_race

# Who says what it holds and comes later does not race: it holds nothing and replaces what it finds.
MEETINGS = [(False, 1), (False, 2), (False, 3), (False, 4), (False, 5), (True, 3), (True, 4)]


@pytest.mark.parametrize(("held", "second_before"), MEETINGS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clock_back", [0.0, 3.0], ids=["same second", "clock went back"])
def test_two_at_once_make_one(second_before: int, held: bool, seed: int, clock_back: float) -> None:
    check_race(Race(seed, second_before, held, clock_back))
