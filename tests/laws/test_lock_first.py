# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often the list is read, by whether the lock could be had before."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, absent, present, service
from ansible_collections.ellipsis.drive.tests.laws.laws import broken_by
from ansible_collections.ellipsis.drive.tests.laws.rows import ROWS
from ansible_collections.ellipsis.drive.tests.laws.trial import Row, make


@pytest.mark.parametrize(("alone", "before"), [(True, 1), (False, 2)])
@pytest.mark.parametrize(("task", "after"), [(present(scope="ogc"), 1), (absent(), 0)], ids=["present", "absent"])
def test_a_change_lists_once_more_if_somebody_else_had_the_lock(
    task: dict[str, Any], after: int, alone: bool, before: int
) -> None:
    controller = Controller(service(), alone=alone)
    controller.run(present())
    assert controller.run(task).result["api_calls"]["list"] == before + after


@pytest.mark.parametrize("alone", [True, False])
def test_no_change_lists_once(alone: bool) -> None:
    controller = Controller(service(), alone=alone)
    controller.run(present())
    assert controller.run(present()).result["api_calls"]["list"] == 1
    assert controller.run(present(scope="ogc"), apply=False).result["api_calls"]["list"] == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_laws_hold_for_who_is_alone(row: Row) -> None:
    assert broken_by(make(row, alone=True)) == []
