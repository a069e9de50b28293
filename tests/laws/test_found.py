# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every counterexample that the laboratory once found, by name."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS
from ansible_collections.ellipsis.drive.tests.laws.experiment import Action, Configure, Pass, Run, experiment

FOUND: dict[str, tuple[str, str, list[Action]]] = {
    # A server whose Date is two hours ahead of its own dates made each token look expired from its first second on.
    "a short life on a server with two clocks": (
        "mix07", "store", [Configure({"date_skew": 7200.0}), Run(who=0, task=3), Run(who=0, task=3)],
    ),
    # The list shows a new token late: the second run must not make a twin.
    "a list that lags": ("default", "store", [Configure({"list_lag": 10.0}), Run(who=0, task=2), Run(who=1, task=2)]),
    # Killed after everything but the result: who remembers ids has lost the new one.
    "killed before the result": ("mix04", "held", [Run(who=0, task=0), Pass(700), Run(who=0, task=2, moment=9)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_it_stays_fixed(name: str) -> None:
    variant, mode, sequence = FOUND[name]
    with experiment(VARIANTS[variant], mode) as lab:
        for action in sequence:
            lab.perform(action)
        lab.heal()
