# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark makes of the figures of many hosts, on made-up numbers."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.benchmark.figures import Figure
from ansible_collections.ellipsis.drive.tests.benchmark.hosts import BULK, HOST_ROWS, MANY_ROWS, host_targets

# Just good enough.
SECONDS = {
    "set_fact on 200 hosts": 2.0,
    BULK: 1.0,
    "role for 200 hosts: unchanged": 6.0,
    "role for 200 hosts: create": 7.0,
    "copy on 200 hosts: unchanged": 100.0,
    "role for 200 hosts, one file each: unchanged": 120.0,
    "role for 1,000 hosts: unchanged": 33.0,
    "role for 1,000 hosts, one file each: unchanged": 660.0,
}
MEMORY = {"copy on 1,000 hosts: unchanged": 100.0, "role for 1,000 hosts, one file each: unchanged": 200.0}


def measured(name: str = "", more: float = 0.0) -> dict[str, Figure]:
    def figure(row: str) -> Figure:
        seconds, memory = SECONDS.get(row, 1.0), MEMORY.get(row, 50.0)
        return Figure(
            row, 1, seconds + more * (row == name), seconds, seconds, 0.0, {}, memory + more * (row == name) * 100
        )

    return {row.name: figure(row.name) for row in (*HOST_ROWS, *MANY_ROWS)}


def test_targets_within_their_limits_are_reached() -> None:
    assert [target.reached for target in host_targets(measured())] == [True] * 6
    few = {row.name: measured()[row.name] for row in HOST_ROWS}
    assert len(list(host_targets(few))) == 3


@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("role for 200 hosts: unchanged", ["role, 200 hosts, unchanged"]),
        ("role for 200 hosts: create", ["role, 200 hosts, all created"]),
        ("role for 200 hosts, one file each: unchanged", ["role, 200 hosts, one file each, unchanged"]),
        ("role for 1,000 hosts: unchanged", ["role, unchanged"]),
        (
            "role for 1,000 hosts, one file each: unchanged",
            ["role, unchanged, one file each", "role, 1,000 hosts, one file each"],
        ),
    ],
)
def test_what_is_slower_misses_its_target(name: str, missed: list[str]) -> None:
    found = host_targets(measured(name, 0.1))
    assert [target.text.partition(":")[0] for target in found if not target.reached] == missed
