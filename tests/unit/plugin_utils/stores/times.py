# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time that controllers of a store in memory share."""

from __future__ import annotations

from collections.abc import Callable

# 2027-01-15T08:00:00Z
LATE = 1_800_000_000.0


class Time:
    """The server's time, and the monotonic clock of all controllers; sleeping is noted, and may let something happen."""

    def __init__(self) -> None:
        self.now = LATE
        self.sleeps: list[float] = []
        self.events: list[Callable[[], object]] = []

    def sleep(self, seconds: float) -> None:
        """Take no time but that."""
        self.now += seconds
        self.sleeps.append(seconds)
        if self.events:
            self.events.pop(0)()
